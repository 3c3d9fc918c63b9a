"""Failures are told once, and so are recoveries."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.scheduling.busy import Busy
from tests.scheduling.evidence import GOOD, Evidence, moment_of
from tests.scheduling.verdict import MINUTE, Verdict


def _messages(evidence: Evidence, busy: Busy, verdict: Verdict) -> None:
    """Each failure that lasted is told once when it begins and once when it is over."""
    if not evidence.tells:
        return
    bodies: dict[str, set[str]] = defaultdict(set)
    accepted: Counter[str] = Counter()
    for request in evidence.requests:
        at = evidence.clock.true(request["real"])
        if request["fault"]:
            verdict.add("-", at, f"a message to the endpoint: {request['fault']}")
            continue
        bodies[request["id"]].add(request["body"])
        accepted[request["id"]] += request["accepted"]
        off = datetime.fromtimestamp(int(request["timestamp"]), UTC) - evidence.clock.shown(at)
        if abs(off) > max(5 * MINUTE, evidence.clock.seconds(3)) and not any(
            abs(evidence.at(event) - at) < 10 * MINUTE for event in evidence.of("clock")
        ):
            verdict.add("-", at, f"a message is signed as of {off} from when it is sent")
    messages = []
    for id, texts in bodies.items():
        if len(texts) > 1:
            verdict.add("-", None, f"message {id} has {len(texts)} bodies")
        if not accepted[id]:
            verdict.add("-", None, f"message {id} was never taken: {min(texts)[:200]}")
        messages.append(_parsed(min(texts)))
    verdict.figures["messages"] = len(messages)
    verdict.figures["messages taken more than once"] = sum(n > 1 for n in accepted.values())
    verdict.figures["requests to the endpoint"] = len(evidence.requests)
    _told_once(evidence, busy, messages, "the endpoint", verdict)
    _told_once(evidence, busy, evidence.told, "the command", verdict)


def _parsed(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def _when(evidence: Evidence, message: dict[str, Any]) -> datetime:
    """When what it tells of happened, by the true time as far as that is known."""
    run_id = message["data"]["run_id"]
    begun = [run.begin for run in evidence.runs if run_id and run.batch == run_id]
    return begun[0] if begun else evidence.clock.reaches(moment_of(message["timestamp"]))


def _told_once(
    evidence: Evidence,
    busy: Busy,
    messages: Iterable[dict[str, Any]],
    by: str,
    verdict: Verdict,
) -> None:
    told: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    # Whoever is told twice of the same has the same message twice.
    for message in {json.dumps(each, sort_keys=True): each for each in messages}.values():
        for node in (message.get("data") or {}).get("nodes") or ():
            name = node.get("node") or "the project"
            told[name].append((_when(evidence, message), message["type"]))
    nodes = {node for run in evidence.runs for node in run.selected if not run.hand}
    episodes = 0
    for node in sorted({*nodes, *told} - {"the project"}):
        heard = sorted(told.get(node, []))
        kinds = [kind for _at, kind in heard]
        if any(kind != ("run.failed", "run.recovered")[at % 2] for at, kind in enumerate(kinds)):
            times = ", ".join(f"{kind[4:]} {at:%d %H:%M:%S}" for at, kind in heard)
            verdict.add(node, None, f"{by} was told out of turn: {times}")
        certain, possible = _episodes(evidence, busy, node)
        episodes += certain
        failed = kinds.count("run.failed")
        if not certain <= failed <= possible:
            seen = f"{by} was told of {failed} failures, there were {certain} to {possible}"
            verdict.add(node, None, seen)
        if failed != kinds.count("run.recovered"):
            seen = f"{by} was told of {failed} failures and {len(kinds) - failed} recoveries"
            verdict.add(node, None, seen)
    verdict.figures["failures that lasted"] = episodes
    _told_of_project(evidence, busy, told.get("the project", []), by, verdict)


def _told_of_project(
    evidence: Evidence,
    busy: Busy,
    heard: list[tuple[datetime, str]],
    by: str,
    verdict: Verdict,
) -> None:
    """A project that cannot be read is told of where a scheduler had the time to see it."""
    kinds = Counter(kind for _at, kind in heard)
    verdict.figures[f"told of the project, {by}"] = dict(kinds)
    broken = [span for span in busy.outside if span not in busy.down]
    seen = [
        span
        for span in broken
        if not any(down.begin < span.end and span.begin < down.end for down in busy.down)
        and not any(run.begin < span.end and span.begin < run.end for run in evidence.runs)
        and span.end - span.begin > 2 * busy.patience
    ]
    failed, recovered = kinds["run.failed"], kinds["run.recovered"]
    if not len(seen) <= failed <= len(broken) or failed != recovered:
        times = ", ".join(f"{kind[4:]} {at:%d %H:%M:%S}" for at, kind in sorted(heard))
        told = f"{by} was told of {failed} failures and {recovered} recoveries ({times})"
        verdict.add("the project", None, f"{told}; it broke {len(broken)} times")


def _episodes(evidence: Evidence, busy: Busy, node: str) -> tuple[int, int]:
    """How often a node began to fail: surely, and at most.

    Of a run that was killed, or whose scheduler was, nobody may have heard.
    """
    certain = possible = 0
    failing = maybe = False
    for run in evidence.runs:
        if run.hand or (node not in run.selected and node not in run.results):
            continue
        outcome, heard = run.outcome(node), not busy.is_cut(run)
        if outcome in GOOD:
            # Whoever did not hear of it may say later that it recovered.
            failing, maybe = failing and not heard, False
            continue
        if outcome == "failed" and heard and not failing:
            certain += 1
            failing = True
        if not maybe:
            possible += 1
            maybe = True
    return certain, possible


TELLING = (_messages,)
