"""What is wrong with a semantic layer, as far as it shows without rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import SqlRefused, did_you_mean
from seeknal_semantic.building import fault_of, read_layer
from seeknal_semantic.conditions import MetricOf
from seeknal_semantic.conditions import leaves as leaves_of
from seeknal_semantic.expressions import check_expression, expression_help
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.grains import GRAINS, is_grain
from seeknal_semantic.metric_checking import check_metric, check_saved_query
from seeknal_semantic.metric_options import TimeSpineKeys
from seeknal_semantic.options import SemanticModelKeys
from seeknal_semantic.telling import Telling, texts

if TYPE_CHECKING:
    from seeknal.plugin import Problem, Project
    from seeknal_semantic.definitions import SemanticLayer


def problems_of(project: Project) -> list[Problem]:
    """Everything that is wrong with a project's semantic layer, each with its place."""
    layer, told = read_layer(project.nodes, project.calendar)
    grains: dict[str, str] = {}
    for node in project.nodes.values():
        tell = Telling(node, told, project.root)
        if isinstance(node.options, SemanticModelKeys):
            _check_model(node.options, tell)
            _check_audits(node.options, layer, tell)
        elif isinstance(node.options, TimeSpineKeys):
            _check_spine(node.options, layer, grains, tell)
    for metric in layer.metrics.values():
        if metric.id is not None:
            check_metric(metric, layer, Telling(project.nodes[metric.id], told, project.root))
    for query in layer.saved_queries.values():
        check_saved_query(query, layer, Telling(project.nodes[query.id], told, project.root))
    return told


def _check_model(options: SemanticModelKeys, tell: Telling) -> None:
    for path, text in _expressions(options):
        try:
            check_expression(text)
        except SqlRefused as error:
            spot = (error.line, error.column)
            tell.in_text("SK1504", str(error), expression_help(text), text, spot, *path)
    for number, dimension in enumerate(options.dimensions):
        grain = dimension.time_granularity
        if grain is not None:
            at = ("dimensions", number, "time_granularity")
            if dimension.type != "time":
                tell("SK1507", "time_granularity is of time dimensions", "type: time", *at)
            elif grain not in GRAINS:
                help = did_you_mean(grain, GRAINS) or f"grains: {', '.join(GRAINS)}"
                tell("SK1506", f"{grain!r} is no grain of stored times", help, *at)
    for number, measure in enumerate(options.measures):
        _check_measure_filters(texts(measure.filter), tell, number)


def _check_audits(options: SemanticModelKeys, layer: SemanticLayer, tell: Telling) -> None:
    """An audit that is asked for and has nothing to look at."""
    entities = [each for model in layer.models.values() for each in model.entities.values()]
    primary = {each.name.lower() for each in entities if each.type == "primary"}
    held = any(each.validity for each in options.dimensions)
    for number, entry in enumerate(options.entities):
        if entry.audit not in ("error", "warn"):
            continue
        if entry.type == "foreign" and entry.name.lower() not in primary:
            message = f"audit: of no model is {entry.name!r} the primary entity"
        elif entry.type == "natural" and not held:
            message = "audit: no dimension says by validity when a row of a natural entity holds"
        else:
            continue
        tell("SK1507", message, "leave audit out", "entities", number, "audit")


def _check_measure_filters(filters: Sequence[str], tell: Telling, number: int) -> None:
    for index, text in enumerate(filters):
        at = ("measures", number, "filter", index)
        try:
            names = list(leaves_of(parse_filter(text)))
        except SqlRefused as error:
            tell.in_text("SK1505", str(error), None, text, (error.line, error.column), *at)
            continue
        for name in names:
            if isinstance(name, MetricOf):
                message = "a measure is of single rows: metric() stands in filters of metrics"
                tell.in_text("SK1505", message, None, text, (name.line, name.column), *at)


def _expressions(options: SemanticModelKeys) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each expression that is written, with the path to it."""
    for key in ("entities", "dimensions", "measures"):
        for number, entry in enumerate(getattr(options, key)):
            if entry.expr is not None:
                yield (key, number, "expr"), str(entry.expr)


def _check_spine(
    options: TimeSpineKeys, layer: SemanticLayer, seen: dict[str, str], tell: Telling
) -> None:
    grain = options.time_granularity
    if grain not in GRAINS:
        help = did_you_mean(grain, GRAINS) or f"grains: {', '.join(GRAINS)}"
        tell("SK1506", f"{grain!r} is no grain of a time spine", help, "time_granularity")
    elif (first := seen.setdefault(f"spine {grain}", tell.node.name)) != tell.node.name:
        message = f"two time spines are by {grain}: also {first}"
        tell("SK1502", message, "one of each grain is enough", "time_granularity")
    for number, entry in enumerate(options.custom_granularities):
        at = ("custom_granularities", number, "name")
        fault = fault_of(entry.name)
        if fault is None and is_grain(entry.name.lower()):
            fault = f"{entry.name!r} is what every project has"
        if fault is not None:
            tell("SK1511", f"a grain cannot be called so: {fault}", "another name", *at)
            continue
        where = f"{tell.node.name}, entry {number + 1}"
        if (first := seen.setdefault(entry.name.lower(), where)) != where:
            message = f"two grains are called {entry.name!r}: also in {first}"
            tell("SK1502", message, "give one of them another name", *at)
