"""Sections of profiles.yml that a plugin declares: what its targets start with, its connection."""

import pytest
from tests.installed import install_plugin

from seeknal.kernel.plugins import load_plugins
from seeknal.project.profile.profiles import load_profile
from seeknal.values.errors import PluginError

PLUGIN = """
from attrs import frozen
from seeknal.plugin import (
    ConnectionType, ProfileSection, Scan, SourceType, TargetType, hookimpl, option,
)


@frozen(kw_only=True)
class Lake:
    flavour: str = "plain"
    uri: str | None = option(None, role="location")


@frozen(kw_only=True)
class LakeTarget:
    table: str = option("", role="table")


@frozen(kw_only=True)
class LakeSource:
    pass


@frozen(kw_only=True)
class Defaults:
    prefix: str = ""


def completed(defaults, target, node):
    return {**target, "table": defaults.prefix + str(target.get("table") or node)}


@hookimpl
def connection_types():
    return [
        ConnectionType(
            name="lake",
            options=Lake,
            summary="a lake",
            implicit="lake",
            profile_section=("NAME", "catalog"),
            section_type="flavour",
        )
    ]


@hookimpl
def source_types():
    return [SourceType(name="lake", options=LakeSource, summary="a table of the lake")]


@hookimpl
def target_types():
    section = ProfileSection(name="NAME", options=Defaults, complete=completed)
    return [
        TargetType(
            name="lake", options=LakeTarget, summary="a table of the lake", profile_section=section
        )
    ]
"""
TARGET = "{kind: transform, name: x, sql: SELECT 1 AS a, materialization: {type: lake}}\n"
UNNAMED = "{kind: transform, name: x, sql: SELECT 1 AS a, materialization: {table: t}}\n"
SOURCE = "{kind: source, name: x, source: lake, table: t}\n"


@pytest.fixture
def lake(tmp_path_factory, monkeypatch):
    """Installs a plugin whose section has that name."""
    site = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg")

    def install(section, module="seeknal_lake"):
        install_plugin(site, module, PLUGIN.replace("NAME", section), distribution=module)

    return install


def test_targets_start_with_what_the_section_says(lake, node):
    lake("lake_defaults", "lake_a")

    found = node(TARGET, {"profiles.yml": "lake_defaults: {prefix: '${PREFIX:raw_}'}\n"})

    assert found.targets[0].options.table == "raw_x"


def test_a_wrong_key_of_a_section_is_told_with_its_place(lake, node, load, problems):
    lake("lake_defaults", "lake_b")
    files = {"seeknal/x.yml": TARGET, "profiles.yml": "lake_defaults:\n  prefix: [1]\n"}

    (problem,) = problems(files)

    assert (problem.code, str(problem.location)) == ("SK0203", "profiles.yml:2:11")


def test_a_section_may_hold_the_connection_of_its_type(lake, seeknal_project):
    lake("lake_defaults", "lake_c")
    text = "lake_defaults: {catalog: {type: deep, uri: here}}\n"
    project = seeknal_project({"profiles.yml": text})
    plugins = load_plugins()

    found = load_profile(project.path, None, plugins).connection("lake", plugins)

    assert (found.options.flavour, found.options.uri) == ("deep", "here")


def test_a_source_without_a_connection_depends_on_where_that_of_its_type_leads(lake, node):
    lake("lake_defaults", "lake_d")

    here, there = (
        node(SOURCE, {"profiles.yml": f"lake_defaults: {{catalog: {{uri: {place}}}}}\n"})
        for place in ("here", "there")
    )

    assert here.definition != there.definition


def test_a_target_without_a_type_is_of_the_one_that_declares_materialization(lake, node):
    lake("materialization", "lake_e")

    found = node(UNNAMED, {"profiles.yml": "materialization: {prefix: raw_}\n"})

    assert (found.targets[0].type, found.targets[0].options.table) == ("lake", "raw_t")


def test_two_types_with_one_section_are_an_error_that_names_both(lake, monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres")
    lake("materialization", "lake_f")
    pytest.importorskip("seeknal_iceberg")

    with pytest.raises(PluginError) as caught:
        print(load_plugins().sections)

    assert "'materialization'" in caught.value.message
    assert "seeknal-iceberg" in caught.value.message
    assert "lake_f" in caught.value.message
