"""``schema``: a JSON Schema of node files, from the same classes that check them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import project_root
from seeknal.cli.streams import say
from seeknal.kernel.command_options import STDOUT, output_option
from seeknal.kernel.json_schema import json_schema
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.kernel.declared import AuditType
    from seeknal.kernel.kinds import NodeKind
    from seeknal.kernel.plugins import Plugins

Schema = dict[str, Any]


@click.command("schema", cls=Command)
@output_option
def schema_command(output: Path | None) -> None:
    """Write the JSON Schema of project files, for editors.

    It describes what the installed plugins accept; a file names it in its first line:
    # yaml-language-server: $schema=../../.seeknal/schema.json
    """
    from seeknal.cli.render import print_json
    from seeknal.kernel.plugins import load_plugins

    if output in (None, STDOUT):
        plugins = load_plugins()
        print_json(node_schema(plugins, _own_audits(plugins)))
        return
    write_schema(output)
    say(f"{output} written")


def write_schema(path: Path) -> None:
    """Write the JSON Schema of node files to ``path``."""
    import json

    from seeknal.host.files import write_text
    from seeknal.kernel.plugins import load_plugins

    plugins = load_plugins()
    write_text(path, json.dumps(node_schema(plugins, _own_audits(plugins)), indent=1) + "\n")


def _own_audits(plugins: Plugins) -> Mapping[str, AuditType]:
    """The audit types of the project in whose folder the command stands, if any."""
    from seeknal.project.own_audits import read_own_audits
    from seeknal.project.text_files import read_text
    from seeknal.values.problems import Problems

    try:
        root = project_root()
    except UsageError:
        return {}
    return read_own_audits(
        root, lambda path: read_text(path, path.name, Problems()), plugins, Problems()
    ).types


def node_schema(plugins: Plugins, own_audits: Mapping[str, AuditType]) -> Schema:
    """The schema of one document: its kind decides which keys it may have."""
    from seeknal.project.keys import AuditKeys, TargetKeys
    from seeknal.project.properties import PROPERTIES

    kinds = plugins.kinds.values()
    described = [f"{kind.name}: {kind.summary}" for kind in kinds]
    documents = [_if("kind", [kind.name], _kind_schema(kind, plugins)) for kind in kinds]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "seeknal node",
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {
                "enum": [*(kind.name for kind in kinds), PROPERTIES],
                "description": "; ".join([*described, f"{PROPERTIES}: of several nodes"]),
            }
        },
        "allOf": [*documents, _if("kind", [PROPERTIES], _properties_schema())],
        "definitions": {
            "audit": _typed({**plugins.audit_types, **own_audits}, _shared(AuditKeys)),
            "target": _typed(plugins.target_types, _shared(TargetKeys)),
        },
    }


_AUDITS: Schema = {"type": "array", "items": {"$ref": "#/definitions/audit"}}


def _shared(cls: type) -> Schema:
    """The keys that go with every type."""
    return {key: entry for key, entry in json_schema(cls)["properties"].items() if key != "type"}


def _kind_schema(kind: NodeKind, plugins: Plugins) -> Schema:
    from seeknal.project.keys import CommonKeys, added_keys

    classes = (CommonKeys, added_keys(kind), kind.options)
    properties: Schema = {}
    for cls in classes:
        properties |= json_schema(cls)["properties"]
    properties["kind"] = {"const": kind.name}
    properties["audits"] = _AUDITS
    targets = {"type": "array", "items": {"$ref": "#/definitions/target"}}
    properties["materializations"] = targets
    schema: Schema = {"properties": properties, "additionalProperties": False}
    schema["required"] = [
        key for cls in classes for key in json_schema(cls).get("required", []) if key != "kind"
    ]
    if kind.does == "loads":
        schema["allOf"] = _params(plugins.source_types, ("source", "type"))
        _name_types(properties, ("source", "type"), plugins.source_types)
    elif kind.does == "delivers":
        exposed = {name: kind for name, kind in plugins.target_types.items() if kind.exposure}
        below = {name: kind for name, kind in exposed.items() if not kind.own_keys}
        schema["allOf"] = [*_params(below, ("type",)), *_own_keys(exposed, properties)]
        _name_types(properties, ("type",), exposed)
    return schema


def _properties_schema() -> Schema:
    """What a document that tells of several nodes may say of each."""
    from seeknal.project.keys import CommonKeys
    from seeknal.project.properties import KEYS, PROPERTIES

    known = json_schema(CommonKeys)["properties"]
    keys = {key: known[key] for key in KEYS} | {"audits": _AUDITS}
    node = {"type": "object", "properties": keys, "additionalProperties": False}
    nodes = {"type": "object", "additionalProperties": node}
    return {
        "properties": {"kind": {"const": PROPERTIES}, "nodes": nodes},
        "additionalProperties": False,
        "required": ["nodes"],
    }


def _name_types(properties: Schema, keys: Iterable[str], types: Mapping[str, Any]) -> None:
    for key in keys:
        properties[key] = {"enum": list(types), "description": _summaries(types)}


def _summaries(types: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {kind.summary}" for name, kind in types.items())


def _params(types: Mapping[str, Any], keys: Iterable[str]) -> list[Schema]:
    """For each type, its options below ``params``; other keys there are for templates."""
    return [
        _if(key, [name], {"properties": {"params": _open(json_schema(declared.options))}})
        for key in keys
        for name, declared in types.items()
    ]


def _own_keys(types: Mapping[str, Any], known: Schema) -> list[Schema]:
    """For each type with keys of its own these, which no other has; ``known`` gets their names."""
    from seeknal.project.keys import TargetKeys

    connection = {"connection": json_schema(TargetKeys)["properties"]["connection"]}
    own = {
        name: json_schema(declared.options)["properties"] | connection
        for name, declared in types.items()
        if declared.own_keys
    }
    found = [_if("type", [name], {"properties": keys}) for name, keys in own.items()]
    for key in {key: None for keys in own.values() for key in keys if key not in known}:
        having = [name for name, keys in own.items() if key in keys]
        found.append({**_if("type", having, {}), "else": {"properties": {key: False}}})
        known[key] = {}
    return found


def _open(schema: Schema) -> Schema:
    """Required options may come from the connection or from another key."""
    kept = {key: value for key, value in schema.items() if key == "properties"}
    return {"type": "object", **kept}


def _typed(types: Mapping[str, Any], common: Schema) -> Schema:
    """A mapping whose ``type`` decides which other keys it has."""
    branches = []
    for name, declared in types.items():
        options = json_schema(declared.options)
        properties = {"type": {"const": name}, **common, **options["properties"]}
        branch = {"properties": properties, "additionalProperties": False}
        branches.append(_if("type", [name], branch))
    names = {"enum": list(types), "description": _summaries(types)} if types else {}
    return {"type": "object", "properties": {"type": names}, "allOf": branches}


def _if(key: str, values: list[str], then: Schema) -> Schema:
    condition = {"properties": {key: {"enum": values}}, "required": [key]}
    return {"if": condition, "then": then}
