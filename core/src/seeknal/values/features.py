"""How the rows of a node are features: of which keys, since when, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.values.durations import Duration


@frozen(kw_only=True)
class FeatureRows:
    """Which columns of a node's rows are keys of an entity, times and features.

    A row holds from its ``event_time`` on, until ``ttl`` is over, and was known from its
    ``created_time`` on. Without ``event_time`` there is one row of each key, which always holds.
    Names are those that the columns have.
    """

    entity: str
    keys: tuple[str, ...]
    features: tuple[str, ...]
    event_time: str | None = None
    created_time: str | None = None
    ttl: Duration | None = None

    @property
    def times(self) -> tuple[str, ...]:
        """The columns that tell rows of one key apart."""
        return tuple(name for name in (self.event_time, self.created_time) if name is not None)
