"""Every period once: from a time spine of the project, or from the first to the last time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.calendar import (
    at_wall,
    begin_of,
    is_whole_days,
    months_of,
)
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.trees import aliased, as_date, call, column, name
from seeknal_semantic.grains import can_tell, rank

if TYPE_CHECKING:
    from seeknal_semantic.compiling.scope import Measured, Scope
    from seeknal_semantic.definitions import TimeSpine

PERIOD = "period"
_FIRST = "first"
_LAST = "last"


def spine_of(scope: Scope, grain: str, times: Iterable[Measured]) -> exp.Query:
    """A query of one column, ``period``: the begin of each period of ``grain``, each once.

    ``times`` are the times of all measures of a query, which it is made from where the project
    has no spine that is fine enough.
    """
    fitting = [
        spine
        for spine in scope.layer.spines.values()
        if can_tell(spine.grain, grain, scope.calendar.fiscal_year_start)
    ]
    if fitting:
        return _declared(scope, max(fitting, key=lambda spine: rank(spine.grain)), grain)
    return _generated(scope, grain, times)


def spine_moment(scope: Scope, spine: TimeSpine) -> exp.Expr:
    """The period that a row of a declared spine stands for, as the query's clocks show it."""
    type = scope.type_of(spine.rows, str(column(spine.column).sql("duckdb")))
    scope.read(spine.rows, spine.column)
    moment = at_wall(column(spine.column), type, scope.calendar.timezone)
    return begin_of(spine.grain, moment, scope.calendar)


def _declared(scope: Scope, spine: TimeSpine, grain: str) -> exp.Query:
    begin = begin_of(grain, spine_moment(scope, spine), scope.calendar)
    there = exp.Not(this=exp.Is(this=column(spine.column), expression=exp.Null()))
    query = exp.select(aliased(begin, PERIOD)).from_(scope.table_of(spine.rows)).where(there)
    return query.distinct()


def _generated(scope: Scope, grain: str, times: Iterable[Measured]) -> exp.Query:
    """The series from the first to the last period in which anything lies."""
    sources = [Source(scope, measured) for measured in times]
    begins = [begin_of(grain, source.time, scope.calendar) for source in sources]
    if len(sources) == 1:
        ends = sources[0].simplified(sources[0].select(*_ends(begins[0])))
    else:
        moments = [
            source.simplified(source.select(aliased(begin, PERIOD)))
            for source, begin in zip(sources, begins, strict=True)
        ]
        every = exp.union(*moments, distinct=False)
        ends = exp.select(*_ends(column(PERIOD))).from_(every.subquery("times"))
    period = as_date(column(PERIOD)) if is_whole_days(grain) else column(PERIOD)
    query = exp.select(aliased(period, PERIOD)).from_(ends.subquery("ends"))
    return query.join(_series(grain), join_type="cross")


def _ends(begin: exp.Expr) -> list[exp.Expr]:
    """The first and the last period, of which ``begin`` is the begin."""
    return [
        aliased(exp.Min(this=begin.copy()), _FIRST),
        aliased(exp.Max(this=begin.copy()), _LAST),
    ]


def _series(grain: str) -> exp.Table:
    """Each period from the first to the last; none where there is no first."""
    count, unit = (months_of(grain), "month") if months_of(grain) else (1, grain)
    step = exp.Interval(this=exp.Literal.string(str(count)), unit=exp.var(unit.upper()))
    ends = (exp.cast(column(word), "TIMESTAMP") for word in (_FIRST, _LAST))
    alias = exp.TableAlias(this=name("series"), columns=[name(PERIOD)])
    return exp.Table(this=call("GENERATE_SERIES", *ends, step), alias=alias)
