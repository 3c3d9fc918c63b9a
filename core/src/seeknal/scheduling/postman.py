"""Has messages sent by a process of its own, one at a time: whom it waits for delays nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.host import clock
from seeknal.scheduling.child import Child
from seeknal.scheduling.outbox import (
    MOST,
    is_due,
    is_given_up,
    keep,
    take,
    tried,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seeknal.scheduling.child import Answer
    from seeknal.scheduling.outbox import Message

PATIENCE = 120.0
"""Seconds in which a message has to be with all that it is for; then the process is killed."""
GRACE = 2.0
"""Seconds that it has to end in once nothing more is to be sent."""
_LOOK = 5.0
"""Seconds between two looks at what waits."""


class Postman:
    """Sends what waits in an outbox. ``words``: the command that sends one, without its file."""

    def __init__(
        self, root: Path, outbox: Path, words: Sequence[str], tell: Callable[[str], None]
    ) -> None:
        self.root = root
        self.outbox = outbox
        self.words = words
        self.tell = tell
        self._child: Child | None = None
        self._path: Path | None = None
        self._looked_at = float("-inf")

    def step(self) -> None:
        """Go on sending. Raises OSError where the outbox cannot be written to."""
        if self._child is not None:
            self._collect(self._child)
        elif clock.monotonic() - self._looked_at >= _LOOK:
            self._looked_at = clock.monotonic()
            self._begin()

    def look_now(self) -> None:
        """Something new waits."""
        self._looked_at = float("-inf")

    def end(self) -> None:
        """Stop sending; what waits is sent by the next scheduler."""
        if self._child is not None:
            # It ends the commands that it waits for: nobody else knows of them.
            self._child.end(GRACE)

    def _begin(self) -> None:
        now = clock.now().timestamp()
        paths = waiting(self.outbox)
        for number, path in enumerate(paths):
            message = take(path)
            if message is None or is_given_up(message, now) or number < len(paths) - MOST:
                self._give_up(path, message)
            elif is_due(message, now):
                self._child, self._path = Child(self.root, [*self.words, str(path)]), path
                return

    def _collect(self, child: Child) -> None:
        answer = child.ended()
        if answer is None:
            if clock.monotonic() - child.since > PATIENCE:
                child.stop(patience=5.0)
            return
        path, self._child, self._path = self._path, None, None
        assert path is not None
        self._looked_at = float("-inf")
        if answer.code == 0:
            path.unlink(missing_ok=True)
            return
        message = take(path)
        if message is not None:
            later = tried(message, clock.now().timestamp())
            keep(path, later)
            self._say(later, answer)

    def _say(self, message: Message, answer: Answer) -> None:
        """The first and some later attempts that failed: not each of many is worth a line."""
        attempts = message.attempts
        if attempts & (attempts - 1) == 0:
            error = (answer.content.get("error") or {}).get("message")
            said = error or (answer.said.splitlines() or [answer.ending])[-1]
            what = f"{message.subject} (attempt {attempts})"
            self.tell(f"a notification was not delivered: {what}: {said}")

    def _give_up(self, path: Path, message: Message | None) -> None:
        path.unlink(missing_ok=True)
        self.tell(f"a notification is given up: {message.subject if message else path.name}")
