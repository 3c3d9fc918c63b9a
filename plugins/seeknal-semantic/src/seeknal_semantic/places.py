"""Where a key of a node's own stands, however it is spelt."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.plugin import Location, Node

SPELLINGS = {
    "filter": ("filter", "filters", "where"),
    "dimensions": ("dimensions", "group_by"),
    "metric": ("metric", "name"),
    "measure": ("measure", "name"),
    "partition": ("partition", "is_partition"),
}


def place(node: Node, *path: str | int) -> Location:
    """Where the value at ``path`` begins, or the nearest around it that is known."""
    while path and node.marks is not None:
        for spelt in product(*(SPELLINGS.get(str(part), (part,)) for part in path)):
            if node.marks.known(*spelt):
                return node.place(*spelt)
        path = path[:-1]
    return node.place(*path)
