"""Asking the plugins for a node's audits, and what their answers mean for the node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from seeknal.errors import NodeError
from seeknal.kernel import Context
from seeknal.model import Audit, AuditResult, Node, Relation
from seeknal.plugins import Plugins


def run_audits(
    node: Node, relation: Relation, plugins: Plugins, context: Context
) -> tuple[AuditResult, ...]:
    """A result for each of the node's audits, in their order.

    Raises NodeError before any SQL runs when an audit names a column that is not there, and
    when a plugin leaves an audit without a result.
    """
    for audit in node.audits:
        _check_columns(audit, relation, plugins)
    results: dict[int, AuditResult] = {}
    for (owner, where), indexes in _groups(node.audits, plugins).items():
        asked = [node.audits[index] for index in indexes]
        part = _part(relation, asked[0], context) if where else relation
        answers = plugins.call("audit", owner, audits=asked, relation=part, context=context)
        if answers is None or len(answers) != len(asked):
            raise NodeError(
                f"plugin {owner!r} gave no result for some audits of {node.id}", code="SK0902"
            )
        results.update(zip(indexes, (_told(answer, where) for answer in answers), strict=True))
    return tuple(results[index] for index in range(len(node.audits)))


def failures(results: Sequence[AuditResult]) -> list[AuditResult]:
    """The results that stop a node: failed, of severity error."""
    return [result for result in results if not result.passed and result.severity == "error"]


def failure(node: Node, results: Sequence[AuditResult], root: Path) -> NodeError:
    """The error of a node whose audits failed, naming each with its count.

    ``results`` answer all of the node's audits; the place is that of the first that failed.
    """
    failed = failures(results)
    lines = [result.message or f"{result.failing_rows:,} failing rows" for result in failed]
    named = [
        f"{result.audit_type}{_columns(result)}: {line}"
        for result, line in zip(failed, lines, strict=True)
    ]
    samples = [_relative(result.sample, root) for result in failed if result.sample]
    pairs = zip(node.audits, results, strict=True)
    where = next((audit.location for audit, result in pairs if result in failed), None)
    return NodeError(
        "; ".join(named),
        code="SK0901",
        location=where or node.location,
        help=f"failing rows are in {', '.join(samples)}" if samples else None,
    )


def _relative(path: str, root: Path) -> str:
    full = Path(path)
    return str(full.relative_to(root)) if full.is_relative_to(root) else path


def _columns(result: AuditResult) -> str:
    return f"({', '.join(result.columns)})" if result.columns else ""


def _part(relation: Relation, audit: Audit, context: Context) -> Relation:
    from seeknal.lineage.beside import rows_where

    return rows_where(relation, audit, context.duckdb)


def _check_columns(audit: Audit, relation: Relation, plugins: Plugins) -> None:
    from seeknal.lineage.beside import missing_columns

    for _, error in missing_columns(audit, relation.names, plugins):
        raise error


def _groups(audits: Sequence[Audit], plugins: Plugins) -> dict[tuple[str, str | None], list[int]]:
    """The audits that are asked together: of one plugin, about the same rows."""
    groups: dict[tuple[str, str | None], list[int]] = {}
    for index, audit in enumerate(audits):
        owner = plugins.owner("audit type", audit.declared_type)
        groups.setdefault((owner, audit.where), []).append(index)
    return groups


def _told(result: AuditResult, where: str | None) -> AuditResult:
    """A result whose message says which rows it is about."""
    if where is None or not result.message:
        return result
    return evolve(result, message=f"{result.message}, where {where}")
