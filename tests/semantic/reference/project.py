"""Models, metrics and settings: plain YAML documents made into values, checked once."""

from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from tests.semantic.reference.calendar import GRAINS, Calendar, amount
from tests.semantic.reference.language import parse_expression, parse_filter
from tests.semantic.reference.refusal import Reason, refuse

AGGREGATIONS = (
    *("sum", "count", "count_distinct", "average", "min", "max", "median", "percentile"),
    "sum_boolean",
)
KEYS = ("primary", "unique", "natural")


@dataclass(frozen=True)
class Field:
    """A dimension or an entity of a model."""

    name: str
    kind: str
    tree: tuple
    grain: str | None = None
    validity: str | None = None
    partition: bool = False

    @property
    def is_time(self) -> bool:
        return self.kind == "time"

    @property
    def is_key(self) -> bool:
        return self.kind in KEYS


@dataclass(frozen=True)
class Measure:
    name: str
    model: "Model"
    agg: str
    tree: tuple | None
    filters: tuple
    time: Field | None
    options: dict


@dataclass(frozen=True)
class Model:
    name: str
    table: str
    primary_entity: str | None
    entities: dict
    dimensions: dict
    measures: dict = field(default_factory=dict, compare=False)

    def own(self, name: str) -> Field | None:
        return self.dimensions.get(name) or self.entities.get(name)

    @property
    def own_prefixes(self) -> set:
        keys = {name for name, entity in self.entities.items() if entity.is_key}
        return keys | ({self.primary_entity} if self.primary_entity else set())

    @property
    def partition(self) -> Field | None:
        return next((one for one in self.dimensions.values() if one.partition), None)

    def validity(self, which: str) -> Field | None:
        return next((one for one in self.dimensions.values() if one.validity == which), None)

    def __hash__(self):
        return hash(self.name)


@dataclass(frozen=True)
class Input:
    """A measure or metric as another metric names it."""

    name: str
    filters: tuple = ()
    alias: str | None = None
    offset: tuple | None = None
    to_grain: str | None = None
    fill: object = None
    spined: bool = False


@dataclass(frozen=True)
class Metric:
    name: str
    type: str
    keys: dict
    filters: tuple
    inputs: tuple


@dataclass(frozen=True)
class Spine:
    table: str
    column: str
    grain: str
    customs: dict


@dataclass
class Project:
    """Everything a query may name, with the tables' rows."""

    tables: dict
    columns: dict
    calendar: Calendar
    models: dict = field(default_factory=dict)
    measures: dict = field(default_factory=dict)
    """By name, and by ``model.name``."""
    doubled: dict = field(default_factory=dict)
    """The models of each name that several measures have."""
    metrics: dict = field(default_factory=dict)
    saved: dict = field(default_factory=dict)
    spines: list = field(default_factory=list)

    @property
    def customs(self) -> dict:
        return {name: spine for spine in self.spines for name in spine.customs}

    def measure(self, name: str, asked_by: str) -> Measure:
        found = self.measures.get(name)
        if found is None and "." in name:
            return self.measure(name.partition(".")[2], asked_by)
        self.refuse_doubled(name)
        return found or unknown("measure", name, self.measures, Reason.BAD_DEFINITION, asked_by)

    def refuse_doubled(self, name: str) -> None:
        if name in self.doubled:
            models = ", ".join(sorted(self.doubled[name]))
            bad(f"{name!r} is a measure of several models: {models}")

    def metric(self, name: str, reason=Reason.UNKNOWN_NAME, asked_by="") -> Metric:
        """A metric, or the simple one that a measure's name stands for."""
        if name in self.metrics:
            return self.metrics[name]
        self.refuse_doubled(name)
        if name in self.measures:
            return Metric(name, "simple", {}, (), (Input(name),))
        return unknown("metric", name, [*self.metrics, *self.measures], reason, asked_by)


