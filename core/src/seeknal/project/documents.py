"""The raw nodes of a project's YAML files and seeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.properties import PROPERTIES, Properties, read_properties
from seeknal.project.raw import RawNode
from seeknal.project.yaml_files import read_documents
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.other_tools import PROPERTIES_INSTEAD, of_dbt
from seeknal.values.problems import Problem, Problems

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.yaml_files import Document

LONGEST_NAME = 128
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_HELP = {
    "kind": "kind: source, transform, feature_group, exposure, ...",
    "name": "name: what others read it by",
}


@frozen(kw_only=True)
class Contents:
    """What one YAML file holds, and what is wrong with it."""

    nodes: list[RawNode]
    properties: list[Properties]
    problems: Problems


def read_nodes(text: str, file: str, plugins: Plugins) -> Contents:
    """The nodes of one YAML file, as mappings with their places, and properties of others."""
    documents, problems = read_documents(text, file)
    nodes: list[RawNode] = []
    properties: list[Properties] = []
    for document in documents:
        if isinstance(document.data, dict) and document.data.get("kind") == PROPERTIES:
            properties += read_properties(document, problems)
        elif (node := _raw(document, plugins, problems)) is not None:
            nodes.append(node)
    return Contents(nodes=nodes, properties=properties, problems=problems)


def _raw(document: Document, plugins: Plugins, problems: Problems) -> RawNode | None:
    data, marks = document.data, document.marks
    if not isinstance(data, dict):
        problems.add("SK0108", "expected a node, a mapping with kind: and name:", document.location)
        return None
    if (key := of_dbt(data)) is not None:
        message = f"{key}: of a file of dbt's says nothing here"
        problems.add("SK0317", message, marks.key(key), PROPERTIES_INSTEAD)
        return None
    kind = data.get("kind")
    if isinstance(kind, str) and data.get("name") is None:
        place = marks.value("kind")
        unknown = _kind_problem(kind, place, plugins)
        if unknown is not None:
            problems.append(unknown)
            if unknown.help == did_you_mean(kind, [PROPERTIES]):
                # Those have no name of their own.
                return None
    return named_node(data, marks, document.location, problems)


def named_node(
    data: Mapping[str, object], marks: Marks, location: Location, problems: Problems
) -> RawNode | None:
    """The node of a mapping, when its kind and name are texts that a node may have."""
    kind, name = data.get("kind"), data.get("name")
    for key, value in (("kind", kind), ("name", name)):
        if not isinstance(value, str):
            message = f"missing key {key!r}" if value is None else f"{key} must be text"
            place = location if value is None else marks.value(key)
            help = _HELP[key] if value is None else None
            problems.add("SK0202", message, place, help)
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    if (fault := fault_of_name(name)) is not None:
        place, help = marks.value("name"), _nearest_name(name)
        problems.add("SK0213", fault, place, help)
        return None
    return RawNode(kind=kind, name=name, data=data, marks=marks, location=location)


def fault_of_name(name: str) -> str | None:
    """Why no node can have a name; None when one can."""
    if NAME.fullmatch(name):
        return None
    if len(name) > LONGEST_NAME:
        return f"a name of {len(name)} characters is too long: {LONGEST_NAME} at most"
    return f"{name!r} is no name: letters, digits and _, not beginning with a digit"


def _nearest_name(text: str) -> str | None:
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")[:128]
    return f"for example {name}" if NAME.fullmatch(name) else None


def seed_nodes(path: Path, root: Path, problems: Problems) -> list[RawNode]:
    """A CSV file below seeds/ as the source of its name; none when that is no name."""
    file = path.relative_to(root).as_posix()
    location = Location(file, 1, 1)
    if not NAME.fullmatch(path.stem):
        message = f"a seed's file name is its node's name, and {path.stem!r} is none"
        help = _nearest_name(path.stem)
        problems.add("SK0213", message, location, help)
        return []
    data = {"kind": "source", "name": path.stem, "source": "csv", "table": file}
    seed = RawNode(
        kind="source", name=path.stem, data=data, marks=Marks.at(location), location=location
    )
    return [seed]


def check_kind(node: RawNode, plugins: Plugins) -> Problem | None:
    """What is wrong with a node's kind: nobody declares it."""
    return _kind_problem(node.kind, node.marks.value("kind"), plugins)


def _kind_problem(kind: str, place: Location, plugins: Plugins) -> Problem | None:
    if kind in plugins.kinds:
        return None
    missing = plugins.missing("kind", kind)
    if kind == PROPERTIES:
        missing = "properties stand in a YAML file: nodes: {NAME: {...}}"
    help = did_you_mean(kind, {*plugins.kinds, PROPERTIES} - {kind}) or missing
    return Problem(
        code="SK0214",
        message=f"unknown kind {kind!r}",
        location=place,
        help=help or f"kinds: {', '.join(sorted(plugins.kinds))}",
        lacks=plugins.lacking("kind", kind),
    )
