"""What can be read from a pipeline file without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.project.python.decorators import KINDS
from seeknal.values.marks import Marks

if TYPE_CHECKING:
    from seeknal.values.marks import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
DECORATORS = (*KINDS, "materialize")
MODULES = ("seeknal", "seeknal.pipeline", "seeknal.pipeline.decorators")


class NotLiteral(Exception):
    """A decorator's argument is computed when the file runs; ``line`` says where."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@frozen
class Decorator:
    """One decorator of ours: its name and its arguments as they are written."""

    name: str
    line: int
    arguments: Mapping[str, ast.expr]
    spread: int = 0
    """The line of a ``**mapping``, or 0."""


def functions(tree: ast.Module) -> Iterator[Function]:
    """All functions of a file, nested ones too, in the order of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def our_names(tree: ast.Module) -> dict[str, str]:
    """The names, dotted where needed, by which the file knows our decorators."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES and not node.level:
            for alias in node.names:
                names |= _imported(alias)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in MODULES:
                    base = alias.asname or alias.name
                    names |= _of_module(base)
    return names


def _of_module(base: str) -> dict[str, str]:
    """The decorators of a module of ours and of those in it, by their names there."""
    places = (base, f"{base}.pipeline", f"{base}.decorators", f"{base}.pipeline.decorators")
    return {f"{place}.{name}": name for place in places for name in DECORATORS}


def imports_us(tree: ast.Module) -> bool:
    """Whether the file takes names from seeknal, be they known or not."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module in MODULES and not node.level
        for node in ast.walk(tree)
    )


def _imported(alias: ast.alias) -> dict[str, str]:
    bound = alias.asname or alias.name
    if alias.name in DECORATORS:
        return {bound: alias.name}
    if alias.name == "*":
        return {name: name for name in DECORATORS}
    return _of_module(bound) if alias.name in ("pipeline", "decorators") else {}


_POSITIONAL = {
    "source": ("name", "source", "table"),
    "feature_group": ("name", "entity", "features", "inputs"),
    "materialize": ("type",),
}


def decorators(function: Function, names: Mapping[str, str]) -> list[Decorator]:
    """Our decorators above ``function``, from the top down."""
    return [found for node in function.decorator_list if (found := _decorator(node, names))]


def _decorator(node: ast.expr, names: Mapping[str, str]) -> Decorator | None:
    call = node if isinstance(node, ast.Call) else None
    name = names.get(dotted(call.func if call else node) or "")
    if name is None:
        return None
    if call is None:
        return Decorator(name, node.lineno, {})
    order = _POSITIONAL.get(name, ("name", "inputs"))
    arguments = dict(zip(order, call.args, strict=False))
    arguments |= {word.arg: word.value for word in call.keywords if word.arg}
    spread = next((word.value.lineno for word in call.keywords if not word.arg), 0)
    return Decorator(name, node.lineno, arguments, spread)


def dotted(node: ast.expr) -> str | None:
    """``a.b.c`` of an attribute chain, or None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that the file binds once, at its top, to something written out."""
    found: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found.setdefault(node.target.id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def literal(node: ast.expr, known: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """The value of an expression made of literals and ``known`` names. Raises NotLiteral."""
    if isinstance(node, ast.Name) and node.id in known and depth < 20:
        return literal(known[node.id], known, depth + 1)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [literal(item, known, depth) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {
            literal(_key(key, node), known, depth): literal(value, known, depth)
            for key, value in zip(node.keys, node.values, strict=True)
        }
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotLiteral(node.lineno) from None


def _key(key: ast.expr | None, node: ast.Dict) -> ast.expr:
    if key is None:
        raise NotLiteral(node.lineno)
    return key


def marks_of(decorator: Decorator, targets: Sequence[Decorator], file: str) -> Marks:
    """Where each argument of a decorator stands; ``targets`` follow those it lists itself."""
    values: dict[Path, tuple[int, int]] = {(): (decorator.line, 0)}
    for name, node in decorator.arguments.items():
        _note((name,), node, values)
    listed = decorator.arguments.get("materializations")
    first = len(listed.elts) if isinstance(listed, ast.List | ast.Tuple) else 0
    for number, target in enumerate(targets, first):
        values["materializations", number] = (target.line, 0)
        for name, node in target.arguments.items():
            _note(("materializations", number, name), node, values)
    return Marks(file, values, {})


def _note(path: Path, node: ast.expr, values: dict[Path, tuple[int, int]]) -> None:
    values[path] = (node.lineno, node.col_offset + 1)
    if isinstance(node, ast.List | ast.Tuple):
        for number, item in enumerate(node.elts):
            _note((*path, number), item, values)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                _note((*path, key.value), value, values)


def is_empty(function: Function) -> bool:
    """Whether a function does nothing but perhaps say what it is for."""
    return all(_does_nothing(statement) for statement in function.body)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return):
        value = statement.value
        return value is None or (isinstance(value, ast.Constant) and value.value is None)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def read_refs(nodes: Sequence[ast.AST]) -> list[tuple[str, tuple[int, int]]]:
    """The ids in ``ctx.ref("...")`` calls, with their lines and columns, each once."""
    found: dict[str, tuple[int, int]] = {}
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Call) and _is_ref(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.setdefault(first.value, (node.lineno, node.col_offset + 1))
    return list(found.items())


def _is_ref(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == "ref" and isinstance(node.value, ast.Name)
    )


def first_line(function: Function) -> int:
    """The line of a function's first decorator, which is where Python says that it begins."""
    return min([function.lineno, *(entry.lineno for entry in function.decorator_list)])


def required_arguments(function: Function) -> int:
    """How many arguments a caller must give."""
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional + sum(default is None for default in arguments.kw_defaults)
