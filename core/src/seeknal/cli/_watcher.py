"""The other end of `seeknal.cli.watching`: answers Ctrl-C for a process that cannot.

Runs as a script of the standard library alone, with the run's process, the descriptor of its
signals and what takes a line off the terminal as arguments.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ONE_PRESS = 0.2
PATIENCE = 2.0
"""Seconds after the second signal in which the run may end by itself."""
_MOST = 1 << 16


class Watcher:
    """What the run has told so far, and when it was asked to stop."""

    def __init__(self, run: int, signals: int, clear: str) -> None:
        self.run = run
        self.signals = signals
        self.clear = clear
        self.unread = b""
        self.told: dict[str, Any] = {}
        self.asked: list[float] = []

    def watch(self) -> None:
        while self.listen():
            late = len(self.asked) > 1 and time.monotonic() - self.asked[1] > PATIENCE
            if late and not self.told.get("ending"):
                self.end_run()
                return
        if self.asked and not self.told.get("ending"):
            self.say_totals()

    def listen(self) -> bool:
        """Take in what comes within a moment; False when the run is gone."""
        ready = select.select([0, self.signals], [], [], 0.1 if len(self.asked) > 1 else None)[0]
        if 0 in ready and not self.hear():
            return False
        if self.signals in ready:
            codes = os.read(self.signals, _MOST)
            now = time.monotonic()
            again = not self.asked or now - self.asked[-1] > ONE_PRESS
            if again and any(code in SIGNALS for code in codes):
                self.asked.append(now)
                if len(self.asked) == 1:
                    self.say(self.told.get("stopping", ""))
        return True

    def hear(self) -> bool:
        piece = os.read(0, _MOST)
        *lines, self.unread = (self.unread + piece).split(b"\n")
        if lines:
            self.told = json.loads(lines[-1])
        return bool(piece)

    def end_run(self) -> None:
        """The run hears nothing: its own code holds it."""
        self.say_totals()
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.kill(self.run, number)
            except ProcessLookupError:
                return
            time.sleep(0.5)

    def say_totals(self) -> None:
        seconds = time.time() - self.told.get("began", time.time())
        self.say(f"{self.told.get('totals', '')}   {seconds:.1f} s")

    def say(self, text: str) -> None:
        os.write(2, f"{self.clear}{text}\n".encode())


if __name__ == "__main__":
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    Watcher(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).watch()
