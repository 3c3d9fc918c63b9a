"""What a node's contract, audits and targets ask of columns that its rows do not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.kernel.hooks import failure
from seeknal.kernel.options import fields_of
from seeknal.kernel.roles import with_role
from seeknal.lineage.binding import BindContext
from seeknal.project.own_audits import FOLDER
from seeknal.sql.quote import quote_name
from seeknal.sql.tokens import line_and_column, tokenize
from seeknal.values.errors import NodeError, SeeknalError, column_help, did_you_mean
from seeknal.values.freshness import is_moment
from seeknal.values.location import Location
from seeknal.values.problems import Problem
from seeknal.values.relations import Relation
from seeknal.values.spots import find_word, quoted_words

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.plugins import Plugins
    from seeknal.lineage.binding import Binder
    from seeknal.lineage.schemas import Schema
    from seeknal.values.audits import Audit
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.problems import Severity
    from seeknal.values.targets import Target


def broken_promises(
    node: Node, columns: Sequence[Column], cursor: duckdb.DuckDBPyConnection
) -> Iterator[tuple[str, str]]:
    """Each column that is promised and missing, or of another type, and what of it is wrong."""
    actual = {column.name.lower(): column.type for column in columns}
    for spec in node.columns:
        found = actual.get(spec.name.lower())
        if found is None:
            yield spec.name, f"{spec.name} is missing"
        # DuckDB has aliases of types, such as INT and TEXT.
        elif spec.type and found and str(cursor.dtype(spec.type)) != found:
            yield spec.name, f"{spec.name} is {found}, not {spec.type}"


def contract_message(node: Node, broken: Sequence[str]) -> str:
    """What a run and a check say of a contract."""
    return f"contract of {node.id} is broken: {'; '.join(broken)}"


CONTRACT_HELP = "cast the columns in the node, or change what its file promises"


def contract_problems(node: Node, schema: Schema, binder: Binder) -> list[Problem]:
    """A problem for each promise that is not kept."""
    import duckdb

    try:
        broken = [*broken_promises(node, schema.columns, binder.duckdb)]
    except duckdb.Error:
        # A type that DuckDB does not have is told where it is declared.
        return []
    return [
        Problem(
            code="SK0713",
            message=contract_message(node, [text]),
            location=place_of_key(node, name, binder.root, "columns", "schema"),
            help=CONTRACT_HELP,
            node=node.id,
        )
        for name, text in broken
    ]


def described_problems(node: Node, names: Sequence[str], root: Path) -> Iterator[Problem]:
    """A problem for each column that the node's file speaks of and that is not among ``names``.

    What only describes is a warning: nothing hangs on it. A contract has its own words.
    """
    known = {name.lower() for name in names}
    for key, name, severity in _described(node):
        if name.lower() not in known:
            yield Problem(
                code="SK0755",
                message=f"{key}: names {name!r}, which is no column of {node.id}",
                location=place_of_key(node, name, root, key),
                help=column_help(name, names),
                node=node.id,
                severity=severity,
            )


def freshness_problems(node: Node, schema: Schema, binder: Binder) -> Iterator[Problem]:
    """What the node's freshness asks of its columns that they do not have."""
    limits = node.freshness
    known = {column.name.lower(): column.type for column in schema.columns}
    if limits is None or limits.column is None:
        return
    keys = ("freshness", "loaded_at_field")
    type = known.get(limits.column.lower())
    if type is None:
        yield Problem(
            code="SK0755",
            message=f"freshness: names {limits.column!r}, which is no column of {node.id}",
            location=place_of_key(node, limits.column, binder.root, *keys),
            help=column_help(limits.column, schema.names),
            node=node.id,
        )
    elif type and not is_moment(type):
        yield Problem(
            code="SK0292",
            message=f"freshness: {limits.column} is {type}, and no DATE or TIMESTAMP",
            location=place_of_key(node, limits.column, binder.root, *keys),
            help="name a column that says when, or cast it in the node",
            node=node.id,
        )
    if limits.filter is not None and schema.typed:
        binder.define(node.id, schema.columns)
        scan = f"(SELECT * FROM {quote_name(node.id.kind, node.id.name)} WHERE {limits.filter})"
        if (reason := _unbound(scan, binder.duckdb)) is not None:
            words = next(iter(quoted_words(reason)), "")
            yield Problem(
                code="SK0293",
                message=f"filter: of freshness of {node.id} cannot be asked: {reason}",
                location=place_of_key(node, words, binder.root, "filter", *keys),
                help=_columns_help(reason, schema.names),
                node=node.id,
            )


