"""Outputs made of parts are compared by the rows that they are, however these are divided."""

import random

import pytest
from attrs import evolve
from tests.core.state.parts import DAY, NODE, Store

from seeknal.run.content import Contents, digest_of
from seeknal.sql.quote import quote_literal
from seeknal.sql.storage import copy_statement
from seeknal.sql.timefilter import time_filter
from seeknal.values.columns import Column
from seeknal.values.snapshot import Part

pytestmark = [pytest.mark.inside, pytest.mark.versions]

COLUMNS = (Column("at", "TIMESTAMP"), Column("n", "INTEGER"), Column("x", "HUGEINT"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, COLUMNS)


def sums(path, duck, within="true"):
    """What a part says of those rows of its file of which a condition is true."""
    scan = f"(FROM read_parquet({quote_literal(str(path))}) WHERE {within})"
    return digest_of(scan, COLUMNS, duck)[1:]


def selected(rows):
    """SQL for rows of a day and a number each."""
    texts = [
        f"SELECT make_timestamp({day * DAY + 3600}000000) AS at, {n} AS n, {n}::HUGEINT AS x"
        for day, n in rows
    ]
    return " UNION ALL ".join(texts)


def divided(store, draw, rows, days, *, digests):
    """An output of these rows, in parts that are drawn."""
    parts, day = [], 0
    while day < days:
        end = draw.randint(day + 1, days)
        inside = [row for row in rows if day <= row[0] < end]
        if not inside:
            parts.append(Part(start=day * DAY, end=end * DAY))
        else:
            part = store.part(selected(inside), day * DAY, end * DAY)
            if digests and draw.random() < 0.7:
                path = store.artifacts.path(part)
                part = evolve(part, digest=sums(path, store.duck))
            parts += split(store, draw, part, inside, day, end)
        day = end
    return store.composed(*parts)


def split(store, draw, part, rows, first, last):
    """A part, or several of the same file."""
    if draw.random() < 0.5 or last - first < 2:
        return [part]
    middle = draw.randrange(first + 1, last)
    ends = [(first, middle), (middle, last)]
    return [
        evolve(
            part,
            start=start * DAY,
            end=end * DAY,
            rows=sum(start <= day < end for day, _ in rows),
            whole=False,
            digest=None,
        )
        for start, end in ends
    ]


@pytest.mark.parametrize("seed", range(15))
def test_equal_rows_are_equal_however_they_are_divided_and_others_are_not(store, tmp_path, seed):
    draw = random.Random(seed)
    rows = sorted((draw.randrange(6), n) for n in range(draw.randint(1, 12)))
    one, other = (divided(store, draw, rows, 6, digests=number) for number in (0, 1))
    changed = divided(store, draw, [*rows[:-1], (rows[-1][0], 99)], 6, digests=True)
    path = store.artifacts.candidate(NODE, "run")
    store.duck.execute(copy_statement(selected(rows), COLUMNS, str(path)))
    plain = store.artifacts.publish(NODE, path, fingerprint="p", rows=len(rows), columns=COLUMNS)
    contents = Contents(tmp_path / "target")

    found = [
        contents.same(one, against, COLUMNS, store.duck, ordered=ordered)
        for against in (other, plain, changed)
        for ordered in (False, True)
    ]

    assert found == [True, True, True, True, False, False]


def test_rows_in_another_order_are_the_same_rows_but_not_the_same_sequence(store, tmp_path):
    rows = [(0, 1), (0, 2), (1, 3)]
    one = store.composed(store.part(selected(rows), 0, 2 * DAY))
    other = store.composed(
        store.part(selected([(0, 2), (0, 1)]), 0, DAY), store.part(selected(rows[2:]), DAY, 2 * DAY)
    )
    contents = Contents(tmp_path / "target")

    unordered = contents.same(one, other, COLUMNS, store.duck, ordered=False)
    ordered = contents.same(one, other, COLUMNS, store.duck, ordered=True)

    assert (unordered, ordered) == (True, False)


def test_digests_of_a_files_spans_add_up_to_that_of_the_file(store):
    part = store.part(selected([(0, 1), (1, 2), (1, 3)]), 0, 2 * DAY)
    path = store.artifacts.path(part)

    whole = sums(path, store.duck)
    spans = [
        sums(path, store.duck, time_filter(COLUMNS[0], day * DAY, (day + 1) * DAY, "UTC"))
        for day in (0, 1)
    ]

    assert tuple(sum(sums) % 2**64 for sums in zip(*spans, strict=True)) == whole


def test_parts_that_are_stored_with_other_columns_are_not_known_to_be_the_same(store, tmp_path):
    narrow = Store(tmp_path, COLUMNS[:2])
    old = narrow.part("SELECT TIMESTAMP '1970-01-01' AS at, 1 AS n", 0, DAY)
    new = store.part("SELECT TIMESTAMP '1970-01-01' AS at, 1 AS n, NULL::HUGEINT AS x", 0, DAY)
    contents = Contents(tmp_path / "target")

    same = contents.same(
        store.composed(old), store.composed(new), COLUMNS, store.duck, ordered=False
    )

    assert not same
