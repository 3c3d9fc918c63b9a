"""Every error that seeknal raises.

::

    SeeknalError                 what we can explain; ``exit_code`` is how the command ends
    ├── UsageError               the command was asked for something that cannot be (exit 2)
    │   └── SelectionError       a selection names no node
    ├── ProjectError             the project's files are wrong; carries every problem found (exit 2)
    ├── PluginError              a plugin is missing, broken or clashes with another (exit 2)
    ├── StateError               ``target/`` cannot be used as it is (exit 1)
    │   └── LockHeld             another command is writing to this project
    ├── RunError                 a run could not do its work (exit 1)
    │   ├── NodeError            one node failed
    │   ├── ConnectionFailed     a database or server could not be reached or refused us
    │   └── DeliveryError        a target could not be written
    │       ├── RowsRefused      it will not take these rows, however often they are sent
    │       ├── TargetGone       it is not there any more, and would get a part of the rows alone
    │       └── TargetStands     it is there, and holds rows that these would leave behind
    └── Interrupted              the user or the system stopped the command (exit 130)

Core raises; only the command line prints and sets exit codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.values.location import Location
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project


INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB says when Ctrl-C stops a query in the main thread."""


class SeeknalError(Exception):
    """An error with a code, a place and a next step.

    ``code`` has a page in ``docs/reference/errors.md``; ``help`` says what to do next. Where what
    is written at ``location`` has keys, ``key`` is the one that the error is about, and ``words``
    are what of its value: the first of them that stands there is where it points. ``kept`` is what
    a log keeps that others read: the message, without values of rows where it shows some.
    """

    exit_code = 1
    default_code = "SK0001"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        help: str | None = None,
        location: Location | None = None,
        key: str | None = None,
        words: Iterable[str] = (),
        kept: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kept = message if kept is None else kept
        self.code = code or self.default_code
        self.help = help
        self.location = location
        self.key = key
        self.words = tuple(words)


class UsageError(SeeknalError):
    """The command was asked for something that cannot be."""

    exit_code = 2
    default_code = "SK0002"


class SelectionError(UsageError):
    """A selection expression is malformed or names nothing."""

    default_code = "SK0301"


class ProjectError(SeeknalError):
    """The project's files are wrong. ``problems`` holds all that was found, in file order.

    ``partial`` is what of the project could be read all the same, to find more in it.
    """

    exit_code = 2
    default_code = "SK0100"

    def __init__(self, problems: Iterable[Problem], partial: Project | None = None) -> None:
        self.problems = tuple(problems)
        first = self.problems[0] if len(self.problems) == 1 else None
        super().__init__(
            "; ".join(problem.message for problem in self.problems),
            code=first.code if first else None,
            help=first.help if first else None,
            location=first.location if first else None,
        )
        self.partial = partial


class PluginError(SeeknalError):
    """A plugin is missing, cannot be imported, or declares what another one declares."""

    exit_code = 2
    default_code = "SK1001"


class StateError(SeeknalError):
    """The project's ``target`` folder cannot be used as it is."""

    default_code = "SK0801"


class LockHeld(StateError):
    """Another command is writing to this project."""

    default_code = "SK0802"


class RunError(SeeknalError):
    """A run could not do its work."""

    default_code = "SK0701"


class NodeError(RunError):
    """One node failed; the message says why."""

    default_code = "SK0702"


class ConnectionFailed(RunError):
    """A database or server could not be reached, or refused the connection."""

    default_code = "SK0601"


class DeliveryError(RunError):
    """A target could not be written; it holds what it held before."""

    default_code = "SK1101"


class RowsRefused(DeliveryError):
    """A target will not take these rows as they are; it holds what it held before.

    They are kept until the user resends or drops them, and do not block what comes later.
    """

    default_code = "SK1110"


class TargetGone(DeliveryError):
    """A target is not there any more, of which only a part was to be replaced.

    Nothing was written or made: all of the rows are delivered instead.
    """

    default_code = "SK1114"


class TargetStands(DeliveryError):
    """Something stands at the place of a target where nothing may: its rows would be lost.

    Nothing was written; who takes it away lets these rows be delivered.
    """

    default_code = "SK1115"


class Interrupted(SeeknalError):
    """The user or the system stopped the command."""

    exit_code = 130
    default_code = "SK0130"


def nearest(word: str, known: Iterable[str], limit: int = 3, likeness: float = 0.6) -> list[str]:
    """The known names that ``word`` was probably meant to be, best first."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), by_lower, n=limit, cutoff=likeness)
    return [by_lower[match] for match in matches]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """``did you mean a or b?`` for the nearest known names, or None when nothing is near."""
    names = nearest(word, known)
    return f"did you mean {' or '.join(names)}?" if names else None


def column_help(name: str, columns: Collection[str]) -> str:
    """The columns nearest to a name that is none, or all of them when nothing is near."""
    return did_you_mean(name, columns) or f"columns: {', '.join(columns)}"
