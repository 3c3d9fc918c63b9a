"""The table that a delivery writes: what it is now, and how it is made or changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError, quote_identifier, quote_literal
from seeknal_postgres.catalogue import Table
from seeknal_postgres.fitting import fit_of
from seeknal_postgres.writetypes import Writing

if TYPE_CHECKING:
    import psycopg

    from seeknal_postgres.fitting import Fit

    Server = psycopg.Connection[Any]

_COLUMNS = """
    SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid),
               CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END),
           a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '',
           a.attidentity = 'a',
           coalesce(e.typtype, b.typtype, t.typtype) IN ('e', 'c', 'r', 'm')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_KIND = "SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)"
_UNIQUE = """
    SELECT array_agg(a.attname::text) FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = to_regclass(%s) AND i.indisunique AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid
    GROUP BY i.indexrelid
"""
_DEPENDENTS = """
    SELECT DISTINCT n.nspname, c.relname, c.relkind::text
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE d.refobjid = to_regclass(%s) AND d.classid = 'pg_rewrite'::regclass
      AND c.oid <> d.refobjid
    ORDER BY 1, 2
"""


MADE = "made by seeknal"
"""The comment of a schema that seeknal has made."""


@frozen(kw_only=True)
class TableColumn:
    """A column that is there.

    ``filled`` without us: by a default, an identity or a formula. ``parsed``: of a type (or its
    elements are) that the server reads from text: an enum, a composite, a range. ``numbered``: an
    identity that is always generated, which nobody may update.
    """

    name: str
    type: str
    required: bool
    filled: bool
    generated: bool
    numbered: bool
    parsed: bool

    @property
    def quoted(self) -> str:
        return quote_identifier(self.name)

    def fit(self, writing: Writing) -> Fit:
        """How much of what is delivered this column takes."""
        return fit_of(self.type, writing, parsed=self.parsed)


@frozen(kw_only=True)
class Change:
    """How a table's columns differ from those that are delivered."""

    added: tuple[Writing, ...] = ()
    removed: tuple[TableColumn, ...] = ()
    retyped: tuple[tuple[TableColumn, Writing], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    def also(self, retyped: Iterable[tuple[TableColumn, Writing]]) -> Change:
        """This change and further columns that get the type which is delivered."""
        more = tuple(pair for pair in retyped if pair not in self.retyped)
        return evolve(self, retyped=(*self.retyped, *more))

    def __str__(self) -> str:
        parts = [
            *(f"{new.name} is new ({new.type})" for new in self.added),
            *(f"{old.name} is gone" for old in self.removed),
            *(f"{old.name} is {old.type}, delivered {new.type}" for old, new in self.retyped),
        ]
        return "; ".join(parts)


def ensure_schema(server: Server, schema: str) -> None:
    """Make a schema that is missing; it needs no right to do so where it is not."""
    import psycopg

    name = quote_identifier(schema)
    found = server.execute("SELECT to_regnamespace(%s)", [name]).fetchone()
    if found and found[0] is not None:
        return
    # Another delivery may be making it at this moment.
    made_meanwhile = (psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation)
    with suppress(*made_meanwhile), server.transaction():
        server.execute(f"CREATE SCHEMA {name}".encode())
        server.execute(f"COMMENT ON SCHEMA {name} IS {quote_literal(MADE)}".encode())


def columns_of(server: Server, table: Table) -> tuple[TableColumn, ...]:
    """The table's columns; none when there is no table. Raises DeliveryError for a view."""
    row = server.execute(_KIND, [table.quoted]).fetchone()
    if row is not None and row[0] not in ("r", "p"):
        raise DeliveryError(f"{table} is a view, not a table", code="SK1332")
    return tuple(
        TableColumn(
            name=name,
            type=type,
            required=required,
            filled=filled,
            generated=made,
            numbered=numbered,
            parsed=parsed,
        )
        for name, type, required, filled, made, numbered, parsed in server.execute(
            _COLUMNS, [table.quoted]
        )
    )


def change_of(there: Sequence[TableColumn], writings: Sequence[Writing]) -> Change:
    """What would have to change for the table to take these columns exactly."""
    known = {column.name: column for column in there}
    wanted = {writing.name for writing in writings}
    return Change(
        added=tuple(writing for writing in writings if writing.name not in known),
        removed=tuple(
            column for column in there if column.name not in wanted and not column.filled
        ),
        retyped=tuple(
            (known[writing.name], writing)
            for writing in writings
            if writing.name in known and not known[writing.name].fit(writing).takes
        ),
    )


def create(
    server: Server,
    table: Table,
    writings: Sequence[Writing],
    keys: Sequence[str],
    beside: Sequence[str] = (),
) -> str:
    """Make the table, with a primary key on ``keys``; gives the statement.

    ``beside`` are definitions of further columns.
    """
    ensure_schema(server, table.schema)
    lines = [*(f"{writing.quoted} {writing.type}" for writing in writings), *beside]
    if keys:
        lines.append(f"PRIMARY KEY ({', '.join(map(quote_identifier, keys))})")
    statement = f"CREATE TABLE {table.quoted} ({', '.join(lines)})"
    server.execute(statement.encode())
    return statement


def index(server: Server, table: Table, column: str) -> str:
    """Make an index of a column; gives the statement."""
    statement = f"CREATE INDEX ON {table.quoted} ({quote_identifier(column)})"
    server.execute(statement.encode())
    return statement


def alter(server: Server, table: Table, change: Change) -> str:
    """Carry out ``change`` on a table without rows; gives the statement.

    A default that is no value of a column's new type is dropped: each row brings its own.
    """
    import psycopg

    try:
        with server.transaction():
            return _alter(server, table, change)
    except psycopg.errors.DatatypeMismatch:
        for old, _ in change.retyped:
            dropped = f"ALTER TABLE {table.quoted} ALTER COLUMN {old.quoted} DROP DEFAULT"
            server.execute(dropped.encode())
        return _alter(server, table, change)


def _alter(server: Server, table: Table, change: Change) -> str:
    actions = [
        *(f"DROP COLUMN {old.quoted}" for old in change.removed),
        *(f"ADD COLUMN {new.quoted} {new.type}" for new in change.added),
        *(
            f"ALTER COLUMN {old.quoted} TYPE {new.type} USING CAST(NULL AS {new.type})"
            for old, new in change.retyped
        ),
    ]
    statement = f"ALTER TABLE {table.quoted} {', '.join(actions)}"
    server.execute(statement.encode())
    return statement


def dependents(server: Server, table: Table) -> list[tuple[Table, str]]:
    """Views that read the table, and ``m`` for those that are materialized."""
    rows = server.execute(_DEPENDENTS, [table.quoted]).fetchall()
    return [(Table(schema=schema, name=name), kind) for schema, name, kind in rows]


def drop_views(server: Server, views: Iterable[tuple[Table, str]]) -> None:
    for view, kind in views:
        word = "MATERIALIZED VIEW" if kind == "m" else "VIEW"
        server.execute(f"DROP {word} IF EXISTS {view.quoted} CASCADE".encode())


def has_unique(server: Server, table: Table, keys: Sequence[str]) -> bool:
    """Whether the server itself keeps ``keys`` unique."""
    rows = server.execute(_UNIQUE, [table.quoted]).fetchall()
    return any(set(row[0]) == set(keys) for row in rows)
