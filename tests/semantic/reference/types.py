"""Which values are DOUBLE, whatever they are: a metric has one type, its NULLs and zeros too."""

from decimal import Decimal

from tests.semantic.reference.language import NUMBER_FUNCTIONS, parse_expression
from tests.semantic.reference.project import Metric, Project

DOUBLE = "DOUBLE PRECISION"


def is_float(project: Project, metric: Metric) -> bool:
    """Whether a metric's type is DOUBLE."""
    if metric.type == "ratio":
        return True
    if metric.type == "conversion":
        converted = project.measure(metric.inputs[1].name, metric.name)
        rate = metric.keys.get("calculation", "conversion_rate") == "conversion_rate"
        return rate or of_measure(project, converted)
    if metric.type == "derived":
        tree = parse_expression(metric.keys["expr"], NUMBER_FUNCTIONS)
        types = {
            one.alias or one.name: is_float(project, project.metric(one.name))
            for one in metric.inputs
        }
        return of_tree(tree, types)
    measure = project.measure(metric.inputs[0].name, metric.name)
    return metric.keys.get("period_agg") == "average" or of_measure(project, measure)


def of_measure(project: Project, measure) -> bool:
    discrete = measure.agg == "percentile" and measure.options.get("discrete", False)
    if measure.agg in ("average", "median", "percentile") and not discrete:
        return True
    if measure.agg in ("count", "count_distinct", "sum_boolean") or measure.tree is None:
        return False
    columns = project.columns[measure.model.table]
    return of_tree(measure.tree, {name: kind == DOUBLE for name, kind in columns.items()})


def of_tree(tree, types: dict) -> bool:
    """Whether an expression over names of these types is DOUBLE."""

    def of(node) -> bool:
        return of_tree(node, types)

    match tree:
        case ("lit", value):
            return isinstance(value, float)
        case ("name", name):
            return types.get(name, False)
        case ("bin", op, left, right):
            return op == "/" or of(left) or of(right)
        case ("neg", part):
            return of(part)
        case ("case", branches, otherwise):
            return any(of(result) for _, result in branches) or of(otherwise)
        case ("call", "coalesce" | "greatest" | "least", arguments):
            return any(map(of, arguments))
        case ("call", _, [first, *_]):
            return of(first)
    return False


def typed(value, floating: bool):
    """The value as its metric's type has it."""
    if floating:
        return float(value) if isinstance(value, int | Decimal) else value
    return Decimal(str(value)) if isinstance(value, float) else value
