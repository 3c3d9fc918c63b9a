"""Which nodes are due, by what a scheduler remembers of them."""

from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from seeknal.graph.agenda import Entry
from seeknal.scheduling.answers import Reading
from seeknal.scheduling.due import Ended, Ticks, Wanted, after, as_found, put_right, wanted
from seeknal.scheduling.memory import Memory, Standing
from seeknal.scheduling.news import news_of, told
from seeknal.values.faults import Fault
from seeknal.values.names import NodeId
from seeknal.values.schedule import Schedule

pytestmark = pytest.mark.inside

DAILY, CHILD, SOURCE = map(NodeId, ("transform.daily", "transform.child", "source.orders"))
AT_TWO = Schedule(text="30 2 * * *", timezone="Europe/Berlin")
HOURLY = Schedule(text="@hourly")


def seconds(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def entry(node=DAILY, schedule=HOURLY, along=(), above=()):
    return Entry(node=node, schedule=schedule, along=along, above=above)


def due(memory, entries, now):
    return wanted(memory, entries, Ticks().last, now)


def run_at(memory, entries, now, **ended):
    """What is remembered when all that is due at a moment has ended, well unless said otherwise."""
    ran = due(memory, entries, now)
    ticks = {each.node: Ticks().last(each.schedule, now) for each in entries}
    results = {id: ended.get(id.name, Ended(status="ok")) for id in ran.nodes}
    return ran, after(memory, ran, results, ticks, now)


FAILED = Ended(status="failed", fault=Fault(message="no"))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_each_tick_is_run_once_while_clocks_are_put_forward_and_back(zone, seed):
    chance = Random(f"{zone} {seed}")
    schedule = Schedule(
        text=chance.choice(["30 2 * * *", "15 * * * *", "0,45 1-3 * * *"]), timezone=zone
    )
    change = chance.choice(
        ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"]
    )
    now = seconds(change) - 86400
    memory, entries, ran = Memory(nodes={DAILY: Standing(tick=now)}), [entry(schedule=schedule)], []

    while now < seconds(change) + 86400:
        now += chance.randint(1, 400)
        seen = now - chance.choice([0, 0, 0, chance.randint(0, 3000)])
        found, memory = run_at(memory, entries, seen)
        ran += [Ticks().last(schedule, seen)] * len(found.due)

    begun, over = seconds(change) - 86400, now - 3600
    minutes = range(begun + 60, over, 60)
    ticks = [minute for minute in minutes if Ticks().last(schedule, minute) == minute]
    assert [tick for tick in ran if tick < over] == ticks


def test_ticks_that_were_missed_count_as_one():
    memory = Memory(nodes={DAILY: Standing(tick=seconds("2026-03-01 00:00"))})

    ran, memory = run_at(memory, [entry()], seconds("2026-03-04 07:30"))

    assert ran.due == (DAILY,)
    assert memory.of(DAILY).tick == seconds("2026-03-04 07:00")


def test_a_clock_that_ran_ahead_by_days_stops_nobody():
    ahead = Memory(nodes={DAILY: Standing(tick=seconds("2027-03-01 00:00"))})
    now = seconds("2026-03-01 10:20")

    memory = put_right(ahead, [entry()], Ticks().last, now)

    assert due(memory, [entry()], now) == Wanted()
    assert due(memory, [entry()], now + 2400).due == (DAILY,)


def test_what_fails_is_tried_again_after_twice_as_long_each_time_and_at_most_an_hour():
    now, memory, delays = seconds("2026-03-01 00:00"), Memory(), []

    for _ in range(9):
        _, memory = run_at(memory, [entry()], now, daily=FAILED)
        delays.append(memory.of(DAILY).retry_at - now)
        assert due(memory, [entry()], now + delays[-1] - 1) == Wanted()
        now += delays[-1]

    assert delays == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_node_along_that_fails_is_tried_again_without_what_went_well():
    entries = [entry(along=(SOURCE, CHILD))]
    now = seconds("2026-03-01 00:00")

    _, memory = run_at(Memory(), entries, now, child=FAILED)

    assert due(memory, entries, now + 60) == Wanted(due=(), nodes=(CHILD,))


def test_a_node_that_is_due_takes_along_what_fails_above_it():
    entries = [entry(), entry(node=CHILD, above=(DAILY,))]
    now = seconds("2026-03-01 00:59")
    failing = Standing().failed(Fault(message="no"), now)
    memory = Memory(nodes={DAILY: failing, CHILD: Standing(tick=seconds("2026-03-01 00:00"))})

    found = due(memory, entries, now + 50)

    assert failing.retry_at > now + 50
    assert due(memory, entries, now + 61).due == (DAILY, CHILD)
    assert found == Wanted()


def test_ranges_that_wait_are_tried_with_each_run_above():
    entries = [entry(), entry(node=CHILD, schedule=Schedule(text="@daily"), above=(DAILY,))]
    now = seconds("2026-03-01 05:00")
    memory = Memory(
        nodes={
            DAILY: Standing(tick=seconds("2026-03-01 04:00")),
            CHILD: Standing(tick=seconds("2026-03-01 00:00"), waits=True),
        }
    )

    assert due(memory, entries, now).due == (DAILY, CHILD)
    assert due(memory, entries, now - 1) == Wanted()


def test_a_node_that_somebody_else_has_run_since_its_tick_is_not_due():
    now = seconds("2026-03-01 05:30")
    memory = Memory(nodes={DAILY: Standing(tick=seconds("2026-03-01 04:00"))})

    found = as_found(
        memory, Reading(entries=(entry(),), made_at={DAILY: seconds("2026-03-01 05:00")})
    )

    assert due(memory, [entry()], now).due == (DAILY,)
    assert due(found, [entry()], now) == Wanted()
    assert due(found, [entry()], seconds("2026-03-01 06:00")).due == (DAILY,)


@pytest.mark.parametrize("node", [DAILY, CHILD])
def test_a_failing_node_that_somebody_else_has_run_well_since_is_not_run_again(node):
    now = seconds("2026-03-01 05:30")
    failing = Standing(tick=seconds("2026-03-01 04:00"), told=True).failed(Fault(message="no"), now)
    memory = Memory(nodes={node: failing})
    entries = (entry(along=(CHILD,)),)
    before, since = ({node: now + seconds} for seconds in (-60, 60))

    still = as_found(memory, Reading(entries=entries, made_at=before))
    found = as_found(memory, Reading(entries=entries, made_at={**since, DAILY: now + 60}))

    assert node in due(still, entries, now + 600).nodes
    assert due(found, entries, now + 600) == Wanted()
    assert [news.type for news in news_of(found)] == ["run.recovered"]


def test_who_was_told_of_a_failure_is_told_that_the_node_is_gone():
    failing = Standing().failed(Fault(message="no"), 0)
    (failure,) = news_of(Memory(nodes={DAILY: failing}))
    memory = told(Memory(nodes={DAILY: failing}), failure)

    gone = as_found(memory, Reading())
    (recovery,) = news_of(gone)

    assert news_of(memory) == ()
    assert (failure.type, recovery.type) == ("run.failed", "run.recovered")
    assert recovery.text("shop", "prod").endswith("daily recovered: no schedule runs it any more")
    assert told(gone, recovery) == Memory()
