"""Where the parts of a run's lines stand: one line for each node, within the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.cli.fitting import middle, start, width

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Step
    from seeknal.values.targets import Target

WIDEST_REASON = 40
SHORTEST_REASON = 16
SHORTEST_NAME = 12
INDENT = "    "
_GAP = 2
_AUDITS = len("   2 of 3 audits failed")
_DELIVERY = len("   -> a database  (upsert, 1,234,567)")


@frozen(kw_only=True)
class Layout:
    """The widths of a line's parts, and whether deliveries stand below it.

    ``columns`` are the terminal's; None where there is none and nothing is cut.
    """

    name: int = 0
    reason: int = 0
    verb: int = 9
    rows: int = 17
    seconds: int = 9
    columns: int | None = None
    below: bool = False

    @property
    def node(self) -> int:
        """The width of a node's line up to its time."""
        return self.name + self.verb + self.reason + self.rows + self.seconds + 3 * _GAP + 1

    def named(self, node: str) -> str:
        return _padded(middle(node, self.name) if self.columns else node, self.name)

    def told(self, reason: str, verb: str, numbers: str) -> str:
        """The reason; it gives way to a verb that is longer, and takes the room of no numbers."""
        over = max(0, len(verb) - self.verb)
        room = self.reason - over
        if self.columns and not numbers.strip():
            room = max(room, min(len(reason), self.columns - self.node + len(numbers) + room))
        return _padded(start(reason, room) if self.columns else _cut(reason), room)

    def lines(self, text: str, more: Sequence[str], deliveries: Sequence[str]) -> str:
        """A node's line with what else is said of it; what has no room stands below.

        ``text`` is as wide as `node`, but where that is not followed by more.
        """
        if self.columns is None:
            return "   ".join([text, *more, *deliveries]).rstrip()
        room = self.columns - self.node
        rest: list[str] = []
        for part in (*more, *(() if self.below else deliveries)):
            if not rest and (room := room - 3 - width(part)) >= 0:
                text = f"{text}   {part}"
            else:
                rest.append(part)
        rest += deliveries if self.below else ()
        below = [INDENT + middle(part, self.columns - len(INDENT)) for part in rest]
        return "\n".join([text.rstrip(), *below])


def layout_of(
    steps: Sequence[Step], columns: int | None, targets: Mapping[NodeId, Sequence[Target]] = {}
) -> Layout:
    """The layout of these steps' lines: the same for all of a run."""
    name = max((len(step.node) for step in steps), default=0)
    reasons = [len(step.reason) for step in steps]
    reason = min(max([*reasons, len("source unchanged")]), WIDEST_REASON)
    found = Layout(name=name, reason=reason, columns=columns)
    if columns is None:
        return found
    widest = max((_width(targets.get(step.node, ())) for step in steps), default=0)
    if found.node + widest <= columns:
        return found
    if found.node <= columns:
        return Layout(name=name, reason=reason, columns=columns, below=True)
    narrow = Layout(verb=7, rows=14, seconds=8)
    room = columns - narrow.node
    reason = min(reason, max(SHORTEST_REASON, room - name))
    name = min(name, max(SHORTEST_NAME, room - reason))
    return Layout(name=name, reason=reason, verb=7, rows=14, seconds=8, columns=columns, below=True)


def _width(targets: Sequence[Target]) -> int:
    """What a node's deliveries will take on its line, about."""
    return _AUDITS + sum(_DELIVERY + len(target.label) for target in targets) if targets else 0


def _cut(reason: str) -> str:
    return reason if len(reason) <= WIDEST_REASON else reason[: WIDEST_REASON - 3] + "..."


def _padded(text: str, size: int) -> str:
    return text + " " * max(0, size - width(text))
