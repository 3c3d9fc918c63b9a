"""What tracked nodes do, case by case, for the model and every engine that joins ``ENGINES``."""

from datetime import datetime

import pytest

from tests.intervals.delivering import WithPostgres
from tests.intervals.events import (
    Arrive,
    Away,
    Clock,
    Create,
    Edit,
    History,
    Invalidate,
    Node,
    Promote,
    Remove,
    Rollback,
    Run,
)
from tests.intervals.judge import merged
from tests.intervals.model import World
from tests.intervals.mutants import ModelEngine
from tests.intervals.parts import in_order
from tests.intervals.ranges import DAY

# They judge the judge, which says nothing of versions.
pytestmark = [pytest.mark.once, pytest.mark.inside]

ENGINES = {"model": ModelEngine, "seeknal": WithPostgres}
BERLIN = "Europe/Berlin"
EVENTS = Node("events", "source", schedule="@daily", start="2024-06-01")
COPY = Node("copy", "each", ("events",), schedule="@daily")


def at(text):
    """A moment of 2024."""
    return datetime.fromisoformat(f"2024-{text}")


def day(number):
    return at(f"06-{number:02} 12:00")


@pytest.fixture(params=ENGINES.values(), ids=ENGINES)
def world(request):
    """Makes an engine with a project of which nothing has run."""

    def make(*project, now, rows=()):
        made = request.param(History(project, at(now), ()))
        made.apply(Arrive(project[0].name, tuple(rows)))
        return made

    return make


def after(made, *events):
    for event in events:
        made.apply(event)
    return made


def daily(*numbers):
    return merged((at(f"06-{one:02}"), at(f"06-{one:02}") + DAY) for one in numbers)


def done(made, node, env="prod"):
    return merged(made.done(env, node))


def pending(made, node, env="prod"):
    return merged(made.pending(env, node))


def rows(made, node, env="prod"):
    return in_order(made.rows(env, node))


def delivered(made, node):
    return in_order(made.delivered(node))


def processed(made, node, env="prod"):
    return merged(made.processed().get((env, node), ()))


def nothing_processed(made):
    return not any(merged(found) for found in made.processed().values())


# Which ranges are due.


def test_1_to_3_june_are_processed_and_nothing_else(world):
    made = world(EVENTS, COPY, now="06-10 05:00")

    after(made, Run(start="2024-06-01", end="2024-06-03"))

    assert processed(made, "events") == processed(made, "copy") == daily(1, 2, 3)
    assert done(made, "events") == done(made, "copy") == daily(1, 2, 3)


def test_days_that_are_done_are_processed_again_when_they_are_asked_for(world):
    made = world(EVENTS, now="06-10 05:00", rows=[(day(2), 1, 10)])
    after(made, Run(), Arrive("events", ((day(2), 2, 20),)))

    after(made, Run(start="2024-06-02", end="2024-06-02"))

    assert processed(made, "events") == daily(2)
    assert rows(made, "events") == ((day(2), 1, 10), (day(2), 2, 20))


def test_a_run_processes_complete_ranges_from_the_start_on(world):
    made = world(EVENTS, now="06-04 05:00")

    after(made, Run())

    assert done(made, "events") == daily(1, 2, 3)


def test_gaps_are_filled(world):
    made = world(EVENTS, now="06-08 05:00")
    after(
        made, Run(start="2024-06-01", end="2024-06-02"), Run(start="2024-06-05", end="2024-06-05")
    )

    after(made, Run())

    assert processed(made, "events") == daily(3, 4, 6, 7)
    assert done(made, "events") == daily(*range(1, 8))


def test_nothing_is_processed_twice(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10)])

    after(made, Run(), Run())

    assert nothing_processed(made)
    assert rows(made, "copy") == ((day(1), 1, 10),)


