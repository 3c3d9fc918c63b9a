"""When a scheduler could not have begun a run."""

from __future__ import annotations

from datetime import datetime

from tests.scheduling.evidence import Evidence, Run, Span
from tests.scheduling.verdict import LOOKS, MINUTE, PATIENCE


class Busy:
    """When nothing could begin, by the true time."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.patience = evidence.clock.seconds(PATIENCE) + MINUTE
        self.down = self._down()
        broken = evidence.spans("project breaks", "mended", "the project cannot be read")
        self.outside = [*self.down, *broken]
        self.hands = [
            Span(begin=run.begin, end=run.end + LOOKS, why=f"run {run.pid} held the lock")
            for run in evidence.runs
            # Those whose scheduler was killed go on without it.
            if run.hand or self.is_orphan(run)
        ]
        self.children = [
            Span(begin=run.begin, end=run.end, why=f"run {run.pid}")
            for run in evidence.runs
            if not run.hand
        ]

    def is_orphan(self, run: Run) -> bool:
        """Whether its scheduler ended before it did."""
        slack = self.evidence.clock.seconds(1)
        return any(
            run.begin <= span.begin <= run.end + slack for span in self.down if span.why == "killed"
        )

    def is_cut(self, run: Run) -> bool:
        """Whether its scheduler was ended or told to end meanwhile: it took no note of faults."""
        slack = self.evidence.clock.seconds(1)
        return any(run.begin <= span.begin <= run.end + slack for span in self.down)

    def free_at(self, moment: datetime) -> datetime:
        """The first moment from which on a run could begin, with nothing in its way for a while."""
        changed = True
        soon = self.evidence.clock.seconds(0.5)
        while changed:
            changed = False
            for span in [*self.outside, *self.hands, *self.evidence.readings]:
                if span.begin <= moment + self.patience and moment < span.end:
                    moment, changed = span.end, True
            for span in self.children:
                if span.begin <= moment + soon and moment < span.end:
                    moment, changed = span.end, True
        return moment

    def quiet(self, begin: datetime, end: datetime) -> bool:
        """Whether nothing was in the way at all."""
        return not any(
            span.begin < end and begin < span.end
            for span in [*self.outside, *self.hands, *self.evidence.readings]
        )

    def killed_since(self, begin: datetime, end: datetime) -> bool:
        """Whether a scheduler or a run came to its end in a way that it did not expect."""
        return any(begin <= span.begin <= end for span in self.down) or any(
            run.lost and run.begin <= end and begin <= run.end for run in self.evidence.runs
        )

    def _down(self) -> list[Span]:
        found = []
        begins = [
            self.evidence.clock.true(line["real"])
            for line in self.evidence.seen
            if line["what"] == "begin" and line["words"][0] == "scheduler"
        ]
        ends = ("kill scheduler", "stop", "scheduler ended by itself", "scheduler is gone")
        for event in self.evidence.of(*ends):
            at = self.evidence.at(event)
            after = [begin for begin in begins if begin > at]
            end = after[0] if after else self.evidence.end
            killed = event["what"] != "stop" and event.get("how") != "stop"
            found.append(Span(begin=at, end=end, why="killed" if killed else "stopped"))
        if begins:
            first = Span(begin=self.evidence.clock.begin, end=begins[0], why="not yet started")
            found.append(first)
        return found
