"""A Python file of the project: its statements, what each binds, and which of them do something."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

from seeknal.project.python.free_names import bound_names
from seeknal.project.python.purity import is_pure
from seeknal.project.python.syntax import decorators, dotted, our_names
from seeknal.project.python.syntax_tree import syntax_tree

Import = ast.Import | ast.ImportFrom


@frozen(kw_only=True)
class Module:
    """A file by its statements at the top; names and effects are indices of those.

    ``effects`` are the statements that may change something beside the names that they bind.
    ``aliases`` says what an imported name stands for, wherever it is imported.
    """

    path: Path
    label: str
    body: tuple[ast.stmt, ...]
    bindings: Mapping[str, tuple[int, ...]]
    effects: tuple[int, ...]
    stars: tuple[int, ...]
    ours: Mapping[str, str]
    aliases: Mapping[str, str]
    tree: ast.Module = field(eq=False)

    @property
    def imported(self) -> frozenset[str]:
        """Names of modules that the file imports, by their first part."""
        found = {name.partition(".")[0] for name in self.aliases.values()}
        return frozenset(found | {name for name in self.bindings if name.isidentifier()})

    def qualified(self, node: ast.AST) -> str | None:
        """``os.environ`` of whatever the file calls it; None for what is no dotted name."""
        name = dotted(node) if isinstance(node, ast.expr) else None
        if name is None:
            return None
        first, dot, rest = name.partition(".")
        return f"{self.aliases.get(first, first)}{dot}{rest}"


def read_module(path: Path, label: str, ours: Mapping[str, str] | None = None) -> Module:
    """Raises SyntaxError, ValueError or OSError for what Python could not read either."""
    tree = syntax_tree(path.read_bytes(), str(path))
    bindings: dict[str, list[int]] = {}
    for index, statement in enumerate(tree.body):
        for name in bound_names(statement):
            bindings.setdefault(name, []).append(index)
    ours = our_names(tree) if ours is None else ours
    known = {name: [tree.body[index] for index in found] for name, found in bindings.items()}
    return Module(
        path=path,
        label=label,
        body=tuple(tree.body),
        bindings={name: tuple(found) for name, found in bindings.items()},
        effects=tuple(
            index for index, entry in enumerate(tree.body) if not is_pure(entry, known, ours)
        ),
        stars=tuple(index for index, entry in enumerate(tree.body) if _is_star(entry)),
        ours=ours,
        aliases=_aliases(tree),
        tree=tree,
    )


def _is_star(statement: ast.stmt) -> bool:
    return any(
        alias.name == "*"
        for inner in ast.walk(statement)
        if isinstance(inner, ast.ImportFrom)
        for alias in inner.names
    )


def _aliases(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    found[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def imports_when_loaded(statement: ast.stmt) -> Iterator[Import]:
    """Imports that run with the file: those that stand in no function."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def without_ours(statement: ast.stmt, ours: Mapping[str, str]) -> ast.stmt:
    """A function without our decorators: what they say is the node's definition anyway."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement
    from copy import copy

    known = {entry.line for entry in decorators(statement, ours)}
    kept = [entry for entry in statement.decorator_list if entry.lineno not in known]
    if len(kept) == len(statement.decorator_list):
        return statement
    copied = copy(statement)
    copied.decorator_list = kept
    return copied
