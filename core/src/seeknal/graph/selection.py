"""Which nodes a selection names: ``+transform.x tag:gold,kind:source *_daily``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.errors import SelectionError, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.graph.dag import Graph
    from seeknal.values.node import Node

_TERM = Pattern(r"(?P<at>@)?(?P<up>\d*\+)?(?P<core>[^+@]+?)(?P<down>\+\d*)?")


@frozen
class _Term:
    """One name or ``method:value``, and how far around it to go; None is not at all."""

    text: str
    core: str
    up: int | None = None
    down: int | None = None
    rebuild: bool = False
    """``@x``: what reads x, and all that those read."""


_ALL = -1


def select(
    expressions: Sequence[str],
    nodes: Mapping[NodeId, Node],
    graph: Graph,
    *,
    exclude: Sequence[str] = (),
    types: Sequence[str] = (),
    tags: Sequence[str] = (),
    exclude_tags: Sequence[str] = (),
    schedules: Sequence[str] = (),
    changed: Collection[NodeId] = (),
) -> frozenset[NodeId]:
    """The nodes that ``expressions`` name, or all, less what is excluded.

    An expression is terms joined by spaces (union) of parts joined by commas (intersection).
    ``types``, ``tags`` and ``schedules`` narrow the selection further. ``changed`` is what
    ``state:modified`` means. Raises SelectionError for a term that names nothing, and for an
    empty result, unless it asks for a state: that nothing is modified is an answer.
    """
    finder = _Finder(nodes, graph, frozenset(changed))
    given = any(expression.strip() for expression in expressions)
    chosen = finder.union(expressions) if given else set(nodes)
    if types:
        chosen &= finder.kinds(types)
    if tags:
        chosen &= finder.tagged(tags)
    if schedules:
        from seeknal.graph.agenda import nodes_of

        chosen &= nodes_of(schedules, nodes, graph)
    chosen -= finder.union(exclude)
    chosen -= finder.tagged(exclude_tags) if exclude_tags else set()
    asks_for_state = any("state:" in text for text in (*expressions, *exclude))
    narrowed = given or types or tags or schedules or exclude or exclude_tags
    if not chosen and narrowed and not asks_for_state:
        raise SelectionError(
            "the selection is empty",
            code="SK0304",
            help="seeknal list shows the nodes, their kinds and tags",
        )
    return frozenset(chosen)


SELECTORS = {
    "tag": "nodes with that tag",
    "kind": "nodes of that kind",
    "type": "the same as `kind:`",
    "resource_type": "the same as `kind:`, as dbt writes it",
    "layer": "nodes of that layer",
    "domain": "nodes of that domain",
    "owner": "nodes that this one answers for",
    "path": "nodes of that file, below that folder, or of files that match",
    "file": "the same as `path:`",
    "state": "`state:modified`: nodes whose definition has changed since they last ran",
    "name": "the node of that name",
}
"""What may stand before a colon, and which nodes it means."""


class _Finder:
    """Turns terms into sets of nodes."""

    def __init__(
        self, nodes: Mapping[NodeId, Node], graph: Graph, changed: frozenset[NodeId]
    ) -> None:
        self.nodes = nodes
        self.graph = graph
        self.changed = changed
        self.methods: dict[str, Callable[[str, str], set[NodeId]]] = {
            "tag": self.tag,
            "kind": self.kind,
            "type": self.kind,
            "resource_type": self.kind,
            "layer": self.layer,
            "domain": self.domain,
            "owner": self.owner,
            "path": self.path,
            "file": self.path,
            "state": self.state,
            "name": self.name,
        }

    def union(self, expressions: Iterable[str]) -> set[NodeId]:
        found: set[NodeId] = set()
        for expression in expressions:
            for term in expression.split():
                found |= self.intersection(term)
        return found

    def intersection(self, text: str) -> set[NodeId]:
        parts = [part for part in text.split(",") if part]
        if not parts:
            raise _malformed(text)
        return set.intersection(*(self.around(_parse(part)) for part in parts))

    def around(self, term: _Term) -> set[NodeId]:
        """A term's nodes with as many of their ancestors and descendants as it asks for."""
        start = self.core(term)
        found = set(start)
        if term.rebuild:
            found |= self.graph.descendants(start)
            return found | self.graph.ancestors(found)
        if term.up is not None:
            found |= self.graph.ancestors(start, _depth(term.up))
        if term.down is not None:
            found |= self.graph.descendants(start, _depth(term.down))
        return found

    def core(self, term: _Term) -> set[NodeId]:
        method, colon, value = term.core.partition(":")
        if not colon:
            return self.name(term.core, term.text)
        if method in self.methods:
            if not value:
                raise _malformed(term.text)
            return self.methods[method](value, term.text)
        if method in self.kinds_known():
            return self.name(f"{method}.{value}", term.text)
        raise SelectionError(
            f"unknown selector {method!r} in {term.text!r}",
            code="SK0303",
            help=did_you_mean(method, self.methods) or f"known: {', '.join(self.methods)}",
        )

    def kinds_known(self) -> set[str]:
        return {id.kind for id in self.nodes}

    def name(self, text: str, term: str) -> set[NodeId]:
        """A node by its id, by its name where that is enough, or by a pattern of either."""
        if _is_pattern(text):
            return self.matching(text, term)
        if NodeId(text) in self.nodes:
            return {NodeId(text)}
        wanted = text.lower()
        whole = "." in text
        found = {id for id in self.nodes if (id if whole else id.name).lower() == wanted}
        if len(found) > 1:
            listed = " or ".join(sorted(found))
            raise SelectionError(f"{text!r} could be several nodes", help=f"write {listed}")
        return found or self.nothing(text, term, self.names())

    def names(self) -> list[str]:
        return [*map(str, self.nodes), *(id.name for id in self.nodes)]

    def matching(self, pattern: str, term: str) -> set[NodeId]:
        lowered = pattern.lower()
        found = {
            id
            for id in self.nodes
            if fnmatchcase(id.lower(), lowered) or fnmatchcase(id.name.lower(), lowered)
        }
        return found or self.nothing(pattern, term, ())

    def nothing(self, value: str, term: str, known: Iterable[str]) -> set[NodeId]:
        raise SelectionError(
            f"nothing is selected by {term!r}",
            help=did_you_mean(value, known) or "seeknal list shows what there is",
        )

    def by(self, values: Mapping[NodeId, Iterable[str]], wanted: str, term: str) -> set[NodeId]:
        """Nodes one of whose values matches."""
        lowered = wanted.lower()
        found = {
            id
            for id, given in values.items()
            if any(fnmatchcase(value.lower(), lowered) for value in given)
        }
        known = sorted({value for given in values.values() for value in given})
        return found or self.nothing(wanted, term, known)

    def tag(self, value: str, term: str) -> set[NodeId]:
        return self.by({id: node.tags for id, node in self.nodes.items()}, value, term)

    def kind(self, value: str, term: str) -> set[NodeId]:
        singular = value[:-1] if value.endswith("s") and value not in self.kinds_known() else value
        return self.by({id: (id.kind,) for id in self.nodes}, singular, term)

    def layer(self, value: str, term: str) -> set[NodeId]:
        values = {id: (node.layer,) if node.layer else () for id, node in self.nodes.items()}
        return self.by(values, value, term)

    def domain(self, value: str, term: str) -> set[NodeId]:
        values = {id: (node.domain,) if node.domain else () for id, node in self.nodes.items()}
        return self.by(values, value, term)

    def owner(self, value: str, term: str) -> set[NodeId]:
        values = {id: (node.owner,) if node.owner else () for id, node in self.nodes.items()}
        return self.by(values, value, term)

    def path(self, value: str, term: str) -> set[NodeId]:
        """Nodes of a file, of a folder and what is below it, or of a pattern of paths."""
        wanted = value.removeprefix("./").rstrip("/")
        named = {id: _files_of(node) for id, node in self.nodes.items()}
        found = {id for id in named if any(_is_below(file, wanted) for file in named[id])}
        files = sorted({file for files in named.values() for file in files})
        return found or self.nothing(wanted, term, files)

    def state(self, value: str, term: str) -> set[NodeId]:
        if value != "modified":
            raise SelectionError(
                f"unknown state {value!r} in {term!r}", code="SK0303", help="write state:modified"
            )
        # Nothing modified is an answer, not a mistake.
        return {id for id in self.changed if id in self.nodes}

    def kinds(self, types: Iterable[str]) -> set[NodeId]:
        return set().union(*(self.kind(type, type) for type in _split(types)))

    def tagged(self, tags: Iterable[str]) -> set[NodeId]:
        return set().union(*(self.tag(tag, f"tag:{tag}") for tag in _split(tags)))


