"""SQL that names a node which has no rows as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def rowless_problems(
    nodes: Mapping[NodeId, Node], kinds: Collection[str], root: Path
) -> Iterator[Problem]:
    """Each table of a node's SQL that is a node of one of ``kinds``, which have no rows."""
    for node in nodes.values():
        rowless = [id for id in node.parents if id.kind in kinds]
        for id in rowless if node.sql is not None else ():
            found = (
                each for query in node.queries for each in _places(query, id, nodes.get(id), root)
            )
            yield from dict.fromkeys(found)


def _places(node: Node, id: NodeId, named: Node | None, root: Path) -> Iterator[Problem]:
    from seeknal.sql.positions import place_in
    from seeknal.sql.scopes import table_references
    from seeknal.sql.tokens import tokenize

    assert node.sql is not None
    tokens = tokenize(node.sql.executable)
    for table in table_references(tokens):
        if table.parts == (id.kind, id.name):
            yield Problem(
                code="SK0354",
                message=f"{id} keeps no rows of its own",
                location=place_in(root, node.sql, tokens[table.first].start),
                help=read_instead(id, named.parents if named else ()),
                node=node.id,
            )


def read_instead(id: NodeId, parents: Collection[NodeId]) -> str:
    """What to query in place of a node without rows, which reads ``parents``."""
    if parents:
        return f"query what it reads: {', '.join(parents)}"
    return f"query another node: those of kind {id.kind} have no rows"
