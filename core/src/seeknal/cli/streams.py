"""Where everything that a command prints passes: no secret gets out, a closed pipe is no error."""

from __future__ import annotations

import atexit
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock, current_thread, get_ident, main_thread
from typing import Any, TextIO, cast

from seeknal.cli.unfinished import Unfinished
from seeknal.values.secret import scrub

WORKER = "seeknal-worker"
"""The name of the threads that execute nodes."""
OURS = "seeknal-"
"""What the names of all other threads of ours begin with."""
CLEAR = "\r\x1b[K"
"""Takes the line at the foot of a terminal away."""
COLOURS = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


class Scrubbed:
    """A text stream that masks secrets. After its reader has gone it swallows what is written.

    What nodes write goes to ``talk``, stderr, by whole lines.
    """

    def __init__(self, stream: TextIO, talk: Scrubbed | None = None) -> None:
        self._stream = stream
        self._talk = talk
        self._public: int | None = None
        self._lines: dict[int, Unfinished] = {}
        self._lock = RLock()
        self.voice: Callable[[int, str], None] | None = None
        """Shows what nodes write, given the thread that wrote it; else it is just written."""
        self.answered = False
        """Whether the command is done: whoever writes now is a node's."""
        self.broken = False
        self.used = False
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def use(self, stream: TextIO, public: int | None = None) -> None:
        """Write to another stream from now on; nodes are told the descriptor ``public``."""
        self._stream, self._public = stream, public

    @property
    def buffer(self) -> Any:
        """The stream of bytes below; that of nodes is masked too."""
        return _Bytes(self) if self._is_nodes() else self._stream.buffer

    def fileno(self) -> int:
        if self._public is not None and self._is_nodes():
            return self._public
        return self.own_descriptor()

    def own_descriptor(self) -> int:
        """The descriptor that this stream writes to, whoever asks."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        # Nodes have nothing to say on stdout: what they print there must not mix with data.
        if self._is_nodes():
            return (self._talk or self).hold(text)
        return self.write_as_it_is(scrub(text))

    def _is_nodes(self) -> bool:
        """Whether a node's code asks: on a worker, for which a thread is, or on one of its own."""
        if self.answered:
            return True
        thread = current_thread()
        running = sys.modules.get("seeknal.run.python.process")
        if running is not None and thread.ident in running.nodes:
            return True
        ours = thread is main_thread() or thread.name.startswith(OURS)
        return thread.name == WORKER or not ours

    def hold(self, text: str) -> int:
        """Write the lines of this thread that have ended; the rest waits for its end."""
        with self._lock:
            line = self._lines.setdefault(get_ident(), Unfinished())
            self.speak(get_ident(), line.add(text))
        return len(text)

    def speak(self, thread: int, masked: str) -> None:
        """Show what a node has written, which is masked already."""
        if self.voice is None or self.answered:
            self.write_as_it_is(masked)
        elif masked:
            self.voice(thread, masked)

    def release(self, thread: int | None = None) -> None:
        """Write what is held of a thread, or of all: nothing comes after it."""
        with self._lock:
            for ident in list(self._lines) if thread is None else (thread,):
                if line := self._lines.pop(ident, None):
                    self.speak(ident, line.rest())

    def write_as_it_is(self, text: str) -> int:
        """Write data, in which a value that equals a secret must stay what it is."""
        self.used = True
        if not self.broken:
            self._guarded(lambda: self._write(text))
        return len(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError as error:
            self._stream.write(text.encode(error.encoding, "replace").decode(error.encoding))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if sys.is_finalizing():
            # No other moment may come.
            for line in list(self._lines.values()):
                self.write_as_it_is(line.shown())
        if not self.broken:
            self._guarded(self._stream.flush)

    def _guarded(self, act: Any) -> None:
        try:
            act()
        except BrokenPipeError:
            self._give_up()
        except OSError as error:
            # Told at the end: a run does not stop because its lines cannot be written.
            self.failure = error
            self._give_up()
        except ValueError:
            # A node has closed it.
            self.broken = True

    def _give_up(self) -> None:
        self.broken = True
        # Python flushes the stream once more when it exits; that must not fail either.
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class _Bytes(io.RawIOBase):
    """What a node takes for the stream of bytes below a text stream."""

    def __init__(self, stream: Scrubbed) -> None:
        self._text = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._text.write(piece.decode("utf-8", "replace"))
        return len(piece)

    def flush(self) -> None:
        self._text.flush()

    def fileno(self) -> int:
        return self._text.fileno()


class _Data:
    """Standard output for rows and for answers that are masked already."""

    def write(self, text: str) -> int:
        if isinstance(sys.stdout, Scrubbed):
            return sys.stdout.write_as_it_is(text)
        return sys.stdout.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)


