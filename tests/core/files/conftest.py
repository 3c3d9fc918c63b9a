import logging
from itertools import count

import duckdb
import pytest
from tests.contexts import step_context
from tests.core.files.restserver import Api

from seeknal.kernel.kinds import SourceType
from seeknal.kernel.logs import WarningCollector
from seeknal.kernel.options import structure
from seeknal.kernel.plugins import load_plugins
from seeknal.run.engine import settle
from seeknal.values.columns import Column, ColumnSpec
from seeknal.values.errors import SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.relations import ParquetFiles, Relation, Scan
from seeknal.values.sources import Connection, Source
from seeknal.values.targets import Target


class Files:
    """A project folder, and the file plugins at work in it as a run has them work."""

    def __init__(self, root, connection):
        self.root = root
        self.duckdb = connection
        self.hooks = load_plugins().hooks
        self.collector = WarningCollector(NodeId("source.x"), lambda *_: None)
        self.environment = "prod"
        self.relations = {}
        self.connections = {}
        self.stored = 0

    @property
    def warnings(self):
        return self.collector.notes

    def write(self, path, content=""):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content if isinstance(content, bytes) else content.encode())
        return full

    def context(self, known=None, allow_outside=False):
        logger = logging.Logger("files")
        logger.addHandler(self.collector)
        return step_context(
            NodeId("source.s"),
            self.root,
            self.duckdb,
            environment=self.environment,
            scratch=self.root / "target/tmp/run/source.s",
            samples=self.root / "target/audits",
            log=logger,
            connections=self.connections.get,
            relation_of=self.parent,
            known_version=known,
            allow_outside=allow_outside,
        )

    def connect(self, name, type, **options):
        """Make a connection of that name, as profiles.yml says one."""
        declared = load_plugins().connection_types[type]
        made = structure(declared.options, options)
        self.connections[name] = Connection(name=name, type=declared.name, options=made)

    def source(
        self, type, *table, columns=None, query=None, options=None, connection=None, **params
    ):
        declared: SourceType = load_plugins().source_types[type]
        specs = [ColumnSpec(name=name, type=type) for name, type in (columns or {}).items()]
        return Source(
            node=NodeId("source.s"),
            type=type,
            options=structure(declared.options, {**params, **(options or {})}),
            table=table,
            query=query,
            connection=connection,
            columns=tuple(specs),
        )

    def relation(self, source):
        rows = self.hooks.load_source(source=source, context=self.context())
        if isinstance(rows, ParquetFiles):
            return self.duckdb.read_parquet(list(rows.paths))
        assert isinstance(rows, Scan)
        self.stored += 1
        return self.duckdb.sql(
            settle(self.duckdb, rows, self.root.parent / f"rows-{self.stored}.parquet").sql
        )

    def read(self, type, *table, **more):
        """Columns and rows of a source."""
        relation = self.relation(self.source(type, *table, **more))
        return relation.columns, relation.fetchall()

    def types(self, type, *table, **more):
        return [str(found) for found in self.relation(self.source(type, *table, **more)).types]

    def version(self, source, known=None):
        return self.hooks.source_version(source=source, context=self.context(known))

    def parent(self, node):
        return self.relations[node]

    def rows(self, query, node="transform.t", path=None):
        """A relation of these rows, as a target gets it."""
        if path is not None:
            self.duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        found = self.duckdb.sql(query)
        columns = [Column(*pair) for pair in zip(found.columns, map(str, found.types), strict=True)]
        return Relation(
            node=NodeId(node),
            scan=f"({query})",
            columns=tuple(columns),
            rows=found.count("*").fetchall()[0][0],
            path=path,
        )

    def deliver(self, relation, path, **options):
        declared = load_plugins().target_types["file"]
        target = Target(
            node=relation.node,
            type="file",
            options=structure(declared.options, {"path": path, **options}),
            key="key",
            label=path,
        )
        return self.hooks.materialize(target=target, relation=relation, context=self.context())


@pytest.fixture(scope="session")
def instance():
    with duckdb.connect() as connection:
        connection.execute("SET autoinstall_known_extensions = false")
        yield connection


@pytest.fixture
def cursor(instance):
    """A connection of the test's own; settings, views and temporary tables end with it."""
    with instance.cursor() as cursor:
        yield cursor


@pytest.fixture
def files_of(tmp_path, cursor):
    """Makes one project folder after the other, all on one DuckDB."""
    numbers = count()

    def make():
        root = tmp_path / f"project-{next(numbers)}"
        root.mkdir()
        return Files(root, cursor)

    return make


@pytest.fixture
def files(tmp_path, cursor):
    root = tmp_path / "project"
    root.mkdir()
    return Files(root, cursor)


class Rest:
    """An API, and a project that reads it through the connection ``api``."""

    def __init__(self, files, api):
        self.files = files
        self.api = api
        self.connect()

    def connect(self, **options):
        self.files.connect("api", "rest_api", **{"base_url": self.api.url, **options})

    def relation(self, table="items", connection="api", **more):
        source = self.files.source("rest_api", table, connection=connection, **more)
        return self.files.relation(source)

    def read(self, table="items", connection="api", **more):
        found = self.relation(table, connection, **more)
        return found.columns, found.fetchall()

    def types(self, **more):
        found = self.relation(**more)
        return dict(zip(found.columns, map(str, found.types), strict=True))

    def refused(self, table="items", connection="api", **more):
        with pytest.raises(SeeknalError) as caught:
            self.relation(table, connection, **more)
        return caught.value


@pytest.fixture
def no_waiting(monkeypatch):
    """What is tried again is tried at once."""
    from seeknal.builtin import restclient

    monkeypatch.setattr(restclient, "backoff", lambda attempt: 0.0)


@pytest.fixture
def api(monkeypatch, no_waiting):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    made = Api()
    yield made
    made.close()


@pytest.fixture
def rest(files, api):
    return Rest(files, api)
