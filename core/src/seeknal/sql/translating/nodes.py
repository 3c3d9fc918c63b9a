"""A node's SQL in another dialect than DuckDB's, over what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.sql.check import parse_query
from seeknal.sql.dialects import name_inputs
from seeknal.sql.inputs import Scope
from seeknal.sql.translating.pairs import between, called, is_dialect
from seeknal.sql.translating.translate import pair_of, translated

if TYPE_CHECKING:
    from seeknal.sql.translating.results import Translation
    from seeknal.sql.translating.translate import Parse
    from seeknal.values.columns import Column
    from seeknal.values.dialects import Pairs
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node, Sql


def is_translated(sql: Sql, pairs: Pairs) -> bool:
    """Whether what DuckDB runs depends on the types of what the SQL reads."""
    return between(pairs, sql.dialect, "duckdb") is not None


def for_duckdb(node: Node, columns: Mapping[NodeId, Sequence[Column]], pairs: Pairs) -> Translation:
    """The node's SQL as DuckDB's, with each input named ``"kind"."name"``.

    ``columns`` are those of everything that it reads.
    """
    sql = node.sql
    assert sql is not None
    pair = pair_of(sql.dialect, "duckdb", pairs)

    def read(parse: Parse) -> Any:
        return _named(node, parse)

    return translated(read, sql.rendered, pair, schema_of(columns))


def schema_of(columns: Mapping[NodeId, Sequence[Column]]) -> dict[str, dict[str, str]]:
    """The columns of nodes with their types, as `translate` takes those of tables."""
    return {str(id): {one.name: one.type for one in found} for id, found in columns.items()}


def written_sql(node: Node, pairs: Pairs) -> str:
    """`seeknal.plugin.written_sql`, with the dialects that ``pairs`` bring."""
    if node.sql is None:
        raise ValueError(f"{node.id} has no SQL")
    is_dialect(pairs, node.sql.dialect)
    text: str = _named(node).sql(dialect=node.sql.dialect, comments=False)
    return text


def _named(node: Node, parse: Parse = parse_query) -> Any:
    assert node.sql is not None
    tree: Any = parse(node.sql.rendered, called(node.sql.dialect))
    if tree is None:
        return None
    scope = Scope(
        inputs=node.inputs,
        known=node.parents,
        node=node.id,
        location=node.sql.location,
        this_allowed=True,
    )
    name_inputs(tree, scope)
    return tree


def with_executable(node: Node, text: str) -> Node:
    """The node with what DuckDB runs of it."""
    assert node.sql is not None
    return evolve(node, sql=evolve(node.sql, executable=text))
