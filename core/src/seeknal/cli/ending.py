"""What a process does at the very last, when all that it has to say is out.

Whoever is killed before was not done, for whoever waits for it.
"""

from __future__ import annotations

from collections.abc import Callable

from seeknal.values.errors import SeeknalError

_acts: list[Callable[[bool], None]] = []


def at_the_end(act: Callable[[bool], None]) -> None:
    """Call ``act`` when the command is over, with whether it was a success."""
    _acts.append(act)


def is_awaited() -> bool:
    """Whether anything is still to be done."""
    return bool(_acts)


def ended(code: int) -> int:
    """Do it for a command whose exit code is ``code``, and give the exit code that it has then."""
    while _acts:
        act = _acts.pop()
        try:
            act(code == 0)
        except SeeknalError as error:
            from seeknal.cli.failures import explain
            from seeknal.cli.streams import say

            say(explain(error, None))
            code = code or error.exit_code
    return code
