"""Columns are known by id: whatever was renamed, moved or added since, rows stay what they were."""

import random

import pytest
from tests.iceberg import corpus

from seeknal.values.errors import SeeknalError

pytestmark = pytest.mark.inside


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


CELLS = [
    (name, what, origin)
    for name in corpus.VALUES
    for what in corpus.EVOLUTIONS
    if what != "widen" or name in corpus.WIDER
    for origin in corpus.ORIGINS
]
FEW = random.Random(20).sample(CELLS, 3)
DOCUMENTED = corpus.documented("maintain")
"""What docs/how-to/iceberg.md says becomes of each type."""


def upsert(lake, rows, **options):
    # The rows of 1 and 2 are alike in most types: of these an upsert would write nothing.
    row = f"SELECT * REPLACE (1 AS id) FROM ({rows}) WHERE id = 3"
    lake.deliver(row, "upsert_by_key", unique_keys=("id",), **options)


def incremental(lake, rows):
    row = f"SELECT * REPLACE (id - 1 AS id) FROM ({rows}) WHERE id IN (2, 4)"
    lake.deliver(row, "incremental_by_time", time_column="id")


def overwrite(lake, rows):
    row = f"SELECT * REPLACE (50 AS id) FROM ({rows}) WHERE id = 12"
    lake.deliver(row, "overwrite_partitions")


def append(lake, rows):
    lake.deliver(f"SELECT * REPLACE (60 AS id) FROM ({rows}) WHERE id = 12", "append")


def full(lake, rows):
    lake.deliver(f"SELECT * FROM ({rows}) WHERE id <> 3", "full")


def maintain(lake, rows):
    lake.compact()


MODES = {
    "append": append,
    "full": full,
    "upsert_by_key": upsert,
    "incremental_by_time": incremental,
    "overwrite_partitions": overwrite,
    "maintain": maintain,
}


def copied(row, id):
    return {**row, "id": id}


def expected(mode, rows):
    """What a mode makes of the rows: the few that it means, and all others as they were."""
    if mode == "append":
        return {**rows, 60: copied(rows[12], 60)}
    if mode == "full":
        return {id: row for id, row in rows.items() if id != 3}
    if mode == "upsert_by_key":
        return {**rows, 1: copied(rows[3], 1)}
    if mode == "incremental_by_time":
        kept = {id: row for id, row in rows.items() if not 1 <= id <= 3}
        return {**kept, 1: copied(rows[2], 1), 3: copied(rows[4], 3)}
    if mode == "overwrite_partitions":
        kept = {id: row for id, row in rows.items() if row["p"] == 1}
        return {**kept, 50: copied(rows[12], 50)}
    return rows


def outcome(lake, mode, name, origin):
    """Tries a mode on the table, looks at every row, and takes the table back.

    Gives "exact" or "refused"; anything else is an AssertionError.
    """
    table = lake.table()
    before, head = corpus.truth(table), table.current_snapshot().snapshot_id
    try:
        MODES[mode](lake, lake.query())
    except SeeknalError as error:
        if f"is {name}[" not in error.message:
            raise
        refused = corpus.truth(lake.table()) == before
        return "refused" if refused else "changed"
    wanted = expected(mode, before)
    assert corpus.truth(lake.table()) == wanted
    assert lake.read() == wanted
    if origin == "append":
        assert corpus.scanned(lake.table()) == wanted
    lake.table().manage_snapshots().set_current_snapshot(snapshot_id=head).commit()
    return "exact"


def check_cell(lake, name, what, origin):
    table = corpus.made(lake, name, what, origin)
    wanted = corpus.truth(table)
    if origin == "append":
        assert corpus.scanned(table) == wanted
    assert lake.read() == wanted
    found = {mode: outcome(lake, mode, name, origin) for mode in MODES}
    assert {"read": "exact", **found} == DOCUMENTED[name.removeprefix("wide ")]


def test_the_documented_types_are_those_that_are_tested():
    assert set(DOCUMENTED) == {name.removeprefix("wide ") for name in corpus.VALUES}


@pytest.mark.parametrize(("name", "what", "origin"), FEW)
def test_rows_are_read_and_kept_by_the_ids_of_their_fields(lake, name, what, origin):
    check_cell(lake, name, what, origin)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "what", "origin"), CELLS)
def test_rows_of_every_type_evolution_and_origin_are_read_and_kept(lake, name, what, origin):
    check_cell(lake, name, what, origin)


@pytest.mark.parametrize("what", ["swap", "drop and add"])
def test_rows_with_deleted_ones_beside_them_are_kept(lake, what):
    corpus.made(lake, "int", what, "files without ids")
    with lake.table().transaction() as changes:
        changes.set_properties({"write.merge.mode": "merge-on-read"})
    before = corpus.truth(lake.table())

    upsert(lake, lake.query())
    read = lake.read()
    lake.compact()

    assert any(task.delete_files for task in lake.table().scan().plan_files()) is False
    assert read == corpus.truth(lake.table()) == expected("upsert_by_key", before)
