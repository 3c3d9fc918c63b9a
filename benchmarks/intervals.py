"""Tracked nodes: what is due of many ranges, a backfill of all, a day of many, and none at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from measure import Command, Sample, run

LAST = date(2026, 1, 1)
"""The day that the clock has reached, of runs that are given it."""
GAPS, HOURS, HOUR = 1752, 2 * 365 * 24, 3600
ON_A_DAY = """
import sys
from datetime import datetime

from seeknal.cli import main
from seeknal.host import clock

now = datetime.fromisoformat(sys.argv.pop(1) + "T00:00:00+00:00")
clock.now = lambda: now
main()
"""


def seconds_of_due(times: int) -> float:
    """How long it takes to tell what is due of two years of hours with 1,752 gaps, at best.

    With marks, ``lookback``, and an input that has all of them.
    """
    from seeknal.intervals.calendar import calendar_of
    from seeknal.intervals.due import Parent, Question, due
    from seeknal.values.tracking import Tracking

    first = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    last = first + HOURS * HOUR
    missing = sorted(Random(18).sample(range(1, HOURS // 2), GAPS))
    gaps = [(first + 2 * number * HOUR, first + (2 * number + 1) * HOUR) for number in missing]
    starts, ends = (first, *(end for _, end in gaps)), (*(start for start, _ in gaps), last)
    done = tuple(zip(starts, ends, strict=True))
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        question = Question(
            calendar=calendar_of("hour", "UTC"),
            tracking=Tracking(column="at", schedule="@hourly", lookback=2),
            first=first,
            now=last,
            done=done,
            marks=done[::100],
            parents=(Parent(first=first, done=((first, last),)),),
        )
        found = due(question)
        best = min(best, time.perf_counter() - began)
        if len(found.new) != GAPS:
            raise RuntimeError(f"{len(found.new)} gaps were found")
    return best


@dataclass(frozen=True)
class Filled:
    """A backfill: what it cost, and how much there was at most while it went on."""

    sample: Sample
    files: int
    journal: int
    left: int
    """Files at its end."""
    state: int


class Years:
    """A source with four rows a day and a transform, both in ranges of five minutes."""

    def __init__(self, folder: Path, days: int, batch_size: int = 0) -> None:
        self.root = folder / f"five_minutes_{days}_{batch_size}"
        start = LAST - timedelta(days=days)
        size = f"batch_size: {batch_size}\n" if batch_size else ""
        tracked = f"time_column: at\nschedule: '*/5 * * * *'\n{size}"
        _write_project(self.root, {"e": f"{tracked}start: {start}\n"}, tracked)
        rows = f"TIMESTAMP '{start}' + to_hours(6 * i::INT) AS at, i AS v FROM range({days * 4})"
        _write_parquet(self.root / "e.parquet", f"SELECT {rows} AS r(i)")

    def planned(self) -> Sample:
        """What it costs to plan all of it."""
        return run(_on(LAST, self.root, "plan"))

    def filled(self) -> Filled:
        """Process all ranges, and look now and then at what there is."""
        command = _on(LAST, self.root, "run", "-q")
        target, files, journal = self.root / "target", 0, 0
        began = time.perf_counter()
        process = subprocess.Popen(command.argv, cwd=self.root)
        status, usage = 0, None
        while usage is None:
            files = max(files, _files(target / "cache"))
            journal = max(journal, _size(target / "run_state.journal"))
            time.sleep(0.05)
            ended, status, found = os.wait4(process.pid, os.WNOHANG)
            usage = found if ended else None
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError("the backfill failed")
        sample = Sample(
            cpu=usage.ru_utime + usage.ru_stime,
            wall=time.perf_counter() - began,
            peak=usage.ru_maxrss / 1024,
        )
        return Filled(
            sample, files, journal, _files(target / "cache"), _size(target / "run_state.json")
        )


class Days:
    """A source with a file for each day, and a transform; all but the last day are done."""

    def __init__(self, folder: Path, days: int) -> None:
        self.root = folder / f"days_{days}"
        start = LAST - timedelta(days=days)
        tracked = "time_column: at\nschedule: '@daily'\n"
        table = "table: 'e/{time:%Y-%m-%d}.parquet'\n"
        _write_project(self.root, {"e": f"{tracked}start: {start}\n"}, tracked, table)
        (self.root / "e").mkdir()
        for number in range(days + 1):
            day = start + timedelta(days=number)
            rows = f"SELECT TIMESTAMP '{day}' + to_minutes(14 * i::INT) AS at, i AS v"
            _write_parquet(self.root / "e" / f"{day}.parquet", f"{rows} FROM range(100) AS r(i)")
        run(_on(LAST, self.root, "run", "-q"))
        self._kept = self.root / "kept"
        shutil.copytree(self.root / "target", self._kept, symlinks=True)

    def one_more(self) -> Command:
        """A run that has one more day to process."""
        return _on(LAST + timedelta(days=1), self.root, "run", "-q", before=self._back)

    def _back(self) -> None:
        """Let only the first days be done, and what moving files does to them be known."""
        shutil.rmtree(self.root / "target")
        shutil.copytree(self._kept, self.root / "target", symlinks=True)
        run(_on(LAST, self.root, "run", "-q"))


def one_more_day(folder: Path, days: Sequence[int], times: int) -> list[Sample]:
    """The best of several runs of one more day, beside as many days that are done."""
    benches = [Days(folder, count) for count in days]
    return _best([bench.one_more() for bench in benches], times)


def idle(folder: Path, days: int, times: int) -> tuple[Sample, Sample]:
    """(ten tracked nodes of which nothing is due, ten others), each at best."""
    commands = []
    for name in ("tracked", "others"):
        root = folder / f"idle_{name}"
        start = LAST - timedelta(days=days)
        tracked = "time_column: at\nschedule: '@daily'\nbatch_size: 9\n" * (name == "tracked")
        sources = {
            f"e{number}": f"{tracked}start: {start}\n" if tracked else "" for number in range(5)
        }
        _write_project(root, sources, tracked)
        for source in sources:
            rows = f"TIMESTAMP '{start}' + to_hours(6 * i::INT) AS at, i AS v"
            _write_parquet(
                root / f"{source}.parquet", f"SELECT {rows} FROM range({days * 4}) AS r(i)"
            )
        run(_on(LAST, root, "run", "-q"))
        commands.append(_on(LAST, root, "run", "-q"))
    one, other = _best(commands, times)
    return one, other


def _best(commands: Sequence[Command], times: int) -> list[Sample]:
    """The cheapest of ``times`` rounds, each command once in every round."""
    samples: list[list[Sample]] = [[] for _ in commands]
    for _ in range(times):
        for command, found in zip(commands, samples, strict=True):
            found.append(run(command))
    return [min(found, key=lambda sample: sample.cpu) for found in samples]


def _on(
    day: date, root: Path, *arguments: str, before: Callable[[], None] | None = None
) -> Command:
    argv = (sys.executable, "-c", ON_A_DAY, str(day), *arguments)
    return Command(argv, root, before) if before else Command(argv, root)


def _write_project(root: Path, sources: dict[str, str], tracked: str, table: str = "") -> None:
    """Sources of Parquet files, and a transform of each."""
    (root / "seeknal").mkdir(parents=True)
    (root / "seeknal_project.yml").write_text("name: bench\n")
    for name, more in sources.items():
        read = table or f"table: {name}.parquet\n"
        (root / "seeknal" / f"{name}.yml").write_text(
            f"kind: source\nname: {name}\nsource: parquet\n{read}{more}"
        )
        (root / "seeknal" / f"of_{name}.yml").write_text(
            f"kind: transform\nname: of_{name}\ninputs: [{{ref: source.{name}}}]\n"
            f'sql: SELECT "at", v * 2 AS v FROM {name}\n{tracked}'
        )


def _write_parquet(path: Path, select: str) -> None:
    import duckdb

    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def _files(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
