"""What DuckDB runs of SQL that depends on the types of what it reads, or why it cannot be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from seeknal.kernel.plugins import Plugins
    from seeknal.values.columns import Column
    from seeknal.values.dialects import Pairs
    from seeknal.values.errors import SeeknalError
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node, Sql
    from seeknal.values.project import Project


@frozen(kw_only=True)
class Executable:
    """The node with SQL for DuckDB; as it was where there are problems."""

    node: Node
    problems: tuple[Problem, ...] = ()

    def raise_problems(self, kind: type[SeeknalError]) -> None:
        """Raise the first of the problems, which tells of the others as well."""
        if not self.problems:
            return
        first, *others = self.problems
        said = [first.message, *(f"{one.location}: {one.message}" for one in others)]
        raise evolve(first, message="; also ".join(said)).as_error(kind)


def depends_on_types(sql: Sql, pairs: Pairs) -> bool:
    """Whether what DuckDB runs depends on the types of what the SQL reads."""
    if sql.calls:
        return True
    from seeknal.sql.translating.nodes import is_translated

    return sql.dialect != "duckdb" and is_translated(sql, pairs)


def in_duckdb(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], project: Project, plugins: Plugins
) -> Executable:
    """The node's SQL over inputs with these columns, in DuckDB's dialect.

    Where nothing is known of what differs, it is what sqlglot makes of it: loading says that.
    """
    sql = node.sql
    assert sql is not None
    if not depends_on_types(sql, plugins.dialect_pairs):
        return Executable(node=node)
    if sql.calls:
        return _written(node, columns, project, plugins)
    return _translated(node, columns, project.root, plugins.dialect_pairs)


def _written(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], project: Project, plugins: Plugins
) -> Executable:
    from seeknal.project.templates.calls import CallFailed, with_written
    from seeknal.sql.positions import place_in_rendered

    sql = node.sql
    assert sql is not None
    try:
        return Executable(node=with_written(node, columns, project, plugins))
    except CallFailed as failed:
        named = (call.text for call in sql.calls if call.function == failed.function)
        offset = sql.rendered.find(next(named, ""))
        place = place_in_rendered(
            project.root, sql.location, sql.text, sql.rendered, max(offset, 0)
        )
        return Executable(node=node, problems=tuple(failed.problems(place, node.id)))


def _translated(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], root: Path, pairs: Pairs
) -> Executable:
    from seeknal.sql.check import SqlRefused
    from seeknal.sql.positions import place_in_rendered
    from seeknal.sql.tokens import offset_of
    from seeknal.sql.translating.nodes import for_duckdb, with_executable

    sql = node.sql
    assert sql is not None

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
        told = problem("SK0450", message, refused.line, refused.column)
        return Executable(node=node, problems=(told,))
    if found.tree is not None:
        return Executable(node=with_executable(node, found.sql(copy=False)))
    problems = (
        problem("SK0456", f"{one.message} (from {sql.dialect})", one.line, one.column)
        for one in found.refusals
    )
    return Executable(node=node, problems=tuple(problems))


def in_engine(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], root: Path, pairs: Pairs, dialect: str
) -> tuple[Problem, ...]:
    """What of a node's DuckDB SQL may mean something else in an engine that speaks ``dialect``."""
    from seeknal.sql.check import SqlRefused
    from seeknal.sql.positions import place_in_sql
    from seeknal.sql.translating.nodes import schema_of
    from seeknal.sql.translating.pairs import between
    from seeknal.sql.translating.translate import translate

    sql = node.sql
    assert sql is not None
    if sql.dialect != "duckdb" or sql.calls or between(pairs, "duckdb", dialect) is None:
        return ()
    try:
        found = translate(sql.executable, "duckdb", dialect, schema_of(columns), pairs)
    except SqlRefused:
        # What cannot be read is told by who reads it.
        return ()
    return tuple(
        Problem(
            code="SK0456",
            message=f"{one.message} (for {dialect})",
            location=place_in_sql(root, sql, (one.line, one.column)),
            help=f"write it otherwise, in {dialect}'s own SQL with dialect:, or leave engine: out",
            node=node.id,
        )
        for one in found.refusals
    )
