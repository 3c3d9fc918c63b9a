"""How a scheduler and its nodes are, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.cli.render import count, print_table

if TYPE_CHECKING:
    from seeknal.scheduling.status import NodeStatus, Status
    from seeknal.values.errors import ProjectError


def print_status(found: Status, environment: str, fault: ProjectError | None, now: float) -> None:
    """Write how a scheduler is; ``fault`` is why its project cannot be read now."""
    print(_headline(found, environment, now))
    if fault is not None:
        from seeknal.cli.answers import failure_answer
        from seeknal.scheduling.answers import what_failed

        print(f"the project cannot be read: {what_failed(failure_answer(fault))}")
    rows = [_row(each, now) for each in found.nodes]
    if rows:
        print()
        print_table(("node", "schedule", "status", "next", "why"), rows)
    if found.pending:
        failed = f", {found.failed} of them tried in vain" if found.failed else ""
        print(f"{count(found.pending, 'notification')} not sent yet{failed}")


def _headline(found: Status, environment: str, now: float) -> str:
    beat = found.heartbeat
    if beat is None:
        return f"no scheduler of {environment} is at work"
    who = f"scheduler of {environment}, pid {beat.pid} on {beat.host}"
    seen = f"last seen {_ago(now - beat.at)}"
    if not found.alive:
        return f"{who}: dead, {seen}"
    running = beat.running
    does = f"runs {count(len(running.nodes), 'node')}" if running else "waits"
    return f"{who}: {does}, {seen}"


def _row(each: NodeStatus, now: float) -> tuple[object, ...]:
    from seeknal.intervals.wording import told_moment

    schedule = each.entry.schedule if each.entry else None
    zone = schedule.timezone if schedule else "UTC"
    when = f"{schedule.text} {'' if zone == 'UTC' else zone}".strip() if schedule else ""
    standing = each.standing
    next = _next(each, now)
    why = standing.fault.message if standing.fault else ""
    return each.node, when, each.status, told_moment(next, zone) if next else "", why


def _next(each: NodeStatus, now: float) -> int | None:
    """When it is run next, as far as that is known."""
    from seeknal.intervals.ticks import ticks_next

    if each.standing.fails:
        return each.standing.retry_at
    return ticks_next(each.entry.schedule, int(now)) if each.entry else None


def _ago(seconds: float) -> str:
    from seeknal.cli.render import duration_text

    return f"{duration_text(max(seconds, 0.0))} ago"


def status_answer(
    found: Status, environment: str, fault: ProjectError | None, now: float
) -> dict[str, Any]:
    """The same as JSON."""
    from seeknal.cli.answers import answered, failure_answer

    beat = found.heartbeat
    failure = failure_answer(fault) if fault else {}
    running = beat.running if beat and found.alive else None
    return answered(
        "success",
        environment=environment,
        alive=found.alive,
        process=beat.pid if beat else None,
        machine=beat.host if beat else None,
        started_at=_iso(beat.started_at) if beat else None,
        heartbeat_at=_iso(beat.at) if beat else None,
        heartbeat_bound=beat.bound if beat else None,
        current_run={
            "since": _iso(running.since),
            "nodes": list(running.nodes),
            "process": running.pid,
        }
        if running
        else None,
        project_error=failure.get("error"),
        problems=failure.get("problems", []),
        nodes=[_node(each, now) for each in found.nodes],
        notifications=found.pending,
    )


def _node(each: NodeStatus, now: float) -> dict[str, Any]:
    from seeknal.cli.answers import fault_answer
    from seeknal.intervals.ticks import ticked, ticks_next

    schedule, standing = each.entry.schedule if each.entry else None, each.standing
    return {
        "node": each.node,
        "schedule": schedule.text if schedule else None,
        "timezone": schedule.timezone if schedule else None,
        "last_tick": _iso(ticked(schedule, int(now))) if schedule else None,
        "next_tick": _iso(ticks_next(schedule, int(now))) if schedule else None,
        "status": each.status,
        "failures": standing.failures,
        "retry_at": _iso(standing.retry_at) if standing.fails else None,
        "error": fault_answer(standing.fault, each.node),
    }


def _iso(moment: float) -> str:
    from seeknal.intervals.wording import iso

    return iso(int(moment))
