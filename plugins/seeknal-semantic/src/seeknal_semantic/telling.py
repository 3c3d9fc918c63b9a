"""Telling what is wrong, with a node at one of its keys and with rows by how many."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plugin import Problem, find_in_text
from seeknal_semantic.options import FilterKeys
from seeknal_semantic.places import SPELLINGS, place

if TYPE_CHECKING:
    from seeknal.plugin import Node


class Telling:
    """Adds problems of one node to those that were found."""

    def __init__(self, node: Node, told: list[Problem], root: Path = Path()) -> None:
        self.node = node
        self.told = told
        self.root = root

    def __call__(self, code: str, message: str, help: str | None, *path: str | int) -> None:
        """Tell what is wrong with the value at ``path``."""
        self.told.append(
            Problem(
                code=code,
                message=f"{self.node.id}: {message}",
                help=help,
                location=place(self.node, *path),
                node=self.node.id,
            )
        )

    def in_text(
        self,
        code: str,
        message: str,
        help: str | None,
        text: str,
        spot: tuple[int, int],
        *path: str | int,
    ) -> None:
        """Tell what is wrong at a line and column of ``text``, which is the value at ``path``."""
        key = next(part for part in reversed(path) if isinstance(part, str))
        around = path[: len(path) - 1 - path[::-1].index(key)]
        start = place(self.node, *around)
        where = find_in_text(self.root, start, text, spot, "sql", *SPELLINGS.get(key, (key,)))
        known = where != start and spot != (0, 0)
        location = where if known else place(self.node, *path)
        message = f"{self.node.id}: {message}"
        self.told.append(
            Problem(code=code, message=message, help=help, location=location, node=self.node.id)
        )


def counted(number: int, noun: str) -> str:
    """How many there are, in words: ``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def texts(filters: Iterable[str | FilterKeys]) -> tuple[str, ...]:
    """Conditions as texts, however they are listed."""
    return tuple(each.sql if isinstance(each, FilterKeys) else each for each in filters)
