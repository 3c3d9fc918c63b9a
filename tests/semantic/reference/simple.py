"""Simple and conversion metrics: rows shown, chosen and aggregated."""

from tests.semantic.reference.aggregates import divide
from tests.semantic.reference.asked import Asked
from tests.semantic.reference.calendar import amount
from tests.semantic.reference.evaluate import evaluate
from tests.semantic.reference.language import as_datetime
from tests.semantic.reference.leaf import Leaf
from tests.semantic.reference.paths import Place
from tests.semantic.reference.project import Metric, bad
from tests.semantic.reference.refusal import Unjudged


def simple(leaf: Leaf) -> dict:
    """A measure by group."""
    shown = [
        (row, leaf.group(row, time, at))
        for row, time in leaf.chosen()
        for at in leaf.shown(time)
        if leaf.lets_through(row, time, at)
    ]
    semi = leaf.measure.options.get("non_additive_dimension")
    return leaf.grouped(shown if semi is None else last_moments(leaf, semi, shown))


def last_moments(leaf: Leaf, semi: dict, shown: list) -> list:
    """The rows at the last (or first) moment of each window grouping in each queried period."""
    dimension = leaf.model.dimensions[semi["name"]]
    choice = {"max": max, "min": min}.get(semi.get("window_choice", "max"))
    keys = [leaf.model.entities.get(one) for one in semi.get("window_groupings", ())]
    if choice is None or None in keys:
        bad(f"measure {leaf.measure.name!r}: its non_additive_dimension names no choice or entity")
    positions = [
        index
        for index, item in enumerate(leaf.items)
        if (dimension is leaf.measure.time and not isinstance(item, Place))
        or (isinstance(item, Place) and not item.hops and item.field is dimension)
    ]

    def window(row, group):
        return (*(group[one] for one in positions), *(leaf.rows.value(key, row) for key in keys))

    dated = [(row, group, leaf.rows.value(dimension, row)) for row, group in shown]
    dated = [one for one in dated if one[2] is not None]
    moments = {}
    for row, group, at in dated:
        key = window(row, group)
        moments[key] = choice(moments.get(key, at), at)
    return [(row, group) for row, group, at in dated if moments[window(row, group)] == at]


def conversion(asked: Asked, metric: Metric, filters: tuple, chain: tuple) -> dict:
    """Conversions, or their rate, by the groups of their base events."""
    base_input, converted_input = metric.inputs
    from tests.semantic.reference.metrics import over_spine

    project = asked.project
    base_measure = project.measure(base_input.name, metric.name)
    measure = project.measure(converted_input.name, metric.name)
    check(metric, base_measure, measure)
    base = Leaf(asked, base_measure, filters + metric.filters + base_input.filters, chain)
    plain = Asked(project, (), ())
    converted = Leaf(plain, measure, converted_input.filters, ())
    for leaf in (base, converted):
        if leaf.measure.time is None:
            leaf.no_time(f"conversion metric {metric.name!r}")
    matched = match(metric, base, converted)
    bases = spread(base, [(row, time, row) for row, time in base.chosen()])
    found = spread(base, matched)
    rates = metric.keys.get("calculation", "conversion_rate")
    if rates not in ("conversion_rate", "conversions"):
        bad(f"metric {metric.name!r}: no calculation {rates!r}")
    below, above = base.grouped(bases), converted.grouped(found)
    if base.items:
        above.pop((), None)
    elif not found:
        above = {(): converted.aggregate([])}
    below = over_spine(asked, metric.name, below) if base_input.spined else below
    above = over_spine(asked, metric.name, above) if converted_input.spined else above
    result = {}
    for group in {**below, **above}:
        count = filled(above.get(group), converted_input.fill)
        total = filled(below.get(group), base_input.fill)
        result[group] = count if rates == "conversions" else divide(filled(count, 0), total)
    return result


def check(metric: Metric, base, converted) -> None:
    for one in (base, converted):
        if metric.keys["entity"] not in one.model.entities:
            bad(f"metric {metric.name!r}: {one.model.name} has no entity {metric.keys['entity']!r}")
        if "non_additive_dimension" in one.options:
            bad(f"metric {metric.name!r}: {one.name!r} is semi-additive")
    if converted.agg not in ("sum", "count", "count_distinct"):
        bad(f"metric {metric.name!r}: {converted.agg} of {converted.name!r} counts no events")


def filled(value, fill):
    return fill if value is None else value


def spread(base: Leaf, matched: list) -> list:
    """(counted row, group of its base row) wherever the base row is shown."""
    return [
        (counted, base.group(row, time, at))
        for row, time, counted in matched
        for at in base.shown(time)
        if base.lets_through(row, time, at)
    ]


def match(metric: Metric, base: Leaf, converted: Leaf) -> list:
    """(base row, its time, conversion row) of each conversion that has a base row."""
    bases = [(row, time) for row, time in base.chosen() if time is not None]
    found = []
    for row, time in converted.chosen():
        if time is None:
            continue
        fitting = [one for one in bases if fits(metric, base, one, converted, row, time)]
        if fitting:
            found.append((*latest(base, fitting), row))
    return found


def fits(metric: Metric, base: Leaf, event, converted: Leaf, row, time) -> bool:
    """Whether a conversion may belong to a base event."""
    base_row, base_time = event
    entity = metric.keys["entity"]
    pairs = [(base.model.entities[entity], converted.model.entities[entity])]
    for one in metric.keys.get("constant_properties", ()):
        sides = (
            base.model.own(one["base_property"]),
            converted.model.own(one["conversion_property"]),
        )
        if None in sides:
            bad(f"metric {metric.name!r}: no property {one}")
        pairs.append(sides)
    for left, right in pairs:
        mine = base.rows.value(left, base_row)
        if mine is None or mine != base.rows.value(right, row):
            return False
    if as_datetime(base_time) > as_datetime(time):
        return False
    if "window" not in metric.keys:
        return True
    count, unit = amount(metric.keys["window"])
    return as_datetime(base_time) > base.calendar.move(as_datetime(time), -count, unit)


def latest(base: Leaf, events: list):
    """The event that is nearest; of equally near ones the later raw time, then the smaller key."""
    field = base.measure.time
    last = max(base.rows.raw(field, row) for row, _ in events)
    tied = [one for one in events if base.rows.raw(field, one[0]) == last]
    if len(tied) == 1:
        return tied[0]
    keys = [one for one in base.model.entities.values() if one.kind == "primary"]
    if not keys:
        raise Unjudged("two base events at one time, in a model without a primary key")
    return min(tied, key=lambda one: evaluate(keys[0].tree, base.rows.column(one[0])))
