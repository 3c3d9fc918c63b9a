"""A scheduler lives as it says, keeps no secret where others read, and ends when it is told to."""

from __future__ import annotations

import signal
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from tests.scheduling.busy import Busy
from tests.scheduling.evidence import GOOD, Evidence, moment_of
from tests.scheduling.verdict import PATIENCE, Verdict


def _heartbeat(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    bound = timedelta(seconds=3 * evidence.heartbeat)
    jumps = [event["real"] for event in evidence.of("clock")]
    calm = (evidence.heartbeat + 60) / evidence.clock.rate + PATIENCE
    begins = {
        line["pid"]: line["real"]
        for line in evidence.seen
        if line["what"] == "begin" and line["words"][0] == "scheduler"
    }
    oldest, looked = timedelta(0), 0
    for sample in evidence.samples:
        begun = begins.get(sample["scheduler"], sample["real"])
        if sample["real"] - begun < PATIENCE:
            continue
        at = evidence.clock.true(sample["real"])
        if any(0 <= sample["real"] - jump < calm for jump in jumps) or any(
            span.begin <= at <= span.end for span in busy.down
        ):
            continue
        if sample.get("of") != sample["scheduler"]:
            verdict.add("-", at, "there is no heartbeat of its own")
            continue
        age = moment_of(sample["shown"]) - datetime.fromtimestamp(sample["beat"], UTC)
        looked += 1
        oldest = max(oldest, age)
        if age > bound:
            verdict.add("-", at, f"the heartbeat is {age.total_seconds():.0f} s old")
    verdict.figures["heartbeats seen"] = looked
    verdict.figures["heartbeat, oldest (bound)"] = (
        f"{oldest.total_seconds():.0f} s ({bound.total_seconds():.0f} s)"
    )


def _memory(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    lives: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for sample in evidence.samples:
        if "kilobytes" in sample:
            lives[sample["scheduler"]].append(sample)
    told = []
    for pid, samples in lives.items():
        begun = samples[0]["real"]
        # Warm once it has run everything; younger ones show nothing.
        warm = [sample for sample in samples if sample["real"] - begun > 20]
        third = len(warm) // 3
        if third < 40:
            continue
        for what, bound in (("kilobytes", 1.1), ("files", 1.0), ("threads", 1.0)):
            first = max(sample[what] for sample in warm[:third])
            last = max(sample[what] for sample in warm[-third:])
            if what == "kilobytes":
                told.append(f"{first // 1024} -> {last // 1024} MB")
            if last > first * bound + (0 if what == "kilobytes" else 4):
                at = evidence.clock.true(begun)
                verdict.add("-", at, f"scheduler {pid}: {what} grew from {first} to {last}")
    loads = [sample["load"] for sample in evidence.samples if "load" in sample]
    if loads:
        verdict.figures["load of the machine"] = f"{median(loads):.1f}, at most {max(loads):.1f}"
    verdict.figures["memory"] = told
    peaks = [max(sample["kilobytes"] for sample in samples) for samples in lives.values()]
    verdict.figures["memory, most"] = f"{max(peaks, default=0) // 1024} MB"


def _statuses(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """``scheduler status`` answers throughout, and agrees with what is seen."""
    looked = 0
    jumps = [evidence.at(event) for event in evidence.of("clock")]
    for event in evidence.of("status"):
        at = evidence.at(event)
        if at > evidence.end:
            continue
        margin = busy.patience
        begun = evidence.clock.true(event["begun"])
        if any(
            begun - margin <= moment <= at + margin
            for span in busy.down
            for moment in (span.begin, span.end)
        ) or any(
            jump - margin <= at <= jump + margin + timedelta(seconds=evidence.heartbeat)
            for jump in jumps
        ):
            continue
        looked += 1
        said, lives = event["said"], event["lives"]
        if not isinstance(said, dict):
            verdict.add("-", at, f"status says no JSON, exit {event['exit']}")
            continue
        if (event["exit"] == 0) != lives or said.get("alive") != lives:
            seen = f"status says alive={said.get('alive')}, exit {event['exit']}; lives={lives}"
            verdict.add("-", at, seen)
            continue
        if lives:
            _status_of_nodes(evidence, begun, at, said, verdict)
            _status_of_runs(evidence, busy, begun, at, said, verdict)
    verdict.figures["statuses judged"] = looked


def _is_set(evidence: Evidence, moment: datetime) -> bool:
    """Whether the clock shows another time than it would had nobody set it, or did lately."""
    hour = timedelta(hours=1)
    off = (
        evidence.clock.shown(moment) - moment,
        evidence.clock.shown(moment - hour) - (moment - hour),
    )
    return any(off)


def _status_of_nodes(
    evidence: Evidence, begun: datetime, at: datetime, said: dict[str, Any], verdict: Verdict
) -> None:
    edits = [evidence.at(event) for event in evidence.of("edit", "project breaks", "mended")]
    slack = evidence.clock.seconds(PATIENCE)
    if any(edit - slack <= at and begun <= edit + slack for edit in edits):
        return
    if said.get("project_error") or _is_set(evidence, at):
        # By which of two readings it goes is its own affair.
        return
    known = {
        due.node: due for due, since, until in evidence.due() if since <= begun and at <= until
    }
    # Nodes without a schedule are named while they fail.
    nodes = {node["node"]: node for node in said["nodes"] if node["schedule"] is not None}
    if set(nodes) != set(known):
        verdict.add("-", at, f"status knows other nodes: {sorted(set(nodes) ^ set(known))}")
    for node, entry in nodes.items():
        due = known.get(node)
        if due is None or entry.get("last_tick") is None:
            continue
        ticks = evidence.every_tick(due)
        ticks = ticks[: bisect_right(ticks, evidence.clock.shown(at))]
        near = [tick for tick in ticks if tick >= evidence.clock.shown(begun) - slack]
        allowed = [*near, *[tick for tick in ticks if tick not in near][-1:]]
        if moment_of(entry["last_tick"]) not in allowed:
            verdict.add(node, at, f"status has the last tick {entry['last_tick']}")


def _status_of_runs(
    evidence: Evidence,
    busy: Busy,
    begun: datetime,
    at: datetime,
    said: dict[str, Any],
    verdict: Verdict,
) -> None:
    """What goes on and what fails is what runs have shown."""
    slack = evidence.clock.seconds(PATIENCE)
    if running := said["current_run"]:
        pids = {run.pid for run in evidence.runs if run.begin - slack <= at <= run.end + 2 * slack}
        if running["process"] not in pids:
            verdict.add("-", at, f"status tells of a run {running['process']} that is not there")
    for entry in said["nodes"]:
        node = entry["node"]
        ran = [run for run in evidence.attempts(node) if not run.hand and run.begin <= at]
        if not ran or ran[-1].end + slack > begun or busy.is_cut(ran[-1]):
            continue
        outcome, fails = ran[-1].outcome(node), entry["status"] == "failing"
        if (outcome in GOOD and fails) or (outcome == "failed" and not fails):
            verdict.add(node, at, f"status is {entry['status']}, its last run {outcome}")


def _end(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """It ends when it is told to, and only then."""
    for event in evidence.of("it did not happen"):
        verdict.add("-", evidence.at(event), f"a fault was not made: {event['why']}")
    for event in evidence.of("scheduler ended by itself"):
        verdict.add("-", evidence.at(event), f"the scheduler ended with {event['exit']}")
    begins = {
        line["pid"]: line["real"]
        for line in evidence.seen
        if line["what"] == "begin" and line["words"][0] == "scheduler"
    }
    for event in evidence.of("scheduler is gone", "ended"):
        # One that has hardly begun does not listen yet.
        begun = begins.get(event.get("scheduler", 0), 0.0)
        young = event["real"] - begun < PATIENCE and event.get("exit") == -signal.SIGTERM
        if event.get("how") != "kill" and event.get("exit") != 0 and not young:
            verdict.add("-", evidence.at(event), f"told to stop it ended with {event.get('exit')}")
    for event in evidence.of("second"):
        if event["exit"] != 1:
            verdict.add("-", evidence.at(event), f"a second scheduler ended with {event['exit']}")
    for run in evidence.runs:
        if run.outcome("") == "nothing" and not run.hand:
            beside = any(
                other is not run and other.begin <= run.end and run.begin <= other.end
                for other in evidence.runs
            )
            unread = any(
                span.begin <= run.end and run.begin <= span.end + busy.patience
                for span in busy.outside
            )
            if not beside and not unread:
                verdict.add("-", run.begin, f"run {run.pid} left no trace in the history")
    last = [event for event in evidence.of("status") if event["lives"]][-1:]
    for event in last:
        said = event["said"] if isinstance(event["said"], dict) else {}
        if (pending := said.get("notifications")) and evidence.tells:
            verdict.add("-", evidence.at(event), f"{pending} messages are not sent yet")


def _secrets(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """Nothing secret is in what is written."""
    from tests.scheduling.driving import SECRET, TOKEN

    password = evidence.folder / "postgres/password"
    secrets = {SECRET, SECRET.removeprefix("whsec_"), TOKEN}
    if password.exists():
        secrets.add(password.read_text())
    files = [*(evidence.folder / "project/target").rglob("*"), evidence.folder / "scheduler.log"]
    for path in files:
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            for secret in secrets:
                if secret.encode() in data:
                    where = path.relative_to(evidence.folder)
                    verdict.add("-", None, f"a secret is in {where}")
    for event in evidence.of("status"):
        if any(secret in str(event["said"]) for secret in secrets):
            verdict.add("-", evidence.at(event), "a secret is in the status")


LIFE = (
    _heartbeat,
    _memory,
    _statuses,
    _end,
    _secrets,
)
