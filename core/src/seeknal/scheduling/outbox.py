"""Messages that are to be sent: each is a file until all have got it, also after a stop."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attrs import asdict, evolve, field, frozen

from seeknal.host import clock
from seeknal.host.files import write_text
from seeknal.scheduling.delays import Delay, is_over
from seeknal.values.several import a_few

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DELAY = Delay(10)
KEPT_FOR = 86400
"""Seconds until a message is given up."""
MOST = 1000
"""Messages that wait; of more the oldest are given up."""


@frozen(kw_only=True)
class Message:
    """What is sent, to whom it was, and when it is tried again."""

    id: str
    created_at: float
    body: Mapping[str, Any]
    sent: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    attempts: int = 0
    retry_at: float = 0.0

    @property
    def subject(self) -> str:
        """What it tells, and of which nodes; its id where somebody else has changed its file."""
        try:
            names = [str(each["node"] or "the project") for each in self.body["data"]["nodes"]]
            return " of ".join(filter(None, (str(self.body["type"]), a_few(names))))
        except (KeyError, TypeError):
            return self.id


def new_message(body: Mapping[str, Any]) -> Message:
    """A message that nobody has got."""
    return Message(id=f"msg_{uuid4().hex}", created_at=clock.now().timestamp(), body=body)


def put(outbox: Path, message: Message) -> Path:
    """Let a message wait to be sent. Raises OSError."""
    path = outbox / f"{message.created_at:017.6f}-{message.id}.json"
    keep(path, message)
    return path


def keep(path: Path, message: Message) -> None:
    """Write what became of a message. Raises OSError."""
    write_text(path, json.dumps(asdict(message)))


def take(path: Path) -> Message | None:
    """A message that waits; None where it does not any more, or is none of ours."""
    try:
        return Message(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def waiting(outbox: Path) -> list[Path]:
    """The messages that wait, the oldest first."""
    with suppress(OSError):
        found = (path for path in outbox.iterdir() if path.suffix == ".json")
        # A folder is none of ours, and nobody could remove it for them.
        return sorted(path for path in found if path.is_file())
    return []


def tried(message: Message, now: float) -> Message:
    """After one more attempt in which not all got it."""
    delay = DELAY.after(message.attempts)
    return evolve(message, attempts=message.attempts + 1, retry_at=now + delay)


def is_given_up(message: Message, now: float) -> bool:
    return now - message.created_at > KEPT_FOR


def is_due(message: Message, now: float) -> bool:
    """Whether it is time to send it."""
    return is_over(message.retry_at, now)
