"""An in-memory DuckDB over the stored outputs of an environment, for everything that asks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.host.files import temporary_name
from seeknal.plan.environments import existing
from seeknal.plan.views import with_views
from seeknal.query.catalog_tables import (
    CATALOG,
    COLUMNS,
    TRANSITIONS,
    define_catalog,
    means_catalog,
)
from seeknal.query.kept_file import check_name, open_file
from seeknal.query.kept_views import kept_views
from seeknal.sql.check import SqlRefused, check_query
from seeknal.sql.nulls import null_of
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.sql.syntax import as_select, takes_columns_from_data
from seeknal.state.archive import history_files, short_history, shown_history_query
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import read_state
from seeknal.values.errors import UsageError
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    import duckdb

    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.location import Location
    from seeknal.values.snapshot import Artifact, Snapshot, View

HISTORY = "seeknal_history"
FULL_HISTORY = "seeknal_history_full"

_OURS = (HISTORY, FULL_HISTORY, CATALOG, COLUMNS, TRANSITIONS)
"""Names that are no node's."""

FEW = 100
"""So many views cost less than finding out which of them a query means."""

_EXPLAIN = re.compile(r"\s*EXPLAIN\b(\s+ANALYZE\b)?(\s*\([\w\s,]*\))?", re.IGNORECASE)
_DESCRIBE = re.compile(r"\s*(DESCRIBE|DESC|SHOW|SUMMARIZE)\b", re.IGNORECASE)
_ALL_TABLES = re.compile(r"\s*ALL\s+TABLES\s*;?\s*", re.IGNORECASE)
_NAME = re.compile(r"""\s*(?:[\w]+|"(?:[^"]|"")+")(?:\.(?:[\w]+|"(?:[^"]|"")+"))*\s*;?\s*""")


def snapshots_of(root: Path, environment: str) -> Mapping[NodeId, Snapshot]:
    """An environment's current outputs. Raises UsageError when it has none."""
    return state_of(root, environment).snapshots


def state_of(root: Path, environment: str) -> EnvironmentState:
    """An environment as it is now. Raises UsageError when there is none of that name."""
    return existing(read_state(root / "target").environments, environment)


UNREADABLE = "cannot be read as it was defined"
"""What a view that does not bind says of itself when its rows are read."""


def open_views(
    root: Path,
    environment: str = "prod",
    *,
    allow_files: bool = False,
    database: Path | None = None,
    writes: Sequence[Path] = (),
    about: str | None = None,
    locked: bool = True,
) -> duckdb.DuckDBPyConnection:
    """DuckDB with a view ``kind.name`` for each stored output, and ``name`` where one has it.

    Locked down unless ``locked`` is False: only the outputs can be read (all files with
    ``allow_files``) and only ``writes`` can be written. ``database`` keeps the views in a file.
    ``about``: a query; views that it cannot mean are left out. Raises UsageError for an unknown
    environment, and for a ``database`` that cannot keep the views.
    """
    state = state_of(root, environment)
    if database:
        check_name(database, {id.kind for id in state.snapshots})
    connection = connected(root, database)
    views = Views(root, state.snapshots, connection)
    with kept_views(connection, views.names()) if database else nullcontext():
        views.define(about)
        if means_catalog(about):
            views.paths += define_catalog(connection, root, state, FULL_HISTORY)
    if locked:
        lock(connection, [*views.paths, *map(str, writes)], allow_files)
    else:
        connection.execute("SET python_enable_replacements = true")
    return connection


