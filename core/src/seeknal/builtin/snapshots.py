"""Snapshots: all versions that the rows of an input have had, as of dbt's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from seeknal.plugin import NodeError, hookimpl

if TYPE_CHECKING:
    from seeknal.builtin.options.snapshot import SnapshotOptions
    from seeknal.plugin import (
        Column,
        Misfit,
        Node,
        NodeContext,
        NodeInputs,
        Problem,
        Project,
        Relation,
        Rows,
        Scan,
        Target,
    )

_KIND = "snapshot"


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    """The earlier rows with what has become of them."""
    if node.kind != _KIND:
        return None
    from seeknal.builtin.snapshotchecks import (
        check_given,
        check_named,
        check_past,
        check_same_versions,
    )
    from seeknal.builtin.snapshotcolumns import columns_of, typed_as
    from seeknal.builtin.snapshotsql import Names, Query
    from seeknal.plugin import Scan

    options, given = _options(node), _given(node, inputs, context)
    past = inputs.earlier if inputs.earlier is not None and inputs.earlier.rows else None
    if past is not None and not given.rows:
        given = typed_as(options, given, past)
    check_named(node, options, given.columns)
    if not context.is_check:
        check_given(node, options, given, context)
    columns = columns_of(node, options, given.columns, past.columns if past else ())
    query = Query(
        options=options,
        columns=columns,
        given=given.scan,
        past=past.scan if past else None,
        moment=inputs.moment,
        own=Names.among([column.name for column in columns.kept]),
    )
    if past is not None and inputs.edited:
        check_past(node, query, context)
    check_same_versions(node, query, context)
    return Scan(query.sql, instead=lambda error: _explained(node, error), repeatable=True)


def _options(node: Node) -> SnapshotOptions:
    return cast("SnapshotOptions", node.options)


def _given(node: Node, inputs: NodeInputs, context: NodeContext) -> Relation:
    """The rows whose versions are kept."""
    from attrs import evolve

    from seeknal.plugin import Relation, to_scan

    if inputs.body is None:
        return evolve(inputs.only, node=node.id)
    scan, columns = to_scan(context.duckdb, inputs.body, f"body_of_{node.name}")
    rows, count = f"({scan.sql}\n)", 0
    if not context.is_check:
        ((count,),) = context.duckdb.execute(f"SELECT count(*) FROM {rows}").fetchall()
    return Relation(node=node.id, scan=rows, columns=columns, rows=count)


def _explained(node: Node, error: Exception) -> Scan:
    """Say what stopped DuckDB where a version has no place. Raises what it says."""
    from seeknal.builtin.snapshotsql import MISPLACED

    if MISPLACED not in str(error):
        raise error
    raise NodeError(
        f"{MISPLACED}: another version of its key begins at that very moment, or is current"
        " though it is older",
        code="SK0857",
        location=node.location,
        help="that is so where earlier versions began at the moment of a run, as with strategy:"
        " check, or after a deletion: leave such rows out, or correct their updated_at",
    ) from error


@hookimpl
def node_misfits(node: Node, columns: Sequence[Column]) -> list[Misfit] | None:
    """Keys, times and compared columns that the input does not have."""
    if node.kind != _KIND:
        return None
    from seeknal.builtin.snapshotchecks import misfits

    return [*misfits(node, _options(node), columns)]


@hookimpl
def validate_project(project: Project) -> list[Problem]:
    """Keys of snapshots that do not go together, and targets that would lose versions."""
    nodes = [node for node in project.nodes.values() if node.kind == _KIND]
    return [
        problem
        for node in nodes
        for problem in (*_of_options(project, node), *_of_targets(project, node))
    ]


def _of_options(project: Project, node: Node) -> Iterator[Problem]:
    from seeknal.plugin import Problem, find_word

    for key, message, help in _wrong(_options(node)):
        yield Problem(
            code="SK0849",
            message=message,
            location=find_word(project.root, node.location, key),
            help=help,
            node=node.id,
        )


def _wrong(options: SnapshotOptions) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the keys of a snapshot: at which, what, and what to do."""
    both = "strategy: timestamp goes by updated_at, strategy: check by check_columns"
    if not options.unique_key:
        yield "unique_key", "unique_key: names no column", "name those that identify a row"
    if len({name.lower() for name in options.unique_key}) < len(options.unique_key):
        yield "unique_key", "unique_key: names a column twice", "name it once"
    if options.strategy == "timestamp":
        if not options.updated_at:
            text = "strategy: timestamp does not say which column tells versions apart"
            yield "strategy", text, "updated_at: the column that says since when a row holds"
        if options.check_columns:
            key = "check_columns"
            yield key, "check_columns: has no meaning with strategy: timestamp", both
    else:
        if not options.check_columns:
            text = "strategy: check does not say which columns are compared"
            yield "strategy", text, "check_columns: all, or a list of columns"
        elif not options.may_change:
            text = "check_columns: names unique_key alone, which no version changes"
            yield "check_columns", text, "name columns whose values change, or all"
        if options.updated_at:
            yield "updated_at", "updated_at: has no meaning with strategy: check", both
    if options.invalidate_hard_deletes and options.hard_deletes not in (None, "invalidate"):
        key = "invalidate_hard_deletes"
        text = f"invalidate_hard_deletes: true and hard_deletes: {options.hard_deletes} differ"
        yield key, text, "keep hard_deletes:"


def _of_targets(project: Project, node: Node) -> Iterator[Problem]:
    from seeknal.plugin import Problem, find_word

    for target in node.targets:
        found = _unfit(node, target)
        if found is not None:
            key, message, help = found
            place = target.location or node.location
            yield Problem(
                code="SK0847",
                message=message,
                location=find_word(project.root, place, key),
                help=help,
                node=node.id,
            )


def _unfit(node: Node, target: Target) -> tuple[str, str, str] | None:
    """Why a target would not hold the versions as they are, at which key, and what to do."""
    from seeknal.builtin.snapshotcolumns import START
    from seeknal.plugin import texts_of

    wanted = (*_options(node).unique_key, START)
    help = f"mode: upsert_by_key with unique_keys: [{', '.join(wanted)}], or mode: full"
    if target.mode == "append":
        text = f"append would add the versions of {node.id} once more with each delivery"
        return "mode", text, help
    if target.mode == "incremental_by_time":
        text = f"earlier versions of {node.id} change: incremental_by_time would leave them"
        return "mode", text, help
    if target.mode != "upsert_by_key":
        return None
    keys = {key.lower() for key in texts_of(target.options, "key")}
    lacking = [name for name in wanted if name.lower() not in keys]
    if not keys or not lacking:
        return None
    text = (
        f"by {', '.join(sorted(keys))} alone one version of {node.id} would replace another:"
        f" {', '.join(lacking)} is missing"
    )
    return "unique_keys", text, help
