"""How core calls hooks: in which thread, one plugin alone, around others."""

import pytest
from tests.core.values.test_plugins import plugin_module
from tests.installed import install_plugin

from seeknal import open_project
from seeknal.kernel import hookspecs
from seeknal.kernel.hooks import Hooks
from seeknal.kernel.plugins import Plugins
from seeknal.plugin import hookimpl
from seeknal.query.delivered import delivered_rows

pytestmark = pytest.mark.inside

SPECS = {name for name, value in vars(hookspecs).items() if hasattr(value, "seeknal_spec")}
PLUGIN = """
import threading
from attrs import frozen
from seeknal.plugin import *

called = {}


def note(hook):
    called.setdefault(hook, set()).add(threading.current_thread() is threading.main_thread())


@frozen(kw_only=True)
class Server:
    host: str = "here"


@frozen(kw_only=True)
class Rows_:
    pass


@frozen(kw_only=True)
class Table:
    table: str = option("t", role="table")


@frozen(kw_only=True)
class Columns:
    column: str = option("a", role="column")


@frozen(kw_only=True)
class Twice:
    by: str = "a"


class Open:
    def execute(self, sql): return ["a"], [[1]]
    def tables(self): return []
    def schema(self, table): return []
    def describe(self): return "there"
    def close(self): pass


class Place:
    def place(self, table): return table
    def committed(self, load): return None
    def expected(self, table): return {}
    def knows(self, load): return False
    def load(self, load, relation, told): return Loaded(rows=1)
    def fail(self, load, error): pass
    def close(self): pass


@hookimpl
def connection_types():
    note("connection_types")
    return [ConnectionType(name="w", options=Server, summary="")]


@hookimpl
def source_types():
    note("source_types")
    return [SourceType(name="w", options=Rows_, summary="")]


@hookimpl
def target_types():
    note("target_types")
    return [TargetType(name="w", options=Table, summary="", modes=("full", "append"))]


@hookimpl
def audit_types():
    note("audit_types")
    return [AuditType(name="w", options=Columns, summary="")]


@hookimpl
def engines():
    note("engines")
    return [EngineType(name="w", summary="", dialect="duckdb")]


@hookimpl
def dialect_pairs():
    note("dialect_pairs")
    return [DialectPair(origin="trino", target="duckdb", table="nowhere:TABLE")]


@hookimpl
def template_functions():
    note("template_functions")
    return []


@hookimpl
def diff_options():
    note("diff_options")
    return []


@hookimpl
def node_kinds():
    note("node_kinds")
    return [NodeKind(name="twice", folder="twice", options=Twice, summary="", functional=None)]


@hookimpl
def load_source(source, context):
    note("load_source")
    if not isinstance(source.options, Rows_):
        return None
    return Scan(f"SELECT '{source.table[0]}' AS a")


@hookimpl
def source_version(source, context):
    note("source_version")
    return None


@hookimpl
def run_node(node, inputs, context):
    note("run_node")
    return Scan(f"SELECT * FROM {inputs.only.scan}") if node.kind == "twice" else None


@hookimpl
def materialize(target, relation, context):
    note("materialize")
    return Delivered(rows=1)


@hookimpl
def isolate_target(target, context):
    note("isolate_target")
    return f"{target.options.table}_{context.environment}"


@hookimpl
def drop_target(target, standing, context, dry_run):
    note("drop_target")
    return Fate(verdict="dropped")


@hookimpl
def look_at_target(target, context):
    note("look_at_target")
    return None


@hookimpl
def delivered_rows(target, columns, context):
    note("delivered_rows")
    return "SELECT 1"


@hookimpl
def target_stands(target, context):
    note("target_stands")
    return True


@hookimpl
def roll_back_target(target, delivered, wanted, context):
    note("roll_back_target")
    return True


@hookimpl
def collect_garbage(project, context, dry_run):
    note("collect_garbage")
    return []


@hookimpl
def audit(audits, relation, context):
    note("audit")
    return [AuditResult(audit_type="w", passed=True, failing_rows=0) for each in audits]


@hookimpl
def audit_file(file):
    note("audit_file")
    return None


@hookimpl
def audit_columns(audit):
    note("audit_columns")
    return [audit.options.column] if isinstance(audit.options, Columns) else None


@hookimpl
def audit_nodes(audit):
    note("audit_nodes")
    return None


@hookimpl
def node_inputs(node, nodes):
    note("node_inputs")
    return None


@hookimpl
def node_audits(node):
    note("node_audits")
    return None


@hookimpl
def node_lineage(node, parents):
    note("node_lineage")
    return None


@hookimpl
def node_misfits(node, columns, nodes):
    note("node_misfits")
    return None


@hookimpl
def target_misfits(target, columns):
    note("target_misfits")
    return None


@hookimpl
def compile_metric(query, project, columns_of, dialect):
    note("compile_metric")
    return "SELECT 1 AS revenue"


@hookimpl
def open_session(connection, project_root):
    note("open_session")
    return Open()


@hookimpl
def open_warehouse(connection, context):
    note("open_warehouse")
    return Place()


@hookimpl
def open_online_store(connection, context):
    note("open_online_store")
    return None


@hookimpl
def source_column_types(source, context):
    note("source_column_types")
    return None


@hookimpl
def source_horizon(source, column, context):
    note("source_horizon")
    return None


@hookimpl
def validate_project(project):
    note("validate_project")
    return []


@hookimpl
def plan_sections(project, environment, changes):
    note("plan_sections")
    return []


@hookimpl
def diff_sections(project, a, b):
    note("diff_sections")
    return []


@hookimpl
def before_run(plan):
    note("before_run")


@hookimpl
def after_node(node, result):
    note("after_node")


@hookimpl
def after_run(summary):
    note("after_run")
"""
FILES = {
    "profiles.yml": "connections: {c: {type: w}}\n",
    "seeknal/s.yml": "{kind: source, name: s, source: w, table: t, audits: [{type: w}]}\n",
    "seeknal/twice/t.yml": "{kind: twice, name: t, inputs: [source.s], by: a,"
    " materializations: [{type: w, table: a, mode: append},"
    " {type: w, table: b, connection: c}]}\n",
    "seeknal/u.yml": "{kind: transform, name: u, sql: SELECT a FROM ref('source.s')}\n",
    "seeknal/v.yml": "{kind: transform, name: v, dialect: postgres, sql: SELECT 1 AS a}\n",
    "seeknal/g.yml": "{kind: feature_group, name: g, inputs: [transform.u],"
    " entity: {name: a, join_keys: [a]}}\n",
}


