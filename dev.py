#!/usr/bin/env python3
"""The commands of a checkout; Python 3.11+ is all that a machine needs to have.

python3 dev.py example          run examples/medallion and show what it made
python3 dev.py test [ARGS]      run the tests (ARGS go to pytest)
python3 dev.py check            style, types, layers, and each package with nothing else installed
python3 dev.py wheels           build the wheels into dist/ and try them in a clean environment
python3 dev.py changelog        show what changelog.d/ holds as the section of the next release
python3 dev.py changelog X.Y.Z  make it that release's section of CHANGELOG.md, dated today

Everything is installed into .venv/ beside this file and nowhere else.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
EXAMPLE = ROOT / "examples" / "medallion"
PACKAGES = (
    "core",
    "plugins/seeknal-audits",
    "plugins/seeknal-postgres",
    "plugins/seeknal-iceberg",
    "plugins/seeknal-semantic",
    "plugins/seeknal-starrocks",
)
BUILT_FROM = (ROOT / "core" / "page",)
"""What installing core makes the lineage page of."""
CHANGELOG = ROOT / "CHANGELOG.md"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ONLY_INSTALL = "--only-install"
CHANGES = ("added", "changed", "removed", "fixed")


def main(arguments: list[str]) -> int:
    commands = {
        "example": example,
        "test": test,
        "check": check,
        "wheels": wheels,
        "changelog": changelog,
    }
    if not arguments or arguments[0] not in commands:
        print(__doc__, end="", file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return commands[arguments[0]](arguments[1:])
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except KeyboardInterrupt:
        return 130


def example(arguments: list[str]) -> int:
    install("servers")
    run("seeknal", "python", "scripts/seed.py", cwd=EXAMPLE)
    run("seeknal", "run", *arguments, cwd=EXAMPLE)
    run("seeknal", "inspect", "transform.revenue_summary", cwd=EXAMPLE)
    print(f"\nThe project is {EXAMPLE.relative_to(ROOT)}/; the command is {BIN / 'seeknal'}")
    return 0


def test(arguments: list[str]) -> int:
    install("test", "servers", "extras", "browser")
    install_browser()
    if arguments == [ONLY_INSTALL]:
        return 0
    run("pytest", *arguments)
    return 0


def check(arguments: list[str]) -> int:
    """Carries out every check, then says which failed; ``--only-install`` prepares for it."""
    install("lint", "types", "arch", "tox")
    if arguments == [ONLY_INSTALL]:
        return 0
    failed = [
        " ".join(command)
        for command in (
            ("ruff", "check"),
            ("ruff", "format", "--check"),
            ("mypy",),
            ("lint-imports",),
            ("tox", "run", "-e", "core,audits,postgres,iceberg,semantic,starrocks"),
        )
        if not succeeds(*command)
    ]
    print("failed: " + ", ".join(failed) if failed else "all checks passed")
    return 1 if failed else 0


def wheels(arguments: list[str]) -> int:
    install("test", "build")
    if arguments == [ONLY_INSTALL]:
        return 0
    for package in PACKAGES:
        run("python", "-m", "build", "--wheel", "--outdir", str(ROOT / "dist"), package)
    run("pytest", "tests/wheels", "-m", "wheels and not slow", *arguments)
    return 0


def changelog(arguments: list[str]) -> int:
    if not arguments:
        print(unreleased(), end="")
        return 0
    CHANGELOG.write_text(released(CHANGELOG.read_text(), f"{arguments[0]} ({date.today()})"))
    for fragment in fragments():
        fragment.unlink()
    return 0


def released(text: str, heading: str) -> str:
    """The changelog with a section of what is not released yet, above those of releases."""
    first = re.search(r"(?m)^## ", text)
    head, rest = (text[: first.start()], text[first.start() :]) if first else (f"{text}\n", "")
    return f"{head}## {heading}\n{unreleased()}" + (f"\n{rest}" if rest else "")


def fragments(kind: str = "*") -> list[Path]:
    return sorted((ROOT / "changelog.d").glob(f"*.*.{kind}.md"), key=_core_first)


def unreleased() -> str:
    """The fragments of changelog.d/ as Markdown: by what they are, then by package."""
    parts = []
    for change in CHANGES:
        entries = [f"- {path.name.split('.')[0]}: {path.read_text()}" for path in fragments(change)]
        if entries:
            parts.append(f"\n### {change.capitalize()}\n\n{''.join(entries)}")
    return "".join(parts)


def _core_first(fragment: Path) -> tuple[bool, str]:
    return not fragment.name.startswith("core."), fragment.name


def install(*groups: str) -> None:
    """Bring .venv up to date with the packages, editable, and these dependency groups."""
    _create_venv()
    editable = [part for package in PACKAGES for part in ("-e", str(ROOT / package))]
    wanted = {"packages": (editable, _digest([*editable, *map(_content, BUILT_FROM)]))}
    for group in groups:
        named = list(requirements(group))
        wanted[group] = (named, _digest(named))
    _install_missing({name: found for name, found in wanted.items() if _stamp(name) != found[1]})


def install_browser() -> None:
    """Chromium for the tests of pages, from Debian's packages where that can be done."""
    if any(map(shutil.which, BROWSERS)) or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    print("installing chromium", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
        subprocess.run(["apt-get", "--quiet", *step], env=environment, stdout=sys.stderr)


def _create_venv() -> None:
    if (BIN / "python").exists():
        return
    print(f"creating {VENV.relative_to(ROOT)}/", file=sys.stderr)
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except (ImportError, subprocess.CalledProcessError):
        sys.exit(
            "this Python cannot make virtual environments;"
            " on Debian and Ubuntu: sudo apt install python3-venv"
        )


def _install_missing(wanted: dict[str, tuple[list[str], str]]) -> None:
    """One call of pip for all; it is not made where neither requirements, nor metadata, nor a
    build's sources have changed."""
    if not wanted:
        return
    print("installing", *wanted, file=sys.stderr)
    given = [part for requirements, _ in wanted.values() for part in requirements]
    # Python compiles what it imports; most of what is installed nobody does.
    pip = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-compile", *given)
    for name, (_, digest) in wanted.items():
        (VENV / f".installed-{name}").write_text(digest)


def _stamp(name: str) -> str | None:
    stamp = VENV / f".installed-{name}"
    return stamp.read_text() if stamp.exists() else None


def _digest(requirements: Iterable[str]) -> str:
    metadata = [(ROOT / package / "pyproject.toml").read_text() for package in PACKAGES]
    return hashlib.sha256("\0".join([*requirements, *metadata]).encode()).hexdigest()


def _content(folder: Path) -> str:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    kept = [path for path in files if "node_modules" not in path.parts]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in kept)).hexdigest()


def requirements(group: str) -> Iterator[str]:
    """A dependency group of the root pyproject; pip itself reads groups only from 25.1 on."""
    import tomllib  # not at the top: there an older Python would fail before it is told why

    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    for entry in groups[group]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from requirements(entry["include-group"])


def run(command: str, *arguments: str, cwd: Path = ROOT) -> None:
    print("$", command, *arguments, file=sys.stderr, flush=True)
    subprocess.run([BIN / command, *arguments], cwd=cwd, env=_environment(), check=True)


def succeeds(command: str, *arguments: str) -> bool:
    try:
        run(command, *arguments)
    except subprocess.CalledProcessError:
        return False
    return True


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}
    environment.pop("PYTHONHOME", None)
    # Some thousand commands that each compile the same modules are minutes.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  the one place an older Python can reach
        sys.exit("seeknal needs Python 3.11 or newer")
    sys.exit(main(sys.argv[1:]))
