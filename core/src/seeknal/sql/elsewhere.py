"""What every engine needs that runs a node's SQL elsewhere: a connection, and tables for inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.values.location import Location
    from seeknal.values.node import Node


def shared_connection(
    node: Node, definition: Callable[[NodeId], Node], *, target: type, source: type
) -> str | None:
    """The connection of ``params:``, else the one by which all inputs can be read; None for none.

    ``target`` and ``source`` are the classes of options of the engine's own targets and sources.
    """
    given = node.params.get("connection")
    if isinstance(given, str):
        return given
    found = [_connections(definition(id), target, source) for id in node.parents]
    shared = set.intersection(*found) if found else set()
    return shared.pop() if len(shared) == 1 else None


def _connections(parent: Node, target: type, source: type) -> set[str]:
    own = {entry.connection for entry in parent.targets if isinstance(entry.options, target)}
    if parent.source is not None and isinstance(parent.source.options, source):
        own.add(parent.source.connection)
    return {name for name in own if name}


def placed(tree: exp.Query, places: Mapping[NodeId, exp.Expression]) -> exp.Query:
    """``tree`` with each input, named ``kind.name`` in it, where its rows are, by its old name."""
    from sqlglot import exp

    for table in list(tree.find_all(exp.Table)):
        place = places.get(NodeId.of(table.db, table.name))
        if place is None:
            continue
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
        found = place.copy()
        found.set("alias", alias.copy())
        table.replace(found)
    return tree


def refusals_told(messages: Iterable[str], where: Sequence[Location]) -> str:
    """What is refused, each but the first with its place: that of the first is the error's own."""
    first, *others = messages
    more = [f"{place}: {said}" for place, said in zip(where[1:], others, strict=True)]
    return "; also ".join([first, *more])
