"""Translating by the tables of every plugin, where no project says which plugins there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from seeknal.kernel.plugins import Plugins, enabled_plugins
from seeknal.sql.translating import nodes
from seeknal.sql.translating.translate import translate as translate_by

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Installed
    from seeknal.sql.translating.results import Translation
    from seeknal.values.dialects import Pairs
    from seeknal.values.node import Node


def translate(
    sql: str, origin: str, target: str, schema: Mapping[str, Mapping[str, str]]
) -> Translation:
    """A query that gives on ``target`` what ``sql`` gives on ``origin``, or every reason against.

    ``schema`` has the tables that it reads, by ``name`` or ``schema.name``: their columns with
    types as DuckDB writes them. Nothing is translated that is not known to mean the same.
    Raises SqlRefused for what is no query of ``origin``, and for a pair that nothing is known of.
    """
    return translate_by(sql, origin, target, schema, known_pairs())


def written_sql(node: Node) -> str:
    """The node's SQL in the dialect that it is written in, each input named ``"kind"."name"``.

    For an engine that speaks it. Raises ValueError for a node without SQL.
    """
    return nodes.written_sql(node, known_pairs())


def known_pairs() -> Pairs:
    """The pairs of dialects that the plugins of this environment declare."""
    return _pairs(enabled_plugins())


@lru_cache(maxsize=4)
def _pairs(installed: tuple[Installed, ...]) -> Pairs:
    return Plugins(installed).dialect_pairs
