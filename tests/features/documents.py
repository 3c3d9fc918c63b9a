"""A feature group as nodes in YAML, in the spellings that people use."""

from __future__ import annotations

import json
from typing import Any

from tests.features.reference import Group
from tests.features.windows import Aggregation, Since, Spec, Window


def documents(group: Group) -> str:
    """The nodes of a group: its source, an aggregation or two where there are, the group."""
    found = [_source(group)]
    reads = f"source.{group.name}"
    if group.made_by is not None:
        found.append(_aggregation(group.made_by, f"{group.name}_first", reads))
        reads = f"aggregation.{group.name}_first"
        if group.made_by.second is not None:
            found.append(_second(group.made_by.second, f"{group.name}_second", reads))
            reads = f"second_order_aggregation.{group.name}_second"
    found.append(_group(group, reads))
    # JSON is YAML, and leaves no doubt what a text is.
    return "\n---\n".join(json.dumps(each, indent=1) for each in found) + "\n"


def _source(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": "source",
        "name": group.name,
        "source": group.written,
        "table": f"data/{group.name}.{group.written}",
    }
    if group.written == "csv":
        found |= {"columns": dict(group.columns), "params": {"header": True}}
    return found


def _group(group: Group, reads: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": "feature_group",
        "name": group.name,
        "entity": {"name": "customer", "join_keys": [*group.keys]},
        **({"features": [*group.features]} if group.lists_features else {}),
        "inputs": [{"ref": reads}],
    }
    said = {
        "event_time": group.event_time,
        "created_time": group.created_time,
        "ttl": None if group.ttl is None else str(group.ttl),
        "timezone": group.timezone,
    }
    return found | {key: value for key, value in said.items() if value is not None}


def _aggregation(said: Aggregation, name: str, reads: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "aggregation", "name": name, "inputs": [{"ref": reads}]}
    if len(said.keys) == 1:
        found["id_col"] = said.keys[0]
    else:
        found["group_by"] = [*said.keys]
    found |= _times(said)
    if said.windows:
        found["windows"] = [*said.windows]
    if said.date is None:
        specs = {spec.name: _of_moments(spec) for spec in said.specs}
        return found | {"features": specs}
    return found | {"features": [_of_dates(spec) for spec in said.specs]}


def _times(said: Aggregation) -> dict[str, Any]:
    found = {}
    if said.time is not None:
        found["time_column" if said.date is None else "feature_date_col"] = said.time
    if said.date is not None:
        found["application_date_col"] = said.date
    return found


def _of_moments(spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {"column": spec.column}
    if spec.aggs:
        found["agg"] = [*spec.aggs]
    if spec.rolling:
        found["rolling"] = [{"window": _window(w), "aggs": [*aggs]} for w, aggs in spec.rolling]
    if spec.since:
        found["since"] = [_since(each) for each in spec.since]
    return found


def _of_dates(spec: Spec) -> dict[str, Any]:
    """As seeknal 2.x writes it; several windows of days are rolling ones."""
    found: dict[str, Any] = {"name": spec.name, "source_feature": spec.column}
    if spec.aggs and not spec.windows:
        found["basic"] = [*spec.aggs]
    if spec.aggs and spec.windows:
        found["rolling"] = [
            {"window": _window(window), "aggs": agg} for agg in spec.aggs for window in spec.windows
        ]
    if spec.ratios:
        found["ratio"] = _ratios(spec)
    if spec.since:
        found["since"] = [_since(each) for each in spec.since]
    return found


def _second(said: Aggregation, name: str, reads: str) -> dict[str, Any]:
    features = {spec.name: _of_second(spec) for spec in said.specs}
    return {
        "kind": "second_order_aggregation",
        "name": name,
        "inputs": [{"ref": reads}],
        "id_col": said.keys[0],
        **_times(said),
        "features": features,
    }


def _of_second(spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {"source_feature": spec.column, "basic": [*spec.aggs]}
    if spec.windows:
        found["window"] = _window(spec.windows[0])
    if spec.ratios:
        found["ratio"] = _ratios(spec)
    if spec.since:
        found["since"] = [_since(each) for each in spec.since]
    return found


def _ratios(spec: Spec) -> list[dict[str, Any]]:
    return [
        {"numerator": [*each.above], "denominator": [*each.below], "aggs": [*each.aggs]}
        for each in spec.ratios
    ]


def _since(since: Since) -> dict[str, Any]:
    found: dict[str, Any] = {"aggs": [*since.aggs]}
    if since.column is not None:
        found["condition"] = f"{since.column} = '{since.value}'"
    return found


def _window(window: Window) -> Any:
    return [*window] if isinstance(window, tuple) else window
