"""Mistakes in what kinds say instead of a query: other functions, windows, groups, conditions."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from seeknal.values.node import Node
from tests.unittests.around import Around, Schema
from tests.unittests.mutants import Mutant, mutants_of

AGGREGATIONS = ("aggregation", "second_order_aggregation")
_AGGREGATES = {
    "sum": "avg",
    "avg": "sum",
    "mean": "sum",
    "min": "max",
    "max": "min",
    "count": "count_distinct",
    "count_distinct": "count",
    "median": "avg",
    "stddev": "avg",
    "last": "max",
}
_LISTS = ("agg", "aggs", "basic", "functions")
Place = tuple[str | int, ...]
Document = Mapping[str, Any]


def option_mutants(document: Document, node: Node, tables: Schema) -> list[Mutant]:
    """All single mistakes in a node's document that still make a query."""
    found: list[Mutant] = []
    (columns,) = tables.values()
    for place, value in _leaves(document):
        for kind, other in _others(place, value, document, columns):
            changed = _with(document, place, other)
            try:
                sql = query_of(node, changed)
            except (ValueError, TypeError, KeyError, duckdb.Error):
                continue
            number = sum(mutant.kind == kind for mutant in found) + 1
            where = ".".join(map(str, place))
            found.append(
                Mutant(
                    id=f"{kind} {number}",
                    kind=kind,
                    before=f"{where}: {value}",
                    after=f"{where}: {other}",
                    sql=sql,
                    document=changed,
                )
            )
    return found


def query_of(node: Node, document: Document | None = None) -> str:
    """The query that the kind makes of a node's options, or of those of a document."""
    from seeknal.builtin.aggregatesql import aggregation, second_order

    options = node.options if document is None else _options(node, document)
    (parent,) = node.parents
    make: Any = aggregation if node.kind == "aggregation" else second_order
    return str(make(options, f'FROM "{parent.kind}"."{parent.name}"'))


def _options(node: Node, document: Document) -> Any:
    from seeknal.kernel.options import convert, keys_of
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

    kind: Any = type(node.options)
    known = keys_of(kind)
    problems = Problems()
    data = {key: value for key, value in document.items() if key in known}
    found = convert(kind, data, Marks("", {}, {}), problems, node=node.id)
    if found is None:
        raise ValueError(f"options that are none: {[*problems]}")
    return found


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, part in enumerate(value):
            yield from _leaves(part, (*place, number))
    else:
        yield place, value


def _others(
    place: Place, value: Any, document: Document, columns: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    key = place[-1]
    if key in _LISTS:
        yield from _aggregates(value)
    elif key in ("windows", "window"):
        yield from _windows(value)
    elif key == "condition":
        yield from _conditions(str(value), columns)
    elif key in ("join_keys", "group_by"):
        for other in _beside(value[0], columns):
            yield "join key", [other, *value[1:]]
    elif key in ("id_col", "column", "source_feature"):
        for other in _beside(value, columns):
            yield ("join key" if key == "id_col" else "swapped operands"), other


def _aggregates(value: Any) -> Iterator[tuple[str, Any]]:
    names = [value] if isinstance(value, str) else value
    for place, name in enumerate(names):
        if name in _AGGREGATES:
            kind = "dropped DISTINCT" if name == "count_distinct" else "aggregate"
            other = _AGGREGATES[name]
            if other not in names:
                yield kind, [*names[:place], other, *names[place + 1 :]]


def _windows(value: Any) -> Iterator[tuple[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    for place, window in enumerate(listed):
        text = str(window)
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        if not digits.isdigit():
            continue
        for number in (int(digits) + 1, int(digits) - 1):
            if number > 0:
                other: Any = text.replace(digits, str(number), 1)
                other = number if isinstance(window, int) else other
                changed = [*listed[:place], other, *listed[place + 1 :]]
                yield "window frame", changed if isinstance(value, list) else changed[0]


def _conditions(value: str, columns: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    around = Around(tables={"rows": columns})
    for mutant in mutants_of(f"SELECT * FROM rows WHERE {value}", around):
        _, where, condition = mutant.sql.partition(" WHERE ")
        if where:
            yield mutant.kind, condition
    yield "filter dropped", "true"


def _beside(name: str, columns: Mapping[str, str]) -> list[str]:
    type = columns.get(name)
    return [other for other in columns if columns[other] == type and other != name][:2]


def _with(document: Document, place: Place, value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(dict(document))
    inside = changed
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return dict(changed)
