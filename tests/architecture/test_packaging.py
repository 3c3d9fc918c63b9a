"""The distributions are released together and say so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import seeknal
from seeknal.project.python import uv

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
PLUGINS = sorted((ROOT / "plugins").glob("seeknal-*"))


def metadata(package: Path) -> dict:
    return tomllib.loads((package / "pyproject.toml").read_text())["project"]


def next_minor(version: str) -> str:
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}"


def test_every_distribution_has_the_version_that_seeknal_shows():
    versions = {package.name: metadata(package)["version"] for package in [CORE, *PLUGINS]}

    assert set(versions.values()) == {seeknal.__version__}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_asks_for_the_core_it_is_released_with(plugin):
    version = seeknal.__version__
    expected = f"seeknal>={version.rpartition('.')[0]},<{next_minor(version)}"

    assert expected in metadata(plugin)["dependencies"]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_core_offers_each_plugin_as_an_extra(plugin):
    extras = metadata(CORE)["optional-dependencies"]
    short = plugin.name.removeprefix("seeknal-")
    version = seeknal.__version__
    expected = f"{plugin.name}>={version.rpartition('.')[0]},<{next_minor(version)}"

    assert extras[short] == [expected]
    assert expected in extras["all"]


@pytest.mark.parametrize("package", [CORE, *PLUGINS], ids=lambda path: path.name)
def test_a_distribution_brings_its_license_readme_and_types(package):
    module = package / "src" / metadata(package)["name"].replace("-", "_")

    assert (package / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert len((package / metadata(package)["readme"]).read_text()) > 200
    assert (module / "py.typed").is_file()


def test_the_oldest_duckdb_that_is_taken_is_the_one_that_is_tested():
    tested = re.search(r"^ +duckdb==(\S+)$", (ROOT / "tox.ini").read_text(), re.MULTILINE)

    assert f"duckdb>={tested[1]}" in metadata(CORE)["dependencies"]
    assert f"duckdb>={tested[1]}" in uv.NEEDED


def test_the_root_is_no_distribution():
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "project" not in configuration
    assert "build-system" not in configuration
