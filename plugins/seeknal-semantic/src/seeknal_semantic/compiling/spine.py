"""Every period once: from a time spine of the project, or from the first to the last time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.calendar import (
    at_wall,
    begin_of,
    is_whole_days,
    shifted,
    step_of,
)
from seeknal_semantic.compiling.source import Source
from seeknal_semantic.compiling.trees import aliased, as_date, call, column, name, table
from seeknal_semantic.compiling.used_keys import UsedKey, several
from seeknal_semantic.grains import can_tell, rank

if TYPE_CHECKING:
    from seeknal_semantic.compiling.scope import Measured, Parts, Scope
    from seeknal_semantic.definitions import TimeSpine

PERIOD, FIRST, LAST, SERIES = "period", "first", "last", "series"
BEGIN, END = "spine_first", "spine_last"


def spine_of(scope: Scope, grain: str, times: Iterable[Measured], parts: Parts) -> exp.Query:
    """A query of one column, ``period``: the begin of each period of ``grain``, each once.

    ``times`` are the times of all measures of a query, which it is made from where the project
    has no spine that is fine enough, or one that does not reach all of them.
    """
    fitting = [
        spine
        for spine in scope.layer.spines.values()
        if can_tell(spine.grain, grain, scope.calendar.fiscal_year_start)
    ]
    if fitting:
        declared = _declared(scope, max(fitting, key=lambda spine: rank(spine.grain)), grain)
        return _reaching(scope, declared, grain, times, parts)
    return _generated(scope, grain, times, parts)


def periods_of(scope: Scope, grain: str, times: Iterable[Measured], parts: Parts) -> exp.Query:
    """The same, for a grain of the project's own as well: the periods that have one of these."""
    if grain not in scope.layer.custom_grains:
        return spine_of(scope, grain, times, parts)
    spine, custom = scope.layer.custom_grains[grain]
    scope.read(spine.rows, custom.column)
    there = exp.Not(this=exp.Is(this=column(custom.column), expression=exp.Null()))
    return _declared(scope, spine, spine.grain).where(there)


def spine_moment(scope: Scope, spine: TimeSpine) -> exp.Expr:
    """The period that a row of a declared spine stands for, as the query's clocks show it."""
    type = scope.type_of(spine.rows, str(column(spine.column).sql("duckdb")))
    scope.read(spine.rows, spine.column)
    moment = at_wall(column(spine.column), type, scope.calendar.timezone)
    period = begin_of(spine.grain, moment, scope.calendar)
    question = several([period], scope.table_of(spine.rows), needed=True)
    scope.joins_by(UsedKey(owner=spine.id, name=spine.column, rows=spine.rows, question=question))
    return period


def _declared(scope: Scope, spine: TimeSpine, grain: str) -> exp.Query:
    begin = begin_of(grain, spine_moment(scope, spine), scope.calendar)
    there = exp.Not(this=exp.Is(this=column(spine.column), expression=exp.Null()))
    query = exp.select(aliased(begin, PERIOD)).from_(scope.table_of(spine.rows)).where(there)
    return query.distinct()


def _generated(scope: Scope, grain: str, times: Iterable[Measured], parts: Parts) -> exp.Query:
    """The series from the first to the last period in which anything lies."""
    named = _ends_of(scope, grain, times, parts)
    first, last = column(FIRST, named.name), column(LAST, named.name)
    return with_series(exp.select(), named, grain, (first, last), PERIOD)


def _reaching(
    scope: Scope, declared: exp.Query, grain: str, times: Iterable[Measured], parts: Parts
) -> exp.Query:
    """A declared spine, and the series of periods before and after it in which anything lies."""
    if not (times := tuple(times)):
        return declared
    spine = parts.add("spine", declared)
    ends = _ends_of(scope, grain, times, parts)
    period = column(PERIOD, spine)
    begin = aliased(exp.Min(this=period), BEGIN)
    end = aliased(exp.Max(this=period.copy()), END)
    reach = exp.select(column(FIRST), column(LAST), column(BEGIN), column(END)).from_(ends)
    edges = exp.select(begin, end).from_(table(spine)).subquery("edges")
    named = table(parts.add("reach", reach.join(edges, join_type="CROSS")))
    first, last = column(FIRST, named.name), column(LAST, named.name)
    earlier, later = _beside(column(BEGIN, named.name), column(END, named.name), grain)
    # A spine without a row is as one that begins after all.
    before, after = exp.Coalesce(this=earlier, expressions=[last.copy()]), later
    sides = [(first, before), (after, last)]
    return exp.union(
        exp.select(column(PERIOD)).from_(table(spine)),
        *(with_series(exp.select(), named.copy(), grain, side, PERIOD) for side in sides),
        distinct=True,
    )


def _beside(begin: exp.Expr, end: exp.Expr, grain: str) -> tuple[exp.Expr, exp.Expr]:
    """The period before the first one and that after the last."""
    count, unit = step_of(grain)
    found = shifted(begin, -count, unit), shifted(end, count, unit)
    return (as_date(found[0]), as_date(found[1])) if is_whole_days(grain) else found


def _ends_of(scope: Scope, grain: str, times: Iterable[Measured], parts: Parts) -> exp.Table:
    """The named query of the first and the last period in which anything lies."""
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
    return table(parts.add("ends", ends))


def _ends(begin: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    first, last = exp.Min(this=begin.copy()), exp.Max(this=begin.copy())
    return aliased(first, FIRST), aliased(last, LAST)


def with_series(
    query: exp.Select, rows: exp.Table, grain: str, ends: tuple[exp.Expr, exp.Expr], word: str
) -> exp.Select:
    """The query of ``rows``, with each period between two that begin at ``ends`` in a column."""
    count, unit = step_of(grain)
    step = exp.Interval(this=exp.Literal.string(str(count)), unit=exp.var(unit.upper()))
    series = exp.Unnest(
        expressions=[call("GENERATE_SERIES", *ends, step)],
        alias=exp.TableAlias(this=name(SERIES), columns=[name(word)]),
    )
    period = column(word, SERIES)
    shown = as_date(period) if is_whole_days(grain) else period
    query = query.select(aliased(shown, word)).from_(rows)
    return query.join(series, join_type="CROSS")
