"""What the reference makes of histories that were written by hand."""

from datetime import datetime

import pytest

from tests.snapshots.engine import QueryEngine
from tests.snapshots.histories import Run
from tests.snapshots.judge import judged
from tests.snapshots.reference import Definition, Refused, Table, after

pytestmark = [pytest.mark.inside, pytest.mark.versions]

COLUMNS = {"id": "INTEGER", "at": "TIMESTAMP", "name": "VARCHAR"}


def at(minute):
    return datetime(2024, 1, 1, 10, minute)


def run(said, minute, *rows, columns=COLUMNS):
    names = [*columns]
    shown = tuple(dict(zip(names, row, strict=True)) for row in rows)
    return Run(said=said, given=Table(columns=dict(columns), rows=shown), moment=at(minute))


def history(*runs):
    """The versions after those runs: (id, name, from, to, deleted)."""
    found = None
    for each in runs:
        found = after(found, each.said, each.given, each.moment)
    versions = sorted(found.versions, key=lambda each: (each.values["id"], each.start))
    return [
        (
            each.values["id"],
            each.values["name"],
            each.start.minute,
            each.end and each.end.minute,
            each.deleted,
        )
        for each in versions
    ]


STAMP = Definition()
CHECK = Definition(strategy="check")
CASES = {
    "several versions at once": (
        [run(STAMP, 9, (1, at(1), "a"), (1, at(3), "b"))],
        [(1, "a", 1, 3, False), (1, "b", 3, None, False)],
    ),
    "a late version": (
        [
            run(STAMP, 9, (1, at(1), "a"), (1, at(5), "c")),
            run(STAMP, 10, (1, at(3), "b"), (1, at(5), "c")),
        ],
        [(1, "a", 1, 3, False), (1, "b", 3, 5, False), (1, "c", 5, None, False)],
    ),
    "a version before all others": (
        [run(STAMP, 9, (1, at(5), "b")), run(STAMP, 10, (1, at(2), "a"))],
        [(1, "a", 2, 5, False), (1, "b", 5, None, False)],
    ),
    "a deletion and what comes back later": (
        [
            run(Definition(deletes="invalidate"), 9, (1, at(1), "a")),
            run(Definition(deletes="invalidate"), 10),
            run(Definition(deletes="invalidate"), 12, (1, at(11), "b")),
        ],
        [(1, "a", 1, 10, False), (1, "b", 11, None, False)],
    ),
    "what comes back as it was": (
        [
            run(Definition(deletes="invalidate"), 9, (1, at(1), "a")),
            run(Definition(deletes="invalidate"), 10),
            run(Definition(deletes="invalidate"), 12, (1, at(1), "a")),
        ],
        [(1, "a", 1, 10, False), (1, "a", 12, None, False)],
    ),
    "a deletion with a record": (
        [
            run(Definition(deletes="new_record"), 9, (1, at(1), "a")),
            run(Definition(deletes="new_record"), 10),
            run(Definition(deletes="new_record"), 12, (1, at(11), "b")),
        ],
        [(1, "a", 1, 10, False), (1, "a", 10, 11, True), (1, "b", 11, None, False)],
    ),
    "a late version before a gap": (
        [
            run(Definition(deletes="invalidate"), 9, (1, at(1), "a")),
            run(Definition(deletes="invalidate"), 10),
            run(Definition(deletes="invalidate"), 12, (1, at(4), "b"), (1, at(11), "c")),
        ],
        [(1, "a", 1, 4, False), (1, "b", 4, 10, False), (1, "c", 11, None, False)],
    ),
    "other values": (
        [
            run(CHECK, 9, (1, at(1), "a"), (2, at(1), "x")),
            run(CHECK, 10, (1, at(1), "b"), (2, at(1), "x")),
        ],
        [(1, "a", 9, 10, False), (1, "b", 10, None, False), (2, "x", 9, None, False)],
    ),
    "NULL is a value": (
        [run(CHECK, 9, (1, at(1), "a")), run(CHECK, 10, (1, at(1), None))],
        [(1, "a", 9, 10, False), (1, None, 10, None, False)],
    ),
    "columns that are not compared": (
        [
            run(Definition(strategy="check", check=("name",)), 9, (1, at(1), "a")),
            run(Definition(strategy="check", check=("name",)), 10, (1, at(2), "a")),
        ],
        [(1, "a", 9, None, False)],
    ),
    "another strategy": (
        [run(STAMP, 9, (1, at(1), "a")), run(CHECK, 10, (1, at(1), "b"))],
        [(1, "a", 1, 10, False), (1, "b", 10, None, False)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_reference_says(name):
    runs, expected = CASES[name]

    found = history(*runs)

    assert found == expected
    judged(QueryEngine, runs)


REFUSED = {
    "null": [run(STAMP, 9, (None, at(1), "a"))],
    "doubled": [run(CHECK, 9, (1, at(1), "a"), (1, at(2), "b"))],
    "contradiction": [run(STAMP, 9, (1, at(1), "a")), run(STAMP, 9, (1, at(1), "b"))],
    "type": [
        run(STAMP, 9, (1, at(1), "a")),
        run(STAMP, 9, (1, at(1), 1), columns={**COLUMNS, "name": "INTEGER"}),
    ],
    "name": [
        run(STAMP, 9, (1, at(1), "a", 1), columns={**COLUMNS, "Valid_To": "INTEGER"}),
    ],
    "moment": [
        run(
            Definition(deletes="invalidate"),
            9,
            (1, 1, "a"),
            columns={**COLUMNS, "at": "INTEGER"},
        )
    ],
    "keys": [
        run(CHECK, 9, (1, at(1), "a"), (2, at(1), "a")),
        run(Definition(strategy="check", keys=("name",)), 10, (1, at(1), "a")),
    ],
    # It began when it was seen first, and says that it is of a time that is still to come.
    "place": [
        run(CHECK, 3, (1, at(8), "b")),
        run(STAMP, 4, (1, at(5), "a")),
    ],
}


@pytest.mark.parametrize("why", REFUSED)
def test_the_reference_refuses(why):
    *before, last = REFUSED[why]
    found = None
    for each in before:
        found = after(found, each.said, each.given, each.moment)

    with pytest.raises(Refused) as refused:
        after(found, last.said, last.given, last.moment)

    assert refused.value.why == why
    judged(QueryEngine, REFUSED[why])