def key_problems(node: Node, columns: Iterable[Column], root: Path) -> Iterator[Problem]:
    """A problem for each key that rows are merged by whose equal values may not be the same."""
    from seeknal.sql.lineage.functions import is_exact

    types = {column.name.lower(): column.type for column in columns}
    for name in node.merges_by:
        kind = types.get(name.lower(), "")
        if kind and not is_exact(kind):
            yield Problem(
                code="SK0761",
                message=f"unique_keys: {name} is {kind}, of which equal values may not be the same",
                location=place_of_key(node, name, root, "unique_keys", "unique_key"),
                help="cast it in the node's SQL, such as to VARCHAR or DECIMAL",
                node=node.id,
            )


def place_of_key(node: Node, name: str, root: Path, *keys: str) -> Location:
    """Where one of a node's keys names a column, in whichever file it stands."""
    elsewhere = (spec.location for spec in node.columns if spec.name == name)
    place = next(filter(None, elsewhere), None) if "columns" in keys else None
    return place or find_word(root, node.location, name, *keys)


def _described(node: Node) -> Iterator[tuple[str, str, Severity]]:
    """Each column that is spoken of: under which key, its name, and how much hangs on it."""
    for name in node.keys:
        yield "keys", name, "error"
    for name in node.merges_by:
        yield "unique_keys", name, "error"
    if node.time_column:
        yield "time_column", node.time_column, "error"
    for spec in () if node.contract else node.columns:
        yield "columns", spec.name, "error" if spec.pii else "warn"


def missing_columns(
    audit: Audit, names: Sequence[str], plugins: Plugins
) -> Iterator[tuple[str, NodeError]]:
    """Each column that an audit names and that is not among ``names``, with the error of it."""
    known = {name.lower() for name in names}
    owner = plugins.owner("audit type", audit.declared_type)
    for column in plugins.hooks.audit_columns(owner, audit=audit) or ():
        if column.lower() not in known:
            yield (
                column,
                NodeError(
                    f"audit {audit.type} of {audit.node} names column {column!r}, which is not"
                    " there",
                    code="SK0903",
                    location=audit.location,
                    help=column_help(column, names),
                ),
            )


def rows_where(relation: Relation, audit: Audit, cursor: duckdb.DuckDBPyConnection) -> Relation:
    """The rows that an audit's ``where:`` is true for. Raises NodeError when it does not fit."""
    scan = f"(SELECT * FROM {relation.scan} WHERE {audit.where})"
    if (reason := _unbound(scan, cursor)) is not None:
        raise NodeError(
            f"where: of audit {audit.type} of {audit.node} cannot be asked: {reason}",
            code="SK0917",
            location=audit.location,
            key="where",
            words=quoted_words(reason),
            help=_columns_help(reason, relation.names),
        )
    return evolve(relation, scan=scan, rows=-1, path=None, whole=relation.scan)


def _unbound(scan: str, cursor: duckdb.DuckDBPyConnection) -> str | None:
    """Why what stands after FROM cannot be read, in DuckDB's words."""
    import duckdb

    try:
        cursor.execute(f"DESCRIBE SELECT * FROM {scan}")
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        return str(error).splitlines()[0].partition(": ")[2]
    return None


def _columns_help(reason: str, names: Sequence[str]) -> str:
    """The columns nearest to the one that DuckDB has not found, or all."""
    named = _NAMED.search(reason)
    near = did_you_mean(named[1], names) if named else None
    return near or f"columns: {', '.join(names)}"


_NAMED = re.compile(r'"([^"]+)" not found')


def audit_problems(
    node: Node, schema: Schema, schemas: Mapping[NodeId, Schema | None], binder: Binder
) -> list[Problem]:
    """Columns that audits name and that are not there, and SQL of theirs that does not bind."""
    found: list[Problem] = []
    askable = []
    for audit in node.audits:
        missing = [*missing_columns(audit, schema.names, binder.plugins)]
        for column, error in missing:
            found.append(_problem(error, _word(binder, audit.location, column, "columns"), node))
        if not missing:
            askable.append(audit)
    if schema.typed and askable:
        binder.define(node.id, schema.columns)
        for audit in askable:
            if (problem := _asked(node, audit, schema, schemas, binder)) is not None:
                found.append(problem)
    return found


