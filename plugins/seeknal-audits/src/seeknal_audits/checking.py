"""What is wrong with a project's audits, as far as it shows without rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeId, Problem, SqlRefused, did_you_mean, find_word
from seeknal_audits.options import Anomaly, CustomSql, Regex, Relationships
from seeknal_audits.registry import entry_of, is_ours
from seeknal_audits.thresholds import Threshold

if TYPE_CHECKING:
    from seeknal.plugin import Audit, Project


def problems_of(project: Project) -> list[Problem]:
    """Refused SQL, unreadable limits and references to nodes that are not there."""
    return [
        problem
        for node in project.nodes.values()
        for audit in node.audits
        if is_ours(audit)
        for problem in (
            *_limits(audit),
            *_where(audit),
            *_options(audit, project),
            *_nodes(audit, project),
        )
    ]


def _limits(audit: Audit) -> Iterator[Problem]:
    for key, text in (("error_if", audit.error_if), ("warn_if", audit.warn_if)):
        if text is None:
            continue
        try:
            limit = Threshold.parse(text)
        except ValueError as error:
            yield _problem("SK0914", f"{key}: {error}", audit, f"{key}: '> 1%'")
            continue
        if limit.percent and not entry_of(audit).counts_rows:
            message = f"{key}: {audit.type} fails once and has no percentage of rows"
            yield _problem("SK0914", message, audit, f"leave {key} out")


def _where(audit: Audit) -> Iterator[Problem]:
    """Row counts of earlier runs are of all rows."""
    if audit.where is not None and isinstance(audit.options, Anomaly):
        message = "anomaly compares with the row counts of earlier runs, which are of all rows"
        help = "leave where: out, or put the audit on a node that holds only such rows"
        yield _problem("SK0917", message, audit, help)


def _options(audit: Audit, project: Project) -> Iterator[Problem]:
    check = entry_of(audit).check
    try:
        if check is not None:
            check(audit.options)
    except SqlRefused as error:
        line = f" (line {error.line} of the SQL)" if error.line > 1 else ""
        yield _problem("SK0910", f"audit {audit.type}: {error}{line}", audit, _SQL_HELP)
    except ValueError as error:
        problem = _problem("SK0910", f"audit {audit.type}: {error}", audit, None)
        if isinstance(audit.options, Regex) and audit.location is not None:
            place = find_word(project.root, audit.location, audit.options.pattern, "pattern")
            problem = evolve(problem, location=place)
        yield problem


_SQL_HELP = "custom_sql takes one SELECT over __THIS__, expression one condition over columns"


def _nodes(audit: Audit, project: Project) -> Iterator[Problem]:
    for name in _other_nodes(audit):
        if name not in project.nodes:
            help = did_you_mean(name, project.nodes) or "write it as kind.name"
            message = f"audit {audit.type} names {name}, which is no node"
            yield _problem("SK0915", message, audit, help)


def _other_nodes(audit: Audit) -> tuple[NodeId, ...]:
    options = audit.options
    if isinstance(options, Relationships):
        return (NodeId(options.to),)
    if isinstance(options, CustomSql):
        return tuple(map(NodeId, options.nodes.values()))
    return ()


def _problem(code: str, message: str, audit: Audit, help: str | None) -> Problem:
    return Problem(code=code, message=message, location=audit.location, help=help, node=audit.node)
