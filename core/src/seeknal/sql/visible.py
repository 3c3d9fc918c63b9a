"""The columns that may be named at a place of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_READ = ("from", "joins", "laterals")


def columns_at(
    connection: duckdb.DuckDBPyConnection, sql: str, offset: int
) -> tuple[str, ...] | None:
    """The columns of what is read where a column is named at ``offset``, once each.

    Of a name with a table's before it, those of that table. None when they are not known.
    """
    import duckdb
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree: Any = parse_one(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return None
    named = _named_at(tree, offset)
    table = named.args.get("table") if isinstance(named, exp.Column) else None
    # A subquery may name the tables of those around it.
    while named is not None and (named := named.find_ancestor(exp.Select)) is not None:
        try:
            query = _all_of(named, table).sql(dialect="duckdb")
            return tuple(dict.fromkeys(connection.sql(query).columns))
        except (SqlglotError, RecursionError, duckdb.Error):
            if table is None:
                return None
    return None


def _named_at(tree: Any, offset: int) -> Any:
    """The column that is named at a place, or a name alone that stands for one."""
    from sqlglot import exp

    for kind in (exp.Column, exp.Identifier):
        for named in tree.find_all(kind):
            parts = named.parts if kind is exp.Column else [named]
            starts = [part.meta["start"] for part in parts if "start" in part.meta]
            ends = [part.meta["end"] for part in parts if "end" in part.meta]
            # Of a name in quotes some versions count only what is inside.
            if starts and min(starts) - 1 <= offset <= max(ends) + 1:
                return named
    return None


def _all_of(select: Any, table: Any) -> Any:
    """``SELECT *`` of what ``select`` reads, or of one table of it."""
    from sqlglot import exp

    star = exp.Column(this=exp.Star(), table=table.copy()) if table else exp.Star()
    query = exp.Select(expressions=[star])
    for key, value in select.args.items():
        if value and _plain(key) in _READ:
            several = isinstance(value, list)
            query.set(key, [each.copy() for each in value] if several else value.copy())
    for cte in _named_before(select):
        query = query.with_(cte.alias, as_=cte.this.copy(), dialect="duckdb")
    return query


def _named_before(select: Any) -> Iterator[Any]:
    """The common tables that ``select`` may read, the outermost first."""
    from sqlglot import exp

    around: list[list[Any]] = []
    below, here = None, select
    while here is not None:
        own = next((value for key, value in here.args.items() if _plain(key) == "with"), None)
        if isinstance(here, exp.With):
            around.append(_before(here.expressions, below))
        elif own is not None and own is not below:
            around.append(own.expressions)
        below, here = here, here.parent
    for found in reversed(around):
        yield from found


def _before(ctes: list[Any], last: Any) -> list[Any]:
    return ctes[: next(n for n, cte in enumerate(ctes) if cte is last)]


def _plain(key: str) -> str:
    """The name of a part of a query, whatever the version of sqlglot calls it."""
    return key.removesuffix("_")
