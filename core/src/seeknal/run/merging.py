"""Rows of a node that are made from those that it has: merged into them by key, or by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plan.merging import inputs_digest
from seeknal.rows.batches import check_keys
from seeknal.run.engine import stored_scan, write_rows
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import NodeError, RowsRefused
from seeknal.values.relations import Relation, Scan
from seeknal.values.snapshot import Merged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.plan import Step
    from seeknal.values.snapshot import Artifact, Snapshot

MOST_EARLIER = 32
"""Outputs on the way to the current one that are told apart by what was merged."""


@frozen(kw_only=True)
class Earlier:
    """The rows that a node has; ``edited``: another definition than its present one made them."""

    artifact: Artifact
    edited: bool


def earlier_rows(scope: StepScope, step: Step, before: Snapshot | None) -> Earlier | None:
    """The rows that new ones are made from; None for a node that has none, or starts over.

    Raises NodeError where they are lost: no inputs say what they were.
    """
    if scope.node.from_earlier:
        _check_on_record(scope)
    if not scope.node.goes_on or step.anew or before is None or before.artifact is None:
        return None
    health, _ = scope.services.artifacts.verify(before.artifact, deep=False)
    if health == "ok" and step.reason != "artifact damaged":
        if before.merged is None and scope.node.merges_by:
            # Kept of a definition that merged nothing: nobody has looked at its keys.
            check_batch(scope, scope.relation_of(before.artifact))
        now = scope.services.plan.fingerprints[scope.node.id].content
        edited = before.forward_only or before.fingerprint.content != now
        return Earlier(artifact=before.artifact, edited=edited)
    state = "gone" if health == "missing" else "damaged"
    if scope.node.from_earlier:
        raise NodeError(
            f"the rows that it goes on from are {state}, and its inputs do not say what they were",
            code="SK0764",
            help=f"put target/{before.artifact.path} back from a backup; seeknal rollback --to N"
            " goes back to a generation that has its rows; under another name it begins anew",
        )
    raise NodeError(
        f"the rows that new ones are merged into are {state}, and its inputs no longer say what"
        " they were",
        code="SK0760",
        help=f"seeknal run --full --select {scope.node.id} starts over from its inputs as they are",
    )


def _check_on_record(scope: StepScope) -> None:
    """Raise NodeError for rows that stand under the node's name, of which the state has no word."""
    artifacts, node = scope.services.artifacts, scope.node.id
    if node in scope.outputs.snapshots or artifacts.unnamed(scope.environment, [node]):
        return
    link = artifacts.shown(node, scope.environment)
    raise NodeError(
        f"{link} has rows that it would have to go on from, and target/run_state.json has no word"
        " on them",
        code="SK0764",
        help="put target/run_state.json, or all of target/, back from a backup; without"
        f" {link} it begins anew",
    )


def check_batch(scope: StepScope, batch: Relation) -> None:
    """Raise NodeError for rows that are not told apart by the node's keys."""
    from seeknal.lineage.beside import key_problems

    if not batch.rows:
        # Files without rows say nothing of types.
        return
    for problem in key_problems(scope.node, batch.columns, scope.services.project.root):
        raise problem.as_error(NodeError)
    try:
        check_keys(batch, scope.node.merges_by, scope.context())
    except RowsRefused as error:
        raise NodeError(error.message, code=error.code, help=error.help) from error


def merge(scope: StepScope, earlier: Artifact, batch: Relation, path: Path) -> Relation:
    """Write the ``earlier`` rows, but those that ``batch`` replaces, and after them its own."""
    before = scope.services.artifacts.scan(earlier)
    select = f"SELECT * FROM {before}"
    if batch.rows:
        _require_same_columns(scope, earlier.columns, batch.columns)
        select = _merged(scope.node.merges_by, before, batch)
    rows, columns = write_rows(scope.cursor(), Scan(select), path, repeatable=True)
    return Relation(
        node=scope.node.id, scan=stored_scan(path, columns), columns=columns, rows=rows, path=path
    )


def _merged(keys: Sequence[str], earlier: str, batch: Relation) -> str:
    """The query of rows that stand after FROM, but for those of ``batch``, and of these."""
    assert batch.path is not None
    now = stored_scan(batch.path, batch.columns)
    # Neither side has NULL in a key, and types are the same: equal is exactly equal.
    same = " AND ".join(
        f"earlier.{quote_identifier(key)} = batch.{quote_identifier(key)}" for key in keys
    )
    return (
        f"SELECT earlier.* FROM {earlier} AS earlier ANTI JOIN {now} AS batch ON {same}"
        f" UNION ALL BY NAME SELECT * FROM {now}"
    )


def merged_now(before: Snapshot | None, *, begins: str = "") -> Merged:
    """How rows came about that were made from those of ``before``, None where there are none.

    ``begins`` names this run's beginning of rows that last; empty for others.
    """
    if before is None:
        return Merged(begun=begins)
    known = before.merged or Merged()
    step = (inputs_digest(before.inputs), before.output_id)
    return Merged(
        begun=begins and (known.begun or begins),
        into=before.output_id,
        times=known.times + 1,
        earlier=(*known.earlier, step)[-MOST_EARLIER:],
    )


def _require_same_columns(
    scope: StepScope, before: Sequence[Column], now: Sequence[Column]
) -> None:
    """Raise NodeError where new rows have other columns than those that are there."""
    old = {column.name: column.type for column in before}
    new = {column.name: column.type for column in now}
    if old == new:
        return
    said = [f"{name} is new" for name in new if name not in old]
    said += [f"{name} is gone" for name in old if name not in new]
    said += [
        f"{name} was {old[name]} and is {kind}"
        for name, kind in new.items()
        if name in old and old[name] != kind
    ]
    raise NodeError(
        f"new rows have other columns than those that are there: {', '.join(said[:5])}",
        code="SK0762",
        help="name the columns, and cast them, in the node's SQL; or"
        f" seeknal run --full --select {scope.node.id} starts over",
    )