def _asked(
    node: Node,
    audit: Audit,
    schema: Schema,
    schemas: Mapping[NodeId, Schema | None],
    binder: Binder,
) -> Problem | None:
    """What the audit's plugin says when it is asked about no rows of these columns."""
    context = BindContext(binder, node.id, schemas)
    scan = quote_name(node.id.kind, node.id.name)
    relation = Relation(node=node.id, scan=scan, columns=schema.columns, rows=0)
    owner = binder.plugins.owner("audit type", audit.declared_type)
    try:
        if audit.where is not None:
            relation = rows_where(relation, audit, binder.duckdb)
        binder.plugins.hooks.audit(owner, audits=[audit], relation=relation, context=context)
    except SeeknalError as error:
        codes = (error.code, getattr(error.__cause__, "code", ""))
        if error.location is None or not {*codes}.isdisjoint(BindContext.refusals):
            return None
        problem = _problem(error, place_of_fault(audit, error, binder.root), node)
        missing = _NOT_THERE.search(error.message)
        near = did_you_mean(missing[1], schema.names) if missing else None
        return evolve(problem, help=problem.help or near)
    except Exception:
        # A plugin works for a run; that it cannot here says nothing about the project.
        return None
    return None


_NOT_THERE = re.compile(r'Referenced column "([^"]+)" not found')


def place_of_fault(audit: Audit, error: SeeknalError, root: Path) -> Location | None:
    """Where that is written which an error is about: in the audit's own file, or its entry."""
    start = error.location or audit.location
    if start is None:
        return None
    keys = _names_of(audit, error.key)
    starts = [start]
    if audit.kept_as and error.key in _keys_with_sql(audit):
        starts.insert(0, _below_header(root, (FOLDER / f"{audit.type}.sql").as_posix()))
    for file in starts:
        for word in error.words:
            place = find_word(root, file, word, *keys)
            if place != file:
                return place
    return find_word(root, start, "", *keys) if keys else start


def _names_of(audit: Audit, key: str | None) -> tuple[str, ...]:
    """Every name under which an audit's entry may have that key."""
    fields = fields_of(type(audit.options)) if key else ()
    found = next((entry for entry in fields if key in (entry.key, *entry.aliases)), None)
    return (found.key, *found.aliases) if found else (key,) if key else ()


def _keys_with_sql(audit: Audit) -> frozenset[str]:
    return frozenset(entry.key for entry in with_role(type(audit.options), "sql"))


def _below_header(root: Path, file: str) -> Location:
    """Where the SQL of an audit's file begins, below the comments at its top."""
    try:
        text = (root / file).read_text("utf-8-sig")
    except (OSError, ValueError):
        return Location(file)
    first = next(iter(tokenize(text)), None)
    return Location(file, line_and_column(text, first.start)[0] if first else 1, 0)


def target_problems(target: Target, schema: Schema, binder: Binder) -> list[Problem]:
    """What a target's options name and the rows do not have."""
    hook = binder.plugins.hooks.target_misfits
    try:
        misfits = [*(hook(target=target, columns=schema.columns) or ())]
    except Exception as error:
        plugin = binder.plugins.owner("target type", target.type)
        return failure(plugin, "target_misfits", error, target.location, target.node)
    return [
        Problem(
            code=misfit.code,
            message=misfit.message,
            location=_word(binder, target.location, misfit.word, misfit.key),
            help=misfit.help,
            node=target.node,
        )
        for misfit in misfits
    ]


def _word(binder: Binder, start: Location | None, word: str, key: str) -> Location | None:
    if start is None:
        return None
    keys = (key, "column") if key == "columns" else (key, key.removesuffix("s"))
    return find_word(binder.root, start, word, *keys)


def _problem(error: SeeknalError, place: Location | None, node: Node) -> Problem:
    return Problem(
        code=error.code, message=error.message, location=place, help=error.help, node=node.id
    )
