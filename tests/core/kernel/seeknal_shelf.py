"""Tables of SQLite files: a connection, a source, a target, an engine, and what goes with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click
from attrs import frozen

from seeknal.plugin import (
    Audit,
    AuditContext,
    AuditResult,
    AuditType,
    Column,
    Connection,
    ConnectionFailed,
    ConnectionType,
    Context,
    Delivered,
    DeliveryContext,
    DeliveryError,
    EngineType,
    Fate,
    Misfit,
    Node,
    NodeContext,
    NodeError,
    NodeInputs,
    NodeKind,
    Problem,
    Project,
    Relation,
    Rows,
    Scan,
    Secret,
    SeeknalError,
    Session,
    Source,
    SourceContext,
    SourceType,
    Standing,
    Target,
    TargetContext,
    TargetStands,
    TargetType,
    check_keys,
    column_help,
    connection_option,
    files_version,
    format_option,
    hookimpl,
    option,
    quote_identifier,
    quote_name,
    scan_of_rows,
    this_command,
)

TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE", "TEXT": "VARCHAR"}
"""Types that SQLite knows, and DuckDB's for them."""
DELIVERIES = "shelf_deliveries"
"""The table that says what was appended."""


@frozen(kw_only=True)
class Shelf:
    """Keys of a connection."""

    path: str = option(role="location", summary="the SQLite file, relative to the project")
    password: Secret = option(Secret(""), summary="of those who may look at it")


@frozen(kw_only=True)
class ShelfSource:
    """Options of a source."""

    order_by: str | None = option(None, summary="the column that its rows are ordered by")


@frozen(kw_only=True)
class ShelfTarget:
    """Options of a target."""

    table: str = option(role="table", summary="the table that is written")
    unique_keys: tuple[str, ...] = option((), role="key", summary="the columns that name a row")


@frozen(kw_only=True)
class Positive:
    """Parameters of an audit."""

    column: str = option(role="column", summary="what is more than 0")


@frozen(kw_only=True)
class First:
    """Keys of a kind."""

    rows: int = option(10, summary="how many")
    by: str = option(summary="the column that says which come first")


@hookimpl
def connection_types() -> Iterable[ConnectionType]:
    return [ConnectionType(name="shelf", options=Shelf, summary="an SQLite file")]


@hookimpl
def source_types() -> Iterable[SourceType]:
    return [
        SourceType(
            name="shelf",
            options=ShelfSource,
            summary="a table of an SQLite file, or a query over it",
            table="TABLE",
            needs=("connection",),
        )
    ]


@hookimpl
def target_types() -> Iterable[TargetType]:
    return [
        TargetType(
            name="shelf",
            options=ShelfTarget,
            summary="a table of an SQLite file",
            modes=("full", "upsert_by_key", "append"),
            exposure=True,
        )
    ]


@hookimpl
def audit_types() -> Iterable[AuditType]:
    return [AuditType(name="positive", options=Positive, summary="more than 0")]


