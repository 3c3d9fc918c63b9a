"""What went wrong, where it is kept and told of later."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Fault:
    """What went wrong, as people are told of it."""

    message: str
    code: str | None = None
    help: str | None = None

    @property
    def text(self) -> str:
        """In one line, with what to do."""
        return f"{self.message} ({self.help})" if self.help else self.message
