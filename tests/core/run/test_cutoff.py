"""Whether a node would read other rows than before, told by what it reads of its inputs."""

from contextlib import closing

import pytest
from attrs import evolve
from tests.core.run.values import artifact, node, snapshot

from seeknal.kernel.plugins import load_plugins
from seeknal.lineage.reader import Reader
from seeknal.run.content import Contents
from seeknal.run.cutoff import Cutoff
from seeknal.run.engine import open_instance, write_rows
from seeknal.values.names import NodeId
from seeknal.values.project import Project
from seeknal.values.relations import Scan

BASE = NodeId("transform.base")
BEFORE = "SELECT * FROM (VALUES (1, 'a', 0.5), (2, 'b', 0.0)) t(id, name, part)"
OTHER_NAME = BEFORE.replace("'a'", "'z'")
OTHER_ORDER = "SELECT * FROM (VALUES (2, 'b', 0.0), (1, 'a', 0.5)) t(id, name, part)"
MORE_ROWS = f"{BEFORE} UNION ALL SELECT 3, 'c', 1.0"
OTHER_TYPE = BEFORE.replace("(1,", "(CAST(1 AS BIGINT),")


class Rows:
    """Outputs of a base table, and what a reader of it has to do when another one comes."""

    def __init__(self, folder):
        self.folder = folder
        self.instance = open_instance()

    def store(self, sql):
        """The output that these rows are."""
        path = self.folder / f"{abs(hash(sql))}.parquet"
        rows, columns = write_rows(self.instance, Scan(sql), path)
        kept = artifact(rows=rows, columns=columns, path=path.name)
        return snapshot(BASE, evolve(kept, sha256=f"{abs(hash(sql)):064x}"[::-1]))

    def unchanged(self, reader, now, before=BEFORE, **more):
        """Whether ``reader``, SQL over the base table, need not be computed again."""
        was, current = self.store(before), self.store(now)
        made = node("reader", BASE, sql=reader.replace("base", '"transform"."base"'), **more)
        nodes = {BASE: node("base"), made.id: made}
        known = snapshot(made.id, inputs={BASE: was.output_id})
        fingerprints = {BASE: was.fingerprint, made.id: known.fingerprint}
        earlier = {(BASE, was.output_id): was}
        project = Project(root=self.folder, name="reads", nodes=nodes)
        with closing(Reader(project, load_plugins())) as lineage:
            contents = Contents(self.folder)
            cutoff = Cutoff(
                nodes, fingerprints, lineage, contents, lambda id, output: earlier.get((id, output))
            )
            current_map = {BASE: current, made.id: known}
            return cutoff.unchanged(made, known, current_map, self.instance.cursor)


@pytest.fixture
def rows(tmp_path):
    found = Rows(tmp_path)
    yield found
    found.instance.close()


def test_a_column_that_it_does_not_read_may_change(rows):
    assert rows.unchanged("SELECT id FROM base ORDER BY id", OTHER_NAME)


@pytest.mark.parametrize(
    "reader",
    [
        "SELECT name FROM base ORDER BY id",
        "SELECT id FROM base WHERE name = 'a' ORDER BY id",
        "SELECT * FROM base ORDER BY id",
    ],
)
def test_a_column_that_it_reads_may_not(rows, reader):
    assert not rows.unchanged(reader, OTHER_NAME)


def test_rows_in_another_order_are_the_same_to_who_sorts_or_counts_them(rows):
    assert rows.unchanged("SELECT id FROM base ORDER BY id", OTHER_ORDER)
    assert rows.unchanged("SELECT count(*) AS n, sum(id) AS total FROM base", OTHER_ORDER)


def test_rows_in_another_order_are_others_to_who_takes_the_first(rows):
    assert not rows.unchanged("SELECT id FROM base LIMIT 1", OTHER_ORDER)


def test_more_rows_are_other_rows(rows):
    assert not rows.unchanged("SELECT count(*) AS n FROM base", MORE_ROWS)


def test_a_column_of_another_type_is_another_column(rows):
    assert not rows.unchanged("SELECT id FROM base ORDER BY id", OTHER_TYPE)


def test_what_cannot_be_compared_any_more_is_computed_again(rows):
    current = rows.store(BEFORE)
    made = node("reader", BASE, sql='SELECT id FROM "transform"."base"')
    known = snapshot(made.id, inputs={BASE: "an output that is gone"})
    cutoff = Cutoff({BASE: node("base"), made.id: made}, {}, None, None, lambda id, output: None)

    assert not cutoff.unchanged(made, known, {BASE: current}, rows.instance.cursor)


@pytest.mark.parametrize(
    ("before", "now", "ordered", "same"),
    [
        (BEFORE, OTHER_ORDER, False, True),
        (BEFORE, OTHER_ORDER, True, False),
        (BEFORE, OTHER_NAME, False, False),
        (BEFORE, BEFORE.replace("0.0", "-0.0"), False, True),
        ("SELECT 0.0::DOUBLE AS x", "SELECT '-0.0'::DOUBLE AS x", False, False),
        ("SELECT NULL AS x, '' AS y", "SELECT '' AS x, NULL AS y", False, False),
        ("SELECT [1, NULL] AS x", "SELECT [1] AS x", False, False),
    ],
)
def test_equal_digests_are_equal_values(rows, before, now, ordered, same):
    one, other = rows.store(before).artifact, rows.store(now).artifact
    contents = Contents(rows.folder)

    found = contents.same(one, other, one.columns, rows.instance.cursor(), ordered=ordered)

    assert found is same
