"""The one query that a Python node's rows are, when its function only put queries together.

A relation is lazy: as long as the function does nothing but name inputs, ask ``ctx.duckdb`` for
queries and chain relations, no row reaches Python, and DuckDB can tell the result as SQL. What
the function may do is decided from its source; everything else makes the node untraced.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.project.python.syntax import decorators, functions, our_names
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.run.python.tabular import is_relation
from seeknal.sql.keywords import words
from seeknal.sql.quote import quote_identifier
from seeknal.sql.syntax import syntax_fault
from seeknal.sql.tokens import tokenize
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.run.python.tabular import Workspace

_LAZY = words(
    """
    aggregate cross distinct except_ filter intersect join limit order project select set_alias
    sort union
    """
)
"""Methods of a relation that give another one without reading a row."""
_SETTINGS = words("environment interval log params run_id vars")
_HIDDEN = words("eval exec globals locals vars duckdb")
"""Names through which rows could be reached unseen."""


@frozen(kw_only=True)
class Traced:
    """The SQL that gives a Python node's rows, over inputs as ``"kind"."name"``, or why none."""

    query: str | None = None
    why: str | None = None


def trace(
    value: Any, file: Path, function: str, queries: Sequence[str], workspace: Workspace
) -> Traced:
    """What is known of a function's returned ``value``, after it asked for ``queries``."""
    if not is_relation(value):
        return Traced(why=f"its function returns a {type(value).__name__}, not a relation")
    why = _doubt(file, function)
    if why is not None:
        return Traced(why=why)
    if workspace.borrowed or any(syntax_fault(query) for query in queries):
        return Traced(why="its function runs statements that are not queries")
    try:
        return Traced(query=scrub(_query_of(value, workspace)))
    except Exception as error:
        # Whatever DuckDB cannot write as SQL is no reason for the node to fail.
        return Traced(why=f"DuckDB does not tell its query: {error}")


def _query_of(value: Any, workspace: Workspace) -> str:
    select = workspace.select_of(value) or value.sql_query()
    clauses = [
        f"{quote_identifier(name)} AS ({query})" for name, query in _named(select, workspace)
    ]
    return f"WITH {', '.join(clauses)} SELECT * FROM ({select}\n)" if clauses else select


def _named(select: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """What the names of the worker's cursor stand for, each after those that it names."""
    objects: dict[str, Any] = {
        name: workspace.known[key][0] for key, name in workspace.registered.items()
    }
    texts: dict[str, str] = {
        name: value.sql_query() for name, value in objects.items() if is_relation(value)
    }
    for name, id in workspace.plain.items():
        texts.setdefault(name, workspace.input_select(id))
    given: dict[str, str] = {}
    waiting = [(name, False) for name in _mentioned(select, texts)]
    while waiting:
        name, ready = waiting.pop()
        if ready:
            given.setdefault(name, texts[name])
        elif name not in given:
            waiting.append((name, True))
            waiting += [(other, False) for other in _mentioned(texts[name], texts) if other != name]
    yield from given.items()


def _mentioned(query: str, names: dict[str, str]) -> list[str]:
    found = {token.name.lower() for token in tokenize(query) if token.kind in ("word", "name")}
    return [name for name in names if name.lower() in found]


def _doubt(file: Path, name: str) -> str | None:
    """Why the query that was seen may not be the one of another run.

    The function may look at rows, or hand them to code that may; or it decides which query its
    rows are, so that other inputs, whose columns it never saw, may lead to another one.
    """
    tree = syntax_tree(file.read_bytes())
    found = [entry for entry in functions(tree) if entry.name == name]
    if len(found) != 1:
        return f"{file.name} has several functions {name}"
    function = found[0]
    if len(decorators(function, our_names(tree))) < len(function.decorator_list):
        return "its function is decorated by other code"
    line = _deciding_line(function)
    if line is not None:
        return f"its function decides while it runs (line {line})"
    line = _Reader(function).eager_line()
    return None if line is None else f"its function may look at rows in Python (line {line})"


_BRANCHES = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.With, ast.AsyncWith),
    ast.Match,
)
_OF_THE_RUN = words("environment interval run_id")
_BY_CHANCE = words("random secrets uuid time datetime os sys getattr setattr __import__ iter next")


