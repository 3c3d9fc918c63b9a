"""The command line: prints, asks and sets exit codes; nothing else of seeknal does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from seeknal import early_presses, keep_press

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
MOMENT = 0.02
"""Seconds until a press is heard again that came while nothing could answer it."""
PATIENCE = 2.0
"""Seconds in which a process that ends cannot be told to end sooner."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and give its exit code.

    0 success, 1 something failed, 2 usage or project error, 130 interrupted.
    """
    if argv is None:
        return _whole_process()
    from seeknal.cli.app import carry_out
    from seeknal.cli.descriptors import give_back_descriptors
    from seeknal.cli.ending import ended
    from seeknal.cli.streams import open_closed_streams, scrubbed_streams, written

    open_closed_streams()
    with scrubbed_streams():
        try:
            code = carry_out(argv)
        finally:
            give_back_descriptors()
        return ended(written(code))


def _whole_process() -> int:
    """Carry out the command line of this process, which ends with it."""
    early = _EarlyInterrupts()
    from seeknal.cli.app import carry_out
    from seeknal.cli.ending import is_awaited
    from seeknal.cli.streams import answered, open_closed_streams, scrub_for_good, written

    open_closed_streams()
    scrub_for_good()
    try:
        code = written(carry_out(None, early.answer))
    except KeyboardInterrupt:
        # Pressed again while the first was answered.
        code = INTERRUPTED
    finally:
        answered()
    if code == INTERRUPTED or is_awaited():
        leave(code)
    return code


class _EarlyInterrupts:
    """Keeps a Ctrl-C until it can be answered: importing a command line takes its time.

    A second one ends the process at once.
    """

    def __init__(self) -> None:
        self.pressed = False
        try:
            import signal
        except KeyboardInterrupt:
            self.pressed = True
            import signal
        # A process that is to hear nothing of it, as with nohup, stays so.
        self.heard = signal.getsignal(signal.SIGINT) in (signal.default_int_handler, keep_press)
        if self.heard:
            signal.signal(signal.SIGINT, self.keep)
            self.pressed = self.pressed or bool(early_presses)

    def keep(self, *_: object) -> None:
        if self.pressed:
            import os

            os._exit(INTERRUPTED)
        self.pressed = True

    def answer(self) -> None:
        """From here on Ctrl-C raises KeyboardInterrupt; so does this where it was pressed."""
        import signal

        if self.heard:
            signal.signal(signal.SIGINT, interrupt)
        if self.pressed:
            raise KeyboardInterrupt


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; while a compiled module sets itself up, a moment later.

    Some, DuckDB's among them, end the process with a dump where that is stopped. What is raised
    where Python itself calls back, as when an object goes, is printed and heard by nobody.
    """
    while frame is not None:
        loads = type(frame.f_locals.get("self")).__name__ == "ExtensionFileLoader"
        if loads or _calls_back(frame):
            import os
            import threading

            again = threading.Timer(MOMENT, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _calls_back(frame: FrameType) -> bool:
    """Whether Python calls this as an object goes: by importlib's locks, or by ``__del__``."""
    code = frame.f_code
    return code.co_name == "__del__" or (code.co_name == "cb" and "importlib" in code.co_filename)


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that nodes have left behind."""
    import atexit
    import os
    import signal
    import sys
    import time

    from seeknal.cli.ending import ended

    # The last press may come now, and servers that are not told to end would go on for ever.
    deadline = time.monotonic() + PATIENCE
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: time.monotonic() > deadline and os._exit(code))
    # Servers that ran for this process end, and what was written comes out.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    code = ended(code)
    sys.stderr.flush()
    os._exit(code)
