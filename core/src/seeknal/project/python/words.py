"""What a piece of Python says: the words in it, and those through which anything may be reached."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seeknal.project.python.syntax import dotted

if TYPE_CHECKING:
    from seeknal.project.python.module import Module

Chain = tuple[str, ...]
"""What is used of a name: ``("b", "c")`` of ``a.b.c``."""

BY_NAME = {"importlib.import_module", "__import__"}
"""Imports by a name that is computed, unless it is written out."""
ANYTHING = {
    *("exec", "eval", "compile", "builtins", "__builtins__", "sys.modules", "gc", "ctypes"),
    *("runpy.run_path", "runpy.run_module", "pkgutil", "importlib.util", "importlib.machinery"),
    *("pickle", "imp", "importlib.metadata.entry_points", "code", "sys.meta_path"),
}
"""Through these, code may be reached that no name leads to."""
ANY_NAME = {"globals", "locals", "vars", "dir", "inspect", "sys._getframe"}
"""Through these, any name of a file that is imported."""
ANY_NAME_BY_ATTRIBUTE = {"__dict__", "__subclasses__", "__globals__", "f_globals", "tp_dict"}
READS_TEXT = {
    *("getsource", "linecache", "f_lineno", "co_firstlineno", "__code__", "inspect"),
    *("_getframe", "tb_lineno", "getmodule", "pydoc", "doctest", "stacklevel", "extract_stack"),
}
"""Code that names these may see comments and lines."""
READS_DOCS = {"getdoc", "__doc__", "inspect", "pydoc", "doctest"}
"""Code that names these may see docstrings."""
READS_TYPES = {
    *("__annotations__", "get_type_hints", "get_annotations", "signature", "create_function"),
    *("udf", "validate_call", "validate_arguments", "singledispatch", "singledispatchmethod"),
    *("register", "typechecked", "beartype", "inspect"),
}
"""Code that names these may see what functions say of their arguments' types."""


def is_no_table(statement: ast.stmt) -> bool:
    """Whether what a statement binds is code, or a number or text that is written out."""
    code = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(statement, code) or (
        isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(statement.value, ast.Constant)
    )


def binds(modules: list[Module], alias: ast.alias) -> bool:
    """Whether an imported name is one that each of these files gives a value."""
    return bool(modules) and all(alias.name in module.bindings for module in modules)


def only_here(module: Module, name: str) -> bool:
    """Whether a name is bound inside of a function alone, not at the file's top."""
    return name not in module.bindings


def _local_names(statement: ast.stmt) -> set[str]:
    stored = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and _is_stored(n)}
    return stored | {n.arg for n in ast.walk(statement) if isinstance(n, ast.arg)}


def _is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def is_own(module: Module, node: ast.AST) -> bool:
    """Whether a name that Python has is one that the file binds to something else."""
    name = dotted(node) if isinstance(node, ast.expr) else None
    first = (name or "").partition(".")[0]
    found = [module.body[index] for index in module.bindings.get(first, ())]
    return bool(found) and not any(
        isinstance(entry, ast.Import | ast.ImportFrom | ast.Try | ast.If) for entry in found
    )


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, or another text or number that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def words_of(node: ast.AST) -> set[str]:
    """The names in a node itself, and short texts, by which a name may be looked up."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.alias):
        return {*node.name.split(".")}
    if isinstance(node, ast.keyword) and node.arg:
        return {node.arg}
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
        return {node.value}
    return set()


_WORD = re.compile(r"[^\W\d]\w*")
_QUERIES = {"sql", "query", "execute", "eval", "from_query", "sql_query"}


def words_in_texts(tree: ast.AST) -> set[str]:
    """The words of all texts: SQL may name what the file binds."""
    return {
        word
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in _WORD.findall(node.value)
    }


def has_computed_query(tree: ast.AST) -> bool:
    """Whether a query is run whose text is not written out."""
    return any(
        isinstance(node, ast.Call)
        and (words_of(node.func) & _QUERIES)
        and bool(node.args)
        and not isinstance(node.args[0], ast.Constant)
        for node in ast.walk(tree)
    )


def types_of(node: ast.AST) -> list[ast.expr]:
    """The annotations in a node itself, those below it left out."""
    if isinstance(node, ast.arg):
        return [node.annotation] if node.annotation else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.returns] if node.returns else []
    return []


def chains_of(tree: ast.AST) -> dict[str, set[Chain]]:
    """For each name, what is used of it: ``{"helpers": {("clean",)}}``; () when all of it is."""
    found: dict[str, set[Chain]] = {}
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inside:
            chain = [node.attr]
            base = node.value
            while isinstance(base, ast.Attribute):
                inside.add(id(base))
                chain.append(base.attr)
                base = base.value
            if isinstance(base, ast.Name):
                inside.add(id(base))
                found.setdefault(base.id, set()).add(tuple(reversed(chain)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in inside:
            found.setdefault(node.id, set()).add(())
    return found


def unknown_calls(statement: ast.stmt, module: Module) -> Iterator[str]:
    """Calls in a constant's value of names that nobody binds."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and (called := dotted(node.func)):
            first = called.partition(".")[0]
            is_bound = first in module.bindings or first in _local_names(statement)
            if not (is_bound or module.stars or first in dir(builtins)):
                yield called
        elif isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
            yield "os.environ"
