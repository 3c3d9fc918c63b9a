"""Objects that hold rows: what DuckDB can read of what Python code has at hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.rows.python_rows import no_columns, scan_of_rows
from seeknal.rows.scans import columns_of, refuse_equal_names
from seeknal.run.engine import store
from seeknal.run.python.frames import exact, objects_of, values_of
from seeknal.run.python.moments import refuse_far_moments, stopping_at_far_moments
from seeknal.sql.quote import quote_identifier
from seeknal.sql.storage import encoded, scan_of
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    import duckdb

    from seeknal.values.names import NodeId

_numbers = itertools.count(1)

_FRAMES = {
    "pandas": ("DataFrame",),
    "polars": ("DataFrame", "LazyFrame"),
    "pyarrow": ("Table", "RecordBatch", "RecordBatchReader", "Dataset", "Scanner"),
}


def is_relation(value: object) -> bool:
    """Whether ``value`` is a DuckDB relation, without importing DuckDB."""
    return type(value).__name__ == "DuckDBPyRelation"


def is_tabular(value: object) -> bool:
    """Whether ``value`` is a relation, a frame or an Arrow stream: many rows in one object."""
    for cls in type(value).__mro__:
        names = _FRAMES.get(cls.__module__.partition(".")[0])
        if names is not None:
            # Of these libraries single columns have an Arrow stream, too.
            return any(base.__name__ in names for base in type(value).__mro__)
    return is_relation(value) or hasattr(type(value), "__arrow_c_stream__")


_KEPT = {
    "pandas": ("DataFrame",),
    "polars": ("DataFrame", "LazyFrame"),
    "pyarrow": ("Table", "RecordBatch"),
}


def is_stream(value: object) -> bool:
    """Whether the rows of a frame or of Arrow data may be there but once, or dear to read."""
    package = type(value).__module__.partition(".")[0]
    return type(value).__name__ not in _KEPT.get(package, ())


class Workspace:
    """The names that exist on a cursor while one Python node runs.

    ``connect`` gives the cursor; it is asked each time, and opens what it gives the first time.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], workdir: Path) -> None:
        self.connect = connect
        self.workdir = workdir
        self.unnamed: dict[str, str] = {}
        """Inputs' views that the cursor does not have yet, by name."""
        self.scans: dict[NodeId, str] = {}
        self.plain: dict[str, NodeId] = {}
        """Inputs by the plain name that each has in SQL, in lower case."""
        self.borrowed: set[str] = set()
        """Names that stand for a variable of the code's for now, in lower case."""
        self.known: dict[int, tuple[object, str]] = {}
        self.registered: dict[int, str] = {}
        """Names of registered objects by id."""

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self.connect()
        while self.unnamed:
            name, select = self.unnamed.popitem()
            _create_view(cursor, name, select)
        return cursor

    def name_inputs(self, scans: Mapping[NodeId, str]) -> None:
        """Let SQL call each input by its plain name, where only one has it."""
        self.scans |= scans
        names = [id.name.lower() for id in scans]
        for id in scans:
            if names.count(id.name.lower()) == 1:
                self.unnamed[id.name] = self.input_select(id)
                self.plain[id.name.lower()] = id

    def input_select(self, id: NodeId) -> str:
        return f"FROM {self.scans[id]}"

    def borrow(self, name: str, select: str) -> None:
        """Let a name stand for a variable in a statement that can hold no WITH clause for it."""
        _create_view(self.cursor, name, select)
        self.borrowed.add(name.lower())

    def remember(self, value: object, select: str) -> None:
        """``value`` is known to be the rows of ``select``."""
        self.known[id(value)] = (value, select)

    def select_of(self, value: object) -> str | None:
        """The query that gives the rows of ``value``, if it was asked for before."""
        return self.known[id(value)][1] if id(value) in self.known else None

    def select(self, value: Any) -> str:
        """A query that gives the rows of a tabular object."""
        found = self.known.get(id(value))
        if found is None:
            # Held on to, so that no other object takes its id while we remember it.
            found = self.known[id(value)] = (value, self.register(value))
        return found[1]

    def forget(self, value: object) -> None:
        """Let go of an object whose rows were stored."""
        self.known.pop(id(value), None)
        if name := self.registered.pop(id(value), None):
            self.cursor.unregister(name)

    def register(self, value: Any) -> str:
        import duckdb

        key, name = id(value), f"seeknal_rows_{next(_numbers)}"
        if type(value).__name__ == "LazyFrame":
            value = value.collect()
        check_columns(value)
        if has_no_columns(value):
            raise no_columns()
        value = exact(value)
        if indexes := objects_of(value):
            return self.with_objects(value, indexes, key, name)
        try:
            self.cursor.register(name, value)
        except duckdb.InvalidInputException:
            if not is_relation(value):
                raise
            return self.copied(value, name)
        self.registered[key] = name
        query = f"FROM {quote_identifier(name)}"
        if is_relation(value):
            return query
        if is_stream(value):
            return stopping_at_far_moments(self.cursor, self.with_types(query))
        refuse_far_moments(self.cursor, query)
        return self.with_types(query)

    def with_objects(self, frame: Any, indexes: list[int], key: int, name: str) -> str:
        """A frame with columns of Python objects, each of the type that all its objects have."""
        names = [str(label) for label in frame.columns]
        columns = [Column(names[index], "") for index in indexes]
        rows = (
            dict(zip((c.name for c in columns), row, strict=True))
            for row in values_of(frame, indexes)
        )
        found = scan_of_rows(self.cursor, rows, workdir=self.workdir)
        objects = store(self.cursor, found, self.workdir / f"{name}.parquet").sql
        if len(indexes) == len(names):
            return objects
        rest = frame.iloc[:, [index for index in range(len(names)) if index not in indexes]]
        self.cursor.register(name, rest)
        self.registered[key] = name
        listed = ", ".join(quote_identifier(name) for name in names)
        refuse_far_moments(self.cursor, f"FROM {quote_identifier(name)}")
        other = self.with_types(f"FROM {quote_identifier(name)}")
        return f"SELECT {listed} FROM ({other}) POSITIONAL JOIN ({objects})"

    def copied(self, relation: Any, name: str) -> str:
        """A relation of another connection, such as that of ``duckdb.sql``, through a file."""
        path, columns = str(self.workdir / f"{name}.parquet"), columns_of(relation)
        relation.project(encoded(columns, wide=True)).write_parquet(path)
        return f"FROM {scan_of(path, columns)}"

    def with_types(self, select: str) -> str:
        """A column that is NULL throughout has no type in a frame: it becomes text."""
        relation = self.cursor.sql(select)
        untyped = [
            f"CAST({quote_identifier(name)} AS VARCHAR) AS {quote_identifier(name)}"
            for name, type in zip(relation.columns, relation.types, strict=True)
            if str(type).strip('"') == "NULL"
        ]
        return f"SELECT * REPLACE ({', '.join(untyped)}) {select}" if untyped else select

    def release(self) -> None:
        """Let go of every object."""
        for name in self.registered.values():
            self.cursor.unregister(name)
        self.known.clear()
        self.registered.clear()


def _create_view(cursor: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    cursor.execute(f"CREATE OR REPLACE TEMP VIEW {quote_identifier(name)} AS {select}")


def has_no_columns(value: Any) -> bool:
    """Whether it is a frame or Arrow data without any column."""
    names = getattr(value, "columns", None)
    if names is None:
        schema = getattr(value, "projected_schema", getattr(value, "schema", None))
        names = getattr(schema, "names", None)
    return names is not None and len(names) == 0


def check_columns(value: Any) -> None:
    """Raise NodeError for columns that cannot be those of a table."""
    if is_relation(value):
        refuse_equal_names(value.columns)
    elif type(value).__module__.partition(".")[0] == "pandas":
        if value.columns.nlevels > 1:
            raise NodeError(
                "the frame's columns have several levels",
                code="SK0517",
                help="join the levels: df.columns = ['_'.join(names) for names in df.columns]",
            )
        refuse_equal_names(map(str, value.columns))
    elif type(value).__module__.partition(".")[0] == "polars":
        refuse_equal_names(value.columns)
    elif isinstance(names := getattr(getattr(value, "schema", None), "names", None), list):
        refuse_equal_names(names)
