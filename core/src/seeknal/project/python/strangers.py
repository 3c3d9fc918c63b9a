"""Functions that look like nodes and are none: their decorator is not seeknal's."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.python.free_names import bound_names
from seeknal.project.python.syntax import DECORATORS, dotted, functions, our_names
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.values.errors import nearest

if TYPE_CHECKING:
    from seeknal.project.python.syntax import Function

_ALIKE = 0.8
_LIKE_US = 0.7
_DEEP = 5


@frozen(kw_only=True)
class Stranger:
    """One such function. ``certain``: no other library's decorator can be meant."""

    message: str
    line: int
    help: str
    certain: bool


def strangers(tree: ast.Module, ours: Mapping[str, str], folder: Path) -> Iterator[Stranger]:
    """The functions of a file beside ``folder``'s helpers whose decorators only look like ours."""
    imports = _imports(tree)
    own = {name for entry in tree.body for name in bound_names(entry)} - imports.keys()
    for function in functions(tree):
        for node in function.decorator_list:
            name = dotted(node.func if isinstance(node, ast.Call) else node)
            if name is None or name in ours or name.partition(".")[0] in own:
                continue
            found = _stranger(function, name, node.lineno, imports, folder)
            if found is not None:
                yield found


def _stranger(
    function: Function, name: str, line: int, imports: Mapping[str, str], folder: Path
) -> Stranger | None:
    first, _, rest = name.partition(".")
    origin = imports.get(first)
    known = f"{origin or first}.{rest}".rstrip(".") if origin else name
    module, _, last = known.rpartition(".")
    written = name.rpartition(".")[2]
    near = nearest(last, DECORATORS, limit=1, likeness=_ALIKE)
    near = near or [entry for entry in DECORATORS if entry == written]
    if not near or (origin is None and rest):
        return None
    help = f"write: from seeknal import {near[0]}"
    if origin is None:
        if last not in DECORATORS:
            return None
        text = f"{function.name}() is no node: nothing in this file is called {first}"
        return Stranger(message=text, line=line, help=help, certain=True)
    top = module.partition(".")[0]
    text = f"{function.name}() is no node: its @{name} comes from {module}"
    if top == "seeknal" or nearest(top, ("seeknal",), likeness=_LIKE_US):
        return Stranger(message=f"{text}, which has none", line=line, help=help, certain=True)
    if not _is_there(module, folder):
        return Stranger(message=f"{text}, which is not there", line=line, help=help, certain=True)
    if not {last, written} & {*DECORATORS} or _is_beside(module, folder):
        return None
    return Stranger(message=f"{text}", line=line, help=help, certain=False)


def _imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, with dots; relative imports begin with them."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            base = f"{'.' * node.level}{node.module or ''}"
            for alias in node.names:
                found[alias.asname or alias.name] = f"{base}.{alias.name}"
    return found


def _is_there(module: str, folder: Path) -> bool:
    top = module.partition(".")[0]
    if not top or top in sys.stdlib_module_names or _is_beside(module, folder):
        return True
    with suppress(Exception):
        return importlib.util.find_spec(top) is not None
    return False


def _is_beside(module: str, folder: Path) -> bool:
    base = folder.joinpath(*module.strip(".").split("."))
    top = folder / module.strip(".").partition(".")[0]
    return module.startswith(".") or base.with_suffix(".py").is_file() or top.is_dir()


def handed_on(path: Path, root: Path, depth: int = 0) -> dict[str, str]:
    """Our decorators that a file takes from another of the project's, by their names in it."""
    found: dict[str, str] = {}
    try:
        tree = syntax_tree(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return found
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or depth > _DEEP:
            continue
        folder = [path.parent, *path.parent.parents][max(node.level - 1, 0)]
        file = folder.joinpath(*(node.module or "").split(".")).with_suffix(".py")
        if not node.module or not file.is_file() or not file.is_relative_to(root):
            continue
        there = our_names(syntax_tree(file.read_bytes())) | handed_on(file, root, depth + 1)
        for alias in node.names:
            if alias.name == "*":
                found |= {name: ours for name, ours in there.items() if "." not in name}
            elif alias.name in there:
                found[alias.asname or alias.name] = there[alias.name]
    return found
