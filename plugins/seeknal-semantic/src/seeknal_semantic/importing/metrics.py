"""Metrics: of the older form, with ``type_params``, and of the newer one, without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.plugin import Duration
from seeknal_semantic.grains import GRAINS
from seeknal_semantic.importing.config import check_config, description
from seeknal_semantic.importing.entries import NotCarried
from seeknal_semantic.importing.models import is_simple
from seeknal_semantic.importing.pieces import Piece
from seeknal_semantic.importing.templates import column_of, read_filter

if TYPE_CHECKING:
    from seeknal.plugin import Location
    from seeknal_semantic.importing.entries import Entry, Report
    from seeknal_semantic.importing.expressions import Expressions
    from seeknal_semantic.importing.named_types import NamedTypes

TYPES = ("simple", "ratio", "derived", "cumulative", "conversion")
_WINDOW = re.compile(r"(\d+) ([A-Za-z]+)")
_PROPERTIES = ("base_property", "conversion_property")
_COMMON = ("name", "type", "description", "label", "config", "filter", "time_granularity")
_NEWER: dict[str, tuple[str, ...]] = {
    "simple": (
        *("agg", "expr", "percentile", "percentile_type", "non_additive_dimension"),
        *("agg_time_dimension", "join_to_timespine", "fill_nulls_with"),
    ),
    "ratio": ("numerator", "denominator"),
    "derived": ("expr", "input_metrics"),
    "cumulative": ("input_metric", "window", "grain_to_date", "period_agg"),
    "conversion": (
        *("base_metric", "conversion_metric", "entity", "calculation", "window"),
        "constant_properties",
    ),
}
_OLDER: dict[str, tuple[str, ...]] = {
    "simple": ("measure", "join_to_timespine", "fill_nulls_with"),
    "ratio": ("numerator", "denominator"),
    "derived": ("expr", "metrics"),
    "cumulative": ("measure", "window", "grain_to_date", "cumulative_type_params"),
    "conversion": ("conversion_type_params",),
}


@frozen(kw_only=True)
class Times:
    """What dbt and seeknal understand differently by a time without a grain.

    ``finer_than_day``: some time dimension is; ``own_grain``: some metric has a time_granularity.
    """

    finer_than_day: bool = False
    own_grain: bool = False

    def check(self, place: Location, *, grouped: bool = False) -> None:
        """Raise NotCarried for a bare ``metric_time`` where it may be another one here."""
        if self.finer_than_day or (self.own_grain and not grouped):
            why = "metric_time without a grain: say one, as in TimeDimension('metric_time', 'day')"
            raise NotCarried(place, why)


@frozen(kw_only=True)
class Simple:
    """A simple metric of the newer form as others take it: its measure, and its own filters."""

    name: str
    filters: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    fills: bool = False


@frozen(kw_only=True)
class Metrics:
    """Makes metrics of dbt's. ``simple`` are those of models, by name."""

    report: Report
    times: Times
    expressions: Expressions
    types: NamedTypes
    file: str
    simple: Mapping[str, Simple] = field(factory=dict)

    def metric(self, entry: Entry) -> Piece:
        """One metric, of whichever form it is."""
        name = entry.needed("name")
        older = entry.has("type_params")
        type = "simple" if is_simple(entry) else entry.word("type", TYPES)
        if type is None:
            raise NotCarried(entry.place(), "type is missing")
        keys = ("type_params",) if older else _NEWER[type]
        entry.check_keys(*_COMMON, *keys, "hidden", "group")
        params = entry.below("type_params") if older else entry
        if older:
            params.check_keys(*_OLDER[type], *_empty(params, _OLDER[type]))
        words = f"metric {name}"
        self.report.notes(words, entry, "hidden")
        needs: set[str] = set()
        of_type = getattr(self, f"of_{type}")(params, needs, older, name)
        made = {
            "description": description(entry, self.report, words),
            "label": entry.text("label"),
            **check_config(entry, self.report, words),
            "type": type,
            **of_type,
            "filter": self.filter(entry, needs),
            "time_granularity": _grain(entry, "time_granularity", needs),
        }
        return Piece(
            kind="metric",
            name=name,
            keys=said(**made),
            place=entry.place("name"),
            file=self.file,
            needs=frozenset(needs),
        )

    def of_simple(self, params: Entry, needs: set[str], older: bool, name: str) -> dict[str, Any]:
        measure = self.measure(params, "measure", needs) if older else name
        needs.update(() if older else (f"measure {name}",))
        return {"measure": measure, **_gaps(params)}

    def of_cumulative(self, params: Entry, needs: set[str], older: bool, _: str) -> dict[str, Any]:
        inner = params.below("cumulative_type_params") if older else params
        if older:
            inner.check_keys("window", "grain_to_date", "period_agg", "metric")
        holder = {key: inner if inner.has(key) else params for key in ("window", "grain_to_date")}
        if older and not inner.has("metric"):
            measure = self.measure(params, "measure", needs)
        else:
            source, key = (inner, "metric") if older else (params, "input_metric")
            measure = self.measure_of_metric(source, key, needs)
        return {
            "measure": measure,
            "window": window(holder["window"], "window"),
            "grain_to_date": _grain(holder["grain_to_date"], "grain_to_date", needs),
            "period_agg": inner.word("period_agg", ("first", "last", "average")),
        }

    def of_ratio(self, params: Entry, needs: set[str], older: bool, _: str) -> dict[str, Any]:
        return {key: self.operand(params, key, needs) for key in ("numerator", "denominator")}

    def of_derived(self, params: Entry, needs: set[str], older: bool, _: str) -> dict[str, Any]:
        inputs = []
        for one in params.named("metrics" if older else "input_metrics"):
            one.check_keys("name", "alias", "filter", "offset_window", "offset_to_grain")
            name = one.needed("name")
            needs.add(f"metric {name}")
            made = said(
                metric=name,
                alias=one.text("alias"),
                filter=self.filter(one, needs),
                offset=window(one, "offset_window"),
                offset_to_grain=_grain(one, "offset_to_grain", needs),
            )
            inputs.append(made)
        expr = params.needed("expr")
        self.expressions.check_formula(expr, params.place("expr"))
        return {"expr": expr, "inputs": inputs}

    def of_conversion(self, params: Entry, needs: set[str], older: bool, _: str) -> dict[str, Any]:
        inner = params.below("conversion_type_params") if older else params
        if older:
            inner.check_keys(
                *("base_measure", "conversion_measure", "base_metric", "conversion_metric"),
                *("entity", "calculation", "window", "constant_properties"),
            )
        made: dict[str, Any] = {}
        for side in ("base", "conversion"):
            if inner.has(f"{side}_measure"):
                made[f"{side}_measure"] = self.measure(inner, f"{side}_measure", needs)
            else:
                made[f"{side}_measure"] = self.measure_of_metric(inner, f"{side}_metric", needs)
        constant = []
        for one in inner.entries("constant_properties"):
            one.check_keys(*_PROPERTIES)
            constant.append({key: one.needed(key) for key in _PROPERTIES})
        return {
            **made,
            "entity": inner.needed("entity"),
            "calculation": inner.word("calculation", ("conversion_rate", "conversions")),
            "window": window(inner, "window"),
            "constant_properties": constant or None,
        }

    def measure(self, holder: Entry, key: str, needs: set[str]) -> str | dict[str, Any]:
        """A measure as a metric takes it."""
        if isinstance(holder.data.get(key), str):
            name = holder.needed(key)
            needs.add(f"measure {name}")
            return name
        one = holder.below(key)
        one.check_keys("name", "filter", "alias", "join_to_timespine", "fill_nulls_with")
        name = one.needed("name")
        needs.add(f"measure {name}")
        filters = self.filter(one, needs)
        made = said(measure=name, alias=one.text("alias"), filter=filters, **_gaps(one))
        return name if len(made) == 1 else made

    def measure_of_metric(self, holder: Entry, key: str, needs: set[str]) -> str | dict[str, Any]:
        """The measure of a simple metric, with the filters of both."""
        if isinstance(holder.data.get(key), str):
            name, filters, alias = holder.needed(key), [], None
        else:
            one = holder.below(key)
            one.check_keys("name", "filter", "alias")
            name, alias = one.needed("name"), one.text("alias")
            filters = self.filter(one, needs)
        needs.add(f"measure {name}")
        found = self.simple.get(name)
        if found is None:
            why = f"{name} is no simple metric of these models, and it takes a measure here"
            raise NotCarried(holder.place(key), why)
        if found.fills:
            why = f"{name} fills gaps, of which dbt does not say what it means here"
            raise NotCarried(holder.place(key), why)
        needs.update(found.needs)
        made = said(measure=name, alias=alias, filter=[*found.filters, *filters])
        return name if len(made) == 1 else made

    def operand(self, holder: Entry, key: str, needs: set[str]) -> str | dict[str, Any]:
        """A side of a ratio."""
        if isinstance(holder.data.get(key), str):
            name = holder.needed(key)
            needs.add(f"metric {name}")
            return name
        if not holder.has(key):
            raise NotCarried(holder.place(), f"{key} is missing")
        one = holder.below(key)
        one.check_keys("name", "filter", "alias")
        name = one.needed("name")
        needs.add(f"metric {name}")
        made = said(metric=name, alias=one.text("alias"), filter=self.filter(one, needs))
        return name if len(made) == 1 else made

    def filter(self, entry: Entry, needs: set[str], key: str = "filter") -> list[str]:
        """Filters that are to hold together."""
        found = []
        for text, place in entry.texts(key):
            read = read_filter(text, place)
            names = {column_of(at): one for at, one in enumerate(read.named)}
            try:
                self.expressions.check_filter(read.bare, partial(self.types.of_all, names), place)
            except NotCarried as refused:
                raise NotCarried(refused.place, read.told(refused.why)) from refused
            if any(each.is_bare_time for each in read.named):
                self.times.check(place)
            needs.update(need for each in read.named for need in each.needs)
            found.append(read.text)
        return found


