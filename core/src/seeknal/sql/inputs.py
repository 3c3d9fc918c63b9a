"""What the names in a node's SQL mean: its inputs, other nodes, or a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.functions import FILE_ENDINGS
from seeknal.sql.names import find, help_for_node, named, suggestions
from seeknal.values.location import Location
from seeknal.values.node import Input
from seeknal.values.other_tools import WORDS
from seeknal.values.problems import Problem, Problems

if TYPE_CHECKING:
    from seeknal.sql.functions import Effects
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Severity

NOWHERE = "seeknal nowhere"
"""The schema of what is named as an input though it is none."""

_NUMBERED = re.compile(r"input_(\d{1,6})", re.IGNORECASE)
_THIS = "__this__"


@frozen(kw_only=True)
class ResolvedSql:
    """What a node's SQL says about the node.

    ``inputs`` are the declared ones and, after them, those that only the SQL names.
    ``reads_outside`` holds what is read and the 1-based line of the SQL. ``edits`` are what of the
    text was replaced, and by how many characters; None where it was written anew.
    """

    executable: str
    inputs: tuple[Input, ...]
    problems: tuple[Problem, ...] = ()
    volatile: str | None = None
    time_dependent: bool = False
    reads_outside: tuple[tuple[str, int], ...] = ()
    edits: tuple[tuple[int, int, int], ...] | None = None


class Scope:
    """The names that a node's SQL may use, what it used of them, and what it got wrong."""

    def __init__(
        self,
        *,
        inputs: Sequence[Input],
        known: Collection[NodeId],
        node: NodeId,
        location: Location,
        this_allowed: bool,
        reads_itself: bool = False,
        locate: Callable[[int, int], Location] | None = None,
    ) -> None:
        self.reads_itself = reads_itself
        self.locate = locate or self.at
        self.inputs = tuple(inputs)
        self.known = known
        self.node = node
        self.location = location
        self.this_allowed = this_allowed
        self.declared = {entry.ref: entry for entry in inputs}
        self.aliases = {entry.alias.lower(): entry.ref for entry in inputs if entry.alias}
        self.found: dict[NodeId, Input] = {}
        self.used: set[NodeId] = set()
        self.problems = Problems().of(node)

    def report(
        self,
        code: str,
        message: str,
        place: tuple[int, int],
        help: str | None = None,
        severity: Severity = "error",
    ) -> None:
        self.problems.add(
            code,
            message,
            self.locate(*place) if place[0] else self.location,
            help,
            severity=severity,
        )

    def at(self, line: int, column: int) -> Location:
        """A place of the SQL as a place of the file."""
        start = self.location
        if not line:
            return start
        row = start.line + line - 1 if start.line else 0
        return Location(start.file, row, start.column + column - 1 if start.column else 0)

    def ref(self, parts: Sequence[str], place: tuple[int, int]) -> NodeId | None:
        """The node that ``ref(...)`` names."""
        text = ".".join(part.strip() for part in parts)
        if "." in text:
            id = self._declared_as(text) or find(text, self.known)
        else:
            id = self._bare_ref(text, place)
            if id is None and len(self._candidates(text)) > 1:
                return None
        if id is None:
            help = help_for_node(text, self.known)
            self.report("SK0310", f"ref('{text}') names no node", place, help)
            return None
        return self.use(id, place)

    def _declared_as(self, text: str) -> NodeId | None:
        wanted = text.lower()
        return next((id for id in self.declared if id.lower() == wanted), None)

    def _bare_ref(self, name: str, place: tuple[int, int]) -> NodeId | None:
        candidates = self._candidates(name)
        if len(candidates) > 1:
            listed = " or ".join(f"ref('{id}')" for id in candidates)
            self.report("SK0311", f"ref('{name}') could be several nodes", place, f"write {listed}")
        return candidates[0] if len(candidates) == 1 else None

    def _candidates(self, name: str) -> list[NodeId]:
        """Nodes that a name without kind may mean: inputs first, this node never."""
        wanted = name.lower()
        declared = [id for id in self.declared if id.name.lower() == wanted]
        return declared or [id for id in named(name, self.known) if id != self.node]

    def use(self, id: NodeId, place: tuple[int, int]) -> NodeId:
        self.used.add(id)
        if id not in self.declared and id not in self.found:
            self.found[id] = Input(ref=id, location=self.at(*place))
        return id

    def table(self, parts: Sequence[str], place: tuple[int, int]) -> tuple[NodeId | None, bool]:
        """The node that a table name means, and whether the name must be kept as an alias."""
        if len(parts) == 2:
            return self._dotted(parts, place), False
        if len(parts) != 1:
            return None, False
        name = parts[0]
        if name.lower() in self.aliases:
            return self.use(self.aliases[name.lower()], place), True
        if "." in name:
            # A node in quotes as one name, as seeknal 2.x writes it; columns may be named so too.
            return self._dotted(name.split("."), place), True
        if name.lower() == _THIS:
            return self._this(place), True
        plain = self._plain(name, place)
        if plain is not None:
            return plain, False
        if name.lower() == "this" and not named(name, self.known):
            self.report("SK0317", "this is a word of dbt's", place, WORDS["this"])
            return None, False
        numbered = _NUMBERED.fullmatch(name)
        return (self._numbered(int(numbered[1]), place), True) if numbered else (None, False)

    def _dotted(self, parts: Sequence[str], place: tuple[int, int]) -> NodeId | None:
        text = ".".join(parts)
        id = self._declared_as(text) or find(text, self.known)
        if id == self.node and self.reads_itself:
            return id
        if id is not None:
            return self.use(id, place)
        kinds = {known.kind for known in (*self.known, *self.declared)}
        if parts[0].lower() in kinds and not text.lower().endswith(FILE_ENDINGS):
            help = suggestions(text, self.known)
            self.report("SK0310", f"{text} names no node", place, help)
        return None

    def _this(self, place: tuple[int, int]) -> NodeId | None:
        if not self.this_allowed:
            self.report("SK0314", "__THIS__ has no meaning here", place, "name an input with ref()")
        elif len(self.inputs) != 1:
            message = f"__THIS__ is the single input, but {self.node} has {len(self.inputs)}"
            self.report("SK0314", message, place, "name an input with ref()")
        else:
            return self.use(self.inputs[0].ref, place)
        return None

    def _numbered(self, number: int, place: tuple[int, int]) -> NodeId | None:
        if number < len(self.inputs):
            return self.use(self.inputs[number].ref, place)
        count = len(self.inputs)
        last = f"the last is input_{count - 1}" if count else "it declares none"
        message = f"input_{number} is not an input of {self.node}: {last}"
        self.report("SK0313", message, place, "inputs are numbered from input_0")
        return None

    def _plain(self, name: str, place: tuple[int, int]) -> NodeId | None:
        """The input with that name; a node that is no input is a mistake."""
        wanted = name.lower()
        inputs = [id for id in (*self.declared, *self.found) if id.name.lower() == wanted]
        if len(inputs) == 1:
            return self.use(inputs[0], place)
        if len(inputs) > 1:
            listed = " or ".join(f"ref('{id}')" for id in inputs)
            self.report("SK0311", f"{name} could be several inputs", place, f"write {listed}")
            self.used.update(inputs)
            return None
        others = [id for id in named(name, self.known) if id != self.node]
        if others:
            listed = " or ".join(f"ref('{id}')" for id in others)
            message = f"{name} is not an input of {self.node}"
            self.report("SK0312", message, place, f"write {listed}, or add it to inputs")
        return None

    def resolved(
        self,
        executable: str,
        effects: Effects,
        outside: Iterable[tuple[str, int]],
        edits: tuple[tuple[int, int, int], ...] | None = None,
    ) -> ResolvedSql:
        """What the SQL says of its node, once each of its names was looked up here."""
        return ResolvedSql(
            executable=executable,
            inputs=(*self.inputs, *self.found.values()),
            problems=tuple(self.problems),
            volatile=effects.volatile,
            time_dependent=effects.time_dependent,
            reads_outside=tuple(outside),
            edits=edits,
        )

    def report_unused(self) -> None:
        """An input that no SQL uses makes the node wait for nothing."""
        if any(problem.severity == "error" for problem in self.problems):
            return
        for entry in self.inputs:
            if entry.ref not in self.used:
                self.problems.add(
                    "SK0315",
                    f"{self.node} declares the input {entry.ref}, but its SQL does not use it",
                    entry.location or self.location,
                    "remove it from inputs, or read it with ref()",
                    severity="warn",
                )