def connected(root: Path, database: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own for stored outputs of the project.

    Raises UsageError for a ``database`` that is none.
    """
    import duckdb

    connection = open_file(database) if database else duckdb.connect(":memory:")
    for setting in ("python_enable_replacements", "enable_progress_bar"):
        connection.execute(f"SET {setting} = false")
    connection.execute("SET TimeZone = 'UTC'")
    if not database:
        # DuckDB's own choice is the folder that the user happens to be in.
        spill = temporary_name(root / "target" / "spill")
        connection.execute(f"SET temp_directory = {quote_literal(str(spill))}")
    return connection


def lock(
    connection: duckdb.DuckDBPyConnection, paths: Iterable[str], allow_files: bool = False
) -> None:
    """Let it read and write these paths and no others, whatever it is asked from here on."""
    if not allow_files:
        listed = ", ".join(map(quote_literal, paths))
        connection.execute(f"SET allowed_paths = [{listed}]")
        connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def without_refs(query: str, root: Path, environment: str) -> str:
    """``query`` with the names of stored outputs for ``ref()``. Raises UsageError."""
    if "ref" not in query.lower():
        return query
    from seeknal.plan.unstored import unstored_in
    from seeknal.sql.refs import replace_refs

    snapshots = snapshots_of(root, environment)
    try:
        text = replace_refs(query, list(snapshots))
    except UsageError as error:
        if error.code == "SK0310" and (known := unstored_in(query, root, environment)):
            raise known from None
        raise
    if refused := _names_no_rows(text, snapshots):
        raise refused
    return text


@contextmanager
def rowless_refused(query: str, root: Path, environment: str) -> Iterator[None]:
    """Raise UsageError where DuckDB misses a table that is a node without rows."""
    import duckdb

    try:
        yield
    except duckdb.CatalogException:
        from seeknal.kernel.plugins import load_plugins

        kinds = load_plugins().kinds.values()
        rowless = [kind.name for kind in kinds if not kind.produces_rows]
        if refused := _names_no_rows(query, snapshots_of(root, environment), rowless):
            raise refused from None
        raise


def _names_no_rows(
    query: str, snapshots: Mapping[NodeId, Snapshot], kinds: Collection[str] = ()
) -> UsageError | None:
    """The first table of a query that is a node without rows, run before or of such a kind."""
    from seeknal.project.rowless import read_instead
    from seeknal.sql.names import find, named
    from seeknal.sql.scopes import table_references
    from seeknal.sql.tokens import tokenize

    for table in table_references(tokenize(query)):
        text = ".".join(table.parts)
        meant = find(text, snapshots) if "." in text else None
        for id in (meant,) if meant else named(text, snapshots):
            snapshot = snapshots[id]
            if snapshot.artifact is None and snapshot.view is None and not table.shadowed:
                help = read_instead(id, tuple(snapshot.inputs))
                return UsageError(f"{id} keeps no rows of its own", code="SK0354", help=help)
        if NodeId(text).kind in kinds:
            help = read_instead(NodeId(text), ())
            return UsageError(f"{text} keeps no rows of its own", code="SK0354", help=help)
    return None


class Views:
    """The views over one environment's outputs; ``paths`` are the files that they read."""

    def __init__(
        self,
        root: Path,
        snapshots: Mapping[NodeId, Snapshot],
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        self.root = root
        self.snapshots = snapshots
        self.connection = connection
        self.artifacts = Artifacts(root / "target")
        self.paths: list[str] = []
        self.defined: dict[NodeId, None] = {}

    def define(self, about: str | None) -> None:
        self.define_nodes(self.mentioned(about))
        self.define_plain_names()
        self.define_history()

    def define_nodes(self, ids: Iterable[NodeId]) -> None:
        """Make nodes readable as ``"kind"."name"``, with all that views among them read."""
        for id in with_views(self.snapshots, ids):
            snapshot = self.snapshots.get(id)
            if id in self.defined or snapshot is None:
                continue
            if snapshot.artifact is not None:
                self.define_stored(id, snapshot.artifact)
            elif snapshot.view is not None:
                self.define_view(id, snapshot.view)

    def mentioned(self, about: str | None) -> list[NodeId]:
        """The nodes that a query may mean: by a name in its text; all for a catalog query."""
        if about is None or len(self.snapshots) <= FEW or _mentions_catalog(about):
            return list(self.snapshots)
        text = about.lower()
        return [id for id in self.snapshots if id.name.lower() in text]

    def define_stored(self, id: NodeId, artifact: Artifact) -> None:
        paths = self.artifacts.paths(artifact)
        # A file that is gone is reported by the query that names it, not by all others.
        if all(path.exists() for path in paths):
            self.paths += map(str, paths)
            self.view(id, f"FROM {self.artifacts.scan(artifact)}")

    def define_view(self, id: NodeId, view: View) -> None:
        """A view as the environment holds it. One that cannot be read is in nobody else's way."""
        import duckdb

        try:
            self.view(id, view.sql)
        except duckdb.Error as error:
            self.view(id, _unreadable(id, view, error))

    def view(self, id: NodeId, select: str) -> None:
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(id.kind)}")
        name = quote_name(id.kind, id.name)
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS {as_select(select)}\n")
        self.defined[id] = None

    def names(self) -> list[tuple[str, str]]:
        """Schema and name of all views that there may be."""
        kept = [id for id, one in self.snapshots.items() if one.artifact or one.view]
        plain = [("main", id.name) for id in self._plain(kept)]
        return [*((id.kind, id.name) for id in kept), *plain, *(("main", name) for name in _OURS)]

    def define_plain_names(self) -> None:
        for id in self._plain(self.defined):
            name, source = quote_name("main", id.name), quote_name(id.kind, id.name)
            self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {source}")

    def _plain(self, ids: Iterable[NodeId]) -> list[NodeId]:
        """Those that their name alone means."""
        names = Counter(id.name.lower() for id in self.snapshots)
        return [id for id in ids if names[id.name.lower()] == 1 and id.name.lower() not in _OURS]

    def define_history(self) -> None:
        files = history_files(self.root / "target")
        self.paths += files
        full, short = quote_identifier(FULL_HISTORY), quote_identifier(HISTORY)
        select = short_history(f"{full} AS records")
        self.connection.execute(f"CREATE OR REPLACE VIEW {full} AS {shown_history_query(files)}")
        self.connection.execute(f"CREATE OR REPLACE VIEW {short} AS {select}")


def _unreadable(id: NodeId, view: View, error: Exception) -> str:
    """A query with the view's columns, which fails as soon as anybody reads rows of it."""
    reason = str(error).partition("\n")[0]
    text = f"the view {id} {UNREADABLE} in {_place(view.location)}: {reason}"
    columns = ", ".join(
        f"{null_of(column.type)} AS {quote_identifier(column.name)}" for column in view.columns
    )
    return f"SELECT {columns or 'NULL'} WHERE error({quote_literal(text)}) IS NULL"


def _place(location: Location) -> str:
    return f"{location.file}:{location.line}" if location.line else location.file


def _mentions_catalog(query: str) -> bool:
    words = ("show", "duckdb_", "information_schema", "pg_", "sqlite_", "describe", "desc")
    return any(word in query.lower() for word in words)


def check_readable(query: str, *, allow_files: bool = False) -> None:
    """Raise SqlRefused unless ``query`` is one statement that only reads.

    SELECT and its like, EXPLAIN of one, DESCRIBE, SHOW or SUMMARIZE of a table or a SELECT.
    """
    if match := _EXPLAIN.match(query):
        query = query[match.end() :]
    elif match := _DESCRIBE.match(query):
        query = query[match.end() :]
        if _NAME.fullmatch(query) or _ALL_TABLES.fullmatch(query):
            return
    check_query(query, allow_files=allow_files)


def one_statement(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """``query`` without what follows its only statement; DuckDB's own opinion that it reads."""
    import duckdb

    statements = connection.extract_statements(query)
    if takes_columns_from_data(query, connection):
        return query.rstrip().rstrip(";")
    if len(statements) != 1:
        raise SqlRefused(f"expected one statement, found {len(statements)}")
    allowed = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if statements[0].type not in allowed:
        raise SqlRefused(f"{statements[0].type.name} is not allowed: only queries are")
    return str(statements[0].query).rstrip().rstrip(";")
