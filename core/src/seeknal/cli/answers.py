"""What ``--format json`` gives for plans and runs; its keys are documented and only grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.cli.render import plain
from seeknal.cli.totals import counted
from seeknal.model import NodeResult, Plan, RunSummary, Step

if TYPE_CHECKING:
    from seeknal.plan.changes import Consequences

VERSION = 1


def plan_answer(plan: Plan, found: Consequences | None = None) -> dict[str, Any]:
    """A plan: every node with its action and reason, and what changes by it."""
    actions = [step.action for step in plan.steps]
    return {
        "version": VERSION,
        "environment": plan.environment,
        "counts": {action: actions.count(action) for action in dict.fromkeys(actions)},
        "nodes": [_step(step) for step in plan.steps],
        "changes": plain(found.changes) if found else [],
        "summary": dict(found.counts) if found else {},
        "seconds": found.seconds if found else None,
        "warnings": list(plan.warnings),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "node": step.node,
        "action": step.action,
        "reason": step.reason,
        "conditional": step.conditional,
        "otherwise": step.otherwise if step.conditional else None,
        "notes": list(step.notes),
    }


def run_answer(summary: RunSummary) -> dict[str, Any]:
    """A finished run: every node with its result."""
    status = "success" if summary.ok else "failed"
    return {
        "version": VERSION,
        "run_id": summary.run_id,
        "environment": summary.environment,
        "status": "interrupted" if summary.interrupted else status,
        "started_at": summary.started_at,
        "seconds": round(summary.seconds, 6),
        "counts": counted(summary.results),
        "nodes": [_result(result) for result in summary.results],
        "warnings": list(summary.warnings),
    }


def not_agreed(environment: str) -> dict[str, Any]:
    """The answer of a command that asked and was told not to."""
    return {"version": VERSION, "environment": environment, "status": "not agreed"}


def failure_answer(error: Exception, help: str | None = None) -> dict[str, Any]:
    """What a command that failed answers: the error, and each problem where there are several."""
    from seeknal.cli.validate import problem_answer
    from seeknal.errors import Interrupted, ProjectError, SeeknalError

    place = error.location if isinstance(error, SeeknalError) else None
    answer: dict[str, Any] = {
        "version": VERSION,
        "status": "interrupted" if isinstance(error, Interrupted) else "failed",
        "error": {
            "code": error.code if isinstance(error, SeeknalError) else "SK0001",
            "message": error.message if isinstance(error, SeeknalError) else str(error),
            "help": error.help if isinstance(error, SeeknalError) else help,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
        },
    }
    if isinstance(error, ProjectError):
        answer["problems"] = [problem_answer(problem) for problem in error.problems]
    return answer


def _result(result: NodeResult) -> dict[str, Any]:
    from seeknal.run.records import target_record

    return {
        "node": result.node,
        "status": result.status,
        "reason": result.reason,
        "rows": result.rows,
        "seconds": round(result.seconds, 6),
        "phases": {name: round(value, 6) for name, value in result.phases.items()},
        "audits": plain(result.audits),
        "targets": [target_record(delivery) for delivery in result.deliveries],
        "error": result.error,
        "code": result.code,
        "location": str(result.location) if result.location else None,
        "help": result.help,
        "notes": list(result.notes),
    }
