"""The reference itself, by answers that are written by hand."""

import datetime as dt

import pytest

from tests.features.reference import Frame, Group, Ttl, Wanted, historical
from tests.features.windows import Aggregation, Ratio, Since, Spec, aggregated

ZONED = "TIMESTAMP WITH TIME ZONE"


def at(text):
    return dt.datetime.fromisoformat(text)


def group(rows, *, created=False, at="TIMESTAMP", keys=("k",), **more):
    """Rows of (key, ..., event time, [created time], feature)."""
    times = ("at", "loaded") if created else ("at",)
    names = (*keys, *times, "f")
    columns = {**dict.fromkeys(keys, "VARCHAR"), **dict.fromkeys(times, at), "f": "INTEGER"}
    return Group(
        name="g",
        columns=columns,
        keys=keys,
        features=("f",),
        event_time="at",
        created_time="loaded" if created else None,
        events=tuple(dict(zip(names, row, strict=True)) for row in rows),
        **more,
    )


def seen(group, *asked, type="TIMESTAMP", zone=None):
    """What rows of (key, ..., moment) see of the group's feature; or the codes of refusals."""
    columns = {**dict.fromkeys(group.keys, "VARCHAR"), "ts": type}
    rows = tuple(dict(zip(columns, row, strict=True)) for row in asked)
    frame = Frame(columns=columns, rows=rows, timestamp="ts", timezone=zone)
    found = historical({"g": group}, [Wanted(group="g")], frame)
    return sorted(found.must) or [row[-1] for row in found.rows]


JAN = [("a", at("2024-01-01"), 1), ("a", at("2024-01-31"), 2)]
LATE = [
    ("a", at("2024-01-01"), at("2024-01-02"), 1),
    ("a", at("2024-01-05"), at("2024-01-09"), 2),
    ("a", at("2024-01-01"), at("2024-01-20"), 3),
]
BOTH = [("1", "23", at("2024-01-01"), 100), ("12", "3", at("2024-01-01"), 200)]


@pytest.mark.parametrize(
    ("moment", "value"),
    [
        (at("2023-12-31T23:59:59.999999"), None),
        (at("2024-01-01"), 1),
        (at("2024-01-30T23:59:59.999999"), 1),
        (at("2024-01-31"), 2),
        (at("2030-01-01"), 2),
        (dt.date(2024, 1, 31), 2),
        (None, None),
    ],
)
def test_the_newest_row_up_to_the_moment_is_seen(moment, value):
    found = seen(group(JAN), ("a", moment))

    assert found == [value]


@pytest.mark.parametrize(
    ("ttl", "moment", "value"),
    [
        (Ttl(count=1, unit="day"), "2024-02-01", 2),
        (Ttl(count=1, unit="day"), "2024-02-01T00:00:00.000001", None),
        (Ttl(count=1, unit="month"), "2024-02-29", 2),
        (Ttl(count=1, unit="month"), "2024-02-29T00:00:00.000001", None),
        (Ttl(count=1, unit="year"), "2025-01-31", 2),
        (Ttl(count=90, unit="day"), "2024-01-30", 1),
    ],
)
def test_a_row_holds_up_to_the_very_end_of_its_ttl(ttl, moment, value):
    found = seen(group(JAN, ttl=ttl), ("a", at(moment)))

    assert found == [value]


@pytest.mark.parametrize(
    ("moment", "value"),
    [
        ("2024-01-01", None),
        ("2024-01-02", 1),
        ("2024-01-08", 1),
        ("2024-01-09", 2),
        ("2024-01-25", 2),
    ],
)
def test_a_row_is_seen_once_it_is_known_and_the_newest_event_wins(moment, value):
    found = seen(group(LATE, created=True), ("a", at(moment)))

    assert found == [value]


def test_the_last_known_of_one_event_time_wins():
    found = seen(group([LATE[2], LATE[0]], created=True), ("a", at("2024-01-19")))
    later = seen(group([LATE[2], LATE[0]], created=True), ("a", at("2024-01-20")))

    assert (found, later) == ([1], [3])


def test_keys_are_compared_one_by_one_and_no_key_equals_none():
    moment = at("2024-01-01")

    found = seen(
        group(BOTH, keys=("k", "l")),
        ("12", "3", moment),
        ("1", "23", moment),
        (None, "23", moment),
        ("123", "", moment),
    )

    assert found == [200, 100, None, None]


