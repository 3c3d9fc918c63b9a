"""Runs unit tests by plain DuckDB: the rows into tables, the query over them, the rows compared.

Nothing of it comes from what runs them in seeknal, so that each can be judged by the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb
from attrs import evolve, field, frozen
from sqlglot import exp

from seeknal.values.tracking import END_MARK, START_MARK
from tests.unittests.around import Schema
from tests.unittests.cases import Case, Expected, inferred, named, quoted, selected
from tests.unittests.mutants import parsed, written
from tests.unittests.results import Answer, TooLong, answer, same_rows


class Unfit(Exception):
    """A run would stop with an error."""


@frozen(kw_only=True)
class Reads:
    """What a tracked node gets of an input that is tracked, too: from so many seconds before the
    range to so many after it, by a column. ``whole``: all of it."""

    column: str
    before: int = 0
    after: int = 0
    whole: bool = False


@frozen(kw_only=True)
class Ranged:
    """That a node is processed by ranges of time: the column of its rows, and what it reads."""

    column: str
    reads: Mapping[str, Reads] = field(factory=dict)


Span = tuple[str, str]


def in_range(sql: str, span: Span | None) -> str:
    """A query with the ends of a range instead of what stands for them."""
    if span is None:
        return sql
    start, end = (f"{moment(text)}" for text in span)
    return sql.replace(f"'{START_MARK}'", quoted(start)).replace(f"'{END_MARK}'", quoted(end))


def moment(text: str) -> str:
    return str(text).replace("T", " ").removesuffix("Z")


def frozen_clock(sql: str, now: str | None) -> str:
    """A query at a moment, whenever it is run."""
    if now is None:
        return sql

    def at(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.CurrentDate):
            return exp.cast(exp.Literal.string(moment(now)[:10]), "DATE")
        if isinstance(node, exp.CurrentTimestamp):
            return exp.cast(exp.Literal.string(f"{moment(now)}+00"), "TIMESTAMPTZ")
        return node

    return written(parsed(sql).transform(at))


@contextmanager
def laid_out(
    case: Case, known: Schema, ranged: Ranged | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the rows of a case as tables; inputs that it leaves out have none."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET TimeZone = 'UTC'; SET memory_limit = '1GB'")
        for id, columns in known.items():
            kind, name = id.split(".", 1)
            table = case.inputs.get(id)
            types = dict(columns)
            if table is not None:
                for row in table.rows:
                    for column in row:
                        types.setdefault(column, inferred([r.get(column) for r in table.rows]))
                types.update(table.columns)
            rows = selected(table.rows if table else (), types)
            cut = _cut(id, case, ranged)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {named(kind)}")
            connection.execute(
                f"CREATE TABLE {named(kind)}.{named(name)} AS SELECT * FROM ({rows}) WHERE {cut}"
            )
        yield connection


def _cut(id: str, case: Case, ranged: Ranged | None) -> str:
    if ranged is None or case.interval is None or id not in ranged.reads:
        return "true"
    return reads(ranged.reads[id], case.interval)


def reads(what: Reads, span: Span) -> str:
    """The condition of the rows that are read for a range."""
    if what.whole:
        return "true"
    start, end = (f"TIMESTAMP {quoted(moment(text))}" for text in span)
    column = named(what.column)
    return (
        f"{column} >= {start} - INTERVAL '{what.before} seconds'"
        f" AND {column} < {end} + INTERVAL '{what.after} seconds'"
    )


def failure(
    connection: duckdb.DuckDBPyConnection, case: Case, sql: str, ranged: Ranged | None
) -> str | None:
    """Why a query does not pass a test; None where it does."""
    try:
        return _failure(connection, case, sql, ranged)
    except (duckdb.Error, TooLong, Unfit) as error:
        return f"error: {error}"


def _failure(
    connection: duckdb.DuckDBPyConnection, case: Case, sql: str, ranged: Ranged | None
) -> str | None:
    text = frozen_clock(in_range(sql, case.interval), case.freeze)
    found = answer(connection, text)
    if ranged is not None and case.interval is not None:
        refuse_strays(connection, text, ranged, case.interval)
    if (wrong := _differs(connection, found, case.expected)) is not None:
        return wrong
    for name, expected in case.ctes.items():
        if (
            wrong := _differs(connection, answer(connection, cte(text, name)), expected)
        ) is not None:
            return f"{name}: {wrong}"
    return None


def refuse_strays(
    connection: duckdb.DuckDBPyConnection, sql: str, ranged: Ranged, span: Span
) -> None:
    """Raises Unfit where rows lie outside of the range that is computed."""
    inside = reads(Reads(column=ranged.column), span)
    ((strays,),) = connection.execute(
        f"SELECT count(*) FROM ({sql}\n) WHERE ({inside}) IS NOT TRUE"
    ).fetchall()
    if strays:
        raise Unfit(f"{strays} rows lie outside of the range")


def cte(sql: str, name: str) -> str:
    """The query of a CTE by itself, with those that it reads."""
    tree = parsed(sql)
    queries = tree.args.get("with_") or tree.args.get("with")
    found = exp.select("*").from_(exp.to_table(name, quoted=True))
    found.set("with_" if "with_" in exp.Select.arg_types else "with", queries.copy())
    return written(found)


def _differs(
    connection: duckdb.DuckDBPyConnection, found: Answer, expected: Expected
) -> str | None:
    if expected.row_count is not None and len(found.rows) != expected.row_count:
        return f"{len(found.rows)} rows instead of {expected.row_count}"
    names = expected.columns
    if names is None and expected.rows is not None:
        names = tuple(dict.fromkeys(name for row in expected.rows for name in row)) or None
    if names is None:
        return None
    if expected.partial:
        if missing := [name for name in names if name not in found.columns]:
            return f"no columns {missing}"
        places = [found.columns.index(name) for name in names]
        found = evolve(
            found,
            columns=names,
            types=tuple(found.types[place] for place in places),
            rows=[tuple(row[place] for place in places) for row in found.rows],
        )
    elif set(names) != set(found.columns) or (
        expected.columns is not None and names != found.columns
    ):
        return f"columns {found.columns} instead of {names}"
    for name, type in zip(found.columns, found.types, strict=True):
        if name in expected.types and not _same_type(connection, expected.types[name], type):
            return f"{name} is {type} instead of {expected.types[name]}"
    if expected.rows is None:
        return None
    types = dict(zip(found.columns, found.types, strict=True))
    wanted = _wanted(connection, expected, types)
    same = (
        len(wanted) == len(found.rows)
        and all(
            same_rows([a], [b], expected.tolerance) for a, b in zip(wanted, found.rows, strict=True)
        )
        if expected.ordered
        else same_rows(wanted, found.rows, expected.tolerance)
    )
    return None if same else f"{len(found.rows)} rows are others than the {len(wanted)} expected"


def _wanted(
    connection: duckdb.DuckDBPyConnection, expected: Expected, types: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    """The expected rows, of the types that came out, with nothing cut off to fit these."""
    exact = {name: _read_as(type) for name, type in types.items()}
    found = answer(connection, selected(expected.rows or (), exact)).rows
    return [
        tuple(_uncut(value, type) for value, type in zip(row, types.values(), strict=True))
        for row in found
    ]


_NUMBERS = ("DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_EXACT = {"DATE": "TIMESTAMP", **dict.fromkeys(_NUMBERS, "VARCHAR")}
"""As what values are read of which the type itself would drop digits, or the time of day."""


def _read_as(type: str) -> str:
    return type if type.endswith("]") else _EXACT.get(type.split("(")[0], type)


def _uncut(value: Any, type: str) -> Any:
    if value is not None and _read_as(type) == "VARCHAR" != type:
        try:
            return Decimal(value)
        except InvalidOperation:
            raise Unfit(f"{value!r} is no {type}") from None
    midnight = isinstance(value, datetime) and value.time() == time()
    return value.date() if type == "DATE" and midnight else value


def _same_type(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    return one.upper() == other.upper() or str(connection.sqltype(one)) == str(
        connection.sqltype(other)
    )
