"""A node's SQL as it is executed, or as another engine would take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.query.stored import generated_sql, lineage_of
from seeknal.values.errors import ProjectError, UsageError, did_you_mean
from seeknal.values.names import PRODUCTION
from seeknal.values.problems import Problem
from seeknal.values.tracking import END_MARK, START_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeknal.plan.session import Loaded
    from seeknal.values.columns import Column
    from seeknal.values.dialects import Pairs
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


@frozen(kw_only=True)
class Rendered:
    """SQL in a dialect, and what of the node's it may not say."""

    sql: str
    dialect: str
    problems: tuple[Problem, ...] = ()


def executed(loaded: Loaded, node: Node) -> str:
    """The SQL that DuckDB runs for a node.

    Raises Unbound where that takes columns that are not known until its inputs have run, and
    ProjectError with all of SQL in another dialect that may mean something else in DuckDB's.
    """
    if node.sql is None or (node.sql.dialect == "duckdb" and not node.sql.calls):
        return generated_sql(loaded, node)
    from seeknal.lineage.binding import Unbound
    from seeknal.project.translated import depends_on_types, in_duckdb

    columns = columns_of_inputs(loaded, node)
    if columns is None and depends_on_types(node.sql, loaded.plugins.dialect_pairs):
        raise Unbound("the columns of its inputs are not known until they have run")
    found = in_duckdb(node, columns or {}, loaded.project, loaded.plugins)
    if found.problems:
        raise ProjectError(found.problems)
    return generated_sql(loaded, found.node)


def with_ends(node: Node, sql: str, start: str | None, end: str | None) -> str:
    """The node's SQL with the ends of a range where a run writes them: their names without any.

    Both are read as by `moment_in` and `end_in`. Raises UsageError for one that is no moment,
    and for one of a node that has no ranges.
    """
    from seeknal.intervals.moments import end_in, moment_in

    if (start or end) and node.tracking is None:
        raise UsageError(
            f"{node.id} has no ranges of time: --start and --end are for nodes that have some",
            code="SK0483",
            location=node.location,
        )
    zone = node.tracking.timezone if node.tracking else "UTC"
    try:
        first = start and _in_utc(moment_in(start, zone))
        last = end and _in_utc(end_in(end, zone))
    except ValueError as error:
        raise UsageError(str(error), code="SK0254") from None
    return sql.replace(START_MARK, first or "<interval_start>").replace(
        END_MARK, last or "<interval_end>"
    )


def _in_utc(moment: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def columns_of_inputs(loaded: Loaded, node: Node) -> Mapping[NodeId, Sequence[Column]] | None:
    """The columns of all that a node reads, with their types; None where some are not known."""
    known = lineage_of(loaded, PRODUCTION).nodes
    nodes = loaded.project.nodes
    inputs = [known[id] for id in node.parents if nodes[id].does != "describes"]
    if not all(one.known and all(column.type for column in one.columns) for one in inputs):
        return None
    return {one.node: one.columns for one in inputs}


def in_dialect(loaded: Loaded, node: Node, sql: str, dialect: str) -> Rendered:
    """``sql``, which DuckDB runs for the node, in another dialect.

    Raises UsageError for a dialect that nobody knows, and for SQL that cannot be read.
    """
    pairs = loaded.plugins.dialect_pairs
    check_dialect(dialect, pairs)
    from seeknal.sql.translating.nodes import schema_of, written_sql
    from seeknal.sql.translating.pairs import between, called

    name = called(dialect)
    if node.sql is not None and called(node.sql.dialect) == name:
        own = written_sql(node, pairs) if name != "duckdb" else sql
        return Rendered(sql=_laid_out(own, name, name, node)[0], dialect=dialect)
    known = between(pairs, "duckdb", name)
    columns = columns_of_inputs(loaded, node) if known else None
    problems: list[Problem] = []
    if columns is not None:
        from seeknal.sql.translating.translate import translate

        found = translate(sql, "duckdb", name, schema_of(columns), pairs)
        if found.tree is not None:
            return Rendered(sql=found.sql(pretty=True), dialect=dialect)
        problems = [
            _problem(loaded, node, f"{one.construct}: {one.message}", sql, one.line, one.column)
            for one in found.refusals
        ]
    text, missing = _laid_out(sql, "duckdb", name, node)
    if name != "duckdb" and columns is None:
        missing = [f"it is not known what of it means something else in {dialect}", *missing]
    problems += [_problem(loaded, node, message, sql, 0, 0) for message in missing]
    return Rendered(sql=text, dialect=dialect, problems=tuple(problems))


def _problem(loaded: Loaded, node: Node, message: str, sql: str, line: int, column: int) -> Problem:
    return Problem(
        code="SK0486",
        message=message,
        location=_place(loaded, node, sql, line, column),
        node=node.id,
        severity="warn",
    )


def _place(loaded: Loaded, node: Node, sql: str, line: int, column: int) -> Location:
    from seeknal.sql.positions import place_in_sql

    if node.sql is None or sql.strip() != node.sql.executable.strip():
        return node.sql.location if node.sql else node.location
    return place_in_sql(loaded.project.root, node.sql, (line, column))


def _laid_out(sql: str, origin: str, dialect: str, node: Node) -> tuple[str, list[str]]:
    """The SQL in another dialect's syntax, a clause on a line, and what could not be said."""
    import sqlglot
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    generator = Dialect.get_or_raise(dialect).generator(
        pretty=True, unsupported_level=sqlglot.ErrorLevel.IGNORE
    )
    try:
        text = generator.generate(sqlglot.parse_one(sql, read=origin))
    except (SqlglotError, RecursionError) as error:
        raise UsageError(
            f"the SQL cannot be transpiled: {str(error).splitlines()[0]}",
            code="SK0484",
            location=node.sql.location if node.sql else node.location,
        ) from None
    return text, list(dict.fromkeys(generator.unsupported_messages))


def check_dialect(name: str, pairs: Pairs) -> None:
    """Raise UsageError for a dialect that nobody knows."""
    from seeknal.sql.translating.pairs import is_dialect

    if not is_dialect(pairs, name):
        from sqlglot.dialects.dialect import Dialects

        known = [dialect.value for dialect in Dialects if dialect.value]
        raise UsageError(
            f"unknown SQL dialect {name!r}",
            code="SK0485",
            help=did_you_mean(name, known) or f"known: {', '.join(sorted(known))}",
        )
