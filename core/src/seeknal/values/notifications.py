"""Whom to tell that nodes fail, and that they have recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from seeknal.values.secret import Secret


@frozen(kw_only=True)
class Channel:
    """One that is told: an address that messages are posted to, or a command.

    ``secret`` signs what is posted. ``events`` are the types of messages that it gets.
    """

    name: str
    webhook: Secret | None = None
    secret: Secret | None = None
    command: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    events: tuple[str, ...] = field(converter=tuple[str, ...])
