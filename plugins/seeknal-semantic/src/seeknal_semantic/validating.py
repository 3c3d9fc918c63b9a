"""Whether every metric of a project compiles, and binds where it would be computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import Problem, SeeknalError
from seeknal_semantic.compiling.query import Query
from seeknal_semantic.paths import METRIC_TIME

if TYPE_CHECKING:
    from seeknal_semantic.compiler import CompiledQuery, MetricCompiler
    from seeknal_semantic.definitions import Metric, SemanticLayer

_UNSTORED = "SK0352"
_NEEDS_PERIOD = "SK1522"


@frozen(kw_only=True)
class Validated:
    """What is wrong with metrics, and those of which it cannot be told before a run."""

    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]


def validated(
    layer: SemanticLayer,
    compiler: MetricCompiler,
    dialect: str,
    bind: Callable[[CompiledQuery], None] | None = None,
) -> Validated:
    """Each metric compiled for a dialect and given to ``bind``, which raises where it does not."""
    problems: list[Problem] = []
    unknown: list[str] = []
    for metric in (*layer.metrics.values(), *layer.lone_measures):
        try:
            compiled = _compiled(metric, compiler, dialect)
            if bind is not None:
                bind(compiled)
        except SeeknalError as error:
            if error.code == _UNSTORED and bind is None:
                unknown.append(metric.name)
            else:
                problems.append(_problem(metric, error))
    return Validated(problems=tuple(problems), unknown=tuple(unknown))


def _compiled(metric: Metric, compiler: MetricCompiler, dialect: str) -> CompiledQuery:
    """The metric alone; by its own time where it needs periods."""
    try:
        return compiler.compile(Query(metrics=(metric.name,)), dialect)
    except SeeknalError as error:
        if error.code != _NEEDS_PERIOD:
            raise
        query = Query(metrics=(metric.name,), dimensions=(METRIC_TIME,))
        return compiler.compile(query, dialect)


def _problem(metric: Metric, error: SeeknalError) -> Problem:
    what = "metric" if metric.id is not None else "measure"
    return Problem(
        code=error.code,
        message=f"{what} {metric.name}: {error.message}",
        location=metric.location,
        help=error.help,
        node=metric.id,
    )
