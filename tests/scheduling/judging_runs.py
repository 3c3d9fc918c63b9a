"""Each tick is run for once, in time, and nothing runs beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from tests.scheduling.busy import Busy
from tests.scheduling.evidence import GOOD, Evidence
from tests.scheduling.verdict import MINUTE, Verdict


def _one_at_a_time(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """No scheduler starts a run while another of its own is there; no two nodes' work overlaps."""
    for one, other in pairwise(evidence.runs):
        if one.parent == other.parent and not one.hand and other.begin < one.end:
            verdict.add("-", other.begin, f"run {other.pid} began while run {one.pid} went on")
    work: dict[int, datetime] = {}
    ends = {run.pid: run.end for run in evidence.runs}
    for line in evidence.seen:
        at = evidence.clock.true(line["real"])
        if line["what"] == "node begins":
            for pid, _since in work.items():
                if pid != line["pid"] and ends.get(pid, at) > at:
                    verdict.add(line["node"], at, f"ran in {line['pid']} beside {pid}")
            work[line["pid"]] = at
        elif line["what"] == "end":
            work.pop(line["pid"], None)


def _began_in_time(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """Each tick is followed by a run as soon as one can begin; the delays do not grow."""
    delays: list[tuple[datetime, float, str]] = []
    checked = 0
    for due, since, until in evidence.due():
        attempts = [run for run in evidence.attempts(due.node) if not run.hand]
        ticks = evidence.ticks(due, since, until)
        points = [evidence.clock.reaches(tick) for tick in ticks]
        for at, (tick, point) in enumerate(zip(ticks, points, strict=True)):
            before = [run for run in attempts if run.begin < point]
            if before and before[-1].outcome(due.node) not in GOOD:
                # When it is tried again says its back-off.
                continue
            free = busy.free_at(point)
            next_point = points[at + 1] if at + 1 < len(points) else until
            if free + busy.patience >= min(until, evidence.end):
                continue
            after = [run for run in attempts if run.begin >= point]
            checked += 1
            if not after or after[0].begin > free + busy.patience:
                # A later tick may be meant by the same run, never none.
                when = f"only at {after[0].begin:%d %H:%M:%S}" if after else "never"
                seen = f"due at {point:%d %H:%M:%S}, could run at {free:%d %H:%M:%S}, ran {when}"
                verdict.add(due.node, tick, seen)
            elif busy.quiet(point, after[0].begin) and after[0].begin < next_point:
                seconds = (after[0].begin - point).total_seconds()
                delays.append((point, seconds, _mode(evidence, point)))
    verdict.figures["ticks judged"] = checked
    verdict.figures["runs"] = len(evidence.runs)
    delays.sort()
    third = len(delays) // 3
    if third >= 5:
        first = median(seconds for _at, seconds, _mode_ in delays[:third])
        last = median(seconds for _at, seconds, _mode_ in delays[-third:])
        verdict.figures["delay, median of the first third"] = round(first, 1)
        verdict.figures["delay, median of the last third"] = round(last, 1)
        verdict.figures["delay, longest"] = round(max(seconds for _at, seconds, _m in delays), 1)
        if last > first + max(0.5 * evidence.clock.rate, 15):
            verdict.add("-", None, f"runs begin later and later: {first:.1f} s, then {last:.1f} s")
        good = [seconds for _at, seconds, mode in delays if mode == "good"]
        bad = [seconds for _at, seconds, mode in delays if mode != "good"]
        if len(good) >= 20 and len(bad) >= 20:
            verdict.figures["delay, median with a good endpoint"] = round(median(good), 1)
            verdict.figures["delay, median with a bad endpoint"] = round(median(bad), 1)
            if median(bad) > median(good) + max(0.5 * evidence.clock.rate, 15):
                verdict.add("-", None, "a bad endpoint delays runs")


def _mode(evidence: Evidence, moment: datetime) -> str:
    mode = "good"
    for event in evidence.of("endpoint", "endpoint is good"):
        if evidence.at(event) > moment:
            break
        mode = event.get("mode", "good")
    return mode


def _no_tick_twice(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """A node that was run for a tick does not run again before the next one."""
    slack, after_kills = evidence.clock.seconds(1.5), 0
    for due, since, until in evidence.due():
        if due.lag:
            # Its ranges wait, and it runs again when what it waits for has come.
            continue
        ticks = evidence.ticks(due, since - timedelta(days=2), until)
        points = [evidence.clock.reaches(tick) for tick in ticks]
        last, before = -1, None
        for run in evidence.attempts(due.node):
            if not since <= run.begin <= until or run.outcome(due.node) not in GOOD:
                continue
            meant = sum(point <= run.begin for point in points) - 1
            if points and meant >= 0 and meant - 1 > last and run.begin - points[meant] < slack:
                # It may have been on its way when this tick came.
                meant -= 1
            asked = run.hand or (before is not None and before.hand)
            again = before is not None and meant <= last and not asked
            killed = before and busy.killed_since(before.begin, run.begin)
            if before and again and killed and due.unit:
                # Of what is tracked nothing is done twice by that.
                after_kills += 1
            elif before and again:
                at = f"{before.begin:%d %H:%M:%S} and {run.begin:%d %H:%M:%S}"
                verdict.add(due.node, ticks[meant], f"ran twice: {at}")
            last, before = max(last, meant), run
    verdict.figures["ticks run for again after a kill"] = after_kills


def _backed_off(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """A node that failed is tried again after 1, 2, 4, ... minutes, at most an hour."""
    tries = 0
    jumps = [evidence.at(event) for event in evidence.of("clock")]
    for due, since, until in evidence.due():
        attempts = [
            run
            for run in evidence.attempts(due.node)
            if not run.hand and since <= run.begin <= until
        ]
        failures: int | None = 0
        for run, after in zip(attempts, [*attempts[1:], None], strict=True):
            outcome = run.outcome(due.node)
            if outcome in GOOD:
                failures = 0
                continue
            if outcome not in ("failed", "skipped") or busy.is_cut(run):
                # How often the scheduler has seen it fail is not known.
                failures = None
            if failures is None:
                continue
            failures += 1
            wait = min(MINUTE * 2 ** (failures - 1), 60 * MINUTE)
            earliest = run.end + wait
            free = busy.free_at(earliest)
            if any(run.begin <= jump <= free + busy.patience for jump in jumps):
                continue
            tries += 1
            begun = after.begin if after else evidence.end
            restarted = busy.killed_since(run.begin, begun)
            changed = evidence.of("edit", "project breaks", "mended")
            edited = any(run.begin <= evidence.at(event) <= begun for event in changed)
            early = begun < earliest - timedelta(seconds=max(5, 0.2 * evidence.clock.rate))
            # A source is tried again whenever what reads it is due.
            pulled = due.node.startswith("source.")
            if after and early and not restarted and not edited and not pulled:
                gone = (begun - run.end).total_seconds()
                seen = f"failure {failures}: tried again after {gone:.0f} s"
                verdict.add(due.node, run.begin, seen)
            if free + busy.patience < min(begun, until, evidence.end):
                seen = f"failure {failures}: could be tried at {free:%d %H:%M:%S}"
                then = f"{after.begin:%d %H:%M:%S}" if after else "never"
                verdict.add(due.node, run.begin, f"{seen}, was at {then}")
    verdict.figures["failures judged"] = tries


RUNS = (
    _one_at_a_time,
    _began_in_time,
    _no_tick_twice,
    _backed_off,
)
