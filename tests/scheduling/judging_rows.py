"""Each range is processed once, and what is made of it is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.scheduling import shop, ticking
from tests.scheduling.busy import Busy
from tests.scheduling.evidence import Evidence, Run, moment_of
from tests.scheduling.verdict import Verdict, settled


def _ranges(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """Each range that was due is done, and was processed once."""
    judged = 0
    done_spans = {
        each["node"]: [(moment_of(span["start"]), moment_of(span["end"])) for span in each["done"]]
        for each in evidence.intervals.get("nodes", [])
    }
    tracked = {due.node: due for due, _since, _until in evidence.due() if due.unit}
    shown_end = settled(evidence)
    for node, due in tracked.items():
        assert due.unit is not None
        begins = ticking.ticks(due.unit, due.zone, due.start - timedelta(days=1), shown_end)
        begins = [
            *[begin for begin in begins if begin <= due.start][-1:],
            *[begin for begin in begins if begin > due.start],
        ]
        ranges = list(pairwise(begins))
        last = ticking.ticks(due.schedule, due.zone, shown_end - timedelta(days=3), shown_end)[-1]
        times: dict[datetime, list[tuple[datetime, Run | None]]] = defaultdict(list)
        for run, record in _records(evidence, node):
            for span in record.get("spans") or ():
                start, end = moment_of(span["start"]), moment_of(span["end"])
                for begin, _end in ranges:
                    if start <= begin < end:
                        times[begin].append((run.begin if run else evidence.end, run))
        rebuilt = [
            evidence.at(event)
            for event in evidence.of("edit")
            if node in next(e for e in shop.EDITS if e.name == event["edit"]).rebuilds
        ]
        for begin, end in ranges:
            if end > last - due.lag:
                continue
            judged += 1
            if not any(low <= begin and end <= high for low, high in done_spans.get(node, [])):
                verdict.add(node, begin, "a range that was due is not done")
            found = times[begin]
            if not found and not any(
                run.lost or run.interrupted or run.outcome(node) == "lost"
                for run in evidence.attempts(node)
            ):
                verdict.add(node, begin, "no run says that it processed the range")
            stretches = Counter(sum(edit <= moment for edit in rebuilt) for moment, _run in found)
            if any(count > 1 for count in stretches.values()):
                moments = ", ".join(f"{moment:%d %H:%M:%S}" for moment, _run in found)
                verdict.add(node, begin, f"a range was processed {len(found)} times: {moments}")
    verdict.figures["ranges judged"] = judged


def _records(evidence: Evidence, node: str) -> Iterator[tuple[Run | None, dict[str, Any]]]:
    runs = {run.batch: run for run in evidence.runs}
    for record in evidence.history:
        if record["node"] == node:
            yield runs.get(record["batch_id"]), record


def _rows(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """Tables and artifacts hold what the data say, each range once."""
    shown_end = settled(evidence)
    tracked = {due.node: due for due, _since, _until in evidence.due() if due.unit}
    names = {"out.hourly": "transform.hourly", "out.quarter": "transform.quarter"}
    for table, rows in evidence.rows.items():
        due = tracked.get(names.get(table, table))
        if due is None or due.unit is None:
            continue
        begins = ticking.ticks(
            due.unit, due.zone, due.start - timedelta(days=1), shown_end + timedelta(days=2)
        )
        last = ticking.ticks(due.schedule, due.zone, shown_end - timedelta(days=3), shown_end)[-1]
        expected = {}
        for begin, end in pairwise(begins):
            minutes = shop.moments(max(begin, due.start), end)
            if minutes:
                total = sum(map(shop.value, minutes))
                expected[begin.replace(tzinfo=None)] = (len(minutes), total, end)
        seen: Counter[datetime] = Counter()
        for text, count, total in rows:
            begin = datetime.fromisoformat(text).replace(tzinfo=None)
            seen[begin] += 1
            if begin not in expected or (count, total) != expected[begin][:2]:
                known = expected.get(begin, ("nothing",))[:2]
                verdict.add(table, moment_of(text), f"holds {count}, {total}, expected {known}")
        for begin, (_count, _total, end) in expected.items():
            if end <= last - due.lag and seen[begin] != 1:
                verdict.add(table, begin, f"has {seen[begin]} rows for the range")


def _appended(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """What one run gives to a table which only grows is there once."""
    for name in shop.APPENDED:
        rows = [row[0] for row in evidence.rows.get(f"out.{name}", ())]
        for id, count in Counter(rows).items():
            if count > 1:
                verdict.add(f"out.{name}", None, f"row {id} is there {count} times")
        of = Counter(int(id.partition("-")[0]) for id in rows)
        node = f"transform.{name}"
        well = [run for run in evidence.attempts(node) if _went_well(run.results.get(node))]
        # In days the numbers of processes come again.
        same = Counter(run.pid for run in well)
        for run in well:
            if of[run.pid] != same[run.pid]:
                verdict.add(node, run.begin, f"run {run.pid} gave {of[run.pid]} rows")


def _went_well(result: dict[str, Any] | None) -> bool:
    return result is not None and result["status"] == "success"


ROWS = (
    _ranges,
    _rows,
    _appended,
)