DATA = cast(TextIO, _Data())
"""Where rows go: masking would make wrong ones of those that look like a secret."""


def open_closed_streams() -> None:
    """Where descriptors 0 to 2 are closed, nothing is read and what is written goes nowhere.

    Otherwise the next file that is opened would be taken for standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def written(code: int) -> int:
    """The exit code of a command whose code is ``code``: not 0 when its answer was not written."""
    sys.stdout.flush()
    failure = getattr(sys.stdout, "failure", None)
    if failure is None:
        return code
    from seeknal.cli.failures import message

    text = f"standard output cannot be written: {failure.strerror or failure}"
    say(message("error", "SK0134", text, help="what a run has stored is kept"))
    return code or 1


def release_talk() -> None:
    """The node of this thread is done: show the line that it has not ended."""
    if isinstance(sys.stderr, Scrubbed):
        sys.stderr.release(get_ident())


def scrub_for_good() -> None:
    """``sys.stdout`` and ``sys.stderr`` mask secrets until the process has ended.

    What nodes leave behind may write when Python ends: functions of `atexit`, and objects that
    go only then.
    """
    err = Scrubbed(sys.stderr)
    out = Scrubbed(sys.stdout, err)
    for name, stream in (("stderr", err), ("stdout", out)):
        # Python itself puts the second in the place of the first when it ends.
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    # The first to be registered is the last to be called.
    atexit.register(_see_out, out, err)


def _see_out(out: Scrubbed, err: Scrubbed) -> None:
    # The command has ended: Ctrl-C has nothing to answer any more, and ends a wait for a reader.
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from seeknal.cli.descriptors import shut_descriptors

        err.release()
        shut_descriptors()
    except KeyboardInterrupt:
        pass
    out.flush()
    err.flush()


def answered() -> None:
    """The command is done: what is written from now on comes from nodes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Scrubbed):
            stream.answered = True


@contextmanager
def scrubbed_streams() -> Iterator[None]:
    """Within the block, ``sys.stdout`` and ``sys.stderr`` mask secrets."""
    before = sys.stdout, sys.stderr
    sys.stderr = Scrubbed(before[1])
    sys.stdout = Scrubbed(before[0], sys.stderr)
    try:
        yield
    finally:
        if isinstance(sys.stderr, Scrubbed):
            sys.stderr.release()
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def reader_gone() -> bool:
    """Whether nobody reads stdout any more, so that long output may stop."""
    return bool(getattr(sys.stdout, "broken", False))


def has_answered() -> bool:
    """Whether anything of the command's answer is on stdout already."""
    return bool(getattr(sys.stdout, "used", True))


def has_colour(stream: TextIO) -> bool:
    """Whether to colour what is written to ``stream``: a terminal, unless the user says no."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream)


def descriptor(stream: TextIO) -> int:
    """Where ``stream`` writes to, also when the thread of a node asks, which is told another."""
    return stream.own_descriptor() if isinstance(stream, Scrubbed) else stream.fileno()


def is_terminal(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that understands cursor movement."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO) -> str:
    """``text`` in a colour of `COLOURS`, where colours are shown."""
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if text and has_colour(stream) else text


def say(text: str = "") -> None:
    """Write a line to people: everything that is not the command's answer goes to stderr."""
    put(f"{text}\n")


def put(text: str) -> None:
    """Write to stderr on whatever thread: these are our words, not those of a node."""
    masked, stream = scrub(text), sys.stderr
    if isinstance(stream, Scrubbed):
        stream.write_as_it_is(masked)
    else:
        stream.write(masked)
    stream.flush()


def warn(message: str) -> None:
    """A warning line on stderr."""
    say(f"{paint('warning', 'yellow', sys.stderr)}: {message}")
