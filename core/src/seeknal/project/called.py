"""What a node reads by the queries that functions of plugins wrote into its SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.templates.calls import CODE
from seeknal.sql.tokens import line_and_column
from seeknal.values.node import Input

if TYPE_CHECKING:
    from seeknal.project.templates.calls import Calls
    from seeknal.values.location import Location
    from seeknal.values.node import Sql
    from seeknal.values.problems import Problems


def with_called(
    sql: Sql,
    found: tuple[Input, ...],
    *,
    calls: Calls,
    declared: Sequence[Input],
    engine: str | None,
    locate: Callable[[int, int], Location],
    problems: Problems,
) -> tuple[Input, ...]:
    """The inputs ``found`` in the SQL, with what its queries depend on beside them.

    Those that are not ``declared`` stand where ``locate`` finds lines of the filled-in SQL.
    """
    if not calls.made:
        return found
    first = calls.made[0]
    if engine not in (None, "duckdb") or sql.dialect != "duckdb":
        other = sql.dialect if sql.dialect != "duckdb" else engine
        message = f"{first.function}() gives a query of DuckDB's SQL, and this is for {other}"
        help = "ask in a node of its own, which this one reads"
        problems.add(CODE, message, _place(first.text, sql, locate), help)
    for call in calls.made:
        if call.text not in sql.executable and sql.dialect == "duckdb":
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


def _place(text: str, sql: Sql, locate: Callable[[int, int], Location]) -> Location:
    return locate(*line_and_column(sql.rendered, max(sql.rendered.find(text), 0)))
