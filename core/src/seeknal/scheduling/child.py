"""A process that a scheduler starts: one command line of seeknal, whose answer is JSON."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.host import clock
from seeknal.host.groups import end_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LONGEST_WORDS = 2000
"""Characters of what a process said that are kept, from its end."""


@frozen(kw_only=True)
class Answer:
    """How a process ended: ``content`` is its answer, empty where it gave none."""

    code: int
    content: Mapping[str, Any]
    said: str

    @property
    def ending(self) -> str:
        """In words, for a process that has not answered."""
        if self.code < 0:
            with suppress(ValueError):
                return f"was killed ({signal.Signals(-self.code).name})"
        return f"ended with exit code {self.code}"


class Child:
    """One process that is at work; its output waits in files that nobody else can open."""

    def __init__(self, root: Path, words: Sequence[str]) -> None:
        """Raises OSError where no process can be started."""
        self._out = tempfile.TemporaryFile()  # noqa: SIM115
        self._err = tempfile.TemporaryFile()  # noqa: SIM115
        self.since = clock.monotonic()
        self._told_at: float | None = None
        self._process = subprocess.Popen(
            # Without -P a file of the folder that is named like a module would be taken for it.
            [sys.executable, "-P", "-m", "seeknal", *words],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            # What a terminal sends is for the scheduler, which passes it on once.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> Answer | None:
        """How it ended; None while it is at work."""
        code = self._process.poll()
        if code is None:
            return None
        with self._out, self._err:
            out, err = _read(self._out), _read(self._err)
        try:
            content = json.loads(out)
        except ValueError:
            content = {}
        return Answer(
            code=code,
            content=content if isinstance(content, dict) else {},
            said=err.strip()[-LONGEST_WORDS:],
        )

    def stop(self, patience: float) -> None:
        """Tell it to end; once that was ``patience`` seconds ago it is killed."""
        now = clock.monotonic()
        if self._told_at is None:
            self._told_at = now
            self._send(signal.SIGTERM)
        elif now - self._told_at > patience:
            end_group(self._process)

    def end(self, patience: float) -> None:
        """Tell it to end and wait for that; ``patience`` seconds later it is killed."""
        self._send(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()

    def kill(self) -> None:
        """End it as it is, with what it has started."""
        end_group(self._process)
        self._process.wait()
        self._out.close()
        self._err.close()

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def _read(file: Any) -> str:
    file.seek(0)
    return bytes(file.read()).decode("utf-8", "replace")
