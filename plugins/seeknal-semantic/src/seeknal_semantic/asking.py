"""Asking the stored outputs of an environment for metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal_semantic.compiler import MetricCompiler
from seeknal_semantic.compiling.query import Query
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.saved import with_saved

if TYPE_CHECKING:
    from seeknal.plugin import Outputs
    from seeknal_semantic.compiler import CompiledQuery
    from seeknal_semantic.definitions import SemanticLayer

_LISTS = ("metrics", "dimensions", "filters", "order_by")
_TEXTS = ("start", "end", "timezone")
KEYS = (*_LISTS, "filter", "limit", *_TEXTS, "saved_query")
"""What a query in JSON may have."""


def query_of(given: Mapping[str, Any], layer: SemanticLayer) -> Query:
    """The query that a mapping describes, as one in JSON does. Raises QueryRefused."""
    from seeknal.plugin import did_you_mean

    for key in given:
        if key not in KEYS:
            help = did_you_mean(key, KEYS) or f"keys: {', '.join(KEYS)}"
            raise refused("SK1515", f"a query has no {key!r}", help=help)
    lists = {key: _texts(given.get(key), key) for key in _LISTS}
    lists["filters"] += _texts(given.get("filter"), "filter")
    limit = given.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        raise refused("SK1515", f"limit is a whole number, not {limit!r}")
    texts = {key: _text(given.get(key), key) for key in _TEXTS}
    query = Query(limit=limit, **lists, **texts)
    saved = _text(given.get("saved_query"), "saved_query")
    return query if saved is None else with_saved(layer, saved, query)


def _texts(given: object, key: str) -> tuple[str, ...]:
    if given is None:
        return ()
    entries = [given] if isinstance(given, str) else given
    if not isinstance(entries, Sequence) or not all(isinstance(each, str) for each in entries):
        raise refused("SK1515", f"{key} is a text or a list of texts, not {given!r}")
    return tuple(entries)


def _text(given: object, key: str) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise refused("SK1515", f"{key} is a text, not {given!r}")


def compiler_of(layer: SemanticLayer, outputs: Outputs) -> MetricCompiler:
    """A compiler for the rows of an environment."""
    return MetricCompiler(layer, lambda node: outputs.relation(node).columns)


def answer(outputs: Outputs, query: CompiledQuery) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names and the rows of an answer."""
    names = [column.name for column in query.columns]
    return names, outputs.duckdb.sql(query.sql).fetchall()
