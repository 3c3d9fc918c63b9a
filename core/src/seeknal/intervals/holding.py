"""What is stored of a tracked node, as it is told to people and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.intervals.spans import common, merged, minus
from seeknal.values.snapshot import FORWARD_ONLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.values.snapshot import Part, Snapshot
    from seeknal.values.tracking import Spans


@frozen(kw_only=True)
class Holding:
    """The ranges of a tracked node in one environment.

    ``invalidated`` are done ones that wait to be redone, ``earlier`` those whose rows were kept
    of an earlier definition, and ``unfinished`` what a rebuild has done that is not shown yet.
    """

    column: str
    unit: str
    timezone: str
    first: int
    done: Spans
    invalidated: Spans
    earlier: Spans
    unfinished: Spans

    @property
    def answer(self) -> dict[str, Any]:
        """The same for programs."""
        from seeknal.intervals.wording import iso, iso_spans

        spans = {
            "done": self.done,
            "invalidated": self.invalidated,
            "earlier": self.earlier,
            "unfinished": self.unfinished,
        }
        return {
            "time_column": self.column,
            "unit": self.unit,
            "timezone": self.timezone,
            "first_range": iso(self.first),
            **{name: iso_spans(found) for name, found in spans.items()},
            "counts": {name: self.count(found) for name, found in spans.items()},
        }

    @property
    def lines(self) -> list[str]:
        """The same for people, what is usual first."""
        from seeknal.intervals.wording import long, told_count

        ranges = f"{told_count(self.count(self.done))} of {long(self.unit)} done, by {self.column}"
        found = [f"{ranges}{self._where(self.done)}"]
        if self.invalidated:
            count = self.count(self.invalidated)
            found.append(f"{told_count(count)} invalidated{self._where(self.invalidated)}")
        if self.earlier:
            found.append(f"{FORWARD_ONLY}{self._where(self.earlier)}")
        if self.unfinished:
            told = "a rebuild is under way, and shown once all of it is done"
            found.append(f"{told}{self._where(self.unfinished)}")
        return found

    def count(self, spans: Spans) -> int:
        """How many ranges spans have."""
        from seeknal.intervals.calendar import calendar_of

        calendar = calendar_of(self.unit, self.timezone)
        return calendar.count(calendar.widened(spans))

    def _where(self, spans: Spans) -> str:
        from seeknal.intervals.wording import told_spans

        if not spans:
            return ""
        zone = "" if self.timezone == "UTC" else f" ({self.timezone})"
        return f": {', '.join(told_spans(spans, self.timezone))}{zone}"


def holding_of(snapshot: Snapshot, marks: Spans = ()) -> Holding | None:
    """What an environment has of a tracked node, None of another.

    ``marks``: which moments were invalidated.
    """
    covered, artifact = snapshot.covered, snapshot.artifact
    if covered is None or artifact is None:
        return None
    before = [part for part in artifact.parts if part.definition in covered.follows]
    return Holding(
        column=covered.column,
        unit=covered.unit,
        timezone=covered.timezone,
        first=covered.first,
        done=covered.done,
        invalidated=common(covered.done, marks),
        earlier=done_of(before),
        unfinished=done_of(snapshot.unfinished),
    )


def done_of(parts: Sequence[Part]) -> Spans:
    """The moments that parts are of, those without rows among them."""
    spans = merged((part.start, part.end) for part in parts)
    return minus(spans, merged(gap for part in parts for gap in part.gaps))
