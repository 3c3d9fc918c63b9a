"""Answers Ctrl-C while code of a node, such as a call of C, keeps Python to itself.

Python's own handlers wait until that code lets others run. What the system's handler writes to a
pipe is read by a process of our own, which says what is waited for. After the second Ctrl-C it
ends a run that still hears nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seeknal.cli.streams import CLEAR, Scrubbed, is_terminal

SCRIPT = Path(__file__).with_name("_watcher.py")


class Watch:
    """A process that watches over this one until both end."""

    def __init__(self, began: float) -> None:
        import subprocess

        read, self._signals = os.pipe()
        os.set_blocking(self._signals, False)
        clear = CLEAR if is_terminal(sys.stderr) else ""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SCRIPT), str(os.getpid()), str(read), clear],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr.fileno(),
            pass_fds=(read,),
            # What the terminal sends is meant for the run.
            start_new_session=True,
        )
        os.close(read)
        self._began = began
        signal.set_wakeup_fd(self._signals, warn_on_full_buffer=False)
        os.register_at_fork(after_in_child=_forget)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def tell(self, stopping: str, totals: str) -> None:
        """What to say at the first Ctrl-C, and when the run had to be ended."""
        self._send({"stopping": stopping, "totals": totals, "began": self._began})

    def end(self) -> None:
        """The run ends by itself. The watch goes on as long as the process."""
        self._send({"ending": True})
        # Nobody waits for it.
        self._process.returncode = 0

    def _send(self, told: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(f"{json.dumps(told)}\n".encode())
            self._process.stdin.flush()

    def arm(self) -> None:
        """Let the next Ctrl-C be the last that our handler keeps from ending the process."""
        let_once(signal.SIGINT)


def _forget() -> None:
    """A process that a node forks has signals of its own."""
    signal.set_wakeup_fd(-1)


def let_once(number: int) -> None:
    """Have the system put a signal's handler back to what ends a process, once it was called.

    Python installs it anew as soon as it hears of the signal. Where the C library cannot do this,
    a process that hears nothing is killed.
    """
    import ctypes

    library = ctypes.CDLL(None)
    if not hasattr(library, "sysv_signal"):
        return
    for name in ("signal", "sysv_signal"):
        getattr(library, name).restype = ctypes.c_void_p
        getattr(library, name).argtypes = [ctypes.c_int, ctypes.c_void_p]
    library.sysv_signal(number, _python_handler(library))


def _python_handler(library: Any) -> int:
    """Python's one handler in C, learned from a signal that nobody misses meanwhile."""
    before = signal.signal(signal.SIGURG, lambda *_: None)
    handler = library.signal(signal.SIGURG, 0)
    signal.signal(signal.SIGURG, before)
    return int(handler)


def watch(began: float) -> Watch | None:
    """A watch over this process, whose run began then; None where it is not ours alone."""
    if threading.current_thread() is not threading.main_thread():
        return None
    if sys.stderr is not sys.__stderr__ or not isinstance(sys.stderr, Scrubbed):
        return None
    try:
        return Watch(began)
    except OSError:
        return None
