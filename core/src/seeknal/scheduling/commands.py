"""Commands that are given a message, and end with all that they have started."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager
from threading import Lock
from typing import IO, TYPE_CHECKING

from seeknal.host.groups import end_group
from seeknal.values.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seeknal.values.notifications import Channel

COMMAND_TIMEOUT = 60.0


class Commands:
    """The commands that are at work for one message, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def run(self, channel: Channel, body: bytes, root: Path) -> None:
        """Give a channel's command a message. Raises RunError where it has not told anybody."""
        # A pipe would be waited for as long as anybody holds it whom the command has left behind.
        with tempfile.TemporaryFile() as err:
            code = self._code(channel, body, root, err)
            err.seek(0)
            said = err.read().decode("utf-8", "replace").strip().splitlines()
        if code:
            why = f": {said[-1][:200]}" if said else ""
            raise RunError(f"{channel.name} ended with {code}{why}", code="SK0850")

    def end(self) -> None:
        """End those that are at work; none begins any more."""
        with self._lock:
            self._is_over = True
            for command in self._running:
                end_group(command)

    def _code(self, channel: Channel, body: bytes, root: Path, err: IO[bytes]) -> int:
        """The exit code of a command that was given a message."""
        try:
            with self._started(channel, root, err) as command:
                command.communicate(body, COMMAND_TIMEOUT)
                return command.returncode
        except subprocess.TimeoutExpired:
            text = f"{channel.name} took longer than {COMMAND_TIMEOUT:g} s"
            raise RunError(text, code="SK0850") from None
        except OSError as error:
            text = f"{channel.name} cannot be started: {error.strerror}"
            raise RunError(text, code="SK0850") from error

    @contextmanager
    def _started(
        self, channel: Channel, root: Path, err: IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A command at work; what has not ended by itself is ended, with what it has started."""
        with self._lock:
            if self._is_over:
                raise RunError(f"{channel.name} was not started any more", code="SK0850")
            command = subprocess.Popen(
                channel.command,
                cwd=root,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=err,
                process_group=0,
            )
            self._running.add(command)
        with command:
            try:
                yield command
            finally:
                with self._lock:
                    self._running.discard(command)
                    end_group(command)
