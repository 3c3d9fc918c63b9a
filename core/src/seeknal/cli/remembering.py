"""What the REPL remembers of earlier conversations: entries without the secrets in them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from seeknal.values.credentials import MASK, without_credentials
from seeknal.values.patterns import Pattern
from seeknal.values.secret import scrub

_CONNECT = Pattern(r"(?P<before>\s*\.\w+\s+[\"']?[A-Za-z][\w+.-]*://)(?P<address>.*)", re.DOTALL)
_MISWRITTEN = Pattern(
    r"(?P<before>\s*(?:(?:[.\\]\w+|connect(?!.*://))\s+|\.))\S*[:@].*", re.DOTALL | re.IGNORECASE
)
"""An address without a scheme, or a command that runs into one."""
_KNOWN = Pattern(
    r"(?:[\w.%-]+(?::\$\{\w+\})?@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:/[\w.%/-]*)?;?\s*"
)
"""An address without a password, or with a variable for one."""


def history() -> History:
    """In a file of the user's, where there can be one."""
    path = history_file()
    return _Masked(str(path)) if path else InMemoryHistory()


def history_file() -> Path | None:
    """Where entries are remembered; None when the user has no folder for it."""
    base = os.environ.get("XDG_STATE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".local/state") / "seeknal"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder / "repl_history"


def remembered(entry: str) -> str:
    """An entry with what is, or may be, a secret masked.

    Of a URL with a password nothing is kept: any word of it may belong to that.
    """
    found = _CONNECT.fullmatch(entry)
    if found is None:
        if miswritten := _MISWRITTEN.fullmatch(entry):
            return f"{miswritten['before']}{MASK}"
        # By their places first: where a part of a URL is masked nobody sees that it is one.
        return scrub(without_credentials(entry))
    return entry if _KNOWN.fullmatch(found["address"]) else f"{found['before']}{MASK}"


class _Masked(FileHistory):
    """Only the user may read the file, whatever it was before."""

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            os.close(os.open(self.filename, os.O_CREAT | os.O_WRONLY, 0o600))
            os.chmod(self.filename, 0o600)
        super().store_string(string)

    def append_string(self, string: str) -> None:
        super().append_string(remembered(string))
