"""The tests that examples carry pass wherever and whenever they are run, with nothing around."""

from __future__ import annotations

import shutil

import pytest

from seeknal.testing import TestProject
from tests.examples import EXAMPLES

MINIMAL = EXAMPLES.parent / "core" / "src" / "seeknal" / "examples" / "minimal"
TESTED = {path.parent.name: path.parent for path in EXAMPLES.glob("*/tests")} | {"minimal": MINIMAL}
NEEDS = {"semantic": "seeknal_semantic", "medallion": "seeknal_iceberg", "rest": "seeknal"}
NEEDS |= {"lineage_inspect": "seeknal_iceberg", "starrocks": "seeknal_starrocks"}


@pytest.mark.parametrize("name", TESTED)
def test_tests_of_an_example_need_no_data_and_no_server(name, tmp_path, monkeypatch):
    pytest.importorskip(NEEDS.get(name, "seeknal"))
    folder = tmp_path / name
    shutil.copytree(TESTED[name], folder, ignore=shutil.ignore_patterns("data", "target"))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    for variable in ("SHOP_URL", "SHOP_TOKEN", "STARROCKS_URL"):
        monkeypatch.delenv(variable, raising=False)

    result = TestProject(folder).run("test")

    result.assert_ok()
    assert " passed" in result.stdout
    assert not (folder / "target").exists()


def test_every_example_with_nodes_that_compute_carries_tests():
    without = {
        path.name
        for path in EXAMPLES.iterdir()
        if (path / "seeknal").is_dir() and path.name not in TESTED
    }

    assert without == set()