@hookimpl
def engines() -> Iterable[EngineType]:
    return [EngineType(name="shelf", summary="SQL that runs in an SQLite file")]


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    return [
        NodeKind(name="first", folder="firsts", options=First, summary="the first rows of an input")
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if not isinstance(source.options, ShelfSource):
        return None
    return files_version([path_of(source.connection, context)], context.known_version)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    options = source.options
    if not isinstance(options, ShelfSource):
        return None
    if source.query is not None:
        return queried(source.connection, source.query, context)
    with opened(path_of(source.connection, context), NodeError) as file:
        table = ".".join(source.table)
        columns = columns_of(file, table)
        if not columns:
            raise NodeError(f"there is no table {table} in it", help="seeknal shelf tables")
        order = f" ORDER BY {quote_identifier(options.order_by)}" if options.order_by else ""
        rows = file.execute(f"SELECT * FROM {quote_identifier(table)}{order}")
        return scan_of_rows(context.duckdb, rows, workdir=context.workdir, columns=columns)


def queried(connection: str | None, query: str, context: Context) -> Rows:
    """The rows of a query that runs in the file of a connection."""
    with opened(path_of(connection, context), NodeError) as file:
        found = file.execute(query)
        names = [entry[0] for entry in found.description]
        rows = (dict(zip(names, row, strict=True)) for row in found)
        return scan_of_rows(context.duckdb, rows, workdir=context.workdir)


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if not isinstance(target.options, ShelfTarget):
        return None
    return table_of(target, context.environment)


@hookimpl
def target_stands(target: Target, context: TargetContext) -> bool | None:
    if not isinstance(target.options, ShelfTarget):
        return None
    path = path_of(target.connection, context)
    if not path.is_file():
        return False
    with opened(path, NodeError) as file:
        return bool(columns_of(file, table_of(target, context.environment)))


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if not isinstance(target.options, ShelfTarget):
        return None
    if not target_stands(target, context):
        return Fate(verdict="gone")
    if not dry_run:
        with opened(path_of(target.connection, context), DeliveryError) as file:
            file.execute(f"DROP TABLE {quote_identifier(table_of(target, context.environment))}")
    return Fate(verdict="dropped")


@hookimpl
def target_misfits(target: Target, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if not isinstance(target.options, ShelfTarget):
        return None
    names = [column.name for column in columns]
    return [
        Misfit(
            code="SHELF1",
            message=f"{target.node} has no column {key!r} to find rows by",
            key="unique_keys",
            word=key,
            help=column_help(key, names),
        )
        for key in target.options.unique_keys
        if key not in names
    ]


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    options = target.options
    if not isinstance(options, ShelfTarget):
        return None
    if target.mode == "upsert_by_key":
        check_keys(relation, options.unique_keys, context)
    with opened(path_of(target.connection, context), DeliveryError) as file:
        return Delivered(rows=write(file, target, relation, context))


def write(
    file: sqlite3.Connection, target: Target, relation: Relation, context: DeliveryContext
) -> int:
    """Write all rows in one transaction: readers see the old table or the new one."""
    assert isinstance(target.options, ShelfTarget)
    table = quote_identifier(table_of(target, context.environment))
    names = [quote_identifier(name) for name in relation.names]
    keys = [quote_identifier(key) for key in target.options.unique_keys]
    file.execute("BEGIN IMMEDIATE")
    file.execute(f"CREATE TABLE IF NOT EXISTS {DELIVERIES} (target TEXT, id TEXT)")
    noted = file.execute(
        f"SELECT 1 FROM {DELIVERIES} WHERE target = ? AND id = ?", [table, context.delivery_id]
    ).fetchone()
    if target.mode == "append" and noted:
        file.execute("COMMIT")
        return relation.rows
    known = "SELECT 1 FROM sqlite_master WHERE name = ?"
    there = file.execute(known, [table_of(target, context.environment)]).fetchone()
    if context.anew and there and not noted:
        raise TargetStands(f"there is a table {table}")
    if target.mode == "full":
        file.execute(f"DROP TABLE IF EXISTS {table}")
    unique = f", UNIQUE ({', '.join(keys)})" if keys else ""
    declared = ", ".join(
        f"{name} {stored(column)}" for name, column in zip(names, relation.columns, strict=True)
    )
    file.execute(f"CREATE TABLE IF NOT EXISTS {table} ({declared}{unique})")
    marks = ", ".join("?" * len(names))
    insert = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})"
    rows = context.duckdb.execute(f"SELECT {', '.join(names)} FROM {relation.scan}")
    written = 0
    while batch := rows.fetchmany(10_000):
        file.executemany(insert, batch)
        written += len(batch)
    file.execute(f"INSERT INTO {DELIVERIES} VALUES (?, ?)", [table, context.delivery_id])
    file.execute("COMMIT")
    return written


@hookimpl
def audit_columns(audit: Audit) -> Sequence[str] | None:
    return [audit.options.column] if isinstance(audit.options, Positive) else None


@hookimpl
def audit(
    audits: Sequence[Audit], relation: Relation, context: AuditContext
) -> Sequence[AuditResult] | None:
    if not all(isinstance(entry.options, Positive) for entry in audits):
        return None
    return [result_of(entry, relation, context) for entry in audits]