def _deciding_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int | None:
    """Where the function chooses between ways that may lead to different queries."""
    harmless: set[int] = set()
    for node in ast.walk(function):
        if id(node) in harmless:
            continue
        if isinstance(node, ast.Assert | ast.If | ast.While) and not _matters(node):
            harmless |= {id(inner) for inner in ast.walk(node)}
        elif (isinstance(node, _BRANCHES) and _matters(node)) or _chooses(node):
            return int(getattr(node, "lineno", function.lineno))
    return None


def _chooses(node: ast.AST) -> bool:
    if isinstance(node, ast.comprehension):
        return bool(node.ifs)
    if isinstance(node, ast.Attribute):
        return node.attr in _OF_THE_RUN
    if isinstance(node, ast.Name):
        return node.id in _BY_CHANCE
    return isinstance(node, ast.IfExp | ast.BoolOp | ast.Compare)


def _matters(node: ast.AST) -> bool:
    """Whether a branch does more than log or raise."""
    parts = [*getattr(node, "body", ()), *getattr(node, "orelse", ())]
    for kind in ("handlers", "finalbody", "cases"):
        parts += getattr(node, kind, ())
    return not all(
        isinstance(part, ast.Pass | ast.Raise)
        or (isinstance(part, ast.Expr) and _is_talk(part.value))
        for part in parts
    )


def _is_talk(node: ast.expr) -> bool:
    """``ctx.log.info(...)``, ``print(...)`` or a text."""
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Constant)
    if isinstance(node.func, ast.Name):
        return node.func.id == "print"
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(owner, ast.Attribute) and owner.attr == "log"


class _Reader:
    """Looks at every place where a function names its context or a relation."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.function = function
        self.parents = {
            child: parent for parent in ast.walk(function) for child in ast.iter_child_nodes(parent)
        }
        arguments = function.args.args
        self.context = arguments[0].arg if arguments else ""
        self.relations = self._relation_names()

    def eager_line(self) -> int | None:
        for node in ast.walk(self.function):
            if isinstance(node, ast.Name) and not self._is_harmless(node):
                return node.lineno
            if isinstance(node, ast.Call) and self._is_relation(node) and not self._kept(node):
                return node.lineno
        return None

    def _relation_names(self) -> set[str]:
        names: set[str] = set()
        while True:
            self.relations = names
            grown = {
                target.id
                for node in ast.walk(self.function)
                if isinstance(node, ast.Assign) and self._is_relation(node.value)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            if grown <= names:
                return names
            names = names | grown

    def _is_harmless(self, name: ast.Name) -> bool:
        if name.id in _HIDDEN:
            return False
        if name.id == self.context:
            return self._is_known_use(name)
        if name.id in self.relations and isinstance(name.ctx, ast.Load):
            return self._kept(name)
        return True

    def _is_known_use(self, name: ast.Name) -> bool:
        """``ctx.ref(...)``, ``ctx.duckdb.sql(...)``, or a setting."""
        access = self.parents.get(name)
        if not isinstance(access, ast.Attribute):
            return False
        if access.attr in _SETTINGS:
            return True
        call = self.parents.get(access)
        if access.attr == "duckdb" and isinstance(call, ast.Attribute):
            call = self.parents.get(call)
        return isinstance(call, ast.Call) and self._is_relation(call)

    def _is_relation(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.relations
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        owner, method = node.func.value, node.func.attr
        if isinstance(owner, ast.Name) and owner.id == self.context:
            return method == "ref"
        if isinstance(owner, ast.Attribute) and owner.attr == "duckdb":
            from_context = isinstance(owner.value, ast.Name) and owner.value.id == self.context
            return from_context and method in ("sql", "query")
        return method in _LAZY and self._is_relation(owner)

    def _kept(self, node: ast.expr) -> bool:
        """Whether a relation is only named, returned, or made into another one."""
        around = self.parents.get(node)
        if isinstance(around, ast.Assign):
            return all(isinstance(target, ast.Name) for target in around.targets)
        if isinstance(around, ast.Return | ast.Expr):
            return True
        if isinstance(around, ast.Attribute):
            call = self.parents.get(around)
            return isinstance(call, ast.Call) and around is call.func and self._is_relation(call)
        return isinstance(around, ast.Call) and node in around.args and self._is_relation(around)
