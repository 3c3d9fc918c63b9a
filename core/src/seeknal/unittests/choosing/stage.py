"""Where queries run over some of the rows, under the names of the whole tables.

A database of its own, attached beside the caller's, has a schema for each kind and in it each table
by its name; it is first in the search path. What stands there is put there for each look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.unittests.choosing.outcomes import Outcome, outcome
from seeknal.unittests.choosing.watch import Watch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

ROW, PLACE = '"seeknal row"', '"seeknal place"'
_NAME = "seeknal_chosen"
_MOST_ROWS = 20_000


class Failure(Enum):
    """Why there is no result."""

    NEVER = "no engine takes it, whatever the rows"
    ROWS = "it is an error over these rows"
    SLOW = "it takes too long over these rows"


Subset = tuple[frozenset[int], ...]
"""The rowids of each table, in the order of the tables."""


@frozen
class Parts:
    """Relations, one for each table, that hold some of its rows with their rowids."""

    names: tuple[str, ...]
    counts: tuple[int, ...]


class Stage:
    """The tables, and what queries give over some of their rows."""

    def __init__(
        self, connection: DuckDBPyConnection, tables: Mapping[NodeId, Sequence[Column]]
    ) -> None:
        self.nodes = tuple(tables)
        self.cursor = connection.cursor()
        self.watch = Watch(self.cursor)
        self.ignored: frozenset[int] = frozenset()
        self._columns = [
            ", ".join(quote_identifier(column.name) for column in columns)
            for columns in tables.values()
        ]
        self._made: dict[str, None] = {}
        self._numbers = count()
        self._shown: list[object] = [None] * len(self.nodes)
        self._near: list[set[int]] = [set() for _ in self.nodes]
        self._from = quote_name(*self._one("SELECT current_catalog(), current_schema()"))
        (self._threads,) = self._one("SELECT current_setting('threads')")
        # Over few rows, several threads wait for each other more than they help.
        self.cursor.execute("SET threads = 1")
        self._attach()
        self.whole = self._whole()

    def _one(self, sql: str) -> tuple[str, ...]:
        return tuple(str(one) for one in self.cursor.execute(sql).fetchall()[0])

    def _attach(self) -> None:
        self.cursor.execute(f"ATTACH ':memory:' AS {_NAME}")
        for kind in sorted({node.kind for node in self.nodes}):
            self.cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(_NAME, kind)}")

    def _whole(self) -> Parts:
        """All rows in an order that has nothing to do with the one in which they came."""
        catalog = self._from.rpartition(".")[0]
        names, counts = [], []
        for node in self.nodes:
            table = f"{catalog}.{quote_name(node.kind, node.name)}"
            order = f"row_number() OVER (ORDER BY hash(rowid), rowid) AS {PLACE}"
            names.append(
                self.made(f"SELECT *, rowid AS {ROW}, {order} FROM {table} ORDER BY {PLACE}")
            )
            counts.append(self.count(names[-1]))
        path = quote_literal(f"{_NAME}.main,{self._from}")
        self.cursor.execute(f"SET search_path = {path}")
        for place, name in enumerate(names):
            self.cursor.execute(
                f"CREATE TABLE {self._near_name(place)} AS SELECT * FROM {name} LIMIT 0"
            )
        return Parts(tuple(names), tuple(counts))

    def close(self) -> None:
        """Leave the connection as it was."""
        self.watch.close()
        self.cursor.execute(f"SET threads = {self._threads}")
        self.cursor.execute(f"USE {self._from}")
        self.cursor.execute(f"DETACH {_NAME}")
        self.cursor.close()

    def made(self, select: str) -> str:
        """A new relation of what a query gives."""
        name = f"{_NAME}.main.made_{next(self._numbers)}"
        self.cursor.execute(f"CREATE TABLE {name} AS {select}")
        self._made[name] = None
        return name

    def dropped(self, name: str) -> None:
        """Forget a relation that was made."""
        self.cursor.execute(f"DROP TABLE {name}")
        del self._made[name]

    @contextmanager
    def tidied(self, kept: list[str]) -> Iterator[None]:
        """What is made within is forgotten after it, but for what stands in ``kept`` then."""
        before = set(self._made)
        try:
            yield
        finally:
            for name in [name for name in self._made if name not in before]:
                if name not in kept:
                    self.dropped(name)

    def count(self, relation: str) -> int:
        return int(self._one(f"SELECT count(*) FROM {relation}")[0])

    def rows(self, relation: str) -> list[int]:
        """The rowids in a relation, in their order."""
        found = self.cursor.execute(f"SELECT {ROW} FROM {relation} ORDER BY {PLACE}").fetchall()
        return [row for (row,) in found]

    def ordered(self, place: int, rows: frozenset[int]) -> list[int]:
        """Rowids of a table in an order that has nothing to do with that of the table."""
        among = ",".join(map(str, sorted(rows))) or "NULL"
        return self.rows(f"(FROM {self.whole.names[place]} WHERE {ROW} IN ({among}))")

    def show_parts(self, parts: Parts) -> None:
        """Let the names mean what the relations hold."""
        for place, name in enumerate(parts.names):
            if self._shown[place] != name:
                if not isinstance(self._shown[place], str):
                    self._clear(place)
                target = self._target(place)
                self.cursor.execute(
                    f"CREATE OR REPLACE VIEW {target} AS SELECT {self._columns[place]} FROM {name}"
                )
                self._shown[place] = name

    def show(self, subset: Subset, order: str = PLACE) -> None:
        """Let the names mean the rows of a subset."""
        for place, rows in enumerate(subset):
            wanted = (rows, order)
            if self._shown[place] != wanted:
                self._keep_near(place, rows)
                if isinstance(self._shown[place], str):
                    self._clear(place)
                among = ",".join(map(str, sorted(rows))) or "NULL"
                made = f"CREATE OR REPLACE TABLE {self._target(place)} AS"
                self.cursor.execute(
                    f"{made} SELECT {self._columns[place]}"
                    f" FROM {self._near_name(place)} WHERE {ROW} IN ({among}) ORDER BY {order}"
                )
                self._shown[place] = wanted

    def _target(self, place: int) -> str:
        node = self.nodes[place]
        return quote_name(_NAME, node.kind, node.name)

    def _near_name(self, place: int) -> str:
        return f"{_NAME}.main.near_{place}"

    def _clear(self, place: int) -> None:
        if self._shown[place] is not None:
            kind = "VIEW" if isinstance(self._shown[place], str) else "TABLE"
            self._shown[place] = None
            self.cursor.execute(f"DROP {kind} {self._target(place)}")

    def _keep_near(self, place: int, rows: frozenset[int]) -> None:
        """Copy rows that were not asked for before to where few are."""
        new = rows - self._near[place]
        if new:
            among = ",".join(map(str, sorted(new)))
            self.cursor.execute(
                f"INSERT INTO {self._near_name(place)}"
                f" SELECT * FROM {self.whole.names[place]} WHERE {ROW} IN ({among})"
            )
            self._near[place] |= new

    def outcome(self, sql: str, limit: float) -> Outcome | Failure:
        """What a query gives over what is shown."""
        import duckdb

        try:
            with self.watch.limit(limit):
                found = self.cursor.execute(sql)
                names = [one[0] for one in found.description or ()]
                rows = found.fetchmany(_MOST_ROWS + 1)
        except (duckdb.Error, RuntimeError, ValueError, OverflowError) as error:
            return _failure(error)
        if len(rows) > _MOST_ROWS:
            return Outcome(tuple(names), None)
        return outcome(names, rows, self.ignored)

    def print(
        self, sql: str, width: int, floats: frozenset[int], limit: float
    ) -> Outcome | Failure:
        """A number that stands for all rows of a query."""
        import duckdb

        places = [place for place in range(width) if place not in self.ignored]
        cells = ", ".join(
            f"#{place + 1}::FLOAT" if place in floats else f"#{place + 1}" for place in places
        )
        try:
            with self.watch.limit(limit):
                found = self.cursor.execute(
                    f"SELECT count(*), sum(hash({cells})::HUGEINT) FROM ({sql}\n) AS one"
                )
                (row,) = found.fetchall()
        except (duckdb.Error, RuntimeError, ValueError) as error:
            return _failure(error)
        return Outcome((), None, tuple(row))


def _failure(error: Exception) -> Failure:
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return Failure.SLOW
    never = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)
    return Failure.NEVER if isinstance(error, never) else Failure.ROWS


@contextmanager
def staged(
    connection: DuckDBPyConnection, tables: Mapping[NodeId, Sequence[Column]]
) -> Iterator[Stage]:
    """A stage that is taken down again."""
    stage = Stage(connection, tables)
    try:
        yield stage
    finally:
        stage.close()
