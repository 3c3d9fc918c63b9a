"""What nodes and environments are called."""

from __future__ import annotations

PRODUCTION = "prod"
"""The environment that runs use when none is named."""


class NodeId(str):
    """``kind.name``, for example ``transform.orders``."""

    __slots__ = ()

    @classmethod
    def of(cls, kind: str, name: str) -> NodeId:
        return cls(f"{kind}.{name}")

    @property
    def kind(self) -> str:
        return self.partition(".")[0]

    @property
    def name(self) -> str:
        return self.partition(".")[2]


UNCLEAR = NodeId("unclear.unclear")
"""What a node reads of which not all is known that it reads: no node has that name."""
