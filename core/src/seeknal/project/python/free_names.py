"""Which names a piece of Python takes from the module around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def free_names(node: ast.AST) -> set[str]:
    """Names that ``node`` reads and does not bind itself."""
    return set(_free(node, frozenset()))


def _free(node: ast.AST, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id not in bound and isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        yield from _free_in_function(node, bound)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        if node.target.id not in bound:
            yield node.target.id
        yield from _free(node.value, bound)
    elif isinstance(node, _COMPREHENSIONS):
        first = node.generators[0].iter
        inner = bound | {name for part in node.generators for name in stored(part.target)}
        # The first iterable is evaluated outside, where the targets are not bound yet.
        yield from _free(first, bound)
        for child in ast.iter_child_nodes(node):
            yield from _free(child, inner)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _free(child, bound)


def _free_in_function(node: Scope, bound: frozenset[str]) -> Iterator[str]:
    arguments = node.args
    outside = [*arguments.defaults, *(item for item in arguments.kw_defaults if item)]
    if not isinstance(node, ast.Lambda):
        outside += node.decorator_list
    for part in outside:
        yield from _free(part, bound)
    body: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
    own = {entry.arg for entry in _arguments(arguments)}
    own |= {name for part in body for name in _bound_here(part)}
    own -= {name for part in body for name in _declared_global(part)}
    for inner in body:
        yield from _free(inner, bound | own)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    single = [entry for entry in (arguments.vararg, arguments.kwarg) if entry]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *single]


def bound_names(statement: ast.stmt) -> set[str]:
    """Names that a statement at the top of a module gives a value."""
    return set(_bound_here(statement))


def _bound_here(node: ast.AST) -> Iterator[str]:
    """Names bound by ``node`` in the scope that it stands in."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
        return
    yield from _bound_by(node)
    for child in ast.iter_child_nodes(node):
        yield from _bound_here(child)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def stored(target: ast.AST) -> set[str]:
    """Names in an assignment's target."""
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _declared_global(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Global):
            yield from child.names
