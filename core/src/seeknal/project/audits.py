"""From a mapping below ``audits:`` to an Audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.kernel.options import MISSING_KEY, convert, describe, keys_of
from seeknal.project.own_audits import AUDIT_KEYS
from seeknal.values.audits import Audit
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    from seeknal.project.build_context import BuildContext
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problem, Problems


def build_audit(
    data: Mapping[str, object],
    marks: Marks,
    node: NodeId,
    around: BuildContext,
    problems: Problems,
    declared_by: NodeId | None = None,
) -> Audit | None:
    """One audit of a node, or None when something is wrong with it."""
    type = str(data.get("type", ""))
    data = {key: _completed(value, around) for key, value in data.items()}
    plugins, own = around.plugins, around.own_audits
    declared = plugins.audit_types.get(type) or own.types.get(type)
    if declared is None:
        if type in own.broken:
            return None
        near = did_you_mean(type, [*plugins.audit_types, *own.types, *own.broken])
        message = f"unknown audit type {type!r}" if type else "an audit needs its type"
        problems.of(node).add(
            "SK0905",
            message,
            marks.value("type"),
            near or plugins.missing("audit type", type),
            lacks=None if near else plugins.lacking("audit type", type),
        )
        return None
    before = len(problems)
    severity = data.get("severity", "error")
    if severity not in ("error", "warn"):
        problems.of(node).add(
            "SK0906",
            f"severity cannot be {severity!r}",
            marks.value("severity"),
            "severity: error or severity: warn",
        )
    known = keys_of(declared.options)
    where = None if "where" in known else _where(data.get("where"), marks, node, problems)
    rest = {
        key: value
        for key, value in data.items()
        if key in known or key not in ("type", *AUDIT_KEYS)
    }
    options = convert(declared.options, rest, marks, problems, node=node, what="parameter")
    if options is not None and declared.keep is not None:
        options = own.kept(declared, options, around.scope, around.known, problems, node)
    if options is None or len(problems) > before:
        return None
    return Audit(
        type=declared.name,
        options=options,
        node=node,
        severity=severity,
        warn_if=_text(data.get("warn_if")),
        error_if=_text(data.get("error_if")),
        message=_text(data.get("message")),
        name=_text(data.get("name")),
        where=where,
        declared_by=declared_by,
        kept_as=declared.kept_as,
        location=marks.value(),
    )


def _where(value: object, marks: Marks, node: NodeId, problems: Problems) -> str | None:
    """The condition of ``where:`` as SQL, which is safe to put into a query."""
    from seeknal.sql.check import SqlRefused
    from seeknal.sql.condition import check_condition

    if value is None:
        return None
    try:
        if isinstance(value, str):
            return check_condition(value, one_row=True)
        reason = f"where: expects a condition, not {describe(value)}"
    except SqlRefused as error:
        reason = f"where: {error}"
    place, help = marks.value("where"), "where: status = 'paid'"
    problems.of(node).add("SK0917", reason, place, help)
    return None


def _completed(value: object, around: BuildContext) -> object:
    """A text whose ``ref()`` names nodes in full, for whoever knows no other nodes."""
    from seeknal.sql.refs import complete_refs

    return complete_refs(value, around.known) if isinstance(value, str) else value


def in_full(type: str, problem: Problem) -> Problem:
    """What is wrong with an audit that is a bare name: mostly that it needs parameters."""
    if problem.code != MISSING_KEY:
        return problem
    key = problem.message.split("'")[1]
    example = f"{{type: {type}, {key}: {'[...]' if key.endswith('s') else '...'}}}"
    return evolve(
        problem, help=f"an audit with parameters is a mapping: - {example}; {problem.help or key}"
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