def test_part_of_a_range_asks_for_all_of_it(world):
    made = world(EVENTS._replace(schedule="1 week"), now="06-30 05:00")

    after(made, Run(start="2024-06-05", end="2024-06-05"))

    assert processed(made, "events") == [(at("06-03"), at("06-10"))]


def test_what_is_asked_for_and_has_not_ended_is_left_out(world):
    made = world(EVENTS, now="06-04 05:00")

    after(made, Run(start="2024-06-03", end="2024-06-09"))

    assert done(made, "events") == daily(3)


def test_what_has_ended_can_be_asked_for_before_the_schedule_ticks(world):
    made = world(EVENTS._replace(schedule="0 6 * * *"), now="06-04 05:00")

    after(made, Run())
    unasked = done(made, "events")
    after(made, Run(start="2024-06-03", end="2024-06-03"))

    assert unasked == daily(1, 2)
    assert done(made, "events") == daily(1, 2, 3)


def test_nothing_before_the_start_is_processed(world):
    made = world(EVENTS, now="06-04 05:00")

    after(made, Run(start="2024-05-20", end="2024-06-01"))

    assert done(made, "events") == daily(1)


def test_the_first_range_is_the_one_that_holds_the_start(world):
    made = world(EVENTS._replace(schedule="1 week", start="2024-06-05"), now="06-11 05:00")

    after(made, Run())

    assert done(made, "events") == [(at("06-03"), at("06-10"))]


def test_a_node_without_a_start_has_the_earliest_of_its_parents(world):
    late = Node("clicks", "source", schedule="@daily", start="2024-06-03")
    both = Node("both", "each", ("events", "clicks"), schedule="@daily")
    made = world(EVENTS, late, both, now="06-05 05:00")

    after(made, Run())

    assert done(made, "both") == daily(1, 2, 3, 4)


def test_now_is_within_a_range_that_is_processed_only_where_partial_ones_are_allowed(world):
    made = world(
        EVENTS._replace(partial=True), now="06-03 10:00", rows=[(at("06-03 09:00"), 1, 10)]
    )

    after(made, Run())
    morning = done(made, "events")
    after(made, Clock(at("06-03 15:00")), Run())
    noon = done(made, "events")
    after(made, Run())
    again = nothing_processed(made)
    after(made, Clock(at("06-04 01:00")), Run())

    assert morning == [(at("06-01"), at("06-03 10:00"))]
    assert noon == [(at("06-01"), at("06-03 15:00"))]
    assert again
    assert done(made, "events") == [(at("06-01"), at("06-04 01:00"))]


def test_a_clock_that_is_put_back_undoes_nothing(world):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(5), 1, 10)])
    after(made, Run())

    after(made, Clock(at("06-03 05:00")), Run())

    assert nothing_processed(made)
    assert done(made, "copy") == daily(1, 2, 3, 4, 5)
    assert rows(made, "copy") == ((day(5), 1, 10),)


def test_an_edited_query_loses_no_range_though_the_clock_was_put_back(world):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(5), 1, 10)])
    after(made, Run(), Clock(at("06-03 05:00")))

    after(made, Edit("copy", "version", 2), Run())

    assert rows(made, "copy") == ((day(5), 1, 20),)


def test_days_of_a_zone_have_23_and_25_hours(world):
    spring = Node("spring", "source", schedule="@daily", zone=BERLIN, start="2024-03-31")
    autumn = Node("autumn", "source", schedule="@daily", zone=BERLIN, start="2024-10-27")
    made = world(spring, autumn, now="11-01 00:00", rows=[(at("03-31 22:00"), 1, 10)])

    after(made, Run(end="2024-03-31"))
    first = done(made, "spring")
    after(made, Run(start="2024-10-27", end="2024-10-27"))

    assert first == [(at("03-30 23:00"), at("03-31 22:00"))]
    assert done(made, "autumn") == [(at("10-26 22:00"), at("10-27 23:00"))]


# Lookback and what came late.


