"""In which spans two outputs of a tracked node differ, by their parts alone."""

from __future__ import annotations

import random

import pytest
from attrs import evolve

from seeknal.run.intervals.changes import changed_spans
from seeknal.values.columns import Column
from seeknal.values.snapshot import Artifact, Part

pytestmark = pytest.mark.inside

COLUMNS = (Column("at", "TIMESTAMP"), Column("two", "BIGINT"))


def output(*parts: Part) -> Artifact:
    return Artifact(
        path="cache/transform/hourly/x",
        size=0,
        sha256="",
        rows=0,
        columns=COLUMNS,
        stat=(0, 0, 0, 0, 0),
        time_column="at",
        parts=parts,
    )


def part(start: int, end: int, content: str, **more) -> Part:
    path = f"{content}.parquet" if content else ""
    return Part(start=start, end=end, path=path, sha256=content, **more)


def test_everything_is_new_where_nothing_was_before():
    now = output(part(0, 10, "a"), part(10, 20, ""), part(30, 40, "b"))

    assert changed_spans(None, now) == ((0, 20), (30, 40))


def test_equal_parts_of_equal_spans_have_not_changed():
    before = output(part(0, 10, "a"), part(10, 20, "b"), part(20, 30, ""))
    now = output(part(0, 10, "a"), part(10, 20, "c"), part(20, 30, ""))

    assert changed_spans(before, now) == ((10, 20),)


def test_a_span_of_which_only_one_has_a_part_has_changed():
    before = output(part(0, 10, "a"), part(20, 30, ""))
    now = output(part(0, 10, "a"), part(10, 20, ""))

    assert changed_spans(before, now) == ((10, 30),)


def test_what_is_left_of_a_file_is_what_it_was():
    before = output(part(0, 30, "a"))
    now = output(part(0, 10, "a", whole=False), part(10, 20, "b"), part(20, 30, "a", whole=False))

    assert changed_spans(before, now) == ((10, 20),)


def test_parts_that_were_put_together_are_told_by_their_sums():
    before = output(
        part(0, 10, "a", rows=1, digest=(3, 4)), part(10, 20, "b", rows=2, digest=(5, 6))
    )
    now = output(part(0, 20, "ab", rows=3, digest=(8, 10), columns=COLUMNS))

    assert changed_spans(before, now) == ()


@pytest.mark.parametrize(
    "one",
    [
        part(0, 20, "ab", rows=3, digest=(8, 11)),
        part(0, 20, "ab", rows=4, digest=(8, 10)),
        part(0, 20, "ab", rows=3),
        part(0, 20, "ab", rows=3, digest=(8, 10), columns=COLUMNS[:1]),
    ],
)
def test_parts_whose_sums_differ_or_are_not_known_have_changed_as_a_whole(one):
    before = output(
        part(0, 10, "a", rows=1, digest=(3, 4)), part(10, 20, "b", rows=2, digest=(5, 6))
    )

    assert changed_spans(before, output(one, part(20, 30, "c"))) == ((0, 30),)


def test_what_is_not_done_within_a_part_is_of_no_part():
    before = output(part(0, 30, "a", rows=2, digest=(5, 6), gaps=((10, 20),)))
    filled = output(part(0, 30, "b", rows=2, digest=(5, 6)))
    apart = output(
        part(0, 10, "c", rows=1, digest=(2, 2)), part(20, 30, "d", rows=1, digest=(3, 4))
    )

    assert changed_spans(None, before) == ((0, 10), (20, 30))
    assert changed_spans(before, filled) == ((0, 30),)
    assert changed_spans(before, apart) == ()


def test_a_gap_that_is_filled_without_rows_is_all_that_has_changed():
    before = output(part(0, 30, "a", gaps=((10, 20),)))

    assert changed_spans(before, output(part(0, 30, "a"))) == ((10, 20),)


def test_other_columns_another_zone_and_another_time_column_change_everything():
    before = output(part(0, 10, "a"))
    one = evolve(before, columns=COLUMNS[:1])
    two = evolve(before, timezone="Asia/Jakarta")
    three = evolve(before, time_column="two")

    assert [changed_spans(before, now) for now in (one, two, three)] == [((0, 10),)] * 3


def test_random_outputs_differ_where_their_moments_do():
    """Each moment has rows of its own; files hold some, and parts are cut from files."""
    chosen = random.Random(7)
    for _ in range(400):
        before, now = _drawn(chosen), _drawn(chosen)

        changed = changed_spans(output(*before), output(*now))

        ones, others = _moments(before), _moments(now)
        differing = {moment for moment in range(40) if ones.get(moment) != others.get(moment)}
        told = {moment for start, end in changed for moment in range(start, end)}
        assert differing <= told
        assert told <= ones.keys() | others.keys()


def _drawn(chosen: random.Random) -> list[Part]:
    """Parts whose rows of a moment are what the moment has in their file's version."""
    parts, at = [], 0
    while (at := at + chosen.choice([0, 0, 1, 3])) < 30:
        end = at + chosen.randint(1, 6)
        version = chosen.choice(["", "x", "x", "y"])
        known = chosen.random() < 0.7
        content = {moment: f"{version}{moment}" for moment in range(at, end)}
        sums = sum(hash(text) for text in content.values()) if version else 0
        whole = chosen.random() < 0.5
        name = f"{version}{at}-{end}" if whole else version
        parts.append(
            part(
                at,
                end,
                name if version else "",
                whole=whole,
                rows=end - at if version else 0,
                digest=(sums, sums) if known else None,
            )
        )
        at = end
    return parts


def _moments(parts: list[Part]) -> dict[int, str]:
    return {
        moment: f"{one.sha256[:1]}{moment}" if one.path else ""
        for one in parts
        for moment in range(one.start, one.end)
    }
