"""The JSON Schema of an options class, by which editors complete and check project files."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from seeknal.kernel.options import fields_of
from seeknal.values.durations import Duration
from seeknal.values.names import NodeId
from seeknal.values.secret import Secret


def json_schema(cls: type) -> dict[str, Any]:
    """The JSON Schema of ``cls``'s keys, as editors use it."""
    entries = fields_of(cls)
    properties: dict[str, Any] = {}
    for entry in entries:
        described = _schema(entry.type) | ({"description": entry.summary} if entry.summary else {})
        properties |= dict.fromkeys((entry.key, *entry.aliases), described)
    # An alias satisfies a requirement, which "required" cannot say.
    required = [entry.key for entry in entries if entry.required and not entry.aliases]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | {"additionalProperties": False} | ({"required": required} if required else {})


_SCALAR_SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    Secret: {"type": "string"},
    NodeId: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Duration: {"type": ["string", "integer"]},
    type(None): {"type": "null"},
}


def _schema(wanted: Any) -> dict[str, Any]:
    origin = get_origin(wanted)
    if wanted in _SCALAR_SCHEMAS:
        return dict(_SCALAR_SCHEMAS[wanted])
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(member) for member in get_args(wanted)]}
    if origin is Literal:
        return {"enum": list(get_args(wanted))}
    if origin in (tuple, list):
        item = _schema(get_args(wanted)[0])
        return {"anyOf": [item, {"type": "array", "items": item}]}
    if origin is not None and len(get_args(wanted)) == 2:
        return {"type": "object", "additionalProperties": _schema(get_args(wanted)[1])}
    return json_schema(wanted) if attrs.has(wanted) else {}