def test_lookback_redoes_as_many_ranges_before_a_new_one(world):
    made = world(EVENTS._replace(lookback=2), now="06-06 05:00")
    after(made, Run(), Clock(at("06-07 05:00")))

    after(made, Run())

    assert processed(made, "events") == daily(4, 5, 6)


def test_lookback_redoes_nothing_where_nothing_is_new(world):
    made = world(EVENTS._replace(lookback=2), now="06-06 05:00", rows=[(day(1), 1, 10)])
    after(made, Run(), Arrive("events", ((day(5), 2, 20),)))

    after(made, Run())

    assert nothing_processed(made)


def test_lookback_does_not_widen_what_is_asked_for_or_invalidated(world):
    made = world(EVENTS._replace(lookback=2), now="06-06 05:00")
    after(made, Run())

    asked = processed(after(made, Run(start="2024-06-05", end="2024-06-05")), "events")
    after(made, Invalidate("events", "2024-06-04", "2024-06-04"))
    invalidated = processed(after(made, Run()), "events")

    assert asked == daily(5)
    assert invalidated == daily(4)


def test_lookback_takes_a_late_row_to_children_and_targets(world):
    made = world(EVENTS._replace(lookback=2), COPY, now="06-06 05:00")
    after(made, Run(), Arrive("events", ((day(4), 1, 10), (day(1), 2, 20))))

    after(made, Clock(at("06-07 05:00")), Run())

    assert processed(made, "copy") == daily(4, 6)
    assert delivered(made, "copy") == ((day(4), 1, 10),)


def test_a_late_row_is_seen_when_its_range_is_invalidated(world):
    made = world(EVENTS, COPY, now="06-06 05:00")
    after(made, Run(), Arrive("events", ((day(2), 1, 10),)), Run())
    unseen = rows(made, "copy")

    after(made, Invalidate("events", "2024-06-02", "2024-06-02"))
    marked = pending(made, "events")
    after(made, Run())

    assert unseen == ()
    assert marked == daily(2)
    assert processed(made, "events") == processed(made, "copy") == daily(2)
    assert rows(made, "copy") == delivered(made, "copy") == ((day(2), 1, 10),)
    assert pending(made, "events") == []


def test_a_child_is_not_restated_where_its_parent_has_the_same_rows(world):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run(), Invalidate("events", "2024-06-02", "2024-06-03"))

    after(made, Run())

    assert processed(made, "events") == daily(2, 3)
    assert processed(made, "copy") == []


def test_downstream_redoes_children_whatever_their_parents_hold(world):
    kept = COPY._replace(name="kept", restate=False)
    below = COPY._replace(name="below", parents=("kept",))
    made = world(EVENTS, COPY, kept, below, now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run())

    after(made, Invalidate("events", "2024-06-02", "2024-06-03", downstream=True), Run())

    assert processed(made, "copy") == daily(2, 3)
    assert processed(made, "kept") == processed(made, "below") == []


def test_invalidate_goes_up_to_now_and_touches_only_what_is_done(world):
    made = world(EVENTS, now="06-04 05:00")
    after(made, Run(end="2024-06-02"))

    after(made, Invalidate("events", "2024-06-02 15:00"))

    assert pending(made, "events") == daily(2)


def test_rows_that_are_gone_are_cleared(world):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(2), 1, 10), (day(3), 2, 20)])
    after(made, Run(), Remove("events", (1,)))

    after(made, Run(start="2024-06-02", end="2024-06-02"))

    assert rows(made, "copy") == delivered(made, "copy") == ((day(3), 2, 20),)
    assert done(made, "copy") == daily(1, 2, 3, 4, 5)


def test_ranges_that_are_not_to_be_restated_keep_their_rows(world):
    kept = COPY._replace(restate=False)
    made = world(EVENTS, kept, now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run(), Arrive("events", ((day(2), 1, 99),)))

    after(made, Run(start="2024-06-02", end="2024-06-02"), Run())
    asked = rows(made, "copy")
    after(made, Invalidate("copy", "2024-06-02", "2024-06-02"), Run())

    assert asked == ((day(2), 1, 10),)
    assert rows(made, "copy") == ((day(2), 1, 99),)


