"""How the values of a measure become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.trees import as_double, call, number

if TYPE_CHECKING:
    from seeknal_semantic.definitions import Measure


def aggregated(measure: Measure, value: exp.Expr | None) -> exp.Expr:
    """The aggregate of ``value``; of rows themselves where it is None. NULLs do not count."""
    if value is None:
        return exp.Count(this=exp.Star())
    if measure.agg == "count":
        return exp.Count(this=value)
    if measure.agg == "count_distinct":
        return exp.Count(this=exp.Distinct(expressions=[value]))
    if measure.agg == "sum_boolean":
        # Not the sum of a CASE: where no row is true that is 0, and NULL where none says either.
        return exp.Sum(this=exp.cast(exp.cast(value, "BOOLEAN"), "INTEGER"))
    if measure.agg == "average":
        return exp.Avg(this=value)
    if measure.agg in ("median", "percentile"):
        return _percentile(measure, value)
    kinds = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max}
    return kinds[measure.agg](this=value)


def _percentile(measure: Measure, value: exp.Expr) -> exp.Expr:
    share = number(0.5 if measure.percentile is None else measure.percentile)
    if measure.discrete:
        return call("QUANTILE_DISC", value, share)
    if measure.approximate:
        return call("APPROX_QUANTILE", value, share)
    return call("QUANTILE_CONT", as_double(value), share)
