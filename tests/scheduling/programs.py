"""Programs that schedules are exported to, or that know their files, in folders of their own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.unpacked import CACHE


def python_with(*requirements):
    """The folder of programs of an environment with these packages; skips where there is none."""
    uv = shutil.which("uv")
    if uv is None:
        try:
            from uv import find_uv_bin

            uv = find_uv_bin()
        except (ImportError, FileNotFoundError):
            pytest.skip("uv, which installs what is asked, is not here")
    name = hashlib.sha256(" ".join(requirements).encode()).hexdigest()[:16]
    place = CACHE / "programs" / name
    if not (place / "whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        _called(uv, "venv", "--quiet", "--python", sys.executable, str(place))
        _called(
            *(uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python")),
            *requirements,
        )
        (place / "whole").touch()
    return place / "bin"


def _called(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot be installed: {done.stderr.strip()[-300:]}")


def debians_crontab():
    """A root folder with the ``crontab`` of Debian's cron; skips where it is not to be had.

    It is unpacked and not installed: its checks need the group crontab, and a folder for tables.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("only root of a Debian can look at a table with its crontab")
    root = CACHE / "debians-cron"
    if not (root / "usr/bin/crontab").exists():
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["apt-get", "--quiet", "download", "cron"], cwd=folder, capture_output=True
            )
            packages = [str(path) for path in Path(folder).glob("*.deb")]
            if done.returncode or not packages:
                pytest.skip("Debian's package cron cannot be downloaded; apt-get update may help")
            root.mkdir(parents=True, exist_ok=True)
            for package in packages:
                subprocess.run(["dpkg", "--extract", package, str(root)], check=True)
    _furnish(root)
    return root


def _furnish(root):
    """What the program finds when the folder is its root."""
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\ncrontab:x:101:\n")
    (root / "var/spool/cron/crontabs").mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir(exist_ok=True)
    listed = subprocess.run(
        ["ldd", str(root / "usr/bin/crontab")], capture_output=True, text=True, check=True
    )
    words = (word for line in listed.stdout.splitlines() for word in line.split())
    for library in (Path(word) for word in words if word.startswith("/")):
        place = root / library.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
