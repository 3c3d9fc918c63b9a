"""Where a connection leads is part of what its sources are: elsewhere, they are read again."""

import pytest
from tests.installed import install_plugin

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project

SOURCE = (
    "{kind: source, name: x, source: shelf, table: t, params: {connection: s}, refresh: manual}\n"
)
PLUGIN = """
from collections.abc import Mapping
from attrs import frozen
from seeknal.plugin import ConnectionType, Scan, Secret, SourceType, hookimpl, option


@frozen(kw_only=True)
class Plain:
    endpoint: str = "here"
    extra: Mapping[str, str] = option(factory=dict)
    timeout: int = option(1, functional=False)
    password: Secret | None = None


@frozen(kw_only=True)
class Told:
    server: str = option("here", aliases=("srv",), role="location")
    url: Secret | None = option(None, role="location")
    user: str = "me"


@frozen(kw_only=True)
class ShelfSource:
    pass


@hookimpl
def connection_types():
    return [
        ConnectionType(name="plain", options=Plain, summary="a shelf"),
        ConnectionType(name="told", options=Told, summary="a shelf"),
    ]


@hookimpl
def source_types():
    return [SourceType(name="shelf", options=ShelfSource, summary="a shelf's rows")]


@hookimpl
def load_source(source, context):
    if not isinstance(source.options, ShelfSource):
        return None
    used = context.connection(source.connection, Plain)
    return Scan(f"SELECT '{used.endpoint}' AS endpoint")
"""


@pytest.fixture(autouse=True)
def shelf(tmp_path_factory, monkeypatch):
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_rack", PLUGIN)
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def definition(seeknal_project):
    """What names the source's rows when connection ``s`` is written so."""
    project = seeknal_project({"seeknal/x.yml": SOURCE})

    def definition(connection):
        project.write({"profiles.yml": f"connections: {{s: {{{connection}}}}}\n"})
        loaded = load_project(project.path, load_plugins())
        return loaded.nodes["source.x"].definition

    return definition


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("type: plain", "type: plain, endpoint: there"),
        ("type: plain, endpoint: here", "type: plain, endpoint: there"),
        ("type: plain, extra: {bucket: a}", "type: plain, extra: {bucket: b}"),
        ("type: told, server: here", "type: told, server: there"),
        ("type: told, srv: here", "type: told, srv: there"),
        ("type: told, url: 'x://me:pw@here/a'", "type: told, url: 'x://me:pw@there/a'"),
        ("type: told, url: 'x://here/a'", "type: told, url: 'x://here/b'"),
        ("type: plain", "type: told"),
    ],
)
def test_a_source_whose_connection_leads_elsewhere_is_another(definition, before, after):
    found = {definition(before), definition(after)}

    assert len(found) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("type: plain, timeout: 1", "type: plain, timeout: 2"),
        ("type: plain, password: a-first-one", "type: plain, password: a-second-one"),
        ("type: told, user: me", "type: told, user: you"),
        ("type: told, server: here", "type: told, srv: here"),
        ("type: told, url: 'x://me:p@w?1@here/a'", "type: told, url: 'x://me:pw2@here/a'"),
    ],
)
def test_what_does_not_lead_elsewhere_is_no_other_source(definition, before, after):
    found = {definition(before), definition(after)}

    assert len(found) == 1


@pytest.mark.parametrize("key", ["server", "url"])
def test_a_variable_that_leads_elsewhere_is_seen_when_nothing_else_moved(
    definition, monkeypatch, key
):
    monkeypatch.setenv("SHELF", "x://me:secret-word@here/a")
    before = definition(f"type: told, {key}: '${{SHELF}}'")
    monkeypatch.setenv("SHELF", "x://me:secret-word@there/a")

    after = definition(f"type: told, {key}: '${{SHELF}}'")

    assert before != after


def test_a_run_reads_from_where_the_connection_leads_now(seeknal_project):
    project = seeknal_project(
        {"seeknal/x.yml": SOURCE, "profiles.yml": "connections: {s: {type: plain}}\n"}
    )
    project.run("run")
    project.write({"profiles.yml": "connections: {s: {type: plain, endpoint: there}}\n"})

    project.run("run")

    rows = project.run("sql", "FROM ref('source.x')", "--format", "csv").stdout
    assert rows.splitlines() == ["endpoint", "there"]
