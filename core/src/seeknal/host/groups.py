"""Processes that end with all that they have started."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


def end_group(leader: subprocess.Popen[bytes]) -> None:
    """End a process that began a group of its own, and the rest of the group.

    Nothing is ended once somebody has waited for its end: others may have its number by then.
    """
    if leader.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGKILL)
