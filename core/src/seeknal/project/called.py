"""What a node reads by the queries that functions of plugins wrote into its SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.templates.calls import CODE
from seeknal.sql.quote import quote_name
from seeknal.sql.tokens import line_and_column
from seeknal.values.node import Input

if TYPE_CHECKING:
    from seeknal.project.templates.calls import Calls
    from seeknal.sql.inputs import ResolvedSql
    from seeknal.values.location import Location
    from seeknal.values.node import Sql
    from seeknal.values.problems import Problem, Problems


def with_called(
    sql: Sql,
    resolved: ResolvedSql,
    *,
    calls: Calls,
    declared: Sequence[Input],
    engine: str | None,
    locate: Callable[[int, int], Location],
    problems: Problems,
) -> tuple[Input, ...]:
    """The inputs of the ``resolved`` SQL, with what its queries depend on beside them.

    Those that are not ``declared`` stand where ``locate`` finds lines of the filled-in SQL.
    """
    found = resolved.inputs
    if not calls.made:
        return found
    unknown = [problem for problem in resolved.problems if _is_of_call(problem, calls)]
    calls.functions.told.extend(unknown)
    first = calls.made[0]
    if engine not in (None, "duckdb") or sql.dialect != "duckdb":
        other = sql.dialect if sql.dialect != "duckdb" else engine
        message = f"{first.function}() gives a query of DuckDB's SQL, and this is for {other}"
        help = "ask in a node of its own, which this one reads"
        problems.add(CODE, message, _place(first.text, sql, locate), help)
    for call in calls.made:
        if call.text not in sql.executable and sql.dialect == "duckdb" and not unknown:
            message = f'{call.function}() names nodes otherwise than as "kind"."name"'
            help = "it is a defect of the plugin: tell those who maintain it"
            problems.add(CODE, message, _place(call.text, sql, locate), help)
    said = {entry.ref for entry in declared}
    placed = [
        evolve(entry, location=locate(entry.location.line - sql.location.line + 1, 0))
        if entry.location is not None and entry.ref not in said
        else entry
        for entry in found
    ]
    known = {entry.ref for entry in found}
    place = _place(first.text, sql, locate)
    return (*placed, *(Input(ref=id, location=place) for id in calls.reads if id not in known))


def _is_of_call(problem: Problem, calls: Calls) -> bool:
    """Whether it is a node that a query names, and not the SQL around it, and that is not there."""
    kind, _, name = problem.message.partition(" ")[0].partition(".")
    named = quote_name(kind, name)
    return problem.code == "SK0310" and any(named in call.text for call in calls.made)


def _place(text: str, sql: Sql, locate: Callable[[int, int], Location]) -> Location:
    return locate(*line_and_column(sql.rendered, max(sql.rendered.find(text), 0)))