@pytest.fixture
def watching(tmp_path_factory, monkeypatch):
    """A plugin that implements every hook and notes in which threads each was called."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_watching", PLUGIN)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
    import seeknal_watching

    seeknal_watching.called.clear()
    return seeknal_watching.called


def test_every_hook_is_called_in_the_thread_that_its_docs_name(watching, seeknal_project):
    project = seeknal_project(FILES)

    project.run("run")
    there = delivered_rows(project.path, "c", None, "prod", allow_stale=False)
    there.rows("twice.t", there.columns("twice.t"))
    project.run("features", "materialize", "--to", "c")
    project.run("run", "--env", "dev")
    project.run("validate")
    project.write({"seeknal/s.yml": FILES["seeknal/s.yml"].replace("table: t", "table: u")})
    project.run("run")
    project.run("rollback", "prod", "--yes")
    project.run("connection", "test", "c")
    project.run("connection", "test", "c", "--deployed")
    project.run("ingest", "--connection", "c", "--table", "t", "--into", "c", "--incremental", "a")
    project.run("lineage", "--format", "json")
    with open_project(project.path) as opened:
        opened.query_metrics("revenue")
    project.run("plan")
    project.run("diff", "prod", "dev")
    (project.path / "seeknal/twice/t.yml").unlink()
    project.run("run", "--unpin")
    project.run("janitor", "--targets", "--yes")
    project.run("janitor")
    project.write({"seeknal/audits/x.sql": "SELECT 1"})
    project.run("validate")
    project.run("--help")

    said = {
        name: "main" if "main thread" in text else "worker" if "worker thread" in text else "any"
        for name in watching
        for text in [" ".join((getattr(hookspecs, name).__doc__ or "").lower().split())]
    }
    allowed = {"main": {True}, "worker": {False}, "any": {True, False}}
    assert {n: t for n, t in watching.items() if not t <= allowed[said[n]]} == {}
    assert SPECS - set(watching) == set()


def test_a_wrapper_sees_the_answer_of_the_one_plugin_that_is_asked(monkeypatch):
    @hookimpl(wrapper=True)
    def audit_columns(audit):
        found = yield
        return [*found, "more"]

    one = plugin_module(monkeypatch, "one", audit_columns=lambda audit: ["one"])
    two = plugin_module(monkeypatch, "two", audit_columns=lambda audit: ["two"])
    around = plugin_module(monkeypatch, "around", audit_columns=audit_columns)

    hooks = Plugins((one, two, around)).hooks

    assert hooks.audit_columns("one", audit=None) == ["one", "more"]
    assert hooks.audit_columns("two", audit=None) == ["two", "more"]
    assert hooks.audit_columns("three", audit=None) is None


def test_the_first_that_answers_wins_and_a_plugin_may_ask_to_be_it(monkeypatch):
    later = plugin_module(monkeypatch, "later", load_source=lambda source: "later")

    @hookimpl(tryfirst=True)
    def load_source(source):
        return "first"

    first = plugin_module(monkeypatch, "first", load_source=load_source)

    found = Plugins((first, later)).hooks.load_source(source=None, context=None)

    assert found == "first"


def test_what_a_plugin_raises_while_it_watches_becomes_a_warning(monkeypatch):
    def after_run(summary):
        raise SystemExit("no more")

    calls = []
    loud = plugin_module(monkeypatch, "loud", after_run=after_run)
    calm = plugin_module(monkeypatch, "calm", after_run=lambda summary: calls.append(summary))
    warnings = []

    Plugins((loud, calm)).hooks.after_run(warnings.append, summary="over")

    assert warnings == ["plugin 'loud' failed in after_run: no more"]
    assert calls == ["over"]


def test_every_hook_of_the_specs_can_be_called_or_is_a_declaration():
    declared = {"node_kinds", "source_types", "target_types", "audit_types", "connection_types"}
    declared |= {"engines", "dialect_pairs", "template_functions", "diff_options"}
    assert SPECS - set(vars(Hooks)) == declared
