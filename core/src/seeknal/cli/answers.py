"""What ``--format json`` gives; every key is documented and means the same in every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.cli.render import plain
from seeknal.cli.totals import counted

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Section
    from seeknal.plan.changes import Consequences
    from seeknal.run.delivery.leftovers import Left
    from seeknal.values.audits import AuditResult
    from seeknal.values.estimates import Estimate
    from seeknal.values.faults import Fault
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan, Step
    from seeknal.values.problems import Problem
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.tracking import Ranges

SCHEMA_VERSION = 1
"""Grows when a key changes its meaning or goes; new keys are no reason."""


def answered(status: str, **keys: Any) -> dict[str, Any]:
    """An answer that is one object: how it went, and what there is to say."""
    return {"schema_version": SCHEMA_VERSION, "status": status, **keys}


def outcome(good: bool) -> str:
    """The status of what went well, or did not."""
    return "success" if good else "failed"


def error_answer(
    message: str,
    code: str | None = None,
    help: str | None = None,
    place: Location | None = None,
    node: NodeId | None = None,
) -> dict[str, Any]:
    """An error wherever one is told of."""
    return {
        "code": code,
        "message": message,
        "help": help,
        "node": node,
        "file": place.file if place else None,
        # A place in a file that is wrong as a whole counts neither.
        "line": (place.line or None) if place else None,
        "column": (place.column or None) if place else None,
    }


def told(message: str | None) -> dict[str, Any] | None:
    """An error of which only the words are known."""
    return error_answer(message) if message else None


def fault_answer(fault: Fault | None, node: NodeId | None = None) -> dict[str, Any] | None:
    """What went wrong earlier, where anything did."""
    return error_answer(fault.message, fault.code, fault.help, node=node) if fault else None


def problem_answer(problem: Problem) -> dict[str, Any]:
    """One problem of the project's files."""
    found = error_answer(
        problem.message, problem.code, problem.help, problem.location, problem.node
    )
    return {**found, "severity": problem.severity}


def plan_answer(
    plan: Plan, found: Consequences | None = None, left: Sequence[Left] = ()
) -> dict[str, Any]:
    """A plan: every node with its action and reason, and what changes by it."""
    from seeknal.cli.janitor import left_record

    actions = [step.action for step in plan.steps]
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "success",
        "environment": plan.environment,
        "counts": {action: actions.count(action) for action in dict.fromkeys(actions)},
        "nodes": [_step(step, found) for step in plan.steps],
        "changes": plain(found.changes) if found else [],
        "summary": dict(found.counts) if found else {},
        "seconds": found.seconds if found else None,
        "sections": sections_answer(found.sections) if found else [],
        "warnings": [*plan.warnings, *(found.warnings if found else ())],
        "left_behind": [left_record(entry) for entry in left],
    }


