"""What nodes and plugins log while they work, for whoever runs them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from seeknal.values.names import NodeId

Tell = Callable[[NodeId, int, str], None]
"""Takes what a node logs: the node, the level and the text."""


def _nobody(node: NodeId, level: int, text: str) -> None:
    """Nobody listens."""


class WarningCollector(logging.Handler):
    """Passes on what a node or a plugin logs; warnings become notes of the node's result."""

    def __init__(self, node: NodeId, tell: Tell) -> None:
        super().__init__(logging.INFO)
        self.notes: list[str] = []
        self._node = node
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            self.notes.append(text)
        self._tell(self._node, record.levelno, text)


def node_logger(
    node: NodeId, run_id: str, tell: Tell = _nobody
) -> tuple[logging.Logger, WarningCollector]:
    """A logger for one step, and the collector of what it is warned of."""
    logger = logging.Logger(f"seeknal.node.{node}", logging.INFO)
    collector = WarningCollector(node, tell)
    logger.addHandler(collector)
    return logger, collector
