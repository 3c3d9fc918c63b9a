"""Every type of metric: a dict from group to value, made of those of its inputs."""

from tests.semantic.reference.aggregates import divide
from tests.semantic.reference.asked import Asked
from tests.semantic.reference.calendar import RANK
from tests.semantic.reference.cumulative import cumulative
from tests.semantic.reference.evaluate import evaluate
from tests.semantic.reference.language import NUMBER_FUNCTIONS, names, parse_expression, walk
from tests.semantic.reference.leaf import Leaf, TimeItem
from tests.semantic.reference.project import Input, Metric, bad, measures_under
from tests.semantic.reference.refusal import Reason, refuse
from tests.semantic.reference.shifts import Shift
from tests.semantic.reference.simple import conversion, filled, simple
from tests.semantic.reference.types import is_float, typed


def values_of(asked: Asked, metric: Metric, filters: tuple = (), chain: tuple = ()) -> dict:
    """A metric's value by group of the query's dimensions."""
    if metric.type == "conversion":
        return conversion(asked, metric, filters, chain)
    filters = filters + metric.filters
    if metric.type in ("simple", "cumulative"):
        (one,) = metric.inputs
        measure = asked.project.measure(one.name, metric.name)
        leaf = Leaf(asked, measure, filters + one.filters, chain)
        found = simple(leaf) if metric.type == "simple" else cumulative(leaf, metric)
        return over_spine(asked, metric.name, found) if one.spined else found
    sides = [(one, input_values(asked, one, filters, chain)) for one in metric.inputs]
    fills = [typed_fill(asked, one.name, fill_of(asked, one)) for one, _ in sides]
    combine = ratio if metric.type == "ratio" else derivation(metric)
    floating = is_float(asked.project, metric)
    result = {}
    for group in {group: None for _, values in sides for group in values}:
        row = [
            filled(values.get(group), fill) for (_, values), fill in zip(sides, fills, strict=True)
        ]
        value = combine(row)
        result[group] = typed(value, True) if floating else value
    return result


def input_values(asked: Asked, one: Input, filters: tuple, chain: tuple) -> dict:
    """An input's values: below its filter, shifted by its offset, over the spine if it says so."""
    if one.offset or one.to_grain:
        count, unit = one.offset or (0, "")
        chain = (*chain, Shift(count, unit, one.to_grain))
    metric = asked.project.metric(one.name)
    found = values_of(asked, metric, filters + one.filters, chain)
    return over_spine(asked, one.name, found) if one.spined else found


def fill_of(asked: Asked, one: Input):
    return one.fill if one.fill is not None else own_fill(asked.project.metric(one.name))


def own_fill(metric: Metric):
    return metric.inputs[0].fill if metric.type in ("simple", "cumulative") else None


def typed_fill(asked: Asked, name: str, fill):
    """What fills a metric, as a float where the metric is one."""
    if fill is None or isinstance(fill, str):
        return fill
    return typed(fill, is_float(asked.project, asked.project.metric(name)))


def ratio(row: list):
    return divide(*row)


def derivation(metric: Metric):
    """The function that a derived metric's expression is."""
    tree = parse_expression(metric.keys["expr"], NUMBER_FUNCTIONS)
    aliases = [one.alias or one.name for one in metric.inputs]
    if len(set(aliases)) < len(aliases):
        bad(f"metric {metric.name!r} has two inputs of one name; give them an alias")
    for name in names(tree):
        if name not in aliases:
            refuse(Reason.BAD_EXPRESSION, f"{metric.name!r}: {name!r} is none of {aliases}")
    for node in walk(tree):
        if node[0] == "lit" and isinstance(node[1], str):
            refuse(Reason.BAD_EXPRESSION, f"{metric.name!r} calculates with a text")
    return lambda row: evaluate(tree, dict(zip(aliases, row, strict=True)).__getitem__)


def over_spine(asked: Asked, name: str, values: dict) -> dict:
    """``values`` and, for each combination of other dimensions, every period of the spine."""
    leaf = Leaf(asked, measures_under(asked.project, name)[0], (), ())
    if not leaf.grains:
        return values
    timed = [isinstance(item, TimeItem) for item in leaf.items]
    others = {tuple(v for v, t in zip(group, timed, strict=True) if not t) for group in values}
    if all(timed):
        others = {()}
    result = dict(values)
    for shown in let_through(leaf):
        for other in others:
            left = iter(other)
            group = tuple(
                leaf.time_value(item, shown) if is_time else next(left)
                for item, is_time in zip(leaf.items, timed, strict=True)
            )
            result.setdefault(group, None)
    return result


def let_through(leaf: Leaf):
    """Periods of the spine of which the query's bounds and filter on time leave something."""
    customs = leaf.project.customs
    grains = [customs[one].grain if one in customs else one for one in leaf.grains]
    finest = min(grains, key=RANK.get)
    if not all(leaf.calendar.nests(finest, one) for one in grains):
        finest = "day"
    only_custom = all(one in customs for one in leaf.grains)
    named = min(leaf.grains, key=lambda one: RANK[customs[one].grain]) if only_custom else finest
    trees = [part for tree in leaf.asked.filters for part in conjuncts(tree)]
    trees = [tree for tree in trees if only_time(leaf, tree)]
    for shown in leaf.asked.spine(named):
        inner = leaf.calendar.within(shown, finest, leaf.measure.time.grain)
        if any(leaf.asked.bounded(at, leaf.bounds) and timely(leaf, trees, at) for at in inner):
            yield shown


def timely(leaf: Leaf, trees, at) -> bool:
    def lookup(name):
        return leaf.time_value(leaf.filter_name(name, False), at)

    return all(evaluate(tree, lookup) is True for tree in trees)


def conjuncts(tree):
    return [*conjuncts(tree[1]), *conjuncts(tree[2])] if tree[0] == "and" else [tree]


def only_time(leaf: Leaf, tree) -> bool:
    found = names(tree)
    calls = any(node[:2] == ("call", "metric") for node in walk(tree))
    return (
        bool(found)
        and not calls
        and all(isinstance(leaf.filter_name(one, False), TimeItem) for one in found)
    )


def metric_by_entity(asked: Asked, name: str, entity: str):
    """The values of a metric that a filter names, by entity, and what fills its gaps."""
    if name in asked.within:
        bad(f"metrics are circular: {' -> '.join([*asked.within, name])}")
    metric = asked.project.metric(name)
    inner = Asked(asked.project, (name,), (entity,), within=(*asked.within, name))
    values = values_of(inner, metric)
    fill = typed_fill(inner, name, own_fill(metric))
    return {group[0]: value for group, value in values.items()}, fill
