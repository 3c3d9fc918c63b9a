"""What seeknal 2.x passes as ``materialization=``; ``@materialize`` says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MaterializationConfig:
    """The keys of a target, as keyword arguments."""

    def __init__(self, **keys: Any) -> None:
        self.keys = {key: value for key, value in keys.items() if value is not None}

    @classmethod
    def from_dict(cls, keys: Mapping[str, Any]) -> MaterializationConfig:
        return cls(**keys)

    def to_dict(self) -> dict[str, Any]:
        return dict(self.keys)
