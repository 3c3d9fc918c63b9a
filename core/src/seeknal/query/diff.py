"""How the stored rows of two environments, or of two generations, differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.plan.changes import column_changes
from seeknal.plan.environments import existing
from seeknal.plan.views import is_view, output_now
from seeknal.query.database import Views
from seeknal.rows.scans import columns_of
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.state.generations import Generations
from seeknal.state.store import read_state
from seeknal.values.changes import ColumnChange
from seeknal.values.errors import UsageError, column_help, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

    from seeknal.values.columns import Column

Map = Mapping[NodeId, Snapshot]

_SIDE = "seeknal in this side"
"""A column that tells a row which is there from one that an outer join made up."""


@frozen(kw_only=True)
class Difference:
    """One node on both sides. ``rows_a`` or ``rows_b`` is None where it is not there.

    ``changed`` and ``by_column`` are counted when rows are matched by ``keys``; without keys a
    changed row is one of ``only_a`` and one of ``only_b``. ``note`` says why keys were not used.
    ``unreadable``: why a view could not be compared.
    """

    node: NodeId
    rows_a: int | None
    rows_b: int | None
    columns: tuple[ColumnChange, ...] = ()
    keys: tuple[str, ...] = ()
    only_a: int = 0
    only_b: int = 0
    changed: int = 0
    by_column: Mapping[str, int] = field(factory=dict)
    samples: Mapping[str, Sequence[Mapping[str, Any]]] = field(factory=dict)
    note: str | None = None
    unreadable: str | None = None

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same columns and the same rows, in whatever order."""
        absent = self.rows_a is None or self.rows_b is None
        return not (absent or self.columns or self.only_a or self.only_b or self.changed)


@frozen(kw_only=True)
class Asked:
    """What is compared: all nodes that differ, or one; ``limit`` sample rows of each sort."""

    node: str | None = None
    keys: tuple[str, ...] = ()
    limit: int = 5
    declared: Mapping[NodeId, tuple[str, ...]] = field(factory=dict)


def side_of(root: Path, text: str) -> Map:
    """The map that ``dev`` or ``prod@12`` means.

    Raises UsageError for an unknown name, StateError for a generation that is not kept.
    """
    name, at, number = text.partition("@")
    environment = existing(read_state(root / "target").environments, name)
    if not at:
        return environment.snapshots
    if not number.isdecimal() or not 1 <= int(number) <= environment.generation:
        raise UsageError(
            f"{name} has no generation {number!r}",
            code="SK0821",
            help=f"seeknal env history {name} lists them",
        )
    generations = Generations(root / "target")
    return generations.earlier(name, environment.snapshots, environment.generation, int(number))


def differences(root: Path, a: Map, b: Map, asked: Asked) -> Iterator[Difference]:
    """Each node whose rows differ, in order of name; the asked one in any case.

    A view's rows are what its query gives on each side.
    """
    import duckdb

    with duckdb.connect(":memory:") as connection:
        for setting in ("TimeZone = 'UTC'", "python_enable_replacements = false"):
            connection.execute(f"SET {setting}")
        sides = _Side(connection, root, "a", a), _Side(connection, root, "b", b)
        for id in _compared(a, b, asked.node):
            try:
                yield _difference(connection, id, *sides, asked)
            except duckdb.InvalidInputException as error:
                reason = str(error).partition(": ")[2]
                yield Difference(node=id, rows_a=None, rows_b=None, unreadable=reason)


