"""Which columns a source has, by what its server says, and which of them are wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import NodeError, did_you_mean, how_to_make
from seeknal_starrocks.connecting import quoted, said
from seeknal_starrocks.reading.fields import fields_of
from seeknal_starrocks.reading.naming import checked, table_of
from seeknal_starrocks.reading.question import rows_of

if TYPE_CHECKING:
    from seeknal.plugin import Source
    from seeknal_starrocks.reading.fields import Field
    from seeknal_starrocks.reading.naming import Table
    from seeknal_starrocks.reading.question import Question

_MISSING = re.compile(r"Unknown (?:table|database|catalog)|Table '.*' doesn't exist", re.IGNORECASE)


def relation_of(question: Question) -> str:
    """What stands after FROM: the table, or the query in brackets."""
    if question.source.query is not None:
        return f"({checked(question.source.query, 'query', question.dialect)}\n) AS q"
    return table_of(question.source, question.address, question.dialect).quoted


def described(question: Question, server: Any, relation: str) -> Sequence[Field]:
    """The columns of what stands after FROM; nothing of it is read."""
    import pymysql

    table = None
    if question.source.query is None:
        table = table_of(question.source, question.address, question.dialect)
    try:
        with server.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {relation} LIMIT 0")
            found = fields_of(cursor)
    except pymysql.Error as error:
        if table is None or not _MISSING.search(said(error)):
            raise
        raise _no_table(question, server, table) from None
    if table is None or not question.dialect.declares:
        return found
    types = _declared(server, table)
    return [evolve(field, declared=types.get(field.name)) for field in found]


def wanted(found: Sequence[Field], source: Source) -> list[Field]:
    """The columns that are read: all, or those of a table that ``columns:`` of a node names."""
    _refuse_names(found)
    by_name = {field.name.lower(): field for field in found}
    for spec in source.columns:
        if spec.name.lower() not in by_name:
            names = [field.name for field in found]
            near = did_you_mean(spec.name, names)
            raise NodeError(
                f"there is no column {spec.name!r}, which columns: names",
                code="SK1910",
                help=near or f"columns: {', '.join(names)}",
            )
    if source.query is not None or source.whole or not source.columns:
        return list(found)
    return [by_name[spec.name.lower()] for spec in source.columns]


def _refuse_names(found: Sequence[Field]) -> None:
    if not all(field.name for field in found):
        raise NodeError(
            "an output column has no name", code="SK0712", help="give it a name with AS"
        )
    names = [field.name.lower() for field in found]
    twice = next((field.name for field in found if names.count(field.name.lower()) > 1), None)
    if twice is not None:
        raise NodeError(
            f"two output columns have one name: {twice!r}",
            code="SK0712",
            help="give one of them another name with AS",
        )


def _declared(server: Any, table: Table) -> Mapping[str, str]:
    """The types of a table as StarRocks tells of them, by column."""
    place = f"{quoted(table.catalog)}." if table.catalog else ""
    where = " AND ".join(
        f"{column} = {_literal(text)}"
        for column, text in (("TABLE_SCHEMA", table.database), ("TABLE_NAME", table.name))
    )
    sql = f"SELECT COLUMN_NAME, COLUMN_TYPE FROM {place}information_schema.columns WHERE {where}"
    return {str(name): str(type) for name, type in rows_of(server, sql)}


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _no_table(question: Question, server: Any, table: Table) -> NodeError:
    """That a table is not there, with the nearest that are, or what would make it."""
    known = _names_beside(server, table)
    near = did_you_mean(str(table), known) or how_to_make(
        question.context.project_root, str(table), types=question.dialect.types
    )
    shown = ", ".join(known[:8]) or "none"
    return NodeError(
        f"there is no table {table} in connection {question.name!r}",
        code="SK1904",
        help=near or f"tables: {shown}{', ...' if len(known) > 8 else ''}",
    )


def _names_beside(server: Any, table: Table) -> list[str]:
    """The tables of its database, as it is written; none where there is no such database."""
    import pymysql

    place = [part for part in (table.catalog, table.database) if part]
    try:
        found = rows_of(server, f"SHOW TABLES FROM {'.'.join(map(quoted, place))}")
    except pymysql.Error:
        return []
    return [".".join((*place, str(row[0]))) for row in found]