def test_another_value_in_an_input_that_is_not_tracked_restates_all_that_is_done(world):
    rates = Node("rates", "source")
    made = world(EVENTS, rates, COPY._replace(parents=("events", "rates")), now="06-04 05:00")
    after(made, Run(), Arrive("rates", ((None, 1, 100),)))

    after(made, Run())

    assert processed(made, "events") == []
    assert processed(made, "copy") == daily(1, 2, 3)


def test_an_aggregate_that_is_not_tracked_reads_all_that_is_done(world):
    total = Node("total", "total", ("events",))
    made = world(EVENTS, total, now="06-04 05:00", rows=[(day(1), 1, 10), (day(5), 2, 20)])

    after(made, Run())

    assert rows(made, "total") == ((datetime.min, 1, 10),)


# Parents and children of different kinds.


HOURS = Node("events", "source", schedule="@hourly", start="2024-06-01")


def test_a_day_waits_for_its_hours_and_is_restated_for_one_of_them(world):
    daily_sum = Node("days", "sum", ("events",), schedule="@daily")
    made = world(HOURS, daily_sum, now="06-03 05:00", rows=[(day(1), 1, 10)])
    after(made, Run(end="2024-06-02 20:00"))
    waits = done(made, "days")

    after(made, Run(), Arrive("events", ((day(2), 2, 7),)))
    after(made, Run(start="2024-06-02 12:00", end="2024-06-02 13:00", select="events"), Run())

    assert waits == daily(1)
    assert processed(made, "days") == daily(2)
    assert rows(made, "days") == ((at("06-01"), 1, 10), (at("06-02"), 2, 7))


def test_hours_wait_for_their_day(world):
    hours = COPY._replace(schedule="@hourly")
    made = world(EVENTS, hours, now="06-02 05:00")

    after(made, Run())

    assert done(made, "copy") == daily(1)


def test_a_day_of_another_zone_waits_for_all_of_its_hours(world):
    there = COPY._replace(zone="America/New_York", start="2024-06-01")
    made = world(EVENTS, there, now="06-03 05:00")

    after(made, Run())

    assert done(made, "copy") == [(at("06-01 04:00"), at("06-02 04:00"))]


def test_what_lies_before_a_parents_start_is_not_waited_for(world):
    made = world(EVENTS, COPY._replace(start="2024-05-30"), now="06-02 05:00")

    after(made, Run())

    assert done(made, "copy") == [(at("05-30"), at("06-02"))]


def test_a_range_that_reads_further_back_is_restated_for_what_it_reads(world):
    rolling = Node("rolling", "rolling", ("events",), schedule="@daily", reach=24)
    made = world(EVENTS, rolling, now="06-06 05:00")
    after(made, Run(), Arrive("events", ((day(2), 1, 10),)))

    after(made, Run(start="2024-06-02", end="2024-06-02"), Run())

    assert processed(made, "rolling") == daily(3)
    assert rows(made, "rolling") == ((at("06-02"), 1, 10), (at("06-03"), 1, 10))


def test_a_node_that_reads_itself_goes_in_order_and_restates_what_follows(world):
    running = Node("running", "running", ("events",), schedule="@daily")
    made = world(EVENTS, running, now="06-05 05:00", rows=[(day(n), n, 1) for n in range(1, 5)])
    after(made, Run(start="2024-06-03", end="2024-06-03"))
    out_of_order = done(made, "running")

    after(made, Run())
    before = rows(made, "running")
    after(
        made, Arrive("events", ((day(2), 2, 6),)), Invalidate("events", "2024-06-02", "2024-06-02")
    )
    after(made, Run())

    assert out_of_order == []
    assert [row[2] for row in before] == [1, 2, 3, 4]
    assert [row[2] for row in rows(made, "running")] == [1, 7, 8, 9]
    assert processed(made, "running") == daily(2, 3, 4)


