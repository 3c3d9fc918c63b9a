"""One query, from one dialect to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.sql.check import SqlRefused, parse_query
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.sql.spans import parse_with_spans
from seeknal.sql.translating.kinds import COLLATED, NUMERIC, kind_of
from seeknal.sql.translating.misreading import misread
from seeknal.sql.translating.pairs import between, called, table_of
from seeknal.sql.translating.queries import Queries
from seeknal.sql.translating.results import Origin, Translation
from seeknal.sql.translating.scopes import Named
from seeknal.sql.translating.unnamed import name_results
from seeknal.values.dialects import pair_name
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    from seeknal.sql.translating.results import Refusal
    from seeknal.sql.translating.rules import Pair
    from seeknal.values.dialects import Pairs


def translate(
    sql: str, origin: str, target: str, schema: Mapping[str, Mapping[str, str]], pairs: Pairs
) -> Translation:
    """`seeknal.plugin.translate` by the tables of ``pairs``."""
    pair = pair_of(origin, target, pairs)
    return translated(lambda parse: parse(sql, pair.origin), sql, pair, schema)


Parse = Callable[[str, str], Any]
"""How the tree of a text in a dialect is had."""


def translated(
    read: Callable[[Parse], Any], sql: str, pair: Pair, schema: Mapping[str, Mapping[str, str]]
) -> Translation:
    """`translate` for a tree that ``read`` makes, given how a text is parsed."""
    origin = Origin(sql=sql, dialect=pair.origin)
    try:
        found = _translated(read(parse_query), origin, pair, schema)
    except RecursionError:
        raise SqlRefused("the query is nested too deeply to be translated") from None
    return _in_own_words(found, read, origin, pair, schema) if found.refusals else found


def _translated(
    tree: Any, origin: Origin, pair: Pair, schema: Mapping[str, Mapping[str, str]]
) -> Translation:
    queries = Queries(pair, _columns(schema, pair), origin)
    refusals = misread(tree, origin, pair)
    name_results(tree, origin, pair)
    columns = queries.query(tree)
    refusals += queries.refusals
    refusals += _inexact(tree, columns, origin)
    if any(not column.name for column in columns) and not (refusals and pair.origin == "duckdb"):
        refusals += _name_results(tree, columns, _names(origin.sql, pair, schema), origin)
    refusals.sort(key=lambda refusal: (refusal.line, refusal.column))
    return Translation(
        dialect=pair.target, tree=None if refusals else tree, refusals=tuple(refusals)
    )


def _in_own_words(
    found: Translation,
    read: Callable[[Parse], Any],
    origin: Origin,
    pair: Pair,
    schema: Mapping[str, Mapping[str, str]],
) -> Translation:
    """What is refused, each at its place and as it is written there, as far as that is known."""
    try:
        tree = read(parse_with_spans)
        again = _translated(tree, evolve(origin, has_spans=True), pair, schema) if tree else found
    except RecursionError:
        return found
    return again if again.refusals else found


def pair_of(origin: str, target: str, pairs: Pairs) -> Pair:
    """What is known of two dialects. Raises SqlRefused where that is nothing."""
    declared = between(pairs, origin, target)
    if declared is None:
        name = pair_name(called(origin), called(target))
        help = did_you_mean(name, pairs) or f"known: {', '.join(pairs)}"
        raise SqlRefused(f"it is not known what differs from {name}; {help}")
    return table_of(declared)


def _columns(schema: Mapping[str, Mapping[str, str]], pair: Pair) -> dict[str, tuple[Named, ...]]:
    return {
        table.lower(): tuple(
            Named(name, _kind(type, pair.texts_fold)) for name, type in columns.items()
        )
        for table, columns in schema.items()
    }


@cache
def _kind(type: str, folds: bool) -> str:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        kind = kind_of(exp.DataType.build(type, dialect="duckdb"))
    except (SqlglotError, ValueError):
        return "other"
    return COLLATED if folds and kind == "text" else kind


_ONLY_WITHIN = {
    NUMERIC: "is a number of more digits than are kept there: make it a DOUBLE with CAST",
    "midnight": "gives an instant in PostgreSQL, by the time zone: make it a DATE with CAST",
}
"""Kinds of which only parts or other forms are known there."""


def _inexact(tree: Any, columns: Sequence[Named], origin: Origin) -> list[Refusal]:
    """Results that the other engine does not keep as they are."""
    found = []
    for item, column in zip(tree.selects, columns, strict=False):
        if (why := _ONLY_WITHIN.get(column.kind)) is not None:
            said = origin.written(item.unalias())
            found.append(origin.refusal(item, f"{said} {why}", "Cast"))
    return found


def _names(sql: str, pair: Pair, schema: Mapping[str, Mapping[str, str]]) -> Sequence[str] | None:
    """What DuckDB calls the results of its SQL; None for another dialect's, or where it fails."""
    if pair.origin != "duckdb":
        return None
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        try:
            for table, columns in schema.items():
                parts = table.rpartition(".")
                if parts[0]:
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(parts[0])}")
                listed = ", ".join(f"{quote_identifier(n)} {type}" for n, type in columns.items())
                name = quote_name(*filter(None, (parts[0], parts[2])))
                connection.execute(f"CREATE TABLE {name} ({listed})")
            found: Sequence[str] = connection.sql(sql).columns
        except duckdb.Error:
            return None
        return found


def _name_results(
    tree: Any, columns: Sequence[Named], names: Sequence[str] | None, origin: Origin
) -> list[Refusal]:
    """Give results the names that they have at their origin; each engine has its own rule."""
    from sqlglot import exp

    found = []
    items = tree.selects
    for place, (item, column) in enumerate(zip(list(items), columns, strict=True)):
        if column.name:
            continue
        if names is not None and len(names) == len(columns):
            alias = exp.to_identifier(names[place], quoted=True)
            item.replace(exp.Alias(this=item.copy(), alias=alias))
        else:
            why = (
                f"{origin.written(item)} has no name, and each engine calls it otherwise:"
                " give it one with AS"
            )
            found.append(origin.refusal(item, why, "Alias"))
    return found
