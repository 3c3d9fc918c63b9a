"""Projects that are loaded, not run, and a plugin that is really installed."""

import pytest

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.errors import ProjectError

VAULT = """
from attrs import frozen
from seeknal.plugin import (
    ConnectionType, ProfileSection, Scan, Secret, SourceType, TargetType, hookimpl, option,
)


@frozen(kw_only=True)
class VaultConnection:
    host: str = "localhost"
    port: int = 1
    schema: str | None = option(None, role="schema")
    verify: bool = True
    password: Secret = option(Secret(""), aliases=("pwd",))
    tags: tuple[str, ...] = ()


@frozen(kw_only=True)
class VaultSource:
    schema: str | None = None
    limit: int | None = None


@frozen(kw_only=True)
class VaultTarget:
    table: str | None = option(None, role="table")
    time_column: str | None = None
    lookback: int | None = None


@frozen(kw_only=True)
class Defaults:
    enabled: bool = True
    default_mode: str | None = None
    default_table_prefix: str | None = None


def completed(defaults, target, node):
    if not defaults.enabled:
        return None
    table = str(target.get("table") or node)
    prefix = (defaults.default_table_prefix or "").split(".")
    parts = prefix[: max(0, len(prefix) - table.count("."))] if prefix[0] else []
    mode = target.get("mode") or defaults.default_mode
    return {**target, "mode": mode, "table": ".".join([*parts, table])}


@hookimpl
def connection_types():
    return [ConnectionType(name="vault", options=VaultConnection, summary="a vault")]


@hookimpl
def source_types():
    return [SourceType(name="vault", options=VaultSource, summary="a vault's table")]


@hookimpl
def target_types():
    modes = ("full", "append", "upsert_by_key", "incremental_by_time")
    return [
        TargetType(name="vault", options=VaultTarget, summary="a table", modes=modes),
        TargetType(
            name="iceberg",
            options=VaultTarget,
            summary="a table",
            modes=modes,
            profile_section=ProfileSection(
                name="materialization", options=Defaults, complete=completed
            ),
        ),
    ]


@hookimpl
def load_source(source, context):
    if not isinstance(source.options, VaultSource):
        return None
    used = context.connection(source.connection, VaultConnection)
    return Scan(f"SELECT '{used.host}' AS host, {used.port} AS port")
"""


@pytest.fixture
def vault(tmp_path_factory, monkeypatch):
    """Installs a plugin with a connection, source and target type; ``vault("2.0")`` updates it."""
    site = tmp_path_factory.mktemp("site")
    (site / "seeknal_vault.py").write_text(VAULT)
    monkeypatch.syspath_prepend(site)
    # It declares what the real ones do too.
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg")

    def install(version):
        for old in site.glob("*.dist-info"):
            (old / "METADATA").unlink()
            (old / "entry_points.txt").unlink()
            old.rmdir()
        info = site / f"seeknal_vault-{version}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: seeknal-vault\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text("[seeknal]\nvault = seeknal_vault\n")

    install("1.0")
    return install


@pytest.fixture
def load(seeknal_project):
    """Loads a project of the given files; ``variables`` and ``profile`` as a command gives them."""

    def load(files, **options):
        project = seeknal_project(files)
        return load_project(project.path, load_plugins(), use_cache=False, **options)

    return load


@pytest.fixture
def problems(load):
    """What is wrong with a project of the given files."""

    def problems(files, **options):
        with pytest.raises(ProjectError) as caught:
            load(files, **options)
        return caught.value.problems

    return problems


@pytest.fixture
def node(load):
    """The node ``x`` of one document, among a source ``a`` and a transform ``b``."""

    def node(text, files=None, **options):
        project = load({**NEIGHBOURS, "seeknal/x.yml": text, **(files or {})}, **options)
        (found,) = (entry for entry in project.nodes.values() if entry.name == "x")
        return found

    return node


NEIGHBOURS = {
    "seeknal/a.yml": "{kind: source, name: a, source: csv, table: data/a.csv}\n",
    "seeknal/b.yml": "{kind: transform, name: b, sql: SELECT 1 AS y}\n",
}
