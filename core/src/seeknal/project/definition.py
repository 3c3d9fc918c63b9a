"""The definition of a node as one hash: it changes when its rows may change, and only then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from seeknal.kernel.options import fields_of, unstructure
from seeknal.sql.canonical import canonical_sql

if TYPE_CHECKING:
    from seeknal.kernel.kinds import NodeKind
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.dialects import Pairs
    from seeknal.values.node import Input, Sql
    from seeknal.values.sources import Source

SCHEME = 1
"""Counted up when the same definition would hash differently."""


def definition_of(
    *,
    kind: NodeKind,
    options: object,
    inputs: tuple[Input, ...],
    sql: Sql | None,
    pairs: Pairs,
    code_hash: str | None,
    source: Source | None,
    columns: tuple[ColumnSpec, ...],
    contract: bool,
    place: Mapping[str, object],
    functional: Mapping[str, object],
    python: Mapping[str, object] | None = None,
) -> tuple[str, str]:
    """Hex SHA-256 over what can change the node's rows, and over that without its SQL.

    ``place`` is where a source's connection leads (never a secret); ``functional`` are common
    keys that matter to rows, and ``python`` what a Python node's code is given beside its inputs.
    """
    parts = {
        "scheme": SCHEME,
        "kind": kind.name,
        "options": _functional(kind, options),
        "inputs": [[entry.ref, entry.alias] for entry in inputs],
        "sql": _canonical(sql, pairs) if sql else None,
        "code": code_hash,
        "source": _source(source) if source else None,
        "place": dict(place),
        "columns": _types(columns) if contract or source or code_hash else None,
        "common": dict(functional),
        **({"python": dict(python)} if python is not None else {}),
    }
    if sql is not None and sql.incremental is not None:
        parts["incremental"] = _canonical(sql.incremental, pairs)
    return _hash(parts), _hash({**parts, "sql": None})


def _hash(parts: Mapping[str, object]) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()


def _canonical(sql: Sql, pairs: Pairs) -> list[str]:
    if sql.dialect == "duckdb":
        return [sql.dialect, canonical_sql(sql.executable)]
    from seeknal.sql.translating.pairs import version_of

    # It is translated over its inputs' types: the text that was written counts, and the rules.
    text = canonical_sql(sql.rendered, dialect=sql.dialect)
    return [sql.dialect, text, *version_of(pairs, sql.dialect, "duckdb")]


def _functional(kind: NodeKind, options: object) -> dict[str, Any]:
    names = kind.functional
    return {
        entry.key: unstructure(getattr(options, entry.name), functional_only=True)
        for entry in fields_of(type(options))
        if entry.functional and (names is None or entry.key in names or entry.name in names)
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "type": source.type,
        "options": unstructure(source.options),
        "table": list(source.table),
        "query": source.query,
    }


def _types(columns: tuple[ColumnSpec, ...]) -> list[list[str | None]]:
    return [[column.name, column.type] for column in columns if column.type]
