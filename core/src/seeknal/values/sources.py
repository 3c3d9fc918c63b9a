"""Where the rows of a source come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeknal.values.columns import ColumnSpec
    from seeknal.values.loads import Since, Within
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Connection:
    """A named connection of profiles.yml; ``options`` is the attrs class of its type."""

    name: str
    type: str
    options: object


@frozen(kw_only=True)
class Source:
    """Where a source node's rows come from.

    ``options`` is an instance of the options class that the source type declared: a plugin
    recognises its work by ``isinstance(source.options, ...)``. ``since``: of which rows nobody
    needs the others; who gives them all the same does no harm. ``within`` likewise, for a range of
    time. ``expected`` are DuckDB's types, by
    column, of where the rows go: a loader that finds types itself takes the first that changes no
    value of a column which is not declared.
    """

    node: NodeId
    type: str
    options: object
    table: tuple[str, ...] = ()
    query: str | None = None
    connection: str | None = None
    columns: tuple[ColumnSpec, ...] = ()
    refresh: str | None = None
    version_query: str | None = None
    allow_outside: bool = False
    since: Since | None = None
    within: Within | None = None
    whole: bool = False
    """All columns are read, whichever ``columns`` names, and none is rounded: what no type holds
    comes as the text that its own database writes."""
    expected: Mapping[str, Sequence[str]] = field(factory=dict)
    provenance: bool = False
    """Its rows are stored with where they are from; a loader of several files says which is whose
    by `Scan.origin`."""