# Failures.


def test_batches_that_were_done_stay_and_the_next_run_resumes(world):
    made = world(EVENTS._replace(batch=2), COPY, now="06-08 05:00")

    after(made, Run(fails=("events", day(4))))
    failed = done(made, "events")
    after(made, Run())

    assert failed == daily(1, 2)
    assert processed(made, "events") == daily(3, 4, 5, 6, 7)
    assert done(made, "copy") == daily(*range(1, 8))


def test_children_of_a_node_that_failed_are_left_out(world):
    made = world(EVENTS, COPY, now="06-04 05:00")

    after(made, Run(fails=("events", day(2))))

    assert done(made, "copy") == []


def test_a_kill_leaves_what_was_done_and_other_nodes_as_they_were_or_complete():
    other = EVENTS._replace(name="other")
    made = World((EVENTS._replace(batch=1), other), at("06-04 05:00"))

    found = made.after(Run(killed=("events", day(3))))

    built = [each.envs["prod"].built for each in found]
    assert [merged(each["events"].done) for each in built] == [daily(1, 2)] * 2
    assert ["other" in each for each in built] == [True, False]


def test_a_null_in_the_time_column_fails_the_node(world):
    made = world(EVENTS, now="06-04 05:00")
    after(made, Run(), Clock(at("06-05 05:00")), Arrive("events", ((None, 1, 10),)))

    after(made, Run())

    assert done(made, "events") == daily(1, 2, 3)


def test_a_target_that_was_away_gets_its_ranges_later(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10), (day(4), 2, 20)])
    after(made, Run(), Away("copy"), Clock(at("06-05 05:00")), Run())
    missed = delivered(made, "copy")

    after(made, Away("copy", False), Run())

    assert missed == ((day(1), 1, 10),)
    assert nothing_processed(made)
    assert delivered(made, "copy") == ((day(1), 1, 10), (day(4), 2, 20))


# Edits.


@pytest.mark.parametrize(
    ("key", "value"),
    [("lookback", 3), ("batch", 1), ("start", "2024-06-03"), ("schedule", "0 4 * * *")],
)
def test_what_only_says_which_ranges_are_due_rebuilds_nothing(world, key, value):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(1), 1, 10)])
    after(made, Run())

    after(made, Edit("copy", key, value), Edit("events", key, value), Run())

    assert nothing_processed(made)
    assert done(made, "copy") == daily(1, 2, 3, 4, 5)
    assert rows(made, "copy") == ((day(1), 1, 10),)


def test_an_earlier_start_adds_ranges(world):
    made = world(EVENTS, now="06-06 05:00")
    after(made, Run())

    after(made, Edit("events", "start", "2024-05-31"), Run())

    assert processed(made, "events") == [(at("05-31"), at("06-01"))]


@pytest.mark.parametrize(
    ("key", "value"), [("version", 2), ("schedule", "12 hours"), ("zone", BERLIN)]
)
def test_another_query_unit_or_zone_rebuilds_all(world, key, value):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run())

    after(made, Edit("copy", key, value), Run())

    assert done(made, "copy") == processed(made, "copy")
    assert processed(made, "events") == []


def test_readers_see_the_old_rows_until_all_of_a_rebuild_is_there(world):
    made = world(EVENTS, COPY._replace(batch=1), now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run())

    after(made, Edit("copy", "version", 2), Run(fails=("copy", day(4))))
    failed = rows(made, "copy"), done(made, "copy")
    after(made, Run())

    assert failed == (((day(2), 1, 10),), daily(1, 2, 3, 4, 5))
    assert processed(made, "copy") == daily(4, 5)
    assert rows(made, "copy") == ((day(2), 1, 20),)


