"""Where the rows of a source come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.values.columns import ColumnSpec
    from seeknal.values.loads import Since
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
    needs the others; who gives them all the same does no harm.
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
    whole: bool = False
    """All columns are read, whichever ``columns`` names, and none is rounded: what no type holds
    comes as the text that its own database writes."""
    provenance: bool = False
    """Its rows are stored with where they are from; a loader of several files says which is whose
    by `Scan.origin`."""
