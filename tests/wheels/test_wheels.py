"""What users get: the wheels, installed in an environment with nothing else in it."""

from __future__ import annotations

import pytest
from tests.wheels.conftest import LIGHT, SOURCES, distribution_of

pytestmark = [pytest.mark.wheels, pytest.mark.timeout(600)]

MAX_DISTRIBUTIONS = 14
"""The thirteenth, cronsim, reads cron schedules in place of code of our own; the fourteenth,
time-machine, stops the clock of Python nodes in unit tests, and brings nothing along."""
MAX_MEGABYTES = 130


def test_a_wheel_of_each_distribution_is_built(wheels):
    assert {distribution_of(wheel) for wheel in wheels} == SOURCES.keys()


def test_the_lineage_page_comes_with_its_script_and_licences(installed, tmp_path):
    write = (
        "from pathlib import Path; from seeknal.page import write_page;"
        " write_page({'nodes': [], 'edges': []}, Path('page.html'))"
    )

    installed.call("python", "-c", write, cwd=tmp_path)

    assert "Content-Security-Policy" in (tmp_path / "page.html").read_text()
    assert list(installed.folder.rglob("seeknal/page/bundle.licenses.txt"))


def test_the_installed_plugins_are_listed(installed):
    plugins = installed.call("seeknal", "plugins", "--format", "json")

    assert "audits" in plugins


def test_a_new_project_runs(installed, tmp_path):
    installed.call("seeknal", "init", "demo", "--example", "minimal", cwd=tmp_path)

    first = installed.call("seeknal", "run", cwd=tmp_path / "demo")
    second = installed.call("seeknal", "run", cwd=tmp_path / "demo")

    assert "0 failed" in first
    assert " 0 run," in second
    assert (tmp_path / "demo" / "outputs").is_dir()


def test_the_medallion_example_runs_on_the_embedded_server(whole, tmp_path):
    whole.call("seeknal", "init", "demo", "--example", "medallion", cwd=tmp_path)
    demo = tmp_path / "demo"

    whole.call("seeknal", "python", "scripts/seed.py", cwd=demo)
    first = whole.call("seeknal", "run", cwd=demo)

    assert "15 nodes: 15 run, 0 reused, 0 failed" in first
    assert "OWED" not in first


def test_few_other_distributions_are_brought_along(installed):
    others = installed.distributions() - LIGHT

    assert len(others) <= MAX_DISTRIBUTIONS, sorted(others)


def test_the_installation_stays_small(installed):
    assert installed.megabytes() <= MAX_MEGABYTES
