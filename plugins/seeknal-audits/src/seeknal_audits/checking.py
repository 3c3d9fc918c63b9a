"""What is wrong with a project's audits, as far as it shows without rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeId, Problem, SqlRefused, did_you_mean, find_in_text, find_word
from seeknal_audits.options import Anomaly, CustomSql, Expression, Regex, Relationships
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
            *_limits(audit, project),
            *_where(audit, project),
            *_options(audit, project),
            *_nodes(audit, project),
        )
    ]


def _limits(audit: Audit, project: Project) -> Iterator[Problem]:
    for key, text in (("error_if", audit.error_if), ("warn_if", audit.warn_if)):
        if text is None:
            continue
        try:
            limit = Threshold.parse(text)
        except ValueError as error:
            problem = _problem("SK0914", f"{key}: {error}", audit, f"{key}: '> 1%'")
            yield _at(problem, project, text, key)
            continue
        if limit.percent and not entry_of(audit).counts_rows:
            message = f"{key}: {audit.type} fails once and has no percentage of rows"
            problem = _problem("SK0914", message, audit, f"leave {key} out")
            yield _at(problem, project, text, key)


def _where(audit: Audit, project: Project) -> Iterator[Problem]:
    """Row counts of earlier runs are of all rows."""
    if audit.where is not None and isinstance(audit.options, Anomaly):
        message = "anomaly compares with the row counts of earlier runs, which are of all rows"
        help = "leave where: out, or put the audit on a node that holds only such rows"
        yield _at(_problem("SK0917", message, audit, help), project, "", "where")


def _options(audit: Audit, project: Project) -> Iterator[Problem]:
    check = entry_of(audit).check
    try:
        if check is not None:
            check(audit.options)
    except SqlRefused as error:
        line = f" (line {error.line} of the SQL)" if error.line > 1 else ""
        problem = _problem("SK0910", f"audit {audit.type}: {error}{line}", audit, _SQL_HELP)
        yield _in_sql(problem, project, audit, (error.line, error.column))
    except ValueError as error:
        problem = _problem("SK0910", f"audit {audit.type}: {error}", audit, None)
        if isinstance(audit.options, Regex):
            problem = _at(problem, project, audit.options.pattern, "pattern")
        yield problem


def _in_sql(problem: Problem, project: Project, audit: Audit, place: tuple[int, int]) -> Problem:
    """A problem at a line and column of the SQL of its audit."""
    options, start = audit.options, problem.location
    if start is None or not isinstance(options, CustomSql | Expression):
        return problem
    text = options.sql if isinstance(options, CustomSql) else options.expression
    if isinstance(options, CustomSql) and _line(text, place[0]) != _line(options.text, place[0]):
        # A name of another node stands there, and has moved what follows it.
        place = (place[0], 0)
    keys = ("sql", "query", "expression", "condition")
    return evolve(problem, location=find_in_text(project.root, start, text, place, *keys))


def _line(text: str, number: int) -> str:
    return "".join(text.split("\n")[number - 1 : number])


def _at(problem: Problem, project: Project, word: str, *keys: str) -> Problem:
    """A problem at the word that it is about, the value of one of these keys."""
    start = problem.location
    return evolve(problem, location=start and find_word(project.root, start, word, *keys))


_SQL_HELP = "custom_sql takes one SELECT over __THIS__, expression one condition over columns"


def _nodes(audit: Audit, project: Project) -> Iterator[Problem]:
    for name in _other_nodes(audit):
        if name not in project.nodes:
            help = did_you_mean(name, project.nodes) or "write it as kind.name"
            message = f"audit {audit.type} names {name}, which is no node"
            problem = _problem("SK0915", message, audit, help)
            yield _at(problem, project, name, "to", "sql", "query", "inputs")


def _other_nodes(audit: Audit) -> tuple[NodeId, ...]:
    options = audit.options
    if isinstance(options, Relationships):
        return (NodeId(options.to),)
    if isinstance(options, CustomSql):
        return tuple(map(NodeId, options.nodes.values()))
    return ()


def _problem(code: str, message: str, audit: Audit, help: str | None) -> Problem:
    return Problem(code=code, message=message, location=audit.location, help=help, node=audit.node)
