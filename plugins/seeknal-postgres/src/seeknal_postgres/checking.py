"""What is wrong with a project's PostgreSQL nodes and can be seen without a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import (
    NodeError,
    Problem,
    SqlRefused,
    check_query,
    find_in_text,
    find_word,
)
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.names import CODE, HELP, names_in, outputs_of, too_long
from seeknal_postgres.options import PostgresSource, PostgresTarget
from seeknal_postgres.statements import fault_of, place_of
from seeknal_postgres.typename import NAMES

if TYPE_CHECKING:
    from seeknal.plugin import (
        Node,
        Project,
        Target,
    )


def problems_of(project: Project) -> Iterable[Problem]:
    for node in project.nodes.values():
        if node.engine in NAMES and node.sql is not None:
            yield from _of_engine(node, project)
        if node.source is not None and isinstance(node.source.options, PostgresSource):
            yield from _of_source(node, project.root)
        columns: list[tuple[str, str]] = []
        for target in node.targets:
            if isinstance(target.options, PostgresTarget):
                yield from _of_target(node, target, target.options)
                yield from _of_hooks(target, target.options, project.root)
                columns = _columns(node)
        for column in columns:
            for fault in too_long([column]):
                place = find_word(project.root, node.location, column[1], "columns", "sql")
                yield evolve(_problem(node, CODE, fault, HELP), location=place)


def _of_engine(node: Node, project: Project) -> Iterator[Problem]:
    """What its SQL reads and is not in its database."""
    from seeknal_postgres.engine import connection_name, rows_of

    if not all(id in project.nodes for id in node.parents):
        return
    try:
        connection = connection_name(node, project.nodes.__getitem__)
    except NodeError as error:
        yield _problem(node, error.code, error.message, error.help or "")
        return
    for entry in node.inputs:
        try:
            rows_of(project.nodes[entry.ref], connection)
        except NodeError as error:
            place = entry.location or node.location
            yield Problem(
                code=error.code,
                message=error.message,
                location=find_word(project.root, place, str(entry.ref)),
                help=error.help,
                node=node.id,
            )


def _of_source(node: Node, root: Path) -> Iterator[Problem]:
    source = node.source
    assert source is not None
    for key, query in (("query", source.query), ("version_query", source.version_query)):
        if query is None or "{{" in query or "{%" in query:
            continue
        try:
            check_query(query, dialect="postgres", allow_files=True)
        except SqlRefused as error:
            problem = _problem(node, "SK1315", f"{key}: {error}", "one SELECT, or WITH ... SELECT")
            at = (error.line, error.column)
            yield evolve(problem, location=find_in_text(root, node.location, query, at, key))
            continue
        for fault in too_long(names_in(query)):
            yield _problem(node, CODE, f"{key}: {fault}", HELP)
    if source.table and source.query is None:
        for fault in too_long(_parts(".".join(source.table))):
            yield _problem(node, CODE, fault, HELP)


def _parts(table: str) -> list[tuple[str, str]]:
    """The names in a table's name; a text that is none is told of where it is used."""
    try:
        found = table_of(table, None)
    except NodeError:
        return []
    return [("schema", found.schema), ("table", found.name)]


def _columns(node: Node) -> list[tuple[str, str]]:
    """The columns that a node delivers, as far as its definition names them."""
    declared = [("column", spec.name) for spec in node.columns]
    return list(dict.fromkeys([*declared, *(outputs_of(node.sql.rendered) if node.sql else ())]))


def _of_target(node: Node, target: Target, options: PostgresTarget) -> Iterator[Problem]:
    if target.connection is None:
        yield _wrong(target, "SK1318", "it does not say in which database", "connection: NAME")
    for fault in too_long(_parts(options.table or node.name)):
        yield _wrong(target, CODE, fault, HELP)
    if target.mode == "upsert_by_key" and not options.unique_keys:
        yield _wrong(target, "SK1348", "upsert_by_key needs unique_keys", "unique_keys: [order_id]")
    if target.mode == "incremental_by_time" and not options.time_column:
        yield _wrong(
            target, "SK1349", "incremental_by_time needs a time_column", "time_column: order_date"
        )


def _of_hooks(target: Target, options: PostgresTarget, root: Path) -> Iterator[Problem]:
    """What cannot be part of a delivery."""
    for key, hooks in (("pre_hook", options.pre_hook), ("post_hook", options.post_hook)):
        for hook in hooks:
            if (fault := fault_of(hook)) is not None and target.location is not None:
                place = place_of(root, target, key, hook)
                help = (
                    "run it beside seeknal; a hook is one statement of the delivery's transaction"
                )
                yield evolve(_wrong(target, "SK1372", f"{key}: {fault}", help), location=place)


def _problem(node: Node, code: str, message: str, help: str) -> Problem:
    return Problem(code=code, message=message, location=node.location, help=help, node=node.id)


def _wrong(target: Target, code: str, message: str, help: str) -> Problem:
    return Problem(
        code=code, message=message, location=target.location, help=help, node=target.node
    )