def test_forward_only_keeps_what_is_done(world):
    made = world(EVENTS, COPY, now="06-03 05:00", rows=[(day(2), 1, 10), (day(3), 2, 10)])
    after(made, Run(), Edit("copy", "version", 2))

    after(made, Run(forward="copy"), Clock(at("06-04 05:00")), Run())

    assert processed(made, "copy") == daily(3)
    assert rows(made, "copy") == ((day(2), 1, 10), (day(3), 2, 20))


def test_going_back_to_an_earlier_query_builds_nothing(world):
    made = world(EVENTS, COPY, now="06-06 05:00", rows=[(day(2), 1, 10)])
    after(made, Run(), Edit("copy", "version", 2), Run())

    after(made, Edit("copy", "version", 1), Run())

    assert nothing_processed(made)
    assert rows(made, "copy") == ((day(2), 1, 10),)


# Environments.


def test_an_environment_has_productions_ranges_and_builds_what_it_changes(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10)])
    after(made, Run(), Edit("copy", "version", 2))

    after(made, Run("dev"))

    assert processed(made, "events", "dev") == []
    assert processed(made, "copy", "dev") == daily(1, 2, 3)
    assert rows(made, "copy", "dev") == ((day(1), 1, 20),)
    assert rows(made, "copy") == ((day(1), 1, 10),)


def test_what_production_has_built_meanwhile_is_adopted(world):
    made = world(EVENTS, COPY, now="06-04 05:00")
    after(made, Run(), Create("dev"), Clock(at("06-05 05:00")), Run())

    after(made, Run("dev"))

    assert nothing_processed(made)
    assert done(made, "copy", "dev") == daily(1, 2, 3, 4)


def test_promoting_carries_ranges_and_builds_those_that_only_production_has(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10), (day(4), 2, 10)])
    after(made, Run(), Edit("copy", "version", 2), Run("dev"), Edit("copy", "version", 1))
    after(made, Clock(at("06-05 05:00")), Run())

    after(made, Promote("dev"))

    assert processed(made, "copy") == daily(4)
    assert rows(made, "copy") == delivered(made, "copy") == ((day(1), 1, 20), (day(4), 2, 20))


def test_promoting_restates_where_production_has_other_rows(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10)])
    after(made, Run(), Edit("copy", "version", 2), Run("dev"), Edit("copy", "version", 1))
    after(made, Arrive("events", ((day(2), 2, 20),)), Run(start="2024-06-02", end="2024-06-02"))

    after(made, Promote("dev"))

    assert processed(made, "copy") == daily(2)
    assert rows(made, "copy") == ((day(1), 1, 20), (day(2), 2, 40))


def test_a_promoted_forward_only_change_keeps_productions_history(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(1), 1, 10), (day(4), 2, 10)])
    after(made, Run(), Edit("copy", "version", 2), Run("dev", forward="copy"))
    after(made, Clock(at("06-05 05:00")), Run("dev"), Promote("dev"), Run())

    assert rows(made, "copy") == ((day(1), 1, 10), (day(4), 2, 20))


def test_a_rollback_takes_ranges_back(world):
    made = world(EVENTS, COPY, now="06-04 05:00", rows=[(day(4), 1, 10)])
    after(made, Run(), Clock(at("06-05 05:00")), Run())

    after(made, Rollback("prod", 2))
    back = done(made, "copy"), delivered(made, "copy")
    after(made, Run())

    assert back == (daily(1, 2, 3), ())
    assert nothing_processed(made)
    assert delivered(made, "copy") == ((day(4), 1, 10),)


def test_invalidating_in_one_environment_leaves_the_other_alone(world):
    made = world(EVENTS, now="06-04 05:00")
    after(made, Run(), Create("dev"), Arrive("events", ((day(2), 1, 10),)))

    after(made, Invalidate("events", "2024-06-02", "2024-06-02"), Run(), Run("dev"))

    assert rows(made, "events") == ((day(2), 1, 10),)
    assert rows(made, "events", "dev") == ()