def unknown(kind, name, known, reason, asked_by=""):
    near = get_close_matches(str(name), [str(one) for one in known], 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    refuse(reason, f"{asked_by + ': ' if asked_by else ''}no {kind} {name!r}; {hint}")


def bad(message: str):
    refuse(Reason.BAD_DEFINITION, message)


def texts(value) -> tuple:
    """A filter key's trees: a text or a list of them."""
    listed = [] if value is None else [value] if isinstance(value, str) else value
    return tuple(parse_filter(one) for one in listed)


def read_project(documents, tables, columns, settings) -> Project:
    """The project of a case; ``tables`` are lists of dicts by name, ``columns`` types by name."""
    project = Project(tables, columns, Calendar(**settings))
    for document in documents:
        document = dict(document)
        kind, name = document.pop("kind"), document.get("name", "")
        if "__" in name:
            bad(f"{kind} {name!r} holds a double underscore")
        if kind == "semantic_model":
            add_model(project, document)
        elif kind == "metric":
            add_metric(project, document)
        elif kind == "saved_query":
            project.saved[name] = document
        elif kind == "time_spine":
            customs = {
                one["name"]: one["column"] for one in document.get("custom_granularities", ())
            }
            table = table_of(document["model"])
            grain = document.get("time_granularity", "day")
            project.spines.append(Spine(table, document["column"], grain, customs))
        else:
            bad(f"no kind {kind!r}")
    check_metrics(project)
    return project


def table_of(text: str) -> str:
    """The table behind ``ref('transform.orders')``."""
    return text.replace('"', "'").split("'")[1].split(".")[-1] if "(" in text else text


def named(entry, what: str) -> str:
    if "__" in entry["name"]:
        bad(f"{what} {entry['name']!r} holds a double underscore")
    return entry["name"]


def tree_of(entry):
    expr = entry.get("expr")
    return ("name", entry["name"]) if expr is None else parse_expression(str(expr))


def add_model(project: Project, document) -> None:
    name = document["name"]
    if name in project.models:
        bad(f"two semantic models are named {name!r}")
    entities = {
        named(one, "entity"): Field(one["name"], one["type"], tree_of(one))
        for one in document.get("entities", ())
    }
    dimensions = {}
    for one in document.get("dimensions", ()):
        is_time = one.get("type", "categorical") == "time"
        grain = one.get("time_granularity", "day") if is_time else None
        dimensions[named(one, "dimension")] = Field(
            *(one["name"], one.get("type", "categorical"), tree_of(one), grain),
            *(one.get("validity"), one.get("partition", False)),
        )
    model = Model(
        name, table_of(document["model"]), document.get("primary_entity"), entities, dimensions
    )
    project.models[name] = model
    default = document.get("default_time_dimension")
    for one in document.get("measures", ()):
        add_measure(project, model, one, one.get("agg_time_dimension", default))
    for one in document.get("metrics", ()):
        add_metric(project, one)


def add_measure(project: Project, model: Model, entry, time_name) -> None:
    name = named(entry, "measure")
    if name in model.measures:
        bad(f"two measures are named {name!r}")
    if entry["agg"] not in AGGREGATIONS:
        bad(f"measure {name!r}: no aggregation {entry['agg']!r}")
    time = None if time_name is None else model.dimensions.get(time_name)
    if time_name is not None and (time is None or not time.is_time):
        bad(f"measure {name!r}: no time dimension {time_name!r}")
    rows_only = entry["agg"] == "count" and "expr" not in entry
    semi = entry.get("non_additive_dimension")
    if semi and not getattr(model.dimensions.get(semi["name"]), "is_time", False):
        bad(f"measure {name!r}: no time dimension {semi['name']!r}")
    filters = texts(entry.get("filter")) + texts(entry.get("filters"))
    tree = None if rows_only else tree_of(entry)
    measure = Measure(name, model, entry["agg"], tree, filters, time, entry)
    if name in project.measures:
        project.doubled.setdefault(name, [project.measures[name].model.name]).append(model.name)
    project.measures.setdefault(name, measure)
    project.measures[f"{model.name}.{name}"] = model.measures[name] = measure


def add_metric(project: Project, document) -> None:
    name = named(document, "metric")
    if name in project.metrics:
        bad(f"two metrics are named {name!r}")
    kind = document.get("type", "simple")
    if kind in ("simple", "cumulative"):
        found = whole_input(document, document.get("measure"), name)
        model = document.get("semantic_model")
        inputs = (replace(found, name=f"{model}.{found.name}") if model else found,)
    elif kind == "ratio":
        inputs = tuple(read_input(document.get(k), name) for k in ("numerator", "denominator"))
    elif kind == "derived":
        inputs = tuple(read_input(one, name) for one in document.get("inputs", ()))
        if not inputs or "expr" not in document:
            bad(f"metric {name!r} needs expr and inputs")
    elif kind == "conversion":
        sides = ("base_measure", "conversion_measure")
        inputs = tuple(read_input(document.get(k), name) for k in sides)
        if "entity" not in document:
            bad(f"metric {name!r} needs an entity")
    else:
        bad(f"metric {name!r}: no type {kind!r}")
    if kind == "cumulative" and "window" in document and "grain_to_date" in document:
        bad(f"metric {name!r} has window and grain_to_date")
    project.metrics[name] = Metric(name, kind, document, texts(document.get("filter")), inputs)


def whole_input(document, entry, metric: str) -> Input:
    """The measure of a simple or cumulative metric, with the keys that may stand on the metric."""
    found = read_input(entry, metric)
    fill = document.get("fill_nulls_with", found.fill)
    return replace(
        found, fill=fill, spined=found.spined or document.get("join_to_timespine", False)
    )


def read_input(entry, metric: str) -> Input:
    if entry is None:
        bad(f"metric {metric!r} needs an input")
    entry = {"name": entry} if isinstance(entry, str) else entry
    name = entry.get("metric") or entry.get("measure") or entry.get("name")
    offset = amount(entry["offset"]) if "offset" in entry else None
    to_grain = entry.get("offset_to_grain")
    if offset and to_grain:
        bad(f"metric {metric!r}: input {name!r} has offset and offset_to_grain")
    if to_grain is not None and to_grain not in GRAINS:
        bad(f"metric {metric!r}: no grain {to_grain!r}")
    return Input(
        *(name, texts(entry.get("filter")), entry.get("alias"), offset, to_grain),
        *(entry.get("fill_nulls_with"), entry.get("join_to_timespine", False)),
    )


def check_metrics(project: Project) -> None:
    """Refuses metrics that name what is not there, or each other in a circle."""
    for metric in project.metrics.values():
        for one in metric.inputs:
            if metric.type in ("simple", "cumulative", "conversion"):
                project.measure(one.name, f"metric {metric.name!r}")
            else:
                project.metric(one.name, Reason.BAD_DEFINITION, f"metric {metric.name!r}")
        follow(project, metric.name, ())


def follow(project: Project, name: str, chain: tuple) -> None:
    metric = project.metrics.get(name)
    if name in chain:
        bad(f"metrics are circular: {' -> '.join([*chain, name])}")
    if metric is not None and metric.type in ("ratio", "derived"):
        for one in metric.inputs:
            follow(project, one.name, (*chain, name))


def measures_under(project: Project, name: str) -> list[Measure]:
    """Every measure that a metric reads, at any depth."""
    metric = project.metric(name)
    if metric.type in ("simple", "cumulative", "conversion"):
        return [project.measure(one.name, name) for one in metric.inputs]
    return [found for one in metric.inputs for found in measures_under(project, one.name)]
