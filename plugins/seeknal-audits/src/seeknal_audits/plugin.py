"""The audits plugin: what it declares and the hooks it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import (
    hookimpl,
)

if TYPE_CHECKING:
    from seeknal.plugin import (
        Audit,
        AuditContext,
        AuditFile,
        AuditResult,
        AuditType,
        Problem,
        Project,
        Relation,
    )


@hookimpl
def audit_types() -> Iterable[AuditType]:
    from seeknal_audits.registry import ENTRIES

    return [entry.type for entry in ENTRIES]


@hookimpl
def audit_file(file: AuditFile) -> AuditType | None:
    """A query of the project's own, with its parameters, as an audit type."""
    from seeknal_audits.own import type_of

    return type_of(file)


@hookimpl
def audit(
    audits: Sequence[Audit], relation: Relation, context: AuditContext
) -> Sequence[AuditResult] | None:
    """Results in the order of ``audits``."""
    from seeknal_audits.registry import is_ours

    if not all(map(is_ours, audits)):
        return None
    from seeknal_audits.auditing import run

    return run(audits, relation, context)


@hookimpl
def audit_columns(audit: Audit) -> Sequence[str] | None:
    from seeknal_audits.registry import entry_of, is_ours

    return entry_of(audit).columns(audit.options) if is_ours(audit) else None


@hookimpl
def audit_nodes(audit: Audit) -> Sequence[str] | None:
    """The node that a relationship refers to, and those that a query of its own names."""
    from seeknal_audits.options import CustomSql, Relationships

    if isinstance(audit.options, Relationships):
        return [audit.options.to]
    return list(audit.options.nodes.values()) if isinstance(audit.options, CustomSql) else None


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    """What is wrong with audits and can be seen without rows."""
    from seeknal_audits.checking import problems_of

    return problems_of(project)