def test_two_rows_of_one_time_that_differ_are_refused_where_one_of_them_would_be_seen():
    rows = [*JAN, ("a", at("2024-01-01"), 7), ("a", at("2024-01-31"), 2)]

    early = seen(group(rows), ("a", at("2024-01-02")))
    late = seen(group(rows), ("a", at("2024-02-02")))

    assert (early, late) == (["SK1806"], [2])


@pytest.mark.parametrize(
    ("mine", "my_zone", "other", "other_zone", "value"),
    [
        ("2024-03-10T00:00", None, "2024-03-10T00:00", None, [1]),
        ("2024-03-10T00:00", "Asia/Jakarta", "2024-03-09T17:00+00:00", None, [1]),
        ("2024-03-10T00:00", "Asia/Jakarta", "2024-03-09T16:59:59+00:00", None, [None]),
        ("2024-03-10T03:00", "America/New_York", "2024-03-10T07:00", "UTC", [1]),
        ("2024-03-10T02:30", "America/New_York", "2024-03-10T07:30", "UTC", [1]),
        ("2024-11-03T01:30", "America/New_York", "2024-11-03T06:30", "UTC", [1]),
        ("2024-11-03T01:30", "America/New_York", "2024-11-03T06:29", "UTC", [None]),
        ("2024-03-10T00:00+00:00", None, "2024-03-10T00:00", None, ["SK1805"]),
        ("2024-03-10T00:00", None, "2024-03-10T00:00", "UTC", ["SK1805"]),
        ("2024-03-10T00:00", "UTC", "2024-03-10T00:00", None, ["SK1805"]),
    ],
)
def test_moments_with_zones_are_instants(mine, my_zone, other, other_zone, value):
    types = [ZONED if "+" in text else "TIMESTAMP" for text in (mine, other)]

    found = seen(
        group([("a", at(mine), 1)], at=types[0], timezone=my_zone),
        ("a", at(other)),
        type=types[1],
        zone=other_zone,
    )

    assert found == value


EVENTS = [
    {"k": 1, "at": at("2024-03-01T10:00"), "due": dt.date(2024, 3, 8), "v": 1, "kind": "a"},
    {"k": 1, "at": at("2024-03-02T00:00"), "due": dt.date(2024, 3, 8), "v": 2, "kind": "b"},
    {"k": 1, "at": at("2024-03-08T23:00"), "due": dt.date(2024, 3, 8), "v": 4, "kind": "a"},
    {"k": 1, "at": at("2024-03-09T00:00"), "due": dt.date(2024, 3, 8), "v": 8, "kind": "a"},
    {"k": 1, "at": None, "due": dt.date(2024, 3, 8), "v": 16, "kind": "a"},
]


def test_a_window_of_moments_is_half_open():
    spec = Spec(name="v", column="v", aggs=("sum",), windows=("7d", "23h"))

    found = aggregated(Aggregation(keys=("k",), time="at", specs=(spec,)), EVENTS)

    assert [(row["v_sum_7d"], row["v_sum_23h"]) for row in found] == [
        (1, 1),
        (3, 3),
        (6, 4),
        (12, 12),
    ]


def test_a_window_of_days_ends_with_the_application_date():
    spec = Spec(
        name="v",
        column="v",
        aggs=("sum",),
        windows=("7d", (6, 7), (-5, 0)),
        ratios=(Ratio(above=(0, 0), below=(0, 9)),),
        since=(Since(column="kind", value="a", aggs=("count", "sum")),),
    )

    found = aggregated(Aggregation(keys=("k",), time="at", date="due", specs=(spec,)), EVENTS)

    assert found == [
        {
            "k": 1,
            "due": dt.date(2024, 3, 8),
            "v_sum_7d": 6,
            "v_sum_6_7": 3,
            "v_sum_-5_0": 4,
            "v_sum_ratio_0_0_0_9": 4 / 7,
            "v_count_if": 2,
            "v_sum_if": 5,
        }
    ]


def test_a_second_order_aggregation_is_over_the_rows_of_the_first():
    second = Aggregation(
        keys=("k",), specs=(Spec(name="v_sum", column="v_sum", aggs=("max", "mean")),)
    )
    first = Spec(name="v", column="v", aggs=("sum",))

    found = aggregated(Aggregation(keys=("k",), time="at", specs=(first,), second=second), EVENTS)

    assert found == [{"k": 1, "v_sum_MAX": 15, "v_sum_MEAN": 26 / 4}]