def simple_metric(entry: Entry, metrics: Metrics) -> Simple:
    """What others need to know of a simple metric. Raises NotCarried."""
    needs: set[str] = set()
    filters = metrics.filter(entry, needs)
    fills = entry.flag("join_to_timespine") or entry.has("fill_nulls_with")
    return Simple(
        name=entry.needed("name"), filters=tuple(filters), needs=frozenset(needs), fills=fills
    )


def window(entry: Entry, key: str) -> str | None:
    """A number of standard periods, as ``7 days``."""
    text = entry.text(key)
    if text is None:
        return None
    found = _WINDOW.fullmatch(text.strip())
    try:
        if found is None or len(found[2]) < len("day"):
            raise ValueError
        return str(Duration.parse(text))
    except ValueError:
        why = f"{key} {text!r} is no number of days, weeks, months, ..."
        raise NotCarried(entry.place(key), why) from None


def said(**keys: Any) -> dict[str, Any]:
    """Keys that say something; of several filters a list, and one as it is."""
    found = {key: value for key, value in keys.items() if value not in (None, [])}
    if len(found.get("filter", ())) == 1:
        found["filter"] = found["filter"][0]
    return found


def _grain(entry: Entry, key: str, needs: set[str]) -> str | None:
    """A grain that dbt has as well, or one that a time spine has to bring."""
    found = entry.text(key)
    if found is not None and found.lower() in GRAINS:
        return found.lower()
    needs.update(() if found is None else (f"grain {found}",))
    return found


def _gaps(entry: Entry) -> dict[str, Any]:
    return {
        "join_to_timespine": entry.flag("join_to_timespine") or None,
        "fill_nulls_with": entry.number("fill_nulls_with"),
    }


def _empty(params: Entry, known: tuple[str, ...]) -> list[str]:
    """Keys that dbt itself writes without a value, as in its own examples."""
    return [key for key, value in params.data.items() if key not in known and not value]
