"""Python code as text that stays the same while the code means the same.

Unlike ``ast.dump`` it does not depend on the version of Python: empty fields, positions, load and
store marks and the spelling of literals are left out, and what is left has a form of our own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SKIPPED = {"ctx", "type_comment", "kind", "type_ignores", "simple"}


def form_of(node: ast.AST, types: bool = False, docs: bool = False) -> str:
    """The text that stands for ``node``.

    With ``types``, annotations of functions count, and with ``docs``, docstrings.
    """
    return "".join(_Form(types, docs).pieces(node, False))


class _Form:
    """Writes nodes; ``types`` and ``docs`` say what of functions counts."""

    def __init__(self, types: bool, docs: bool) -> None:
        self.types = types
        self.docs = docs

    def pieces(self, value: object, in_class: bool) -> Iterator[str]:
        if isinstance(value, ast.Constant):
            yield f"{type(value.value).__name__}:{_constant(value.value)}"
        elif isinstance(value, ast.AST):
            yield from self.node(value, in_class)
        elif isinstance(value, list):
            yield "["
            for item in value:
                yield from self.pieces(item, in_class)
                yield ","
            yield "]"
        else:
            yield repr(value)

    def node(self, node: ast.AST, in_class: bool) -> Iterator[str]:
        inside = isinstance(node, ast.ClassDef)
        yield f"({type(node).__name__}"
        for name in sorted(node._fields):
            value = getattr(node, name, None)
            if name in _SKIPPED or (not self.types and _is_annotation(node, name, in_class)):
                continue
            if name == "body" and isinstance(value, list) and not self.docs:
                value = _without_docstring(node, value)
            if isinstance(node, ast.JoinedStr) and isinstance(value, list):
                value = _joined(value)
            if value is None or value == []:
                continue
            yield f" {name}="
            yield from self.pieces(value, inside)
        yield ")"


def _constant(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(map(ascii, value)))
    return ascii(value)


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """An f-string's parts; how the text between them is cut up depends on Python's version."""
    parts: list[ast.expr] = []
    for value in values:
        last = parts[-1] if parts else None
        if not isinstance(value, ast.Constant):
            parts.append(value)
        elif isinstance(last, ast.Constant):
            parts[-1] = ast.Constant("".join(map(str, (last.value, value.value))))
        elif value.value:
            parts.append(value)
    return parts


def _is_annotation(node: ast.AST, name: str, in_class: bool) -> bool:
    """Annotations of functions change nothing; those of a class may be its fields."""
    if isinstance(node, ast.AnnAssign):
        return name == "annotation" and not in_class and node.value is not None
    return (isinstance(node, ast.arg) and name == "annotation") or name == "returns"


def _without_docstring(node: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    if not isinstance(node, documented) or not body:
        return body
    first = body[0]
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return body[1:] if is_text else body
