"""``kind: properties``: what one document says about several nodes that stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.kernel.options import UNKNOWN_KEY
from seeknal.sql.names import find, named, suggestions
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location
from seeknal.values.marks import Marks

if TYPE_CHECKING:
    from seeknal.project.raw import RawNode
    from seeknal.project.yaml_files import Document
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problems

PROPERTIES = "properties"
KEYS = (
    *("description", "owner", "tags", "meta", "layer", "domain", "business_purpose"),
    *("columns", "audits", "freshness", "loaded_at_field"),
)
"""What may be said about a node from elsewhere: nothing that its rows depend on."""
_OWN_KEYS = ("kind", "nodes")
_FORM = "nodes: {NODE: {columns: ..., audits: ...}}"


@frozen(kw_only=True)
class Properties:
    """Keys of one node that stand in another document; ``marks`` are addressed by key."""

    name: str
    data: Mapping[str, object]
    marks: Marks
    location: Location


def read_properties(document: Document, problems: Problems) -> list[Properties]:
    """What a document of the kind says; what is wrong with its form goes to ``problems``."""
    data, marks = document.data, document.marks
    before = len(problems)
    _refuse_unknown(data, marks, _OWN_KEYS, problems)
    nodes = data.get("nodes")
    if not isinstance(nodes, dict):
        # A key that was misspelt has been told already.
        if nodes is not None or len(problems) == before:
            message, place = "properties need nodes:, a mapping of names", marks.value("nodes")
            problems.add("SK0243", message, place, _FORM)
        return []
    found = []
    for name, given in nodes.items():
        below = marks.below("nodes", name)
        if isinstance(given, dict):
            _refuse_unknown(given, below, KEYS, problems)
            kept = {key: value for key, value in given.items() if key in KEYS}
            place = marks.key("nodes", name)
            found.append(Properties(name=name, data=kept, marks=below, location=place))
        elif given is not None:
            message = f"what is said of {name} must be a mapping"
            problems.add("SK0243", message, below.value(), _FORM)
    return found


def _refuse_unknown(
    data: Mapping[str, object], marks: Marks, known: Sequence[str], problems: Problems
) -> None:
    for key in data:
        if key not in known:
            help = did_you_mean(key, known) or f"known: {', '.join(known)}"
            place = marks.key(key)
            problems.add(UNKNOWN_KEY, f"unknown key {key!r}", place, help)


def with_properties(
    raws: Sequence[RawNode], properties: Sequence[Properties], problems: Problems
) -> list[RawNode]:
    """``raws`` with what is said of them elsewhere, each key once."""
    found = {raw.id: raw for raw in raws}
    for entry in properties:
        id = _node_of(entry, found, problems)
        if id is not None:
            found[id] = _with(found[id], entry, problems)
    return list(found.values())


def _node_of(
    entry: Properties, known: Mapping[NodeId, RawNode], problems: Problems
) -> NodeId | None:
    if "." in entry.name:
        exact = find(entry.name, known)
        candidates = [exact] if exact else []
    else:
        candidates = list(named(entry.name, known))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        code, message = "SK0311", f"{entry.name!r} could be several nodes"
        help = f"write {' or '.join(candidates)}"
    else:
        code, message = "SK0310", f"{entry.name!r} names no node"
        help = suggestions(entry.name, known) or "seeknal list shows all nodes"
    problems.add(code, message, entry.location, help)
    return None


def _with(raw: RawNode, entry: Properties, problems: Problems) -> RawNode:
    twice = [key for key in entry.data if raw.data.get(key) is not None]
    for key in twice:
        message = f"{key}: of {raw.id} stands at {raw.marks.key(key)} too"
        place, help = entry.marks.key(key), "keep one of them"
        problems.of(raw.id).add("SK0244", message, place, help)
    new = {key: value for key, value in entry.data.items() if key not in twice}
    marks = raw.marks.with_others(dict.fromkeys(new, entry.marks))
    return evolve(raw, data={**raw.data, **new}, marks=marks)
