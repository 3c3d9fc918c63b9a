import textwrap
from types import SimpleNamespace

import pytest

from seeknal.kernel.logs import node_logger
from seeknal.project.python.pipelines import read_pipeline
from seeknal.run.engine import define_views, open_instance
from seeknal.run.python.database import OwnDuckDB
from seeknal.run.python.function import release, run_function
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node
from seeknal.values.relations import Relation


class Pipelines:
    """A project of Python files, whose functions can be called on a real cursor."""

    def __init__(self, root):
        self.root = root
        self.folder = root / "seeknal" / "pipelines"
        self.folder.mkdir(parents=True)
        self.workdir = root / "target" / "tmp"
        self.workdir.mkdir(parents=True)
        self.cursor = open_instance()
        self.inputs = {}
        self.notes = []

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def read(self, name, text=None):
        path = self.write(name, text) if text is not None else self.folder / name
        return read_pipeline(path, self.root)

    def node(self, name, text):
        """The one node of a file."""
        raws, problems = self.read(name, text)
        assert problems == []
        (raw,) = raws
        return raw

    def table(self, id, select):
        """Make an input exist."""
        self.inputs[NodeId(id)] = select
        define_views(self.cursor, {NodeId(id): select})

    def relation(self, id):
        scan = f'"{id.kind}"."{id.name}"'
        found = self.cursor.sql(f"FROM {scan}")
        columns = tuple(Column(n, str(t)) for n, t in zip(found.columns, found.types, strict=True))
        return Relation(node=id, scan=scan, columns=columns, rows=-1)

    def call(self, raw, *, capture=None, columns=(), contract=False, **context):
        """What the engine would be given for a node."""
        inputs = tuple(Input(ref=NodeId(entry["ref"])) for entry in raw.data.get("inputs", ()))
        node = Node(
            id=raw.id,
            location=raw.location,
            options=None,
            definition="",
            inputs=inputs,
            python=raw.python,
            columns=columns,
            contract=contract,
        )
        log, warnings = node_logger(node.id, "run")
        services = SimpleNamespace(
            environment="prod",
            project_root=self.root,
            workdir=self.workdir,
            log=log,
            duckdb=self.cursor,
            **{
                "run_id": "run",
                "interval": None,
                "params": {},
                "variables": {},
                "source_rows": None,
            }
            | context,
        )
        parents = {id: self.relation(id) for id in node.parents}
        try:
            return run_function(node, parents, services, self.own(), capture=capture)
        finally:
            self.notes = warnings.notes

    def own(self):
        def opened():
            instance = open_instance()
            define_views(instance, self.inputs)
            return instance

        return OwnDuckDB(opened, lambda instance: instance.close())

    def rows(self, raw, **options):
        scan = self.call(raw, **options)
        return (scan.within or self.cursor).execute(scan.sql).fetchall()

    def result(self, text, **options):
        return self.rows(self.node("nodes.py", text), **options)


@pytest.fixture
def pipelines(tmp_path):
    made = Pipelines(tmp_path)
    yield made
    release()
    made.cursor.close()
