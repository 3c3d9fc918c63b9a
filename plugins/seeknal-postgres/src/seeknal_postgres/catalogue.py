"""What the server says about the columns of a table or a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import NodeError, did_you_mean, quote_name

if TYPE_CHECKING:
    import psycopg

    Server = psycopg.Connection[Any]

_TYPES = """
    WITH RECURSIVE element(array_type, oid, modifier) AS (
        SELECT t.oid, t.typelem, -1 FROM pg_catalog.pg_type t
        WHERE t.oid = ANY(%s) AND t.typcategory = 'A'
        UNION ALL
        SELECT e.array_type, d.typbasetype, greatest(e.modifier, d.typtypmod)
        FROM element e JOIN pg_catalog.pg_type d ON d.oid = e.oid AND d.typtype = 'd'
    )
    SELECT t.oid, t.typname, t.typcategory::text, t.typtype::text,
           coalesce(b.typname, ''), coalesce(b.modifier, -1)
    FROM pg_catalog.pg_type t
    LEFT JOIN (
        SELECT e.array_type, e.modifier, d.typname
        FROM element e JOIN pg_catalog.pg_type d ON d.oid = e.oid AND d.typtype <> 'd'
    ) b ON b.array_type = t.oid
    WHERE t.oid = ANY(%s)
"""
"""Each type; of an array what its elements are below their domains."""
_DIMENSIONS = """
    SELECT a.attrelid, a.attnum, a.attndims, a.attnotnull FROM pg_catalog.pg_attribute a
    JOIN unnest(%s::oid[], %s::int[]) AS w(relation, number)
    ON a.attrelid = w.relation AND a.attnum = w.number
"""
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT LIKE 'pg\\_%%'
      AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""


@frozen(kw_only=True)
class PgColumn:
    """A column as PostgreSQL describes it.

    ``type`` is the name in pg_type (``int4``, ``_text``); ``element`` that of an array's
    elements, ``dimensions`` how many its declaration has; ``modifier`` holds precision and
    scale of a numeric or of an array's numerics (-1: none).
    """

    name: str
    type: str
    modifier: int
    kind: str = "b"
    element: str = ""
    dimensions: int = 0

    @property
    def precision(self) -> tuple[int, int] | None:
        """Precision and scale of a numeric that has them."""
        if self.modifier < 4:
            return None
        packed = self.modifier - 4
        scale = packed & 0x7FF
        return packed >> 16, scale - 0x800 if scale >= 0x400 else scale


@frozen(kw_only=True)
class Table:
    """A table's name in its two parts."""

    schema: str
    name: str

    @property
    def quoted(self) -> str:
        return quote_name(self.schema, self.name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def table_of(text: str, schema: str | None) -> Table:
    """``schema.name``, ``name`` or quoted forms of them. Raises NodeError for other texts."""
    parts = _parts(text)
    if not 1 <= len(parts) <= 2 or not all(parts) or "\0" in text:
        raise NodeError(
            f"{text!r} is not the name of a table", code="SK1311", help="table: schema.name"
        )
    return Table(schema=parts[0] if len(parts) == 2 else schema or "public", name=parts[-1])


def _parts(text: str) -> list[str]:
    """Unlike in SQL, letters keep their case: it names what is there."""
    parts, quoted = [""], False
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == '"' and quoted and text[position + 1 : position + 2] == '"':
            parts[-1] += '"'
            position += 1
        elif letter == '"':
            quoted = not quoted
        elif letter == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
        position += 1
    return parts


def describe(connection: Server, relation: str) -> tuple[PgColumn, ...]:
    """The columns of what stands after FROM; nothing of it is read.

    It is prepared, so that a text of two statements cannot even be parsed.
    """
    cursor = connection.execute(f"SELECT * FROM {relation} LIMIT 0".encode(), prepare=True)
    result = cursor.pgresult
    assert result is not None
    numbers = range(result.nfields)
    types = _types(connection, [result.ftype(number) for number in numbers])
    origins = [(result.ftable(number), result.ftablecol(number)) for number in numbers]
    dimensions = _dimensions(connection, origins)
    return tuple(
        PgColumn(
            name=(result.fname(number) or b"").decode(),
            modifier=max(result.fmod(number), types[result.ftype(number)].modifier),
            dimensions=dimensions.get(origins[number], 1),
            type=types[result.ftype(number)].name,
            kind=types[result.ftype(number)].kind,
            element=types[result.ftype(number)].element,
        )
        for number in numbers
    )


@frozen
class _Type:
    name: str
    kind: str
    element: str
    modifier: int


def _types(connection: Server, oids: list[int]) -> dict[int, _Type]:
    rows = connection.execute(_TYPES, [oids, oids]).fetchall()
    return {
        oid: _Type(name, "a" if category == "A" else kind, element, modifier)
        for oid, name, category, kind, element, modifier in rows
    }


def _dimensions(
    connection: Server, origins: list[tuple[int, int]]
) -> Mapping[tuple[int, int], int]:
    wanted = [origin for origin in origins if origin[0]]
    if not wanted:
        return {}
    relations, numbers = zip(*wanted, strict=True)
    rows = connection.execute(_DIMENSIONS, [list(relations), list(numbers)]).fetchall()
    return {(relation, number): max(1, dims) for relation, number, dims, _ in rows}


def tables(connection: Server) -> list[Table]:
    """The tables and views that are not the server's own."""
    return [Table(schema=row[0], name=row[1]) for row in connection.execute(_TABLES.encode())]


def no_table(connection: Server, table: Table, name: str, made_by: str | None) -> NodeError:
    """That a table is not there, with the nearest that are, or what would make it."""
    known = [str(entry) for entry in tables(connection)]
    near = did_you_mean(str(table), known) or made_by
    shown = ", ".join(known[:8]) or "none"
    return NodeError(
        f"there is no table {table} in connection {name!r}",
        code="SK1312",
        help=near or f"tables: {shown}{', ...' if len(known) > 8 else ''}",
    )