def sections_answer(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """What plugins add to an answer."""
    return [{"name": section.name, "data": plain(section.data)} for section in sections]


def _step(step: Step, found: Consequences | None) -> dict[str, Any]:
    estimates = found.estimates if found else {}
    return {
        "node": step.node,
        "action": step.action,
        "reason": step.reason,
        "conditional": step.conditional,
        "otherwise": step.otherwise if step.conditional else None,
        "ranges": _ranges(step.ranges, estimates.get(step.node)),
        "notes": list(step.notes),
    }


def _ranges(found: Ranges | None, estimate: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    from seeknal.cli.spans import ranges_answer

    return ranges_answer(found, estimate)


def run_answer(summary: RunSummary, root: Path) -> dict[str, Any]:
    """A finished run of the project at ``root``: every node with its result."""
    return answered(
        "interrupted" if summary.interrupted else outcome(summary.ok),
        run_id=summary.run_id,
        command=summary.command,
        commit=summary.commit,
        environment=summary.environment,
        started_at=summary.started_at,
        seconds=round(summary.seconds, 6),
        counts=counted(summary.results),
        nodes=[_result(result, root) for result in summary.results],
        abandoned=[_abandoned(result) for result in summary.abandoned],
        warnings=list(summary.warnings),
    )


def not_agreed(environment: str) -> dict[str, Any]:
    """The answer of a command that asked and was told not to."""
    return answered("not agreed", environment=environment)


def failure_answer(error: Exception, help: str | None = None) -> dict[str, Any]:
    """What a command that failed answers: the error, and each problem where there are several."""
    from seeknal.values.errors import Interrupted, ProjectError, SeeknalError

    status = "interrupted" if isinstance(error, Interrupted) else "failed"
    if not isinstance(error, SeeknalError):
        return answered(status, error=error_answer(str(error), "SK0001", help))
    node = None
    if isinstance(error, ProjectError) and len(error.problems) == 1:
        node = error.problems[0].node
    found = error_answer(error.message, error.code, error.help, error.location, node)
    if not isinstance(error, ProjectError):
        return answered(status, error=found)
    problems = [problem_answer(problem) for problem in error.problems]
    return answered(status, error=found, problems=problems)


def audit_answer(audit: AuditResult) -> dict[str, Any]:
    """What one audit found."""
    return _audited(plain(audit))


def _audited(found: Mapping[str, Any]) -> dict[str, Any]:
    """An audit's result, which may be one that was kept."""
    severity = found.get("severity", "error")
    bad = "warned" if severity == "warn" else "failed"
    return {
        "type": found.get("audit_type"),
        "name": found.get("name"),
        "columns": found.get("columns") or [],
        "status": "passed" if found.get("passed") else bad,
        "failing_rows": found.get("failing_rows"),
        "seconds": round((found.get("duration_ms") or 0.0) / 1000, 6),
        "message": found.get("message"),
        "severity": severity,
        "sample": found.get("sample"),
    }


def target_answer(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a delivery."""
    error = found.get("error")
    # Records of earlier times have its words alone.
    answer = error_answer(**error) if isinstance(error, dict) else told(error)
    return {**found, "error": answer}


def history_answer(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the history in the words of all other answers."""
    from seeknal.state.archive import SHOWN_AS

    answer = {SHOWN_AS.get(key, key): value for key, value in record.items()}
    if answer.get("node") is None:
        # Records of earlier times, and of folders without git, do not have them.
        answer = {"command": None, "commit": None, **answer}
    else:
        answer["audits"] = [_audited(found) for found in answer.get("audits") or ()]
        answer["targets"] = [target_answer(found) for found in answer.get("targets") or ()]
        answer["error"] = told(answer.get("error"))
    return answer


_OF_CATALOG = {
    "table_name": "node",
    "row_count": "rows",
    "file_size_bytes": "bytes",
    "upstream_tables": "inputs",
    "batch_id": "run_id",
}
"""What the catalog's files call otherwise than all other answers."""


def catalog_answer(found: Mapping[str, Any]) -> dict[str, Any]:
    """A table of the catalog in the words of all other answers."""
    told = {_OF_CATALOG.get(key, key): value for key, value in found.items()}
    del told["schema_version"]
    return told


def _abandoned(result: NodeResult) -> dict[str, Any]:
    from seeknal.state.history import target_record

    return {
        "node": result.node,
        "targets": [target_answer(target_record(delivery)) for delivery in result.deliveries],
    }


def _result(result: NodeResult, root: Path) -> dict[str, Any]:
    from seeknal.cli.failing import rows_record
    from seeknal.state.history import target_record

    error = None
    if result.error:
        place = result.location
        error = error_answer(result.error, result.code, result.help, place, result.node)
    return {
        "node": result.node,
        "status": result.status,
        "reason": result.reason,
        "rows": result.rows,
        "seconds": round(result.seconds, 6),
        "phases": {name: round(value, 6) for name, value in result.phases.items()},
        "audits": [audit_answer(audit) | rows_record(audit, None, root) for audit in result.audits],
        "targets": [target_answer(target_record(delivery)) for delivery in result.deliveries],
        "error": error,
        "ranges": _work(result),
        "notes": list(result.notes),
    }


def _work(result: NodeResult) -> dict[str, Any] | None:
    if result.work is None:
        return None
    from seeknal.cli.spans import work_answer

    return work_answer(result.work, result.processed, result.adopted, result.waiting)
