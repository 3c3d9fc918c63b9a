"""What paths in Python code end with, as far as the code writes it out."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.project.python.module import Module

PATHS = {
    *("Path", "pathlib.Path", "os.fspath", "os.path.abspath", "os.path.realpath"),
    *("os.path.normpath", "pathlib.PurePath", "os.path.join", "os.path.expanduser"),
}
_TEXTS = {"str", "bytes", "os.fsencode", "os.fsdecode"}
_SAME = {
    *("resolve", "absolute", "as_posix", "expanduser", "strip", "__str__", "__fspath__"),
    *("encode", "decode", "__bytes__"),
}
_BUFFERS = {"io.StringIO", "io.BytesIO", "StringIO", "BytesIO"}
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%[-+ #0]*\d*(?:\.\d+)?[sdrif]")
"""Where a format fills something in."""
ANY = "*"
"""Any text, in the pattern of a path."""
_DEEP = 12
"""How many expressions deep a path is followed."""


class PathEnds:
    """Follows what paths are made of in one piece of code.

    ``opening`` are the functions, ``reading`` the methods whose result is what a file holds, and
    so no path.
    """

    def __init__(
        self, module: Module, tree: ast.AST, opening: Collection[str], reading: Collection[str]
    ) -> None:
        self.module = module
        self.tree = tree
        self.opening = opening
        self.reading = reading

    def of(self, node: ast.expr) -> list[str] | None:
        """What a path may end with; None when nothing of it is known, [] when it is no file."""
        found = self.parts(node, 0)
        if found is None or not all(says(each) for each in found):
            return None
        return found

    def parts(self, node: ast.expr, depth: int) -> list[str] | None:
        if depth > _DEEP:
            return None
        deeper = depth + 1
        if isinstance(node, ast.Constant):
            text = text_of(node)
            if text is None:
                return None if isinstance(node.value, bytes) else []
            return [text]
        if isinstance(node, ast.JoinedStr):
            texts = [[str(v.value)] if isinstance(v, ast.Constant) else None for v in node.values]
            return [_joined(each[0] if each else ANY for each in texts)]
        if isinstance(node, ast.BinOp):
            return self.operation(node, deeper)
        if isinstance(node, ast.Call):
            return self.result(node, deeper)
        if isinstance(node, ast.IfExp):
            return _both(self.parts(node.body, deeper), self.parts(node.orelse, deeper))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self.each(node.elts, deeper)
        if isinstance(node, ast.Dict):
            return self.each(node.values, deeper)
        if isinstance(node, ast.Subscript):
            return self.parts(node.value, deeper) if isinstance(node.value, ast.Name) else None
        if isinstance(node, ast.Name):
            return self.variable(node, deeper)
        return None

    def each(self, nodes: Sequence[ast.expr], depth: int) -> list[str] | None:
        found: list[str] | None = []
        for node in nodes:
            found = _both(found, self.parts(node, depth))
        return found

    def operation(self, node: ast.BinOp, depth: int) -> list[str] | None:
        if isinstance(node.op, ast.Div):
            return self.parts(node.right, depth)
        if isinstance(node.op, ast.Add):
            left = self.parts(node.left, depth) or [ANY]
            right = self.parts(node.right, depth) or [ANY]
            return [_joined((one, other)) for one in left for other in right]
        if isinstance(node.op, ast.Mod):
            return [
                PLACEHOLDER.sub(ANY, text) for text in self.parts(node.left, depth) or ()
            ] or None
        return None

    def result(self, node: ast.Call, depth: int) -> list[str] | None:
        name = self.module.qualified(node.func) or ""
        if name in PATHS and node.args:
            return self.parts(node.args[-1], depth)
        if name in _TEXTS and node.args:
            return self.parts(node.args[0], depth)
        if name in _BUFFERS:
            return []
        if name in self.opening:
            # What is handed on is an open file: the call that opened it was looked at.
            return []
        if not isinstance(node.func, ast.Attribute):
            return None
        method, owner = node.func.attr, node.func.value
        if method in ("joinpath", "with_name") and node.args:
            return self.parts(node.args[-1], depth)
        if method == "with_suffix" and node.args:
            return [_joined((ANY, end)) for end in self.parts(node.args[0], depth) or ()] or None
        if method in _SAME:
            return self.parts(owner, depth)
        if method in self.reading:
            return []
        if method == "format":
            return [PLACEHOLDER.sub(ANY, text) for text in self.parts(owner, depth) or ()] or None
        return None

    def variable(self, node: ast.Name, depth: int) -> list[str] | None:
        """What a name may hold: all that it is given where it is used, or at the file's top."""
        values = list(_given(self.tree, node.id))
        if not values:
            statements = [self.module.body[i] for i in self.module.bindings.get(node.id, ())]
            values = [value for entry in statements for value in _given(entry, node.id)]
        if not values or any(value is None for value in values):
            return None
        return self.each([value for value in values if value is not None], depth)


def text_of(node: ast.AST | None) -> str | None:
    """The text, or bytes, that is written out; None for anything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
    return value if isinstance(value, str) else None


def _given(tree: ast.AST, name: str) -> Iterator[ast.expr | None]:
    """Each value that a name is given in ``tree``; None for one that is not written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                elif name in _names(target):
                    yield None
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if name in _names(node.target):
                yield node.value
        elif isinstance(node, ast.AugAssign):
            if name in _names(node.target):
                yield None
        elif isinstance(node, ast.For | ast.comprehension):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                literal = isinstance(node.iter, ast.List | ast.Tuple | ast.Set | ast.Name)
                yield node.iter if literal else None
            elif name in _names(node.target):
                yield None
        elif isinstance(node, ast.withitem):
            if node.optional_vars is not None and name in _names(node.optional_vars):
                yield node.context_expr
        elif (
            (isinstance(node, ast.arg) and node.arg == name)
            or (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
            or (isinstance(node, ast.alias) and (node.asname or node.name) == name)
        ):
            yield None


def _both(one: list[str] | None, other: list[str] | None) -> list[str] | None:
    return None if one is None or other is None else [*one, *other]


def _joined(texts: Iterable[str]) -> str:
    return re.sub(r"\*+", "*", "".join(texts))


def says(pattern: str) -> bool:
    """Whether a pattern names anything at all in its last part."""
    return bool(pattern.rstrip("/").rpartition("/")[2].strip("*. "))


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
