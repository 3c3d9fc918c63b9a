"""Where a scheduler keeps what it remembers, and how others see that it lives."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

FOLDER = "scheduler"


@frozen
class Place:
    """The folder of the scheduler of one environment, below the project's ``target``."""

    folder: Path

    @classmethod
    def of(cls, target: Path, environment: str) -> Place:
        return cls(target / FOLDER / environment)

    @property
    def memory(self) -> Path:
        return self.folder / "state.json"

    @property
    def heartbeat(self) -> Path:
        return self.folder / "heartbeat.json"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"