class _Side:
    """One side of the comparison: a catalog in which names mean what they mean there."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, root: Path, name: str, held: Map
    ) -> None:
        self._connection = connection
        self._catalog = f"side {name}"
        self._name = name
        self._held = held
        self._views = Views(root, held, connection)
        connection.execute(f"ATTACH ':memory:' AS {quote_identifier(self._catalog)}")

    def columns(self, id: NodeId) -> tuple[Column, ...] | None:
        """The node's columns, and its rows as a view of the side's name; None where it is not."""
        if not _has_rows(self._held.get(id)):
            return None
        self._connection.execute(f"USE {quote_identifier(self._catalog)}")
        self._views.define_nodes([id])
        self._connection.execute("USE memory")
        name = quote_name(self._catalog, id.kind, id.name)
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {self._name} AS FROM {name}")
        artifact = self._held[id].artifact
        if artifact is not None:
            return artifact.columns
        return columns_of(self._connection.sql(f"FROM {self._name}"))

    def count(self, id: NodeId) -> int:
        """The node's number of rows; `columns` was asked for them."""
        artifact = self._held[id].artifact
        if artifact is not None:
            return artifact.rows
        return _count(self._connection, f"SELECT count(*) FROM {self._name}")


def _has_rows(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and (snapshot.artifact is not None or is_view(snapshot))


def _compared(a: Map, b: Map, name: str | None) -> list[NodeId]:
    known = sorted(id for id in {*a, *b} if _has_rows(a.get(id)) or _has_rows(b.get(id)))
    if name is None:
        return [id for id in known if _output(a, id) != _output(b, id)]
    found = [id for id in known if name in (id, id.name)]
    if not found:
        raise UsageError(
            f"no node {name!r} has stored rows there",
            code="SK0350",
            help=did_you_mean(name, [*known, *(id.name for id in known)]),
        )
    if len(found) > 1:
        raise UsageError(
            f"{name!r} means several nodes", code="SK0351", help=f"say {' or '.join(found)}"
        )
    return found


def _output(snapshots: Map, id: NodeId) -> str | None:
    found = snapshots.get(id)
    if found is None or not _has_rows(found):
        return None
    return found.artifact.sha256 if found.artifact else output_now(snapshots, id)


def _difference(
    connection: duckdb.DuckDBPyConnection, id: NodeId, a: _Side, b: _Side, asked: Asked
) -> Difference:
    columns_a, columns_b = a.columns(id), b.columns(id)
    rows_a = None if columns_a is None else a.count(id)
    rows_b = None if columns_b is None else b.count(id)
    if columns_a is None or columns_b is None:
        return Difference(node=id, rows_a=rows_a, rows_b=rows_b)
    both = _both(columns_a, columns_b)
    keys, note = _keys(connection, id, both, asked)
    compare = _by_keys if keys else _as_multisets
    return compare(
        connection,
        Difference(
            node=id,
            rows_a=rows_a,
            rows_b=rows_b,
            columns=column_changes(columns_a, columns_b, {}),
            keys=keys,
            note=note,
        ),
        both,
        asked.limit,
    )


def _both(a: Sequence[Column], b: Sequence[Column]) -> dict[str, bool]:
    """The columns that both sides have, and whether their types differ."""
    types = {column.name: column.type for column in b}
    return {column.name: column.type != types[column.name] for column in a if column.name in types}


def _keys(
    connection: duckdb.DuckDBPyConnection, id: NodeId, both: Mapping[str, bool], asked: Asked
) -> tuple[tuple[str, ...], str | None]:
    """The keys to match rows by, where they are there and name each row once."""
    keys = asked.keys or asked.declared.get(id, ())
    missing = [key for key in keys if key not in both]
    if missing and asked.keys:
        raise UsageError(
            f"{id} has no column {missing[0]!r} on both sides",
            code="SK0834",
            help=column_help(missing[0], both),
        )
    if not keys or missing:
        return (), None
    listed = ", ".join(map(quote_identifier, keys))
    for side in ("a", "b"):
        query = f"SELECT 1 FROM {side} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1"
        if connection.execute(query).fetchone():
            return (), f"{', '.join(keys)} is not unique: rows are compared as a whole"
    return tuple(keys), None


def _value(side: str, name: str, retyped: bool) -> str:
    column = f"{side}.{quote_identifier(name)}"
    return f"CAST({column} AS VARCHAR)" if retyped else column


def _as_multisets(
    connection: duckdb.DuckDBPyConnection, found: Difference, both: Mapping[str, bool], limit: int
) -> Difference:
    if not both:
        return evolve(found, only_a=found.rows_a or 0, only_b=found.rows_b or 0)
    selects = {
        side: "SELECT "
        + ", ".join(
            f"{_value(side, name, other)} AS {quote_identifier(name)}"
            for name, other in both.items()
        )
        + f" FROM {side}"
        for side in ("a", "b")
    }
    only = {
        "only_a": f"({selects['a']} EXCEPT ALL {selects['b']})",
        "only_b": f"({selects['b']} EXCEPT ALL {selects['a']})",
    }
    counts = {
        key: _count(connection, f"SELECT count(*) FROM {query}") for key, query in only.items()
    }
    samples = {
        key: _rows(connection, f"SELECT * FROM {query} ORDER BY ALL LIMIT {limit}")
        for key, query in only.items()
        if counts[key]
    }
    return evolve(found, only_a=counts["only_a"], only_b=counts["only_b"], samples=samples)


def _by_keys(
    connection: duckdb.DuckDBPyConnection, found: Difference, both: Mapping[str, bool], limit: int
) -> Difference:
    side = quote_identifier(_SIDE)
    matched = " AND ".join(
        f"{_value('a', key, both[key])} IS NOT DISTINCT FROM {_value('b', key, both[key])}"
        for key in found.keys
    )
    joined = (
        f"(SELECT *, true AS {side} FROM a) a FULL JOIN (SELECT *, true AS {side} FROM b) b"
        f" ON {matched}"
    )
    in_a, in_b = f"a.{side} IS NOT NULL", f"b.{side} IS NOT NULL"
    values = [name for name in both if name not in found.keys]
    differs = {
        name: f"{_value('a', name, both[name])} IS DISTINCT FROM {_value('b', name, both[name])}"
        for name in values
    }
    any_differs = " OR ".join(differs.values()) or "false"
    changed = f"{in_a} AND {in_b} AND ({any_differs})"
    counts = connection.execute(
        "SELECT "
        + ", ".join(
            f"count(*) FILTER ({condition})"
            for condition in (
                f"{in_a} AND NOT {in_b}",
                f"{in_b} AND NOT {in_a}",
                changed,
                *(f"{in_a} AND {in_b} AND {condition}" for condition in differs.values()),
            )
        )
        + f" FROM {joined}"
    ).fetchone()
    assert counts is not None
    only_a, only_b, count, *each = counts
    order = ", ".join(f"a.{quote_identifier(key)}" for key in found.keys)
    listed = ", ".join(
        [
            *(f"a.{quote_identifier(key)} AS {quote_identifier(key)}" for key in found.keys),
            *(
                f"CASE WHEN {condition} THEN [CAST(a.{quote_identifier(name)} AS VARCHAR),"
                f" CAST(b.{quote_identifier(name)} AS VARCHAR)] END AS {quote_identifier(name)}"
                for name, condition in differs.items()
            ),
        ]
    )
    queries = {
        "only_a": f"SELECT a.* EXCLUDE ({side}) FROM {joined} WHERE NOT ({in_b}) ORDER BY {order}",
        "only_b": f"SELECT b.* EXCLUDE ({side}) FROM {joined} WHERE NOT ({in_a})"
        f" ORDER BY {order.replace('a.', 'b.')}",
        "changed": f"SELECT {listed} FROM {joined} WHERE {changed} ORDER BY {order}",
    }
    amounts = {"only_a": only_a, "only_b": only_b, "changed": count}
    samples = {
        key: _rows(connection, f"{query} LIMIT {limit}")
        for key, query in queries.items()
        if amounts[key]
    }
    if "changed" in samples:
        kept = found.keys
        samples["changed"] = [
            {name: value for name, value in row.items() if name in kept or value is not None}
            for row in samples["changed"]
        ]
    by_column = {name: number for name, number in zip(values, each, strict=True) if number}
    return evolve(
        found,
        only_a=only_a,
        only_b=only_b,
        changed=count,
        by_column=by_column,
        samples=samples,
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [entry[0] for entry in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
