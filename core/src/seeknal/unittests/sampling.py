"""The stored rows of what a node reads, in a DuckDB of their own, to choose a test's rows from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.host.files import scratch_folder
from seeknal.plan.views import is_view, with_views
from seeknal.rows.scans import columns_of
from seeknal.run.engine import Engine, define_views, open_instance
from seeknal.run.frozen import freeze_instance
from seeknal.run.outputs import Outputs
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.state.artifacts import Artifacts
from seeknal.unittests.choosing.watch import Watch
from seeknal.unittests.fakes import holds_others
from seeknal.values.errors import INTERRUPTED_QUERY, UsageError
from seeknal.values.pii import ABOUT_SQL
from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from seeknal.plan.session import Loaded
    from seeknal.unittests.fakes import Fakes
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot

_PATIENCE = 5.0
"""Seconds that a query may take over all rows to show that it fails."""
_AT_ONCE = 10_000
_STORED = "stored"
"""The database in which what is stored has the names that tables have in the main one."""


@frozen(kw_only=True)
class Sample:
    """Tables ``"kind"."name"`` with rows of a node's inputs, which may be changed."""

    cursor: duckdb.DuckDBPyConnection
    tables: Mapping[NodeId, tuple[Column, ...]]

    def rows(self, id: NodeId) -> int:
        """How many there are of an input."""
        found = self.cursor.execute(f"SELECT count(*) FROM {quote_name(id.kind, id.name)}")
        (count,) = found.fetchall()[0]
        return int(count)


@contextmanager
def sampled(
    loaded: Loaded,
    snapshots: Mapping[NodeId, Snapshot],
    ids: Sequence[NodeId],
    moment: datetime,
    output: NodeId | None = None,
) -> Iterator[Sample]:
    """The stored rows of nodes, in a DuckDB whose clock says ``moment``.

    The rows of ``output`` are those of a table `OUTPUT`. Raises UsageError for a node that has
    none stored.
    """
    artifacts = Artifacts(loaded.project.target)
    engine = Engine(loaded.project.target)
    outputs = Outputs(dict(snapshots), engine, artifacts)
    check_stored(snapshots, ids)
    _check_files(outputs, ids)
    with scratch_folder() as spill:
        instance = open_instance(spill)
        try:
            freeze_instance(instance, moment)
            instance.execute(f"ATTACH ':memory:' AS {_STORED}")
            instance.execute(f"USE {_STORED}")
            wanted = [*ids, *([output] if output is not None else [])]
            define_views(instance, outputs.selects(wanted))
            if output is not None:
                name = quote_name(_STORED, output.kind, output.name)
                instance.execute(f"CREATE VIEW {OUTPUT} AS FROM {name}")
            instance.execute("USE memory")
            tables = {id: _copied(instance, id) for id in ids}
            yield Sample(cursor=instance, tables=tables)
        finally:
            instance.close()
            engine.close()


OUTPUT = f"{_STORED}.main.seeknal_output"
"""What stands after FROM for the rows that the node has."""


def check_stored(snapshots: Mapping[NodeId, Snapshot], ids: Sequence[NodeId]) -> None:
    """Raise UsageError for nodes that have no rows stored."""
    lacking = [
        id
        for id in ids
        if (found := snapshots.get(id)) is None or (found.artifact is None and not is_view(found))
    ]
    if lacking:
        verb = "has" if len(lacking) == 1 else "have"
        raise UsageError(
            f"a test is made of stored rows, and {', '.join(lacking)} {verb} none",
            code="SK1703",
            help=f"seeknal run --select '{' '.join(lacking)}' first",
        )


def _check_files(outputs: Outputs, ids: Sequence[NodeId]) -> None:
    for id in with_views(outputs.snapshots, ids):
        artifact = outputs.snapshots[id].artifact if id in outputs.snapshots else None
        if artifact is None:
            continue
        health, _ = outputs.artifacts.verify(artifact, deep=False)
        if health != "ok":
            raise UsageError(
                f"the stored rows of {id} are {'gone' if health == 'missing' else 'damaged'}",
                code="SK1703",
                help=f"seeknal run --select {id} makes them again",
            )


def _copied(instance: duckdb.DuckDBPyConnection, id: NodeId) -> tuple[Column, ...]:
    name = quote_name(id.kind, id.name)
    instance.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(id.kind)}")
    instance.execute(f"CREATE TABLE {name} AS SELECT * FROM {_STORED}.{name}")
    return columns_of(instance.sql(f"FROM {name}"))


