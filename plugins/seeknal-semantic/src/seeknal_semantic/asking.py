"""Asking the stored outputs of an environment for metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from seeknal.plugin import SeeknalError, WrittenQuery
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.compiler import MetricCompiler, sketch
from seeknal_semantic.compiling.query import Query
from seeknal_semantic.compiling.refusing import reason_of, refused
from seeknal_semantic.definitions import named
from seeknal_semantic.mattering import mattering
from seeknal_semantic.proving import Proving, refuse_unaudited
from seeknal_semantic.saved import with_saved

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.plugin import Column, NodeId, Outputs, TemplateCall
    from seeknal_semantic.compiler import CompiledQuery
    from seeknal_semantic.definitions import SemanticLayer

KEYS = (
    *("metrics", "dimensions", "filter", "filters", "order_by", "limit"),
    *("start", "end", "timezone", "saved_query", "group_by", "where"),
)
"""What a query in JSON, or in a template, may have; the last two as saved queries spell them."""


def query_of(given: Mapping[str, Any], layer: SemanticLayer) -> Query:
    """The query that a mapping describes, as one in JSON does. Raises QueryRefused."""
    from seeknal.plugin import did_you_mean

    for key in given:
        if key not in KEYS:
            help = did_you_mean(key, KEYS) or f"keys: {', '.join(KEYS)}"
            raise refused("SK1515", f"a query has no {key!r}", help=help)
    limit = given.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        raise refused("SK1515", f"limit is a whole number, not {limit!r}")
    query = Query(
        metrics=_texts(given, "metrics"),
        dimensions=(*_texts(given, "dimensions"), *_texts(given, "group_by")),
        filters=tuple(
            text for key in ("filters", "filter", "where") for text in _texts(given, key)
        ),
        order_by=_texts(given, "order_by"),
        limit=limit,
        start=_text(given, "start"),
        end=_text(given, "end"),
        timezone=_text(given, "timezone"),
    )
    saved = _text(given, "saved_query")
    return query if saved is None else with_saved(layer, saved, query)


def _texts(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = given.get(key)
    if found is None:
        return ()
    entries = [found] if isinstance(found, str) else found
    if not isinstance(entries, Sequence) or not all(isinstance(each, str) for each in entries):
        raise refused("SK1515", f"{key} is a text or a list of texts, not {found!r}")
    return tuple(entries)


def _text(given: Mapping[str, Any], key: str) -> str | None:
    found = given.get(key)
    if found is None or isinstance(found, str):
        return found
    raise refused("SK1515", f"{key} is a text, not {found!r}")


def written(call: TemplateCall) -> WrittenQuery:
    """The query that ``metric_query()`` asks for in SQL. Raises SeeknalError."""
    layer = semantic_layer(call.project)
    query = query_of(call.arguments, layer)
    columns = call.columns
    if columns is not None:
        compiler = MetricCompiler(layer, columns.__getitem__)
        return WrittenQuery(sql=compiler.compile(query).sql)
    read = sketch(layer, query)
    refuse_unaudited(read.keys, call.project.nodes)
    saved = call.arguments.get("saved_query")
    entry = named(layer.saved_queries, saved) if isinstance(saved, str) else None
    metrics = [layer.ids[name.lower()] for name in query.metrics if name.lower() in layer.ids]
    reads = [*([entry.id] if entry else []), *metrics, *read.describing]
    return WrittenQuery(
        sql=read.sql, reads=tuple(dict.fromkeys(reads)), said=mattering(layer, query)
    )


def compiler_of(layer: SemanticLayer, outputs: Outputs) -> MetricCompiler:
    """A compiler for the rows of an environment."""
    return MetricCompiler(layer, lambda node: outputs.relation(node).columns)


def compiler_before_runs(
    layer: SemanticLayer, outputs: Outputs, columns: Callable[[], Mapping[NodeId, Sequence[Column]]]
) -> MetricCompiler:
    """The same, for which nodes without stored rows have the columns that files tell of.

    ``columns`` gives these, and is asked once, where there is such a node.
    """
    told = cache(columns)

    def columns_of(node: NodeId) -> Sequence[Column]:
        try:
            return outputs.relation(node).columns
        except SeeknalError as error:
            found = told().get(node)
            if not found:
                message = f"{error.message}, and its columns do not follow from the files"
                raise refused(error.code, message, error.help) from None
            return found

    return MetricCompiler(layer, columns_of)


_provings: WeakKeyDictionary[DuckDBPyConnection, Proving] = WeakKeyDictionary()


def proving_over(connection: DuckDBPyConnection) -> Proving:
    """What answers queries over a connection's rows; each key of them is asked about once."""
    if connection not in _provings:
        # A reference of its own would keep the connection.
        weak = ref(connection)

        def answered(query: CompiledQuery) -> tuple[list[str], list[tuple[Any, ...]]]:
            connection = weak()
            assert connection is not None
            return answer(connection, query)

        _provings[connection] = Proving(answered)
    return _provings[connection]


def answer(
    connection: DuckDBPyConnection, query: CompiledQuery
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names and the rows of an answer; what Python has no value for is DuckDB's text."""
    import duckdb

    names = [column.name for column in query.columns]
    try:
        return names, _rows(connection, query)
    except (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        raise refused(
            "SK1525",
            f"a value in the rows of {', '.join(query.nodes)} does not fit the query of"
            f" {', '.join(names)}: {reason_of(error)}",
            help="let the expr of the measure or dimension give what fits, or filter such rows out",
        ) from None


_ENDLESS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def _rows(connection: DuckDBPyConnection, query: CompiledQuery) -> list[tuple[Any, ...]]:
    """Rows whose months of intervals, and moments without end, are not taken for others."""
    import json

    odd: dict[int, str] = {}
    for at, column in enumerate(query.columns):
        nested = column.type.endswith("]") or "(" in column.type
        if column.type == "INTERVAL":
            odd[at] = f"CAST(#{at + 1} AS VARCHAR)"
        elif column.type in _ENDLESS:
            odd[at] = f"CASE WHEN isinf(#{at + 1}) THEN CAST(#{at + 1} AS VARCHAR) END"
        elif nested and any(word in column.type for word in ("INTERVAL", "DATE", "TIMESTAMP")):
            odd[at] = f"CAST(to_json(#{at + 1}) AS VARCHAR)"
    if not odd:
        found: list[tuple[Any, ...]] = connection.sql(query.sql).fetchall()
        return found
    count = len(query.columns)
    parts = ", ".join([*(f"#{at + 1}" for at in range(count)), *odd.values()])
    rows = connection.sql(f"SELECT {parts} FROM ({query.sql}\n)").fetchall()
    told = []
    for row in rows:
        values = list(row[:count])
        for at, text in zip(odd, row[count:], strict=True):
            if text is not None:
                values[at] = json.loads(text, parse_float=str) if "to_json" in odd[at] else text
        told.append(tuple(values))
    return told
