"""Nodes that stand below a key of another node's document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.documents import named_node

if TYPE_CHECKING:
    from seeknal.kernel.kinds import Held, NodeKind
    from seeknal.project.raw import RawNode
    from seeknal.values.problems import Problems


def with_held(
    nodes: Iterable[RawNode], kinds: Mapping[str, NodeKind], problems: Problems
) -> list[RawNode]:
    """``nodes``, and each that one of them holds, without the keys that these stand below."""
    found: list[RawNode] = []
    for node in nodes:
        kind = kinds.get(node.kind)
        held = {key: each for key, each in kind.holds.items() if _holds(node, key)} if kind else {}
        if held:
            rest = {key: value for key, value in node.data.items() if key not in held}
            found.append(evolve(node, data=rest))
            for key, each in held.items():
                found += _held(node, key, each, problems)
        else:
            found.append(node)
    return found


def _holds(node: RawNode, key: str) -> bool:
    """Whether nodes may stand there; what else stands there is wrong as the key's value."""
    value = node.data.get(key)
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _held(node: RawNode, key: str, held: Held, problems: Problems) -> Iterator[RawNode]:
    entries = node.data[key]
    assert isinstance(entries, list)
    for number, entry in enumerate(entries):
        marks = node.marks.below(key, number)
        data = {held.owner: node.id, **entry, "kind": held.kind}
        inner = named_node(data, marks, marks.value(), problems)
        if inner is not None:
            yield inner