def _files_of(node: Node) -> set[str]:
    """Where a node is written: its SQL may stand in a file of its own."""
    return {node.location.file, *([node.sql.location.file] if node.sql else [])}


def _split(values: Iterable[str]) -> list[str]:
    return [part for value in values for part in re.split(r"[,\s]+", value) if part]


def _parse(text: str) -> _Term:
    found = _TERM.fullmatch(text)
    if found is None or (found["at"] and (found["up"] or found["down"])):
        raise _malformed(text)
    return _Term(
        text,
        found["core"],
        _steps(found["up"]),
        _steps(found["down"]),
        rebuild=found["at"] is not None,
    )


def _steps(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.strip("+")
    return int(digits) if digits else _ALL


def _depth(steps: int) -> int | None:
    return None if steps == _ALL else steps


def _is_pattern(text: str) -> bool:
    return any(character in text for character in "*?[")


def _is_below(file: str, wanted: str) -> bool:
    if _is_pattern(wanted):
        return fnmatchcase(file, wanted)
    return file == wanted or file.startswith(f"{wanted}/")


def _malformed(text: str) -> SelectionError:
    return SelectionError(
        f"{text!r} is not a selection",
        code="SK0302",
        help="for example: transform.x, +x, x+, 2+x+1, @x, tag:gold, kind:source, path:FOLDER, *_x",
    )
