"""Where a node's rows are delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.values.deliveries import Delivery
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId


Mode = Literal["full", "incremental_by_time", "upsert_by_key", "overwrite_partitions", "append"]


@frozen(kw_only=True)
class Target:
    """One place where a node's rows are delivered.

    ``key`` names the destination and its settings for the state: the same key is the same
    delivery. ``label`` is what people read (``outputs/report.csv``).
    """

    node: NodeId
    type: str
    options: object
    key: str
    label: str
    mode: Mode = "full"
    connection: str | None = None
    reads: NodeId | None = None
    """The input that it delivers, when it is not the node's own rows."""
    place: str = ""
    """Names where the rows go, whatever the other options say: it outlives a change of them."""
    aliases: tuple[str, ...] = ()
    """Other names of the same place: those of other spellings and connections."""
    site: str = ""
    """Names the server and database that it leads to, where that can be told."""
    location: Location | None = None
    time_column: str | None = None
    """Of the rows of a tracked node: the column by which ranges of them are replaced."""

    @property
    def by_range(self) -> bool:
        """Whether it is brought to its node's output by the ranges of time that differ."""
        return self.time_column is not None

    @property
    def accumulates(self) -> bool:
        """Whether it holds more than the newest rows, so that it has to get each batch in order."""
        return self.mode != "full" and not self.by_range

    @property
    def places(self) -> tuple[str, ...]:
        """Every name under which its place may be on record."""
        return (self.place, *self.aliases)

    def shares_place(self, other: Target) -> bool:
        """Whether both lead to one place, by any name of it."""
        return not {*self.places}.isdisjoint(other.places)

    def has_moved(self, entry: Delivery) -> bool:
        """Whether what was delivered went to another database under the same name."""
        return bool(self.site and entry.site) and self.site != entry.site
