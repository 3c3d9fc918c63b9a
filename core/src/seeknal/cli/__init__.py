"""The command line: prints, asks and sets exit codes; nothing else of seeknal does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

INTERRUPTED = 130
PATIENCE = 2.0
"""Seconds in which a process that ends cannot be told to end sooner."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and give its exit code.

    0 success, 1 something failed, 2 usage or project error, 130 interrupted.
    """
    from seeknal.cli.app import carry_out
    from seeknal.cli.descriptors import give_back_descriptors
    from seeknal.cli.streams import open_closed_streams, scrubbed_streams, written

    open_closed_streams()
    if argv is None:
        return _whole_process()
    with scrubbed_streams():
        try:
            code = carry_out(argv)
        finally:
            give_back_descriptors()
        return written(code)


def _whole_process() -> int:
    """Carry out the command line of this process, which ends with it."""
    from seeknal.cli.app import carry_out
    from seeknal.cli.streams import answered, scrub_for_good, written

    scrub_for_good()
    try:
        code = written(carry_out(None))
    finally:
        answered()
    if code == INTERRUPTED:
        leave(code)
    return code


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that nodes have left behind."""
    import atexit
    import os
    import signal
    import sys
    import time

    # The last press may come now, and servers that are not told to end would go on for ever.
    deadline = time.monotonic() + PATIENCE
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: time.monotonic() > deadline and os._exit(code))
    # Servers that ran for this process end, and what was written comes out.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
