"""A command on a terminal of its own: what it shows is read, and keys are pressed."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

CTRL_C = b"\x03"
PATIENCE = 60
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """``seeknal`` in a terminal of ``columns`` and ``lines``; stdin, stdout and stderr are that."""

    def __init__(self, folder, *arguments, columns=80, lines=24, **environment):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seeknal", *arguments],
            cwd=folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self.raw = ""

    def press(self, key):
        os.write(self._master, key)

    def wait_for(self, text, within=PATIENCE):
        """Seconds until ``text`` was on the screen."""
        began = time.monotonic()
        while text not in self.raw:
            left = began + within - time.monotonic()
            assert left > 0, f"{text!r} did not come:\n{self}"
            if not self._read(left):
                assert text in self.raw, f"{text!r} did not come before the end:\n{self}"
        return time.monotonic() - began

    def end(self, within=PATIENCE):
        """The exit code, as a shell tells it."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            # What it has left behind may hold the terminal for longer.
            ended = self.process.poll() is not None
            if not self._read(0.2) and ended:
                break
        code = self.process.wait(max(0.1, deadline - time.monotonic()))
        return code if code >= 0 else 128 - code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    @property
    def lines(self):
        """What stays on the screen, line by line: colours and the moving line are left out."""
        shown = self.raw.replace("\r\n", "\n").split("\n")
        return [_CODES.sub("", line.rsplit("\r\x1b[K", 1)[-1]).rstrip() for line in shown]

    def __repr__(self):
        return "\n".join(self.lines)

    def _read(self, seconds):
        """Take in what comes; False when nobody can write any more, or the time is over."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.raw += piece.decode("utf-8", "replace")
        return bool(piece)


def until(condition):
    """Waits until it holds, half a minute at most."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def interrupted(made, ready):
    """The seconds that ``seeknal run`` goes on after one Ctrl-C, its exit code and its screen."""
    with Terminal(made.path, "run") as run:
        until(lambda: ready() or run.process.poll() is not None)
        began = time.monotonic()
        run.press(CTRL_C)
        code = run.end(60)
        return time.monotonic() - began, code, run.raw


def _take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT):
        # What a shell starts in the background takes no notice of Ctrl-C otherwise.
        signal.signal(number, signal.SIG_DFL)
