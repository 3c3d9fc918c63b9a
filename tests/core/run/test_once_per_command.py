"""What a command needs of a project is found out once, and what it takes is given back."""

import gc
from collections import Counter

import pytest
from tests.installed import install_plugin

from seeknal.plan.session import Request, writing

pytestmark = pytest.mark.inside

PLUGIN = """
from attrs import frozen
from seeknal.plugin import ConnectionType, Scan, SourceType, hookimpl


@frozen(kw_only=True)
class Shelf:
    number: int = 1


@frozen(kw_only=True)
class ShelfSource:
    pass


@hookimpl
def connection_types():
    return [ConnectionType(name="shelf", options=Shelf, summary="a shelf")]


@hookimpl
def source_types():
    return [SourceType(name="shelf", options=ShelfSource, summary="a shelf's rows")]


@hookimpl
def source_version(source, context):
    if isinstance(source.options, ShelfSource):
        return context.connection(source.connection, Shelf).number


@hookimpl
def load_source(source, context):
    if isinstance(source.options, ShelfSource):
        used = context.connection(source.connection, Shelf)
        return Scan(f"SELECT {used.number} AS x")
"""
PROFILE = "connections: {one: {type: shelf, number: 1}}\n"
SOURCE = "{kind: source, name: NAME, source: shelf, table: t, params: {connection: one}}\n"
FILES = {
    "profiles.yml": PROFILE,
    "seeknal/a.yml": SOURCE.replace("NAME", "a"),
    "seeknal/b.yml": SOURCE.replace("NAME", "b"),
    "seeknal/c.yml": (
        "kind: transform\nname: c\nsql: SELECT a.x FROM ref('source.a') a, ref('source.b') b\n"
        "materialization: {type: file, path: out/c.csv}\n"
    ),
}
COMMANDS = {
    "run": ("run",),
    "a run of all": ("run", "--full"),
    "an environment's run": ("run", "--env", "dev"),
    "plan": ("plan",),
    "a plan that is kept": ("plan", "--output", "plan.json"),
    "a plan of an environment": ("plan", "dev"),
    "apply": ("apply", "--yes"),
    "audit": ("audit",),
    "validate": ("validate",),
    "list": ("list", "--select", "state:modified"),
    "promote": ("promote", "dev", "--yes"),
    "rollback": ("rollback", "prod", "--to", "1", "--yes"),
    "janitor": ("janitor",),
    "janitor --targets": ("janitor", "--targets", "--yes"),
}
EDITED = "kind: transform\nname: c\nsql: SELECT a.x + 1 AS x FROM ref('source.a') a\n"


@pytest.fixture
def made(seeknal_project, tmp_path_factory, monkeypatch):
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_rack", PLUGIN)
    monkeypatch.syspath_prepend(site)
    project = seeknal_project(FILES)
    project.run("run").assert_ok()
    project.write({"seeknal/c.yml": f"{EDITED}materialization: {{type: file, path: out/c.csv}}\n"})
    project.run("run").assert_ok()
    project.run("run", "--env", "dev").assert_ok()
    project.write({"seeknal/d.yml": EDITED.replace("name: c", "name: d").replace("+ 1", "+ 2")})
    project.run("run", "--env", "dev").assert_ok()
    return project


@pytest.fixture
def calls(monkeypatch):
    """How often what is named was called, by whoever."""
    from seeknal.graph import fingerprint
    from seeknal.project.profile import profiles

    counted = Counter()

    def count(module, name, also):
        real = getattr(module, name)

        def called(*arguments, **named):
            counted[name] += 1
            return real(*arguments, **named)

        for place in (module, *also):
            monkeypatch.setattr(place, name, called)

    from seeknal.plan import session, validating

    count(fingerprint, "fingerprints", (session, validating))
    count(profiles, "read_profile", ())
    return counted


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_fingerprints_and_the_profile_are_found_out_once(made, calls, command):
    outcome = made.run(*command)

    assert outcome.exit_code in (0, 3), outcome
    assert max(calls.values(), default=0) <= 1


@pytest.mark.parametrize(
    ("command", "collects"),
    [("run", False), ("plan", False), ("promote", False), ("rollback", False), ("run", True)],
)
def test_a_host_keeps_its_garbage_collector_as_it_was(made, command, collects):
    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        made.run(*COMMANDS[command])
        after = gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()

    assert after is collects


def test_a_writer_that_fails_leaves_the_lock_and_what_it_recorded(tmp_path):
    target, request = tmp_path / "target", Request(command="test")

    def fail():
        with writing(target, request) as store:
            store.create("dev", "prod")
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    with writing(target, request) as store:
        assert "dev" in store.state.environments


@pytest.mark.parametrize("query", ["FROM c", "FROM seeknal_catalog", "SHOW ALL TABLES"])
def test_a_query_reads_the_state_once(seeknal_project, monkeypatch, query):
    from seeknal.query import catalog, database
    from seeknal.state.store import read_state

    reads = Counter()

    def counted(target):
        reads[target] += 1
        return read_state(target)

    project = seeknal_project(
        {"seeknal/c.yml": "{kind: transform, name: c, transform: SELECT 1 AS x}"}
    )
    project.run("run").assert_ok()
    for module in (catalog, database):
        monkeypatch.setattr(module, "read_state", counted)

    project.run("sql", query).assert_ok()

    assert list(reads.values()) == [1]
