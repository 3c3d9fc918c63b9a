"""Semantic models: of the older form, and as they stand within models in the newer one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import NodeId
from seeknal_semantic.building import fault_of
from seeknal_semantic.grains import GRAINS, is_grain
from seeknal_semantic.importing.config import check_config, description
from seeknal_semantic.importing.entries import Entry, NotCarried, titled
from seeknal_semantic.importing.expressions import column
from seeknal_semantic.importing.pieces import Part, Piece

if TYPE_CHECKING:
    from seeknal.plugin import Location
    from seeknal_semantic.importing.entries import Report
    from seeknal_semantic.importing.expressions import Expressions

AGGREGATIONS = (
    *("sum", "min", "max", "count", "count_distinct", "average", "median", "percentile"),
    "sum_boolean",
)
ENTITY_TYPES = ("primary", "unique", "foreign", "natural")
DIMENSION_TYPES = ("categorical", "time")
_REF = re.compile(r"(?:\{\{)?\s*ref\(\s*(['\"])(\w+)\1\s*\)\s*(?:\}\})?")


@frozen(kw_only=True)
class Models:
    """Makes semantic models and time spines of dbt's, over the nodes that have their rows.

    ``node_of`` gives the node of a model of dbt's, or says why there is none.
    """

    report: Report
    expressions: Expressions
    node_of: Callable[[str, Location], NodeId]
    file: str

    def older(self, entry: Entry) -> Piece:
        """One entry of ``semantic_models:``."""
        name = entry.needed("name")
        entry.check_keys(
            *("name", "description", "label", "model", "defaults", "primary_entity", "config"),
            *("entities", "dimensions", "measures"),
        )
        rows = self.node_of(_model_of(entry), entry.place("model"))
        defaults = entry.below("defaults")
        defaults.check_keys("agg_time_dimension")
        keys = self.keys(entry, rows, defaults.text("agg_time_dimension"), name)
        keys["label"] = entry.text("label")
        parts = {
            "entities": self.parts(entry.entries("entities"), "entity", name, self.entity, rows),
            "dimensions": self.parts(
                entry.entries("dimensions"), "dimension", name, self.dimension, rows
            ),
            "measures": self.parts(entry.entries("measures"), "measure", name, self.measure, rows),
        }
        return self.piece(entry, name, keys, parts)

    def newer(self, entry: Entry) -> Piece:
        """A model with ``semantic_model:``, of which the metrics come later."""
        said = entry.below("semantic_model") if entry.data["semantic_model"] is not True else None
        if said is not None:
            said.check_keys("enabled", "name", "group", "config")
        name = (said.text("name") if said else None) or entry.needed("name")
        if entry.has("versions"):
            raise NotCarried(entry.place("versions"), "nodes have no versions here")
        rows = self.node_of(entry.needed("name"), entry.place("name"))
        keys = self.keys(entry, rows, entry.text("agg_time_dimension"), name, said)
        derived = entry.below("derived_semantics")
        derived.check_keys("entities", "dimensions")
        columns = list(entry.entries("columns"))
        of_columns = {
            "entities": [one for one in map(_entity_of_column, columns) if one],
            "dimensions": [one for one in map(_dimension_of_column, columns) if one],
        }
        parts = {
            "entities": self.parts(
                [*of_columns["entities"], *derived.entries("entities")],
                *("entity", name, self.entity, rows),
            ),
            "dimensions": self.parts(
                [*of_columns["dimensions"], *derived.entries("dimensions")],
                *("dimension", name, self.dimension, rows),
            ),
            "measures": self.parts(
                (one for one in entry.entries("metrics") if is_simple(one)),
                *("metric", name, self.simple, rows),
            ),
        }
        return self.piece(entry, name, keys, parts)

    def spine(self, entry: Entry) -> Piece:
        """A model with ``time_spine:``."""
        said = entry.below("time_spine")
        said.check_keys("standard_granularity_column", "custom_granularities")
        standard = said.needed("standard_granularity_column")
        columns = [one for one in entry.entries("columns") if one.text("name") == standard]
        grain = columns[0].word("granularity", GRAINS) if columns else None
        if grain is None:
            place = said.place("standard_granularity_column")
            raise NotCarried(place, f"column {standard} has no granularity")
        custom = []
        for one in said.entries("custom_granularities"):
            one.check_keys("name", "column_name")
            if is_grain(one.needed("name").lower()):
                words = f"grain {one.needed('name')}"
                self.report.add(words, one.place(), "every project has one of that name here")
                continue
            custom.append(_without_nothing(name=one.needed("name"), column=one.text("column_name")))
        keys = _without_nothing(
            model=f"ref('{self.node_of(entry.needed('name'), entry.place('name'))}')",
            column=standard,
            time_granularity=grain,
            custom_granularities=custom or None,
        )
        return Piece(
            kind="time_spine",
            name=entry.needed("name"),
            keys=keys,
            place=said.place(),
            file=self.file,
        )

    def keys(
        self, entry: Entry, rows: NodeId, time: str | None, name: str, said: Entry | None = None
    ) -> dict[str, Any]:
        config = check_config(said if said is not None else entry, self.report, f"model {name}")
        return {
            "description": description(entry, self.report, f"semantic model {name}"),
            **config,
            "model": f"ref('{rows}')",
            "default_time_dimension": time,
            "primary_entity": entry.text("primary_entity"),
        }

    def piece(
        self, entry: Entry, name: str, keys: Mapping[str, Any], parts: Mapping[str, list[Part]]
    ) -> Piece:
        return Piece(
            kind="semantic_model",
            name=_checked(name, entry.place("name")),
            keys=_without_nothing(**keys),
            place=entry.place("name"),
            file=self.file,
            parts={key: tuple(found) for key, found in parts.items()},
        )

    def parts(
        self,
        entries: Any,
        what: str,
        model: str,
        make: Callable[[Entry, NodeId, str], dict[str, Any]],
        rows: NodeId,
    ) -> list[Part]:
        """Those that have an exact equal; the others are told of."""
        found: list[Part] = []
        each: Entry
        for each in entries:
            words = f"{titled(what, each)} of model {model}"
            try:
                keys = _without_nothing(**make(each, rows, words))
                _checked(str(keys["name"]), each.place())
            except NotCarried as refused:
                self.report.add(words, refused.place, refused.why)
                self.report.lost.add(str(each.data.get("name")).lower())
                continue
            found.append(Part(keys=keys, place=each.place()))
        return found

    def entity(self, entry: Entry, rows: NodeId, words: str) -> dict[str, Any]:
        entry.check_keys("name", "type", "expr", "column", "description", "label", "config", "role")
        check_config(entry, self.report, words, whole=False)
        self.report.notes(words, entry, "role")
        type = entry.word("type", ENTITY_TYPES)
        if type is None:
            raise NotCarried(entry.place(), "type is missing")
        name = entry.needed("name")
        return {
            "name": name,
            "type": type,
            "expr": self.expression(entry, rows, name),
            "description": description(entry, self.report, words),
            "label": entry.text("label"),
        }

    def dimension(self, entry: Entry, rows: NodeId, words: str) -> dict[str, Any]:
        entry.check_keys(
            *("name", "type", "expr", "column", "description", "label", "config", "is_partition"),
            *("type_params", "granularity", "validity_params"),
        )
        check_config(entry, self.report, words, whole=False)
        type = entry.word("type", DIMENSION_TYPES)
        if type is None:
            raise NotCarried(entry.place(), "type is missing")
        name = entry.needed("name")
        params = entry.below("type_params")
        params.check_keys("time_granularity", "validity_params", "is_primary")
        grain = params.word("time_granularity", GRAINS) or entry.word("granularity", GRAINS)
        if type == "time" and grain is None:
            raise NotCarried(entry.place(), "the granularity of the time dimension is missing")
        holder = params if params.has("validity_params") else entry
        return {
            "name": name,
            "type": type,
            "expr": self.expression(entry, rows, name, time=type == "time"),
            "time_granularity": grain if type == "time" else None,
            "validity": _validity(holder.below("validity_params")),
            "partition": entry.flag("is_partition") or None,
            "description": description(entry, self.report, words),
            "label": entry.text("label"),
        }

    def measure(self, entry: Entry, rows: NodeId, words: str) -> dict[str, Any]:
        """An entry of ``measures:`` of the older form."""
        entry.check_keys(
            *("name", "agg", "expr", "description", "label", "config", "agg_time_dimension"),
            *("agg_params", "non_additive_dimension", "create_metric"),
            "create_metric_display_name",
        )
        self.report.notes(words, entry, "create_metric_display_name")
        params = entry.below("agg_params")
        known = ("percentile", "use_discrete_percentile", "use_approximate_percentile")
        params.check_keys(*known)
        found = self.aggregated(entry, rows, words)
        found["percentile"] = _fraction(params)
        found["discrete"] = params.flag("use_discrete_percentile") or None
        found["approximate"] = params.flag("use_approximate_percentile") or None
        if found["discrete"] and found["approximate"]:
            raise NotCarried(params.place(), "a percentile that is discrete and approximate")
        additive = entry.below("non_additive_dimension")
        keys = ("window_choice", "window_groupings")
        found["non_additive_dimension"] = _non_additive(additive, *keys)
        found["description"] = description(entry, self.report, words)
        found["label"] = entry.text("label")
        return found

    def simple(self, entry: Entry, rows: NodeId, words: str) -> dict[str, Any]:
        """The measure that a simple metric of the newer form is."""
        found = self.aggregated(entry, rows, words)
        found["percentile"] = _fraction(entry)
        # One that is approximate in the one warehouse or the other is exact here.
        kind = entry.word("percentile_type", ("discrete", "continuous"))
        found["discrete"] = (kind == "discrete") or None
        additive = entry.below("non_additive_dimension")
        found["non_additive_dimension"] = _non_additive(additive, "window_agg", "group_by")
        return found

    def aggregated(self, entry: Entry, rows: NodeId, words: str) -> dict[str, Any]:
        check_config(entry, self.report, words, whole=False)
        agg = entry.word("agg", AGGREGATIONS)
        if agg is None:
            raise NotCarried(entry.place(), "agg is missing")
        name = entry.needed("name")
        if agg == "count" and not entry.has("expr"):
            raise NotCarried(entry.place("agg"), "a count without expr, which dbt does not take")
        return {
            "name": name,
            "agg": agg,
            "expr": self.expression(entry, rows, name),
            "agg_time_dimension": entry.text("agg_time_dimension"),
        }

    def expression(
        self, entry: Entry, rows: NodeId, name: str, *, time: bool = False
    ) -> str | None:
        """What is said by ``expr`` or by a column; None where it is the column of that name."""
        if entry.has("column"):
            text = column(str(entry.data["column"]))
            return None if text == name else text
        value = entry.data.get("expr")
        if value is None:
            return None
        if isinstance(value, bool | int | float):
            return str(value).lower()
        text = entry.text("expr") or ""
        found = self.expressions.read(text, rows, entry.place("expr"), time=time)
        return None if found == name else found


def _model_of(entry: Entry) -> str:
    value = entry.data.get("model")
    found = _REF.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise NotCarried(entry.place("model"), "model is not ref('NAME')")
    return found[2]


def _entity_of_column(entry: Entry) -> Entry | None:
    return _of_column(entry, "entity")


def _dimension_of_column(entry: Entry) -> Entry | None:
    return _of_column(entry, "dimension")


def _of_column(entry: Entry, key: str) -> Entry | None:
    """What a column is, with its name and description unless it has its own."""
    value = entry.data.get(key)
    if value is None:
        return None
    said: Mapping[str, object] = {"type": value} if isinstance(value, str) else {}
    said = value if isinstance(value, Mapping) else said
    more = ("description", "granularity") if key == "dimension" else ("description",)
    shared = {name: entry.data[name] for name in more if entry.has(name)}
    whole = {"name": entry.data.get("name"), **shared, **said, "column": entry.data.get("name")}
    return Entry(data=whole, marks=entry.marks, path=(*entry.path, key))


def _validity(entry: Entry) -> str | None:
    entry.check_keys("is_start", "is_end")
    start, end = entry.flag("is_start"), entry.flag("is_end")
    if start and end:
        raise NotCarried(entry.place(), "a time that is the start and the end")
    return "start" if start else "end" if end else None


def _fraction(entry: Entry) -> int | float | None:
    found = entry.number("percentile")
    if found is not None and not 0 <= found <= 1:
        why = f"percentile {found} is not between 0 and 1, as 0.95 is"
        raise NotCarried(entry.place("percentile"), why)
    return found


def _non_additive(entry: Entry, choice: str, groups: str) -> dict[str, Any] | None:
    if not entry.data:
        return None
    entry.check_keys("name", choice, groups)
    return _without_nothing(
        name=entry.needed("name"),
        window_choice=entry.word(choice, ("min", "max")),
        window_groupings=[text for text, _ in entry.texts(groups)] or None,
    )


def _checked(name: str, place: Location) -> str:
    if (fault := fault_of(name)) is not None:
        raise NotCarried(place, fault)
    return name


def _without_nothing(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def named_models(entries: Iterator[Entry]) -> Iterator[tuple[str, Entry]]:
    """Which of the models in a file say something of a semantic layer."""
    for entry in entries:
        if entry.data.get("semantic_model") not in (None, False):
            yield "semantic_model", entry
        if entry.has("time_spine"):
            yield "time_spine", entry


def is_simple(entry: Entry) -> bool:
    """Whether it is a metric of one measure; the newer form may leave that unsaid."""
    value = entry.data.get("type")
    if value is None:
        return not entry.has("type_params")
    return isinstance(value, str) and value.lower() == "simple"


def dimension_names(entry: Entry) -> set[str]:
    """The dimensions of a semantic model, in either form, whatever else is wrong with it."""
    derived = entry.data.get("derived_semantics")
    lists = [entry.data.get("dimensions"), *(derived.values() if isinstance(derived, dict) else ())]
    found = [each for one in lists if isinstance(one, list) for each in one]
    columns = entry.data.get("columns")
    for each in columns if isinstance(columns, list) else ():
        if isinstance(each, dict) and each.get("dimension") is not None:
            found += [each, each["dimension"]]
    return {
        str(each["name"]).lower() for each in found if isinstance(each, dict) and "name" in each
    }
