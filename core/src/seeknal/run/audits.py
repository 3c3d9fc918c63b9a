"""What a node's new rows have to hold before they are published: its contract and its audits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.audits import Audit, AuditResult
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.contexts import AuditContext
    from seeknal.kernel.plugins import Plugins
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.location import Location
    from seeknal.values.node import Node
    from seeknal.values.relations import Relation


def check_columns(scope: StepScope, columns: Sequence[Column]) -> None:
    """Raise NodeError where the node's output lacks a column that its file promises or names."""
    node = scope.node
    if node.contract:
        _check_contract(node, columns, scope.cursor())
    if node.keys or node.time_column or node.columns:
        _check_described(node, columns, scope.services.project.root)


def _check_contract(
    node: Node, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection
) -> None:
    """Raise NodeError that lists every promised column that is missing or has another type."""
    from seeknal.lineage.beside import CONTRACT_HELP, broken_promises, contract_message

    broken = [text for _, text in broken_promises(node, columns, cursor)]
    if broken:
        raise NodeError(
            contract_message(node, broken),
            code="SK0713",
            location=node.location,
            help=CONTRACT_HELP,
        )


def _check_described(node: Node, columns: Sequence[Column], root: Path) -> None:
    """Raise NodeError for a column of keys, of times or with values to hide that is missing."""
    from seeknal.lineage.beside import described_problems

    names = [column.name for column in columns]
    wrong = [entry for entry in described_problems(node, names, root) if entry.severity == "error"]
    if wrong:
        raise NodeError(
            "; ".join(entry.message for entry in wrong),
            code=wrong[0].code,
            location=wrong[0].location,
            help=wrong[0].help,
        )


def run_audits(
    node: Node, relation: Relation, plugins: Plugins, context: AuditContext
) -> tuple[AuditResult, ...]:
    """A result for each of the node's audits, in their order.

    Raises NodeError before any SQL runs when an audit names a column that is not there, and
    when an audit cannot be asked or a plugin leaves it without a result; it tells of all of
    these, and of the other audits that fail.
    """
    if misfits := [error for audit in node.audits for error in _missing(audit, relation, plugins)]:
        raise _together(misfits, [])
    results: dict[int, AuditResult] = {}
    errors: dict[int, NodeError] = {}
    for (owner, where), indexes in _groups(node.audits, plugins).items():
        asking = partial(_ask, node, owner, where, relation, plugins, context)
        try:
            results.update(asking(indexes))
        except NodeError as error:
            if len(indexes) == 1:
                errors[indexes[0]] = error
                continue
            # Asked one by one, each tells its own.
            for index in indexes:
                try:
                    results.update(asking([index]))
                except NodeError as own:
                    errors[index] = own
    if errors:
        asked = [(node.audits[index], results[index]) for index in sorted(results)]
        raise _together([errors[index] for index in sorted(errors)], _failed(asked))
    return tuple(results[index] for index in range(len(node.audits)))


def _ask(
    node: Node,
    owner: str,
    where: str | None,
    relation: Relation,
    plugins: Plugins,
    context: AuditContext,
    indexes: Sequence[int],
) -> dict[int, AuditResult]:
    """What a plugin says of those of the node's audits that are about the same rows."""
    asked = [node.audits[index] for index in indexes]
    part = _part(relation, asked[0], context) if where else relation
    try:
        answers = plugins.hooks.audit(owner, audits=asked, relation=part, context=context)
    except NodeError as error:
        if len(asked) == 1 and error.location is not None:
            error.location = _fault(asked[0], error, context)
        raise
    if answers is None or len(answers) != len(asked):
        raise NodeError(
            f"plugin {owner!r} gave no result for some audits of {node.id}", code="SK0902"
        )
    told = [_told(answer, audit) for answer, audit in zip(answers, asked, strict=True)]
    return dict(zip(indexes, told, strict=True))


def _together(errors: Sequence[NodeError], failed: Sequence[Pair]) -> NodeError:
    """One error that tells of all, at the location of the first."""
    first, *others = errors
    further = [f"{error.message}{_at(error.location)}" for error in others]
    told = [first.message, *further, *map(_located, failed)]
    return NodeError(
        "; ".join(dict.fromkeys(told)), code=first.code, location=first.location, help=first.help
    )


def failures(results: Sequence[AuditResult]) -> list[AuditResult]:
    """The results that stop a node: failed, of severity error."""
    return [result for result in results if not result.passed and result.severity == "error"]


def failure(node: Node, results: Sequence[AuditResult], root: Path) -> NodeError:
    """The error of a node whose audits failed, naming each with its count.

    ``results`` answer all of the node's audits; the location is that of the first that failed, and
    the others say theirs.
    """
    failed = _failed([*zip(node.audits, results, strict=True)])
    samples = [_relative(result.sample, root) for _, result in failed if result.sample]
    (audit, first), *others = failed
    return NodeError(
        "; ".join([named(first), *map(_located, others)]),
        code="SK0901",
        location=audit.location or node.location,
        help=f"failing rows are in {', '.join(samples)}" if samples else None,
    )


Pair = tuple[Audit, AuditResult]


def _failed(pairs: Sequence[Pair]) -> list[Pair]:
    failed = failures([result for _, result in pairs])
    return [pair for pair in pairs if pair[1] in failed]


def _located(pair: Pair) -> str:
    """An audit that failed, what it says, and where it stands."""
    audit, result = pair
    return f"{named(result)}{_at(audit.location)}"


def _at(location: Location | None) -> str:
    return f" ({location})" if location else ""


def named(result: AuditResult) -> str:
    """An audit that failed, and what it says."""
    line = result.message or f"{result.failing_rows:,} failing rows"
    return f"{result.title}: {line}"


def _relative(path: str, root: Path) -> str:
    full = Path(path)
    return str(full.relative_to(root)) if full.is_relative_to(root) else path


def _fault(audit: Audit, error: NodeError, context: AuditContext) -> Location | None:
    from seeknal.lineage.beside import place_of_fault

    return place_of_fault(audit, error, context.project_root)


def _part(relation: Relation, audit: Audit, context: AuditContext) -> Relation:
    from seeknal.lineage.beside import rows_where

    return rows_where(relation, audit, context.duckdb)


def _missing(audit: Audit, relation: Relation, plugins: Plugins) -> list[NodeError]:
    from seeknal.lineage.beside import missing_columns

    return [error for _, error in missing_columns(audit, relation.names, plugins)]


def _groups(audits: Sequence[Audit], plugins: Plugins) -> dict[tuple[str, str | None], list[int]]:
    """The audits that are asked together: of one plugin, about the same rows."""
    groups: dict[tuple[str, str | None], list[int]] = {}
    for index, audit in enumerate(audits):
        owner = plugins.owner("audit type", audit.declared_type)
        groups.setdefault((owner, audit.where), []).append(index)
    return groups


def _told(result: AuditResult, audit: Audit) -> AuditResult:
    """A result that says what its audit is called, and in its message which rows it is about."""
    said = result.message and audit.where is not None
    message = f"{result.message}, where {audit.where}" if said else result.message
    return evolve(result, message=message, name=audit.name)