def restrict(sample: Sample, id: NodeId, condition: str) -> None:
    """Leave only the rows of an input for which a condition is true."""
    name = quote_name(id.kind, id.name)
    sample.cursor.execute(f"DELETE FROM {name} WHERE ({condition}) IS NOT TRUE")


def fault_of(sample: Sample, query: str) -> duckdb.Error | None:
    """What a query says of a value of the inputs' rows that keeps it from giving any.

    None where it gives rows, where its SQL is at fault, and where it takes more than some seconds.
    """
    import duckdb

    watch = Watch(sample.cursor)
    try:
        with watch.limit(_PATIENCE):
            found = sample.cursor.execute(query)
            while found.fetchmany(_AT_ONCE):
                pass
    except duckdb.Error as error:
        return None if type(error).__name__ in ABOUT_SQL else error
    except (RuntimeError, ValueError, OverflowError) as error:
        if INTERRUPTED_QUERY in str(error):
            raise
        # A value that Python has none for.
        return None
    finally:
        watch.close()
    return None


def put_fakes(sample: Sample, id: NodeId, columns: Collection[str], fakes: Fakes) -> None:
    """Replace all values of these columns of an input, in lower case, by their fakes."""
    for column in sample.tables[id]:
        if column.name.lower() in columns:
            _put_fakes(sample.cursor, id, column, fakes, "TRUE")


def secrets_in(
    sample: Sample, rows: Mapping[NodeId, Sequence[int]]
) -> Iterator[tuple[NodeId, Column, str]]:
    """Values of rows, by their ``rowid``, that have a secret of the project in them, as texts."""
    for id, kept in rows.items():
        for column in sample.tables[id] if kept else ():
            table, numbers = quote_name(id.kind, id.name), ", ".join(map(str, kept))
            found = sample.cursor.execute(
                f"SELECT DISTINCT {text_of(column)} FROM {table} WHERE rowid IN ({numbers})"
                " ORDER BY 1"
            ).fetchall()
            for (text,) in found:
                if text is not None and holds_secret(text):
                    yield id, column, text


def replace_text(sample: Sample, id: NodeId, column: Column, text: str, fakes: Fakes) -> None:
    """Replace one value of a column, given as text, by its fake."""
    which = f"{text_of(column)} = {quote_literal(text)}"
    _put_fakes(sample.cursor, id, column, fakes, which)


def _put_fakes(
    cursor: duckdb.DuckDBPyConnection, id: NodeId, column: Column, fakes: Fakes, which: str
) -> None:
    table, name = quote_name(id.kind, id.name), quote_identifier(column.name)
    if column.type == "BOOLEAN":
        # Of two values either fake would tell which it stands for.
        drawn = f"hash(rowid, {quote_literal(fakes.fake(f'{id}.{column.name}', 'VARCHAR'))}) % 2"
        cursor.execute(f"UPDATE {table} SET {name} = {drawn} = 0 WHERE {name} IS NOT NULL")
        return
    text = text_of(column)
    found = cursor.execute(
        f"SELECT DISTINCT {text} FROM {table} WHERE {name} IS NOT NULL AND ({which}) ORDER BY 1"
    ).fetchall()
    if not found:
        return
    fakes.avoid(value for (value,) in found)
    pairs = [(value, fakes.fake(value, column.type)) for (value,) in found]
    cursor.execute("CREATE TEMP TABLE seeknal_fakes (given VARCHAR, fake VARCHAR)")
    try:
        cursor.executemany("INSERT INTO seeknal_fakes VALUES (?, ?)", pairs)
        cursor.execute(
            f"UPDATE {table} SET {name} = {_read('fake', column)} FROM seeknal_fakes"
            f" WHERE {text} = given AND ({which})"
        )
    finally:
        cursor.execute("DROP TABLE seeknal_fakes")


def text_of(column: Column) -> str:
    """SQL of a column's values as the text that `Fakes` are made of."""
    name = quote_identifier(column.name)
    whole = f"to_json({name})" if holds_others(column.type) else name
    return f"CAST({whole} AS VARCHAR)"


def _read(text: str, column: Column) -> str:
    """SQL of a value of the column's type, of its text; NULL rather than a value that is none."""
    if holds_others(column.type):
        return f"TRY_CAST(TRY_CAST({text} AS JSON) AS {column.type})"
    return f"TRY_CAST({text} AS {column.type})"
