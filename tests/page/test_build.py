"""The page's bundle: made when core is built, and only when there is something new to make."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.page.documents import document, node

from seeknal import page
from seeknal.page import write_page
from seeknal.values.errors import SeeknalError

pytestmark = pytest.mark.once

CORE = Path(__file__).parents[2] / "core"
BUNDLE = ("bundle.js", "bundle.css", "bundle.licenses.txt")


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the bundle is made of, with nothing made yet."""
    for name in ("hatch_build.py", "page", "src/seeknal/page"):
        ignored = shutil.ignore_patterns("node_modules", "bundle.*", "__pycache__")
        source, copy = CORE / name, tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy, ignore=ignored) if source.is_dir() else shutil.copy(
            source, copy
        )
    return tmp_path


def built(checkout: Path) -> dict[str, bytes]:
    return {name: (checkout / "src/seeknal/page" / name).read_bytes() for name in BUNDLE}


def hook(checkout: Path):
    spec = importlib.util.spec_from_file_location("hatch_build", checkout / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bundle_in_use_was_made_of_these_sources():
    assert hook(CORE).is_current(), "run: python core/hatch_build.py"


@pytest.mark.skipif(not shutil.which("npm"), reason="builds with the machine's Node.js")
def test_builds_beside_each_other_make_the_same_bytes_and_leave_nothing(checkout, tmp_path):
    command = [sys.executable, checkout / "hatch_build.py"]
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home)}

    processes = [subprocess.Popen(command, env=environment) for _ in range(3)]
    codes = [process.wait() for process in processes]

    assert codes == [0, 0, 0]
    assert built(checkout) == built(CORE)
    assert not list((checkout / "src/seeknal/page").glob(".bundle*"))
    assert list(home.iterdir()) == []


def test_an_up_to_date_bundle_needs_no_node(checkout, monkeypatch):
    for name in BUNDLE:
        shutil.copy(CORE / "src/seeknal/page" / name, checkout / "src/seeknal/page")
    monkeypatch.setenv("PATH", "")

    module = hook(checkout)
    module.make_bundle()

    assert module.PageHook.dependencies(None) == []


def test_a_changed_source_asks_for_node_where_there_is_none(checkout, monkeypatch):
    for name in BUNDLE:
        shutil.copy(CORE / "src/seeknal/page" / name, checkout / "src/seeknal/page")
    (checkout / "page/style.css").write_text("body {}")
    monkeypatch.setenv("PATH", "")

    module = hook(checkout)

    assert not module.is_current()
    assert module.PageHook.dependencies(None) == [module.NODE_WHEEL]


def test_a_missing_bundle_is_explained(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "_FOLDER", tmp_path)

    with pytest.raises(SeeknalError, match=r"bundle\.js is missing") as raised:
        write_page(document([], []), tmp_path / "lineage.html")

    assert raised.value.code == "SK0007"
    assert "python core/hatch_build.py" in raised.value.help
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_written_whole_and_into_new_folders(tmp_path):
    path = tmp_path / "deep" / "lineage.html"

    write_page(document([node("transform.x")], []), path)
    write_page(document([node("transform.y")], []), path)

    assert "transform.y" in path.read_text()
    assert "transform.x" not in path.read_text()
    assert [found.name for found in path.parent.iterdir()] == ["lineage.html"]


def test_the_licences_of_what_is_inside_are_named():
    licences = (CORE / "src/seeknal/page/bundle.licenses.txt").read_text()

    for name in ("@dagrejs/dagre", "d3-zoom", "sql-highlight"):
        assert f"\n{name} " in licences
