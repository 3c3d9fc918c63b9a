"""Reads a project whenever its files are others than before, by a process of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from seeknal.host import clock
from seeknal.project.cache import file_stats
from seeknal.project.paths import find_profile
from seeknal.scheduling.answers import reading_of
from seeknal.values.errors import SeeknalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seeknal.scheduling.answers import Reading
    from seeknal.scheduling.child import Child
    from seeknal.values.faults import Fault

    Stats = Mapping[str, list[int]]

LOOK = 10.0
"""Seconds between two looks at the project's files."""
STILL = 2.0
LONGEST_CHANGE = 60.0
"""Seconds for which files have to be as they are before they are read, as a checkout takes some;
and after how many they are read though they go on changing."""


class Reader:
    """Looks at the files of one project. ``start`` starts the process that reads them.

    ``is_unsure``: a run of others may have done what is due since they were read. ``brings_news``:
    they are others than those that were read before.
    """

    def __init__(
        self,
        root: Path,
        profile: Path | None,
        start: Callable[[], Child | None],
        tell: Callable[[str], None],
    ) -> None:
        self.root = root
        self.profile = profile
        self.start = start
        self.tell = tell
        self.child: Child | None = None
        self.is_unsure = True
        self.brings_news = False
        self._files: Stats | None = None
        self._changing: Stats | None = None
        self._changed_at = 0.0
        self._look_at = float("-inf")

    def look(self, *, again: bool, in_use: Callable[[], bool]) -> None:
        """Begin to read where there is a reason, which ``again`` is one.

        While the project is ``in_use`` by others nobody knows what they will have done.
        """
        now = clock.monotonic()
        if self.child is not None or now < self._look_at:
            return
        files, known = self._stats(), self._files
        if self._is_changing(files, now) or (self.is_unsure and in_use()):
            self._look_at = now + STILL
            return
        self._look_at, self._changing = now + LOOK, None
        if files == known and not again and not self.is_unsure:
            return
        self.brings_news = known is not None and files != known
        if self.brings_news:
            self.tell("the project's files have changed: reading them")
        self._files, self.is_unsure = files, False
        self.child = self.start()

    def answer(self) -> Reading | Fault | None:
        """The project as it was read, or why it could not be, once that has ended."""
        ended = self.child.ended() if self.child else None
        if ended is None:
            return None
        self.child = None
        return reading_of(ended)

    @property
    def files(self) -> Stats | None:
        """The files that were read last, or are being read."""
        return self._files

    def are_others(self, files: Stats | None) -> bool:
        """Whether files are others than these by now; then they are looked at next."""
        if self._stats() == files:
            return False
        self._look_at = float("-inf")
        return True

    def doubt(self, seconds: float) -> None:
        """Read again after so many seconds: somebody else is at work."""
        self.is_unsure, self._look_at = True, clock.monotonic() + seconds

    def _is_changing(self, files: Stats, now: float) -> bool:
        """Whether files are being changed just now, and not for long."""
        if self._files is None or files in (self._files, self._changing):
            return False
        self._changed_at = now if self._changing is None else self._changed_at
        self._changing = files
        return now - self._changed_at < LONGEST_CHANGE

    def _stats(self) -> Stats:
        profile = None
        with suppress(SeeknalError):
            profile = find_profile(self.root, self.profile)
        return file_stats(self.root, profile)
