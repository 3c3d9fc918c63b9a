"""Programs of Debian's packages, unpacked into a folder and not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("SEEKNAL_TEST_CACHE", Path.home() / ".cache" / "seeknal-tests"))


class NotToBeHad(Exception):
    """What a test needs cannot be got on this machine."""


def unpacked(name: str, packages: tuple[str, ...]) -> Path:
    """The folder with what these packages hold, which is kept under a name for the next time.

    Raises NotToBeHad.
    """
    root = CACHE / name
    if root.exists():
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise NotToBeHad(f"{name} comes from Debian's packages")
    with tempfile.TemporaryDirectory() as folder:
        got = subprocess.run(
            ["apt-get", "--quiet", "download", *packages], cwd=folder, capture_output=True
        )
        if got.returncode:
            raise NotToBeHad(f"no {name}: {got.stderr.decode(errors='replace')[-300:]}")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as made:
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, f"{made}/all"], check=True)
            # Another run may have been faster; whole it is in either case.
            Path(made, "all").rename(root) if not root.exists() else None
    return root


def environment(root: Path) -> dict[str, str]:
    """What programs of such a folder are started with, so that they find their libraries."""
    libraries = [str(path) for path in root.glob("**/*-linux-gnu")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
