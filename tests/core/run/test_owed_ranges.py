"""Which ranges a target is owed, and under which id."""

from __future__ import annotations

import pytest
from attrs import evolve

from seeknal.run.delivery.ranges import Known, brought, owed_by_range, rows_within
from seeknal.values.columns import Column
from seeknal.values.deliveries import Delivery
from seeknal.values.snapshot import Artifact, Part

pytestmark = pytest.mark.inside

FRESH = "run/transform.x/key"


def output(contents: str) -> Artifact:
    """An output with a part of ten seconds for each letter, ``-`` for one without rows."""
    parts = tuple(
        Part(
            start=number * 10,
            end=number * 10 + 10,
            path="" if letter == "-" else f"{letter}.parquet",
            sha256="" if letter == "-" else letter,
            rows=0 if letter == "-" else 5,
        )
        for number, letter in enumerate(contents)
    )
    return Artifact(
        path="x",
        size=0,
        sha256=contents,
        rows=0,
        columns=(Column("at", "TIMESTAMP"),),
        stat=(0, 0, 0, 0, 0),
        time_column="at",
        parts=parts,
    )


def owed(now: Artifact, entry: Delivery | None = None, before: Artifact | None = None) -> Delivery:
    """What a target is owed of ``now`` in one and the same run."""
    fresh = Delivery(key="key", status="owed", output_id=now.output_id, delivery_id=FRESH)
    return owed_by_range(fresh, Known(entry=entry, output=before), now, FRESH)


def delivered(delivery: Delivery, now: Artifact) -> Delivery:
    return brought(evolve(delivery, status="delivered"), now)


def test_each_output_of_a_run_is_a_delivery_of_its_own():
    one, two, three = output("a"), output("b"), output("c")

    first = owed(one)
    second = owed(two, delivered(first, one), one)
    third = owed(three, second, two)

    ids = [first.delivery_id, second.delivery_id, third.delivery_id]
    assert ids == [FRESH, f"{FRESH}/2", f"{FRESH}/3"]
    assert second.stale == third.stale == ((0, 10),)


def test_what_is_tried_again_keeps_its_id():
    one, two = output("a"), output("b")
    first = evolve(owed(two, delivered(owed(one), one), one), delivery_id="earlier")

    again = owed(two, first, two)

    assert (again.delivery_id, again.stale) == ("earlier", ((0, 10),))


def test_what_differs_adds_up_while_a_target_is_away():
    one, two, three = output("abc"), output("xbc"), output("abcd")

    first = owed(two, delivered(owed(one), one), one)
    second = owed(three, first, two)

    assert (first.stale, second.stale) == (((0, 10),), ((0, 10), (30, 40)))


def test_rows_that_are_the_same_are_not_sent():
    one = output("ab")
    same = evolve(one, sha256="other")

    found = owed(same, delivered(owed(one), one), one)

    assert (found.status, found.output_id, found.stale) == ("delivered", "other", ())


def test_where_the_output_is_not_known_any_more_all_is_stale_that_may_be_there():
    one, now = output("abcd"), output("x")

    found = owed(now, delivered(owed(one), one), None)

    assert found.stale == ((0, 40),)
    assert [extent.spans for extent in found.extents] == [((0, 40),)]


def test_another_zone_is_another_way_to_tell_the_rows():
    one = output("ab")
    now = evolve(output("x"), timezone="Asia/Jakarta")

    found = owed(now, delivered(owed(one), one), one)

    assert [(extent.timezone, extent.spans) for extent in found.extents] == [
        ("UTC", ((0, 20),)),
        ("Asia/Jakarta", ((0, 10),)),
    ]
    assert found.stale == ((0, 10),)


def test_rows_of_some_spans_are_counted_where_parts_are_not_cut():
    now = output("ab-d")

    whole, cut = rows_within(now, ((10, 40),)), rows_within(now, ((5, 15),))

    assert (whole.rows, [part.start for part in whole.parts]) == (10, [10, 20, 30])
    assert (cut.rows, [(part.start, part.end, part.whole) for part in cut.parts]) == (
        -1,
        [(5, 10, False), (10, 15, False)],
    )
