"""Columns that SQL of another engine names and that none of the tables it reads has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.faults import faults_of
from seeknal.sql.keywords import words
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.faults import Fault

_MISSING = re.compile(r"^Referenced column |does not have a column named")
_OWN = words(
    """
    cmax cmin ctid current_catalog current_date current_role current_schema current_time
    current_timestamp current_user localtime localtimestamp oid session_user system_user tableoid
    user xmax xmin
    """
)
"""What stands in every table there, or is a value without brackets."""


def columns_nowhere(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    tables: Collection[NodeId],
    names: Sequence[str],
    dialect: str,
) -> tuple[Fault, ...]:
    """The columns of ``sql`` that are in none of ``tables``, whatever engine runs it.

    Only the names of columns are looked at, and only where DuckDB's own idea of what a column is
    called plays no part: functions and types are the engine's business. ``names`` are columns
    that may have been meant, and ``dialect`` is the engine's: columns without a name get one by it.
    """
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree: Any = parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return ()
    if not _reads_only(tree, tables) or not all(map(_is_named, _inner(tree))):
        return ()
    computed = {
        word
        for select in tree.find_all(exp.Select)
        for item in select.expressions
        if not _has_name(item)
        for word in _words_without_columns(item, dialect)
    }
    return tuple(
        fault
        for fault in faults_of(connection, sql, names).faults
        if _MISSING.search(fault.message)
        and fault.name is not None
        and fault.name.lower() not in _OWN | computed
    )


def _reads_only(tree: Any, tables: Collection[NodeId]) -> bool:
    """Whether nothing but ``tables`` and what the query itself makes of them is read."""
    from sqlglot import exp

    if next(tree.find_all(exp.Values, exp.Unnest, exp.Lateral, exp.Pivot), None) is not None:
        return False
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    known = {id.lower() for id in tables}
    return all(
        NodeId.of(table.db, table.name).lower() in known if table.db else table.name.lower() in own
        for table in tree.find_all(exp.Table)
    )


def _inner(tree: Any) -> list[Any]:
    """The queries whose columns others read by name."""
    from sqlglot import exp

    below = list(tree.find_all(exp.CTE))
    below += [
        found
        for found in tree.find_all(exp.Subquery)
        if isinstance(found.parent, exp.From | exp.Join)
    ]
    return [select for found in below for select in found.find_all(exp.Select)]


def _is_named(select: Any) -> bool:
    return all(_has_name(item) for item in select.expressions)


def _has_name(item: Any) -> bool:
    """Whether every engine calls a column that is selected so the same."""
    from sqlglot import exp

    return isinstance(item, exp.Alias | exp.Column | exp.Star)


def _words_without_columns(item: Any, dialect: str) -> set[str]:
    from sqlglot import exp

    columns = {column.name.lower() for column in item.find_all(exp.Column)}
    return set(re.findall(r"\w+", item.sql(dialect=dialect).lower())) - columns
