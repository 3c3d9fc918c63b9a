"""Clocks that are put forward and back by law or by hand neither skip a tick nor repeat one.

What is due says an arithmetic of the tests' own, which looks at each minute.
"""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from seeknal.graph.agenda import Entry
from seeknal.intervals.ticks import ticked, ticks_next
from seeknal.scheduling.due import Ended, Ticks, after, put_right, wanted
from seeknal.scheduling.memory import Memory, Standing
from seeknal.values.names import NodeId
from seeknal.values.schedule import Schedule
from tests.scheduling.ticking import DURATIONS, ticks

ZONES = (
    *("Europe/Berlin", "America/New_York", "Asia/Beirut", "Asia/Jerusalem", "Africa/Cairo"),
    *("Australia/Lord_Howe", "America/Nuuk", "Antarctica/Troll", "Pacific/Chatham"),
    *("America/Havana", "Atlantic/Azores", "Africa/Casablanca", "America/Sao_Paulo"),
)
HOUR = timedelta(hours=1)
NODE = NodeId("transform.one")


def changes(zone, year):
    """The hours of a year in which a zone's clock is changed."""
    clock = ZoneInfo(zone)
    moments = [datetime(year, 1, 1, tzinfo=UTC) + HOUR * step for step in range(8760)]
    offsets = [moment.astimezone(clock).utcoffset() for moment in moments]
    return [
        at for at, one, other in zip(moments, offsets, offsets[1:], strict=False) if one != other
    ]


def case(seed):
    """A schedule, a zone, and a moment about which that zone's clock is changed."""
    dice = random.Random(seed)
    while True:
        zone, year = dice.choice(ZONES), dice.choice([2011, 2018, 2026])
        if found := changes(zone, year):
            break
    minutes = dice.choice(["0", "30", "*/20", "*", "15,45", "5-10/5", "59", "0-59/30"])
    hours = dice.choice(["*", "*/2", "2", "0", "1-3", "0,2,3", "23", "1-5/2", "*/6"])
    days = dice.choice(["* * *", "* * *", "* * 0", "* * 1-5"])
    text = dice.choice([f"{minutes} {hours} {days}"] * 4 + ["@daily", "@hourly", *DURATIONS])
    return text, zone, dice.choice(found) - HOUR * dice.randrange(30, 40), dice


@pytest.mark.parametrize("seed", range(40))
def test_ticks_around_changes_of_a_clock_are_those_that_each_minute_shows(seed):
    text, zone, begin, _dice = case(seed)
    end, schedule = begin + 72 * HOUR, Schedule(text=text, timezone=zone)

    found = [ticked(schedule, int(begin.timestamp()))]
    while found[-1] <= end.timestamp():
        found.append(ticks_next(schedule, found[-1]))

    expected = [int(tick.timestamp()) for tick in ticks(text, zone, begin, end)]
    assert [tick for tick in found if begin.timestamp() <= tick <= end.timestamp()] == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_that_is_set_by_hand_repeats_no_run_and_skips_none(seed):
    text, zone, begin, dice = case(seed)
    entries = [Entry(node=NODE, schedule=Schedule(text=text, timezone=zone))]
    jumps = {
        dice.randrange(6 * 60, 60 * 60): HOUR * dice.choice([-0.1, -0.7, -1.5, 0.5, -3])
        for _jump in range(4)
    }

    shown, moments, ran = begin, [], []
    known = Ticks()
    tick = known.last(entries[0].schedule, int(begin.timestamp()))
    memory = Memory(nodes={NODE: Standing(tick=tick)})
    for minute in range(60 * 60):
        shown += timedelta(minutes=1) + jumps.get(minute, timedelta(0))
        moments.append(shown)
        now = int(shown.timestamp())
        memory = put_right(memory, entries, known.last, now)
        found = wanted(memory, entries, known.last, now)
        if found.due:
            tick = known.last(entries[0].schedule, now)
            ran.append(tick)
            memory = after(memory, found, {NODE: Ended(status="ok")}, {NODE: tick}, now)

    assert ran == reached(ticks(text, zone, begin, max(moments)), begin, moments)


def reached(ticks, begin, moments):
    """The ticks that a clock shows to be the last one, for the first time."""
    found = [tick for tick in ticks if tick == begin]
    for moment in moments:
        past = [tick for tick in ticks if tick <= moment][-1:]
        if past and (not found or past[0] > found[-1]):
            found += past
    return [int(tick.timestamp()) for tick in found if tick != begin]
