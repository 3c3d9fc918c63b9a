"""Every line that tells somebody to install something: on a page, or in a message."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "core/src", *sorted(ROOT.glob("plugins/*/src")))
ONE_PLACE = ROOT / "core/src/seeknal/kernel/installing.py"
"""All that messages know of installing."""

_LINE = re.compile(
    r"`((?:\S+ -m )?pip install [^`]+)`|^\$ ((?:\S+ -m )?pip install .+)$", re.MULTILINE
)


class Line(NamedTuple):
    page: str
    command: str

    @property
    def requirements(self) -> list[str]:
        words = shlex.split(self.command, comments=True)
        return [word for word in words[words.index("install") + 1 :] if not word.startswith("-")]


def pages() -> list[Path]:
    """Every page; the changelog as the fragments that it is made of."""
    found = [
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "docs").rglob("*.txt")),
        *sorted(ROOT.glob("*.md")),
        *sorted(ROOT.glob("*/*.md")),
        *sorted(ROOT.glob("*/*/README.md")),
    ]
    return [page for page in found if page.name != "CHANGELOG.md"]


def lines() -> list[Line]:
    """The lines of all pages, each once."""
    found = {
        (str(page.relative_to(ROOT)), first or second): None
        for page in pages()
        for first, second in _LINE.findall(page.read_text("utf-8"))
    }
    return [Line(page, command) for page, command in found]


def asked_in_messages() -> Iterator[tuple[Path, tuple[str, ...]]]:
    """What each call of ``install_command`` in the packages is given."""
    for file in (file for source in SOURCES for file in sorted(source.rglob("*.py"))):
        text = file.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "install_command" in text else ():
            if isinstance(node, ast.Call) and _name(node.func) == "install_command":
                given = [entry.value for entry in node.args if isinstance(entry, ast.Constant)]
                yield file, tuple(map(str, given))


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def literals(file: Path) -> Iterator[str]:
    """The texts of a module that are not docstrings or comments."""
    tree = ast.parse(file.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
