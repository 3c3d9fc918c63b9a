"""Text that comes in pieces, shown by whole lines: a secret must not get out in two halves."""

from __future__ import annotations

from seeknal.values.credentials import MASK
from seeknal.values.secret import SHORTEST_SCRUBBED, scrub, unfinished

MOST = 1 << 16
"""Characters of a line that are waited with."""
_ENDS = ("\n", "\r")


class Unfinished:
    """The line of a node, or of a program that it started, whose end has not come yet."""

    def __init__(self) -> None:
        self._held = ""

    def __bool__(self) -> bool:
        return bool(self._held)

    def add(self, text: str) -> str:
        """What can be shown, masked, now that ``text`` has come: the lines that have ended.

        The lines of one piece wait for its last: a secret may be wrapped over them.
        """
        before = len(self._held) + text.startswith(_ENDS)
        self._held += text
        if len(self._held) >= MOST or self._held.endswith(_ENDS):
            return self.shown()
        return self._cut(max(self._held.rfind(end, 0, before) for end in _ENDS) + 1)

    def shown(self) -> str:
        """All that is held, masked, but what may be the beginning of a secret."""
        return self._cut(len(self._held))

    def rest(self) -> str:
        """All that is held, masked: nothing comes after it."""
        return self.shown() + self._last()

    def _cut(self, end: int) -> str:
        end -= unfinished(self._held[:end])
        shown, self._held = self._held[:end], self._held[end:]
        return scrub(shown)

    def _last(self) -> str:
        last, self._held = self._held, ""
        return MASK if len(last) >= SHORTEST_SCRUBBED else last