def result_of(entry: Audit, relation: Relation, context: AuditContext) -> AuditResult:
    assert isinstance(entry.options, Positive)
    column = quote_identifier(entry.options.column)
    query = f"SELECT count(*) FROM {relation.scan} WHERE NOT {column} > 0"
    (failing,) = context.duckdb.execute(query).fetchone() or (0,)
    return AuditResult(
        audit_type=entry.type,
        columns=(entry.options.column,),
        passed=failing == 0,
        failing_rows=failing,
        severity=entry.severity,
        message=f"{failing} rows are not more than 0" if failing else "",
    )


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    if isinstance(node.options, First):
        by = quote_identifier(node.options.by)
        return Scan(f"SELECT * FROM {inputs.only.scan} ORDER BY {by} LIMIT {node.options.rows}")
    if node.engine != "shelf" or node.sql is None:
        return None
    sql = node.sql.executable
    for id in node.parents:
        place = place_of(context.definition(id), node.params.get("connection"))
        if place is None:
            raise NodeError(f"{id} is not delivered to the file that {node.id} runs in")
        table = quote_identifier(table_of(place, context.holder(place)))
        sql = sql.replace(quote_name(id.kind, id.name), table)
    return queried(str(node.params.get("connection")), sql, context)


@hookimpl
def node_misfits(node: Node, columns: Sequence[Column]) -> Iterable[Misfit] | None:
    if not isinstance(node.options, First):
        return None
    names = [column.name for column in columns]
    by = node.options.by
    if by in names:
        return []
    help = column_help(by, names)
    return [Misfit(code="SHELF2", message=f"no column {by!r}", key="by", word=by, help=help)]


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    return [
        Problem(
            code="SHELF3",
            message=f"{node.id} runs in a file to which {id} is not delivered",
            location=node.location,
            help="deliver it there: materializations: [{type: shelf, ...}]",
            node=node.id,
        )
        for node in project.nodes.values()
        if node.engine == "shelf"
        for id in node.parents
        if id in project.nodes
        and place_of(project.nodes[id], node.params.get("connection")) is None
    ]


def place_of(node: Node, connection: object) -> Target | None:
    """The target of a node that holds its rows in the file of a connection."""
    found = (
        target
        for target in node.targets
        if isinstance(target.options, ShelfTarget)
        and target.connection == connection
        and target.mode == "full"
    )
    return next(found, None)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if not isinstance(connection.options, Shelf):
        return None
    path = project_root / connection.options.path
    if not path.is_file():
        raise ConnectionFailed(f"connection {connection.name!r}: there is no file {path.name}")
    return ShelfSession(path)


class ShelfSession:
    """A read-only conversation with one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        found = self._file.execute(sql)
        return [entry[0] for entry in found.description or ()], found.fetchall()

    def tables(self) -> Sequence[str]:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        return [row[0] for row in self._file.execute(query)]

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        columns = columns_of(self._file, table)
        if not columns:
            raise NodeError(f"there is no table {table}")
        return [(column.name, column.type) for column in columns]

    def describe(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}, {len(self.tables())} tables"

    def close(self) -> None:
        self._file.close()


@click.group("shelf")
def shelf() -> None:
    """Look into SQLite files."""


@shelf.command("tables")
@connection_option
@format_option("table", "json", "csv")
def tables(connection: str | None, format_: str) -> None:
    """List the tables of each connection, or of one."""
    command = this_command()
    names = [connection] if connection else [*command.connections(Shelf)]
    rows = []
    for name in names:
        with command.session(name) as session:
            rows += [(name, table, len(session.schema(table))) for table in session.tables()]
    command.print_rows(["connection", "table", "columns"], rows, format_)


def path_of(connection: str | None, context: Context) -> Path:
    """The file of a connection."""
    if connection is None:
        raise NodeError("connection: says which file")
    return context.resolve(context.connection(connection, Shelf).path)


@contextmanager
def opened(path: Path, error: type[SeeknalError]) -> Iterator[sqlite3.Connection]:
    """A file, closed afterwards; what SQLite says is raised as ``error``."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            yield file
    except sqlite3.Error as raised:
        raise error(f"{path.name}: {raised}") from raised


def columns_of(file: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of a table; none where there is no such table."""
    found = file.execute("SELECT name, type FROM pragma_table_info(?)", [table])
    return [Column(name, TYPES.get(type.upper(), "VARCHAR")) for name, type in found]


def stored(column: Column) -> str:
    """The type of a column there."""
    return next((ours for ours, theirs in TYPES.items() if theirs == column.type), "INTEGER")


def table_of(target: Target, environment: str) -> str:
    """The table in production, and one of its own in every other environment."""
    assert isinstance(target.options, ShelfTarget)
    table = target.options.table
    return table if environment == "prod" else f"{table}__{environment}"
