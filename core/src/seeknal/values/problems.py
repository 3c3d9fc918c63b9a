"""What is wrong in a project's files, gathered as it is found: all of it is told together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from seeknal.values.errors import SeeknalError
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId


E = TypeVar("E", bound="SeeknalError")
Severity = Literal["error", "warn"]


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong in the project's files, or (``severity="warn"``) worth a look."""

    code: str
    message: str
    location: Location | None = None
    help: str | None = None
    node: NodeId | None = None
    severity: Severity = "error"
    lacks: str | None = None
    """What is not installed and would help, such as ``NAME[EXTRA]``."""

    def as_error(self, kind: type[E]) -> E:
        """The same as an error, for who cannot go on and tell of others."""
        return kind(self.message, code=self.code, help=self.help, location=self.location)


class Problems:
    """The problems found so far, in the order of finding.

    Steps of reading a project share one, each adds what it finds, and goes on. `of` gives the
    same collection to whoever works on one node: all that is added there names the node.
    """

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found = list(found)
        self._meant: set[tuple[str, Location]] = set()
        self._node: NodeId | None = None

    def of(self, node: NodeId | None) -> Problems:
        shared = Problems()
        shared._found, shared._meant, shared._node = self._found, self._meant, node
        return shared

    def add(
        self,
        code: str,
        message: str,
        location: Location | None = None,
        help: str | None = None,
        *,
        severity: Severity = "error",
        lacks: str | None = None,
    ) -> None:
        self._found.append(
            Problem(
                code=code,
                message=message,
                location=location,
                help=help,
                node=self._node,
                severity=severity,
                lacks=lacks,
            )
        )

    def append(self, problem: Problem) -> None:
        self._found.append(problem)

    def __iadd__(self, found: Iterable[Problem]) -> Self:
        self._found.extend(found)
        return self

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: int) -> Problem:
        return self._found[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problems | list) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def since(self, count: int) -> list[Problem]:
        """Those that came after the first ``count``."""
        return self._found[count:]

    def take(self, count: int) -> list[Problem]:
        """Those that came after the first ``count``, which are all that stays."""
        taken = self._found[count:]
        del self._found[count:]
        return taken

    def note_meant(self, code: str, location: Location) -> None:
        """Note that what is there is meant as it is: `drop_meant` takes such a problem back."""
        self._meant.add((code, location))

    def drop_meant(self) -> None:
        """Take back the problems that turned out to be none, wherever they were found."""
        self._found[:] = [
            each for each in self._found if (each.code, each.location) not in self._meant
        ]

    def has_errors(self, since: int = 0) -> bool:
        return any(problem.severity == "error" for problem in self._found[since:])
