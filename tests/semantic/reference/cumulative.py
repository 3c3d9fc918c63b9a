"""Cumulative metrics: at each base period the rows of its window, aggregated anew."""

from tests.semantic.reference.aggregates import mean
from tests.semantic.reference.calendar import GRAINS, RANK, amount
from tests.semantic.reference.cuts import check_cuts
from tests.semantic.reference.language import as_datetime
from tests.semantic.reference.leaf import Leaf, TimeItem
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
    by_group, periods = {}, {}
    chosen = [(row, time) for row, time in leaf.chosen() if time is not None]
    dated = [(row, time, leaf.calendar.truncate(time, base)) for row, time in chosen]
    for period, shown in let_through(leaf, points(leaf, base)):
        periods.setdefault(time_values(leaf, shown), []).append(period)
        held = [(row, time) for row, time, at in dated if inside(at, period)]
        held = [(row, time) for row, time in held if leaf.lets_through(row, time, shown)]
        pairs = ((row, leaf.group(row, time, shown)) for row, time in held)
        for group, value in leaf.grouped(pairs).items():
            by_group.setdefault(group, {})[period] = value
    if leaf.finest == base:
        return {group: value for group, held in by_group.items() for value in held.values()}
    return {
        group: one_of(metric, values, periods[times_of(leaf, group)])
        for group, values in by_group.items()
    }


def let_through(leaf: Leaf, found: list) -> list:
    """Those of which the query's bounds and its filter on time alone show something."""
    from tests.semantic.reference.metrics import conjuncts, only_time, timely

    trees = [part for tree in leaf.asked.filters for part in conjuncts(tree)]
    trees = [tree for tree in trees if only_time(leaf, tree)]
    return [
        (period, shown)
        for period, shown in found
        if leaf.asked.bounded(shown, leaf.bounds) and timely(leaf, trees, shown)
    ]


def time_values(leaf: Leaf, shown) -> tuple:
    return tuple(leaf.time_value(item, shown) for item in leaf.time_items)


def times_of(leaf: Leaf, group: tuple) -> tuple:
    return tuple(
        value for item, value in zip(leaf.items, group, strict=True) if isinstance(item, TimeItem)
    )


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


def one_of(metric: Metric, values: dict, periods: list):
    """One value of those of several base periods, which some windows leave out."""
    how = metric.keys.get("period_agg", "first")
    if how != "average":
        return values.get(min(periods) if how == "first" else max(periods))
    (one,) = metric.inputs
    there = periods if one.spined else list(values)
    found = [one.fill if values.get(each) is None else values[each] for each in there]
    present = [each for each in found if each is not None]
    return mean(present) if present else None
