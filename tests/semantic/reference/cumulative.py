"""Cumulative metrics: at each base period the rows of its window, aggregated anew."""

from tests.semantic.reference.aggregates import mean
from tests.semantic.reference.calendar import GRAINS, RANK, amount
from tests.semantic.reference.cuts import check_cuts
from tests.semantic.reference.language import as_datetime
from tests.semantic.reference.leaf import Leaf
from tests.semantic.reference.paths import check_grain
from tests.semantic.reference.project import Metric, bad
from tests.semantic.reference.refusal import Reason, refuse
from tests.semantic.reference.shifts import back


def cumulative(leaf: Leaf, metric: Metric) -> dict:
    """A cumulative metric's value by group; an average is a float at every grain."""
    found = accumulated(leaf, metric)
    if metric.keys.get("period_agg") != "average":
        return found
    return {group: None if value is None else float(value) for group, value in found.items()}


def accumulated(leaf: Leaf, metric: Metric) -> dict:
    keys, measure = metric.keys, leaf.measure
    if "non_additive_dimension" in measure.options:
        bad(f"metric {metric.name!r} accumulates the semi-additive {measure.name!r}")
    if keys.get("period_agg", "first") not in ("first", "last", "average"):
        bad(f"metric {metric.name!r}: no period_agg {keys['period_agg']!r}")
    limited = "window" in keys or "grain_to_date" in keys
    if measure.time is None or not leaf.grains:
        if limited or leaf.time_items:
            leaf.no_time(f"metric {metric.name!r}, which accumulates,")
        pairs = [(row, time) for row, time in leaf.chosen() if leaf.lets_through(row, time, time)]
        return leaf.grouped((row, leaf.group(row, time, time)) for row, time in pairs)
    base = keys.get("time_granularity") or base_of(leaf)
    check_base(leaf, metric, base)
    inside = window_of(leaf, metric, base)
    by_group = {}
    chosen = [(row, time) for row, time in leaf.chosen() if time is not None]
    dated = [(row, time, leaf.calendar.truncate(time, base)) for row, time in chosen]
    for period, shown in points(leaf, base):
        held = [(row, time) for row, time, at in dated if inside(at, period)]
        held = [(row, time) for row, time in held if leaf.lets_through(row, time, shown)]
        pairs = ((row, leaf.group(row, time, shown)) for row, time in held)
        for group, value in leaf.grouped(pairs).items():
            by_group.setdefault(group, []).append((period, value))
    again = leaf.finest != base
    return {group: one_of(keys, values, again) for group, values in by_group.items()}


def base_of(leaf: Leaf) -> str:
    """Days, unless the time is coarser or the query's own periods are finer."""
    customs = leaf.project.customs
    shown = [customs[one].grain if one in customs else one for one in leaf.grains]
    finest = min(["day", *shown], key=RANK.get)
    return max(finest, leaf.measure.time.grain, key=RANK.get)


def check_base(leaf: Leaf, metric: Metric, base: str) -> None:
    """Refuses grains that base periods do not nest in."""
    check_grain(leaf.project, metric.name, leaf.measure.time.grain, base)
    for item in leaf.time_items:
        check_grain(leaf.project, metric.name, base, item.grain or f"extract_{item.part}")
    declared = leaf.measure.time.grain
    if base != declared:
        for tree in leaf.asked.filters:
            check_cuts(tree, base, leaf.time_name, declared, leaf.calendar)


def window_of(leaf: Leaf, metric: Metric, base: str):
    """Whether a row's base period is in the window of a period."""
    calendar, keys = leaf.calendar, metric.keys
    help = "time_granularity says others"
    if "window" in keys:
        count, unit = amount(keys["window"])
        if not calendar.nests(base, unit):
            refuse(
                Reason.WINDOW,
                f"window {keys['window']} of {metric.name!r} over {base} periods, {help}",
            )
        return lambda at, period: calendar.move(period, -count, unit) < at <= period
    if "grain_to_date" in keys:
        grain = keys["grain_to_date"]
        if grain not in GRAINS:
            bad(f"metric {metric.name!r}: no grain {grain!r}")
        if not calendar.nests(base, grain):
            refuse(Reason.WINDOW, f"{grain} to date of {metric.name!r} over {base} periods, {help}")
        return lambda at, period: (
            at <= period and as_datetime(calendar.truncate(period, grain)) <= as_datetime(at)
        )
    return lambda at, period: at <= period


def points(leaf: Leaf, base: str) -> list:
    """(base period, time it is shown at), in order."""
    calendar, spine = leaf.calendar, leaf.asked.spine(base)
    if leaf.way == "none":
        return [(period, period) for period in spine]
    if leaf.way == "forward":
        if any(not calendar.nests(base, one.unit) for one in leaf.chain):
            refuse(Reason.OFFSET, f"an offset does not fit {base} periods")
        return [(back(calendar, leaf.chain, period, base), period) for period in spine]
    if leaf.way == "back" and leaf.work == base:
        return [(looked, one) for looked, shown in leaf.looked.items() for one in shown]
    return [(period, shown) for period in spine for shown in leaf.shown(period)]


def one_of(keys: dict, values: list, again: bool):
    """One value of several base periods'."""
    ordered = [value for _, value in sorted(values, key=lambda one: one[0])]
    if again and keys.get("period_agg") == "average":
        present = [one for one in ordered if one is not None]
        return mean(present) if present else None
    return ordered[-1] if keys.get("period_agg") == "last" else ordered[0]
