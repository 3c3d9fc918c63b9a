"""What was seen of a soak, as values that its judge compares."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import Factory, define, field, frozen

from tests.scheduling import shop, ticking
from tests.scheduling.shop import Due

GOOD = ("success", "reused")


@frozen(kw_only=True)
class Clock:
    """From real moments to what was shown, and to what would have been had nobody set the clock."""

    began: float
    rate: float
    begin: datetime = shop.BEGIN
    jumps: tuple[tuple[float, float], ...] = ()

    def true(self, real: float) -> datetime:
        return self.begin + timedelta(seconds=(real - self.began) * self.rate)

    def shown(self, true: datetime) -> datetime:
        return true + timedelta(seconds=sum(by for at, by in self._jumps if at <= true))

    def reaches(self, shown: datetime) -> datetime:
        """When the clock shows this for the first time, by the true time."""
        begins = [datetime.min.replace(tzinfo=UTC), *(at for at, _by in self._jumps)]
        ends = [*begins[1:], datetime.max.replace(tzinfo=UTC)]
        off = 0.0
        for begin, end, by in zip(
            begins, ends, [0.0, *(by for _at, by in self._jumps)], strict=True
        ):
            off += by
            found = max(begin, shown - timedelta(seconds=off))
            if found < end:
                return found
        raise AssertionError("the clock stands still")

    def highest(self, true: datetime) -> datetime:
        """The latest that it has shown up to then."""
        return max(
            self.shown(true),
            *(self.shown(at - timedelta(seconds=1)) for at, _by in self._jumps if at <= true),
            self.begin,
        )

    @cached_property
    def _jumps(self) -> tuple[tuple[datetime, float], ...]:
        return tuple((self.true(at), by) for at, by in self.jumps)

    def seconds(self, real: float) -> timedelta:
        """How much is shown to go by in so many real seconds."""
        return timedelta(seconds=real * self.rate)


@frozen(kw_only=True)
class Span:
    """A stretch of true time. ``why``: in which nothing could run."""

    begin: datetime
    end: datetime
    why: str


@define(kw_only=True)
class Run:
    """A process ``seeknal run``. ``ended`` by itself, or ``lost``: killed, or told to stop."""

    pid: int
    begin: datetime
    end: datetime
    selected: tuple[str, ...]
    hand: bool
    parent: int = 0
    lost: bool = False
    batch: str | None = None
    results: dict[str, dict[str, Any]] = Factory(dict)
    interrupted: bool = False

    def outcome(self, node: str) -> str:
        """How it ended for a node: what the history says of it, or why that says nothing."""
        if self.batch is None:
            return "lost" if self.lost else "nothing"
        found = self.results.get(node)
        if found is None:
            return "lost" if self.interrupted else "reused"
        if any(target["status"] == "owed" for target in found.get("targets") or ()):
            return "failed"
        return str(found["status"])


@define(kw_only=True)
class Evidence:
    clock: Clock
    end: datetime
    """When nothing was left to do, by the true time."""
    heartbeat: float
    tells: bool
    """Whether somebody is told of failures."""
    runs: list[Run]
    events: list[dict[str, Any]]
    seen: list[dict[str, Any]]
    readings: list[Span]
    """When the project was read to know what is due."""
    samples: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    told: list[dict[str, Any]]
    history: list[dict[str, Any]]
    intervals: dict[str, Any]
    rows: dict[str, list[list[Any]]]
    folder: Path = field(default=Path())
    known: dict[tuple[str, str], list[datetime]] = Factory(dict)

    def of(self, *what: str) -> Iterable[dict[str, Any]]:
        """Events of these names."""
        return (event for event in self.events if event["what"] in what)

    def at(self, event: dict[str, Any]) -> datetime:
        return self.clock.true(event["real"])

    def spans(self, begins: str, ends: str, why: str) -> list[Span]:
        """From each event of one name to the next of another."""
        found = []
        for event in self.of(begins):
            after = [each["real"] for each in self.of(ends) if each["real"] > event["real"]]
            end = self.clock.true(after[0]) if after else self.end
            found.append(Span(begin=self.at(event), end=end, why=why))
        return found

    def due(self) -> list[tuple[Due, datetime, datetime]]:
        """Nodes with a schedule, from when to when they had it."""
        since = {due.node: (due, self.clock.begin) for due in shop.DUE}
        found = []
        for event in self.of("edit"):
            edit = next(each for each in shop.EDITS if each.name == event["edit"])
            moment = self.at(event)
            for node in [*edit.gone, *(due.node for due in edit.due)]:
                if node in since:
                    due, begin = since.pop(node)
                    found.append((due, begin, moment))
            since.update({due.node: (due, moment) for due in edit.due})
        return [*found, *((due, begin, self.end) for due, begin in since.values())]

    def ticks(self, due: Due, begin: datetime, end: datetime) -> list[datetime]:
        """The ticks that the clock reached within a stretch of true time."""
        return [tick for tick in self.every_tick(due) if begin <= self.clock.reaches(tick) <= end]

    def every_tick(self, due: Due) -> list[datetime]:
        """The ticks of a schedule from days before the beginning to a day after the end."""
        key = due.schedule, due.zone
        if key not in self.known:
            span = self.clock.begin - timedelta(days=9), self.end + timedelta(days=1)
            self.known[key] = ticking.ticks(*key, *span)
        return self.known[key]

    def attempts(self, node: str) -> list[Run]:
        """Runs that were to run a node, in order."""
        return [run for run in self.runs if node in run.selected]


def collected(folder: Path) -> Evidence:
    """The evidence in a folder of a soak."""
    given = json.loads((folder / "clock").read_text())
    jumps = _text(folder / "home/jumps").split("\n")[:-1]
    clock = Clock(
        began=given["began"],
        rate=given["rate"],
        jumps=tuple((float(line.split()[0]), float(line.split()[1])) for line in jumps),
    )
    events, seen = _lines(folder / "events"), _lines(folder / "home/seen")
    history = [
        record
        for path in sorted((folder / "project/target/history").glob("*.ndjson"))
        for record in _lines(path)
    ]
    over = [event["real"] for event in events if event["what"] == "over"]
    end = clock.true(over[0] if over else events[-1]["real"])
    rows = _text(folder / "rows")
    intervals = _text(folder / "intervals")
    return Evidence(
        clock=clock,
        end=end,
        heartbeat=given["heartbeat"],
        tells=given["tells"],
        runs=_runs(clock, seen, events, history, end),
        events=events,
        seen=seen,
        readings=_readings(clock, seen, end),
        samples=_lines(folder / "samples"),
        requests=_lines(folder / "requests"),
        told=_lines(folder / "told"),
        history=history,
        intervals=json.loads(intervals) if intervals else {},
        rows=json.loads(rows) if rows else {},
        folder=folder,
    )


def _readings(clock: Clock, seen: list[dict[str, Any]], end: datetime) -> list[Span]:
    ends = {line["pid"]: line["real"] for line in seen if line["what"] == "end"}
    return [
        Span(
            begin=clock.true(line["real"]),
            # One that was killed ended with its scheduler.
            end=clock.true(ends.get(line["pid"], line["real"] + 1)),
            why=f"the project was read by {line['pid']}",
        )
        for line in seen
        if line["what"] == "begin" and line["words"][0] == "schedule"
    ]


def _runs(
    clock: Clock,
    seen: list[dict[str, Any]],
    events: list[dict[str, Any]],
    history: list[dict[str, Any]],
    end: datetime,
) -> list[Run]:
    schedulers = {
        line["pid"] for line in seen if line["what"] == "begin" and line["words"][0] == "scheduler"
    }
    ends = [(line["pid"], line["real"]) for line in seen if line["what"] == "end"]
    gone = [(event["run"], event["real"]) for event in events if event["what"] == "gone"]
    found = []
    for line in seen:
        if line["what"] != "begin" or line["words"][0] != "run":
            continue
        pid, begun, words = line["pid"], line["real"], line["words"]
        ended = [real for other, real in ends if other == pid and real >= begun][:1]
        left = [real for other, real in gone if other == pid and real >= begun][:1]
        last = clock.true((ended or left or [clock.began + 1e9])[0])
        if last > end:
            # It had just begun when all was over.
            continue
        found.append(
            Run(
                pid=pid,
                begin=clock.true(begun),
                end=last,
                selected=_selected(words),
                hand=line["parent"] not in schedulers,
                parent=line["parent"],
                lost=not ended,
            )
        )
    found.sort(key=lambda run: run.begin)
    _give_results(clock, found, history)
    return found


def _selected(words: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for at, word in enumerate(words):
        if word in ("--select", "--nodes"):
            found += words[at + 1].split()
        elif word.startswith("--select="):
            found += word.removeprefix("--select=").split()
    return tuple(found)


def _give_results(clock: Clock, runs: list[Run], history: list[dict[str, Any]]) -> None:
    """Each batch of the history is of the first run left that was there when it began."""
    batches: dict[str, list[dict[str, Any]]] = {}
    for record in history:
        batches.setdefault(record["batch_id"], []).append(record)
    left, last = [*runs], clock.begin
    for batch, records in batches.items():
        started = datetime.fromisoformat(records[0]["started_at"])
        nodes = {each["node"] for each in records} - {None}
        there = [
            run
            for run in left
            if nodes <= {*run.selected} and run.begin >= last and _was_there(clock, run, started)
        ]
        if not there:
            continue
        # Of two that follow each other the later one: the one before was killed, or refused.
        run = [each for each in there if each.begin <= there[0].begin + clock.seconds(30)][-1]
        left.remove(run)
        # One that waits for the lock begins before one that has it.
        last = max(last, run.begin - clock.seconds(40))
        run.batch = batch
        run.results = {each["node"]: each for each in records if each["node"]}
        whole = [each for each in records if each["node"] is None]
        run.interrupted = not whole or whole[0]["status"] == "interrupted"


def _was_there(clock: Clock, run: Run, moment: datetime) -> bool:
    """Whether it had begun when the clock showed a moment, and went on."""
    begin, end = clock.shown(run.begin), clock.shown(run.end)
    if end < begin:
        # The clock was put back meanwhile.
        return moment >= begin or moment <= end
    return begin - clock.seconds(0.02) <= moment <= end + clock.seconds(0.3)


def moment_of(text: str) -> datetime:
    """A moment as answers write it; UTC where they do not say."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in _text(path).splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            # Killed in the middle of a line.
            continue
    return found
