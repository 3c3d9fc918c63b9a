"""The files that a tracked node's step made and has no more use for, removed while it goes on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from seeknal.state.artifacts import Artifacts
    from seeknal.values.names import NodeId

SPARED = 64
"""So many stay, the last ones: somebody may just have read that they are of the output."""


class SpentFiles:
    """What of the files of one step's node became part of other ones: a backfill makes thousands.

    Files that were there before the step are none of them, whoever refers to those.
    """

    def __init__(self, artifacts: Artifacts, node: NodeId) -> None:
        self._artifacts = artifacts
        self._node = node
        self._spent: dict[str, None] = {}
        """In the order in which they were."""

    def remove(self, kept: Collection[str]) -> None:
        """Remove the oldest of them. ``kept``: the files that anything refers to by now."""
        candidates = (*self._spent, *self._artifacts.placed(self._node))
        self._spent = dict.fromkeys(path for path in candidates if path not in kept)
        for path in list(self._spent)[:-SPARED]:
            del self._spent[path]
            # What cannot be removed now goes with what no run refers to.
            with suppress(OSError):
                self._artifacts.remove_placed(self._node, path)
