"""What DuckDB runs of a node's SQL in another dialect, or why it may mean something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from seeknal.values.columns import Column
    from seeknal.values.dialects import Pairs
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


@frozen(kw_only=True)
class Executable:
    """SQL for DuckDB; empty where there are problems."""

    executable: str = ""
    problems: tuple[Problem, ...] = ()


def in_duckdb(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], root: Path, pairs: Pairs
) -> Executable:
    """The node's SQL over inputs with these columns, in DuckDB's dialect.

    Where nothing is known of what differs, it is what sqlglot makes of it: loading says that.
    """
    from seeknal.sql.check import SqlRefused
    from seeknal.sql.positions import place_in_rendered
    from seeknal.sql.tokens import offset_of
    from seeknal.sql.translating.nodes import for_duckdb, is_translated

    sql = node.sql
    assert sql is not None
    if not is_translated(sql, pairs):
        return Executable(executable=sql.executable)

    def problem(code: str, message: str, line: int, column: int) -> Problem:
        offset = offset_of(sql.rendered, line or 1, column)
        return Problem(
            code=code,
            message=message,
            location=place_in_rendered(root, sql.location, sql.text, sql.rendered, offset),
            help="write it otherwise, or in DuckDB's own SQL without dialect:",
            node=node.id,
        )

    try:
        found = for_duckdb(node, columns, pairs)
    except SqlRefused as refused:
        # DuckDB's parser has read it, that of the dialect does not.
        message = f"{refused} (read as {sql.dialect})"
        return Executable(problems=(problem("SK0450", message, refused.line, refused.column),))
    if found.tree is not None:
        return Executable(executable=found.sql(copy=False))
    problems = (
        problem("SK0456", f"{one.message} (from {sql.dialect})", one.line, one.column)
        for one in found.refusals
    )
    return Executable(problems=tuple(problems))
