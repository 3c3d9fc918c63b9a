"""Columns of a node: those of its rows, and what files say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from seeknal.values.location import Location


@frozen
class Column:
    """A column of a node's output; ``type`` is DuckDB's name for it."""

    name: str
    type: str
    nullable: bool = True


@frozen(kw_only=True)
class ColumnSpec:
    """What a project file says about a column."""

    name: str
    type: str | None = None
    description: str | None = None
    pii: bool = False
    """Its values are in no failing rows that audits show and on no page."""
    location: Location | None = field(default=None, eq=False)
    """Where it is described, if that is in another file than the node."""
