"""From a function to all code of a project that it may read, by imports and by names.

What counts, and how much of a file, is said in `seeknal.project.python.code`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.host.walk import python_files
from seeknal.project.python.finding import ProjectModules
from seeknal.project.python.free_names import free_names
from seeknal.project.python.module import Module, imports_when_loaded, without_ours
from seeknal.project.python.purity import KNOWN_DECORATORS, is_main_guard
from seeknal.project.python.syntax import dotted, first_line, functions
from seeknal.project.python.words import (
    ANY_NAME,
    ANY_NAME_BY_ATTRIBUTE,
    ANYTHING,
    BY_NAME,
    READS_DOCS,
    READS_TEXT,
    READS_TYPES,
    binds,
    chains_of,
    has_computed_query,
    is_no_table,
    is_own,
    only_here,
    types_of,
    unknown_calls,
    words_in_texts,
    words_of,
)

if TYPE_CHECKING:
    from seeknal.project.python.module import Import
    from seeknal.project.python.words import Chain


@frozen(kw_only=True)
class Counted:
    """A piece of code that counts, and the file that it stands in."""

    module: Module
    tree: ast.AST


class CodeWalk:
    """Follows imports and names from a function through the project's files."""

    def __init__(self, path: Path, root: Path, ours: Mapping[str, str] | None) -> None:
        self.project = ProjectModules(path, root, ours)
        self.main = self.project.main
        self.taken: dict[tuple[str, int], bool] = {}
        """Statements that count, by file and place; whether a name that is read led there."""
        self.bound: set[tuple[str, int, str]] = set()
        """Imported names that are read, as text."""
        self.loaded: set[str] = set()
        """Files that are imported, at whatever depth."""
        self.loads: dict[tuple[str, int], list[str]] = {}
        """The files that a statement imports when it runs, by its file and place."""
        self.whole: set[str] = set()
        """Files that count as a whole; an asterisk when all of the project do."""
        self.trees: list[ast.AST] = []
        self.packages: set[str] = set()
        self.notes: list[str] = []
        # Names that are still to be looked up, and those that were: a chain of attributes of a
        # name in a file, and whether the function reads it by name.
        self.seen: set[tuple[str, str, Chain, bool]] = set()
        self.waiting: list[tuple[Module, str, Chain, bool]] = []
        self.extra: list[Counted] = []
        # What of code counts beside what it does: its text, its annotations, its docstrings.
        self.wants_text = self.wants_types = self.wants_docs = False
        self.any_name: str = ""
        """Why any name of any file may be read; empty while none may."""

    # From the function

    def follow_function(self, name: str, line: int) -> None:
        found = [entry for entry in functions(self.main.tree) if entry.name == name]
        exact = [entry for entry in found if line in (0, first_line(entry))] or found
        self.load(self.main)
        if not exact or exact[-1] not in self.main.body:
            # Made inside another function or block: what it sees there is not known.
            self.take_all(self.main, f"{name}() is not at the top of its file")
            if exact:
                self.take_inner(exact[-1])
        else:
            self.take(self.main, self.main.body.index(exact[-1]), True)
        self.follow()
        while self.follow_types():
            pass

    def take_inner(self, function: ast.stmt) -> None:
        tree = without_ours(function, self.main.ours)
        self.trees.append(tree)
        self.extra.append(Counted(module=self.main, tree=tree))
        self.look_into(self.main, tree, True)

    def follow(self) -> None:
        while self.waiting:
            module, name, chain, reached = self.waiting.pop()
            if (module.label, name, chain, reached) in self.seen:
                continue
            self.seen.add((module.label, name, chain, reached))
            self.follow_name(module, name, chain, reached)

    def follow_types(self) -> bool:
        """Names in annotations of what counts, where these may be read; whether any was new."""
        before = len(self.seen)
        for entry in self.counted():
            for node in ast.walk(entry.tree) if self.shows_types(entry.tree) else ():
                for part in types_of(node):
                    for read, chains in chains_of(part).items():
                        self.waiting += [(entry.module, read, chain, False) for chain in chains]
        self.follow()
        return len(self.seen) > before

    def shows_types(self, tree: ast.AST) -> bool:
        """Whether annotations in ``tree`` may be read: by code that counts, or a decorator."""
        return self.wants_types or any(
            dotted(entry.func if isinstance(entry, ast.Call) else entry) not in KNOWN_DECORATORS
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for entry in node.decorator_list
        )

    # Names

    def follow_name(self, module: Module, name: str, chain: Chain, reached: bool) -> None:
        """``name``, of which ``chain`` is used: ``("b", "c")`` of ``name.b.c``."""
        for index in module.bindings.get(name, ()):
            statement = module.body[index]
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self.follow_import(module, index, statement, name, chain, reached)
            else:
                self.take(module, index, reached)
        for index in module.stars:
            for star in imports_when_loaded(module.body[index]):
                if any(alias.name == "*" for alias in star.names):
                    self.follow_star(module, index, star, name, chain, reached)
        if reached:
            # What these do to a value that is read may read inputs.
            for index in module.effects:
                if name in free_names(module.body[index]):
                    self.take(module, index, True)

    def follow_star(
        self,
        module: Module,
        index: int,
        star: Import,
        name: str,
        chain: Chain,
        reached: bool,
    ) -> None:
        """Follow ``name`` through ``from a import *``, which may bind it."""
        base, level = (
            (star.module or "", star.level) if isinstance(star, ast.ImportFrom) else ("", 0)
        )
        found = self.project.find(module, base, level)
        for other in found:
            for all_name in ("__all__", name):
                if all_name in other.bindings or other.stars:
                    self.waiting.append((other, all_name, chain, reached))
            if name in other.bindings:
                self.bound.add((module.label, index, f"* {other.label}"))
        if not found:
            self.note_package(module, base, level)

    def follow_import(
        self,
        module: Module,
        index: int,
        statement: Import,
        name: str,
        chain: Chain,
        reached: bool,
    ) -> None:
        """Follow ``name`` through the import that binds it."""
        for alias in statement.names:
            if (alias.asname or alias.name.partition(".")[0]) != name:
                continue
            base = "."
            if isinstance(statement, ast.ImportFrom):
                base = f"{'.' * statement.level}{statement.module or ''}:"
            self.bound.add((module.label, index, f"{name}={base}{alias.name}"))
            if isinstance(statement, ast.Import):
                self.follow_plain_import(module, alias, chain, reached)
            else:
                self.follow_from_import(module, statement, alias, chain, reached)

    def follow_plain_import(
        self, module: Module, alias: ast.alias, chain: Chain, reached: bool
    ) -> None:
        """``import a.b``, of which a chain is used, or ``import a.b as c``."""
        top, *rest = alias.name.split(".")
        self.load_name(module, alias.name, 0)
        if alias.asname or not rest:
            found = self.project.find(module, alias.name, 0)
            for other in found:
                self.follow_member(other, chain, reached)
        else:
            found = self.project.find(module, top, 0)
            for other in found:
                self.follow_member(other, chain, reached)
            if not found:
                # A folder without __init__.py: what is used of it is what it holds.
                found = self.project.find(module, alias.name, 0)
                inner = chain[len(rest) :] if list(chain[: len(rest)]) == rest else ()
                for other in found:
                    self.follow_member(other, inner, reached)
        if not found:
            self.note_package(module, alias.name, 0)

    def follow_from_import(
        self,
        module: Module,
        statement: ast.ImportFrom,
        alias: ast.alias,
        chain: Chain,
        reached: bool,
    ) -> None:
        """``from a import b``, where ``b`` is a name in the file ``a`` or a file of its own."""
        base, level = statement.module or "", statement.level
        self.load_name(module, base, level)
        found = self.project.find(module, base, level)
        for other in found:
            self.follow_member(other, (alias.name, *chain), reached)
        if not found or not base:
            inner = self.project.find(module, f"{base}.{alias.name}".strip("."), level)
            for other in inner:
                self.follow_member(other, chain, reached)
            found = [*found, *inner]
        if not found:
            self.note_package(module, base, level)

    def follow_member(self, module: Module, chain: Chain, reached: bool) -> None:
        """``module.a.b`` for ``chain`` ``("a", "b")``."""
        self.load(module)
        if not chain:
            self.take_all(module, f"{module.label or module.path.name} is used as a whole")
            return
        first, rest = chain[0], chain[1:]
        known = first in module.bindings or bool(module.stars)
        if known:
            self.waiting.append((module, first, rest, reached))
        inner = []
        if module.path.name == "__init__.py":
            inner = self.project.files(module.path.parent / first)
            for file in inner:
                self.follow_member(self.project.module(file), rest, reached)
        if not known and not inner:
            self.take_all(
                module, f"{module.label or module.path.name} does not say what {first} is"
            )

    # Statements

    def take(self, module: Module, index: int, reached: bool) -> None:
        """Count a statement and all that it reads in turn."""
        known = self.taken.get((module.label, index))
        if known is not None and known >= reached:
            return
        self.taken[module.label, index] = reached
        statement = module.body[index]
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.load_imports(module, index)
            return
        tree = without_ours(statement, module.ours)
        if reached:
            self.trees.append(tree)
        self.look_into(module, tree, reached)
        self.look_for_surprises(module, statement, tree)

    def look_into(self, module: Module, tree: ast.AST, reached: bool) -> None:
        chains = chains_of(tree)
        for read in free_names(tree):
            for chain in chains.get(read, {()}):
                self.waiting.append((module, read, chain, reached))
        for word in words_in_texts(tree):
            # SQL and expressions in texts may name what the file binds.
            if word in module.bindings or module.stars:
                self.waiting.append((module, word, (), False))
        if has_computed_query(tree):
            self.take_data(module)
        for inner in ast.walk(tree):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                for alias in inner.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    if alias.name == "*":
                        continue
                    used = chains.get(bound, {()}) if only_here(module, bound) else {()}
                    for chain in used or {()}:
                        self.follow_import(module, -1, inner, bound, chain, reached)

    def take_all(self, module: Module, why: str) -> None:
        """Count a whole file and all that it imports: what is used of it cannot be told."""
        self.notes.append(f"the whole of {module.label or module.path.name} counts: {why}")
        if module.label in self.whole:
            return
        self.whole.add(module.label)
        self.load(module)
        for index in range(len(module.body)):
            self.take(module, index, False)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.take_imported(module, node)

    def take_imported(self, module: Module, node: Import) -> None:
        if isinstance(node, ast.Import):
            wanted = [(alias.name, 0) for alias in node.names]
        else:
            base = node.module or ""
            wanted = [(base, node.level)] if base else []
            wanted += [(f"{base}.{a.name}".strip("."), node.level) for a in node.names]
        none = True
        for name, level in wanted:
            for other in self.project.find(module, name, level):
                none = False
                self.take_all(other, f"{module.label or module.path.name} imports it")
        if none:
            self.note_package(module, wanted[0][0], wanted[0][1])

    def take_data(self, module: Module) -> None:
        """Count all values that a file binds: a query that is computed may read any as a table."""
        for name, found in module.bindings.items():
            if not all(is_no_table(module.body[index]) for index in found):
                self.waiting.append((module, name, ("",), False))

    def take_everything(self, why: str) -> None:
        """Count every Python file of the project."""
        self.project.outside = True
        if "*" in self.whole:
            return
        self.whole.add("*")
        self.notes.append(f"every Python file of the project counts: {why}")
        for name in python_files(self.project.root):
            try:
                self.take_all(self.project.module(self.project.root / name), why)
            except (SyntaxError, ValueError, OSError, RecursionError):
                self.project.count_bytes(self.project.root / name)

    # What runs when files are imported

    def load(self, module: Module) -> None:
        """Count what ``module`` does when it is imported, and what it imports then."""
        if module.label in self.loaded:
            return
        self.loaded.add(module.label)
        for index, statement in enumerate(module.body):
            if index in module.effects:
                self.take(module, index, False)
            self.load_imports(module, index)
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                self.bound.add((module.label, index, ast.unparse(statement)))
        if self.any_name:
            self.take_all(module, self.any_name)

    def load_imports(self, module: Module, index: int) -> None:
        if (module.label, index) in self.loads:
            return
        self.loads[module.label, index] = []
        if is_main_guard(module.body[index]):
            return
        for node in imports_when_loaded(module.body[index]):
            for alias in node.names:
                if isinstance(node, ast.Import):
                    labels = self.load_name(module, alias.name, 0)
                else:
                    base = node.module or ""
                    labels = self.load_name(module, base, node.level) if base else []
                    inner = f"{base}.{alias.name}".strip(".")
                    if alias.name != "*" and not binds(
                        self.project.find(module, base, node.level), alias
                    ):
                        labels += self.load_name(module, inner, node.level)
                    if alias.name == "*":
                        self.load_star(module, index, node)
                self.loads[module.label, index] += labels

    def load_star(self, module: Module, index: int, node: ast.ImportFrom) -> None:
        for other in self.project.find(module, node.module or "", node.level):
            self.waiting.append((other, "__all__", (), False))

    def load_name(self, module: Module, name: str, level: int) -> list[str]:
        """Import a dotted name, each package on the way too; the files that this runs."""
        labels = []
        parts = name.split(".") if name else []
        for end in range(1, len(parts) + 1):
            for found in self.project.find(module, ".".join(parts[:end]), level):
                labels.append(found.label)
                self.load(found)
        return labels

    def note_package(self, module: Module, name: str, level: int) -> None:
        if level:
            self.take_all(module, f"{'.' * level}{name} was not found")
            return
        top = name.partition(".")[0]
        if top and top not in sys.stdlib_module_names and top != "seeknal":
            self.packages.add(top)

    # What cannot be followed

    def look_for_surprises(self, module: Module, statement: ast.stmt, tree: ast.AST) -> None:
        called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        words = set()
        for node in ast.walk(tree):
            words |= words_of(node)
            name = module.qualified(node) if isinstance(node, ast.Name | ast.Attribute) else None
            if name is None:
                continue
            why = f"{name}() is called at line {statement.lineno}"
            if name in BY_NAME:
                self.follow_by_name(module, called.get(id(node)), why)
            elif name in ANYTHING and not is_own(module, node):
                self.take_all(module, why)
                self.take_everything(why)
            elif name in ANY_NAME and not is_own(module, node):
                self.take_loaded(module, why)
        if words & ANY_NAME_BY_ATTRIBUTE:
            self.take_loaded(module, f"{min(words & ANY_NAME_BY_ATTRIBUTE)} is used")
        self.wants_text = self.wants_text or bool(words & READS_TEXT)
        self.wants_types = self.wants_types or bool(words & READS_TYPES)
        self.wants_docs = self.wants_docs or bool(words & READS_DOCS)
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            self.look_for_unknown_values(module, statement)

    def look_for_unknown_values(self, module: Module, statement: ast.stmt) -> None:
        names = [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)][:1]
        for call in unknown_calls(statement, module):
            why = f"{''.join(names)} is computed by {call}() at line {statement.lineno}"
            self.take_all(module, why)

    def follow_by_name(self, module: Module, call: ast.Call | None, why: str) -> None:
        first = call.args[0] if call and call.args else None
        if call and len(call.args) == 1 and isinstance(first, ast.Constant):
            name = str(first.value)
            level = len(name) - len(name.lstrip("."))
            found = self.project.find(module, name.lstrip("."), level)
            self.load_name(module, name.lstrip("."), level)
            for other in found:
                self.take_all(other, why)
            if not found:
                self.take_all(module, why)
                self.note_package(module, name, 0)
        else:
            self.take_all(module, why)
            self.take_everything(why)

    def take_loaded(self, module: Module, why: str) -> None:
        """Count every file that is imported: any name of theirs may be read."""
        self.take_all(module, why)
        if self.any_name:
            return
        self.any_name = why
        for other in self.project:
            if other.label in self.loaded:
                self.take_all(other, why)

    def counted(self) -> Iterator[Counted]:
        by_label = {module.label: module for module in self.project}
        for label, index in sorted(self.taken):
            module = by_label[label]
            tree = without_ours(module.body[index], module.ours)
            yield Counted(module=module, tree=tree)
        yield from self.extra
