"""What a load tells whoever waits for it."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """Told how a load goes on."""

    def began(self, name: str, table: str) -> None:
        """A load of that name into that table reads its source."""

    def fetched(self, name: str, rows: int, seconds: float) -> None:
        """So many rows were read, in so long."""

    def sent(self, name: str, rows: int, total: int) -> None:
        """So many of the rows are on their way to the warehouse."""

    def loaded(self, name: str, rows: int, seconds: float, detail: str) -> None:
        """So many rows are in the warehouse, since so long."""

    def note(self, level: int, text: str) -> None:
        """What a plugin logs: statements that change a table, and warnings."""


class Silent:
    """Tells nobody anything, and keeps warnings for the caller's own logging."""

    def began(self, name: str, table: str) -> None: ...

    def fetched(self, name: str, rows: int, seconds: float) -> None: ...

    def sent(self, name: str, rows: int, total: int) -> None: ...

    def loaded(self, name: str, rows: int, seconds: float, detail: str) -> None: ...

    def note(self, level: int, text: str) -> None:
        import logging

        logging.getLogger("seeknal.ingest").log(level, "%s", text)
