"""Nodes that are made of dbt's definitions, before they are checked and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from seeknal.plugin import Location

PARTS = ("entities", "dimensions", "measures")
"""The lists of a semantic model of which one entry may be left out."""


@frozen(kw_only=True)
class Part:
    """An entity, dimension or measure of a semantic model, and where dbt has it."""

    keys: Mapping[str, object]
    place: Location

    @property
    def name(self) -> str:
        return str(self.keys["name"])


@frozen(kw_only=True)
class Piece:
    """A node. ``needs`` are names of metrics and measures without which it means nothing."""

    kind: str
    name: str
    keys: Mapping[str, object]
    place: Location
    file: str
    parts: Mapping[str, tuple[Part, ...]] = field(factory=dict)
    needs: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """What people call it."""
        return f"{self.kind.replace('_', ' ')} {self.name}"
