"""The hash of a Python node: its function and all that it reaches, statically."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cache
from hashlib import sha256
from pathlib import Path

from attrs import field, frozen

from seeknal.project.astform import form_of
from seeknal.project.names import bound_names, free_names
from seeknal.project.syntax import decorators, dotted, first_line, functions, our_names

SCHEME = "python-1"
"""Changed when the same code would hash differently."""

_DYNAMIC = {
    *("__import__", "exec", "eval", "compile", "globals", "locals", "vars"),
    *("importlib.import_module", "import_module", "runpy.run_path"),
}
_PURE = {
    *("bool", "bytes", "dict", "float", "frozenset", "int", "len", "list", "max", "min", "range"),
    *("round", "set", "sorted", "str", "sum", "tuple", "zip", "enumerate", "reversed", "object"),
    *("Decimal", "decimal.Decimal", "Path", "pathlib.Path", "re.compile", "namedtuple"),
    *("date", "datetime", "timedelta", "datetime.date", "datetime.datetime", "datetime.timedelta"),
    *("logging.getLogger", "getLogger", "TypeVar", "NewType"),
}


@frozen(kw_only=True)
class Reached:
    """What a function's rows depend on in code.

    ``notes`` says why whole files were taken. ``trees`` is the syntax that it reaches by name.
    """

    hash: str
    notes: tuple[str, ...] = ()
    trees: tuple[ast.AST, ...] = field(default=(), eq=False)


def code_hash(path: Path, function: str, root: Path) -> tuple[str, tuple[str, ...]]:
    """The hash of ``function`` in ``path``, and why it covers whole files where it does."""
    reached = reach(path, function, root)
    return reached.hash, reached.notes


def reach(path: Path, function: str, root: Path, line: int = 0, versions: bool = True) -> Reached:
    """All project code that ``function`` reaches, as one hash.

    ``line`` tells functions of one name apart. Without ``versions`` those of imported
    distributions do not count: the file says itself which it needs.
    """
    walk = _Walk(path, root)
    walk.function(function, line)
    parts = [SCHEME, *sorted(walk.forms)]
    if versions:
        parts += [f"{name}=={_version(name)}" for name in sorted(walk.packages)]
    text = "\0".join(parts)
    return Reached(
        hash=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        notes=tuple(dict.fromkeys(walk.notes)),
        trees=tuple(walk.trees),
    )


@cache
def _version(package: str) -> str:
    """The version of the distribution that brings a top-level package."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        names = sorted(set(_distributions().get(package, ())))
        return ",".join(f"{name} {metadata.version(name)}" for name in names) or "unknown"


@cache
def _distributions() -> Mapping[str, list[str]]:
    from importlib import metadata

    return metadata.packages_distributions()


@frozen(kw_only=True)
class _Module:
    """A file of the project, by the names that it binds at its top."""

    path: Path
    label: str
    tree: ast.Module
    bindings: Mapping[str, tuple[ast.stmt, ...]]
    effects: tuple[ast.stmt, ...]
    """Statements at the top that bind nothing, and may change what is bound."""
    ours: Mapping[str, str]


def _read(path: Path, label: str) -> _Module:
    tree = ast.parse(path.read_bytes(), str(path))
    bindings: dict[str, tuple[ast.stmt, ...]] = {}
    effects = []
    for statement in tree.body:
        names = bound_names(statement)
        for name in names:
            bindings[name] = (*bindings.get(name, ()), statement)
        if not names and not isinstance(statement, ast.Pass):
            effects.append(statement)
    return _Module(
        path=path,
        label=label,
        tree=tree,
        bindings=bindings,
        effects=tuple(effects),
        ours=our_names(tree),
    )


class _Walk:
    """Follows names from a function through the project's files."""

    def __init__(self, path: Path, root: Path) -> None:
        self.root = root
        self.folder = path.parent
        self.main = _read(path, "")
        self.modules: dict[Path, _Module] = {path.resolve(): self.main}
        self.forms: set[str] = set()
        self.trees: list[ast.AST] = []
        self.packages: set[str] = set()
        self.notes: list[str] = []
        self.seen: set[tuple[str, str, bool]] = set()
        self.waiting: list[tuple[_Module, str, bool]] = []
        self.whole: set[str] = set()
        self.reached = True
        """Whether what is being looked at is reached by name, not as part of a whole file."""

    def function(self, name: str, line: int) -> None:
        found = [entry for entry in functions(self.main.tree) if entry.name == name]
        exact = [entry for entry in found if line in (0, first_line(entry))] or found
        if not exact or exact[-1] not in self.main.tree.body:
            # Made inside another function or block: what it sees there is not known.
            self.take_all(self.main, f"{name}() is not at the top of its file")
        if exact:
            self.take(self.main, name, exact[-1])
        self.follow()

    def follow(self) -> None:
        while self.waiting:
            module, name, self.reached = self.waiting.pop()
            if (module.label, name, self.reached) in self.seen:
                continue
            self.seen.add((module.label, name, self.reached))
            for statement in module.bindings.get(name, ()):
                self.take(module, name, statement)
            for effect in module.effects:
                if name in free_names(effect) and not _is_main_guard(effect):
                    self.take(module, name, effect)

    def take(self, module: _Module, name: str, statement: ast.stmt) -> None:
        """Count ``statement`` and all that it reads in turn."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.imported(module, name, statement)
            return
        tree = _without_ours(statement, module.ours)
        self.forms.add(f"{module.label}:{form_of(tree)}")
        if self.reached:
            self.trees.append(tree)
        self.look_for_surprises(module, name, statement, tree)
        attributes = _attributes(tree)
        for read in free_names(tree):
            for used in attributes.get(read, {""}):
                self.read(module, read, used)
        for inner in ast.walk(tree):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                for alias in inner.names:
                    self.imported(module, alias.asname or alias.name.partition(".")[0], inner)

    def read(self, module: _Module, name: str, attribute: str) -> None:
        """``name``, or ``name.attribute`` where the name stands for a module."""
        imports = [
            entry
            for entry in module.bindings.get(name, ())
            if isinstance(entry, ast.Import | ast.ImportFrom)
        ]
        if not imports:
            self.waiting.append((module, name, self.reached))
        for entry in imports:
            self.imported(module, name, entry, attribute)

    def imported(
        self,
        module: _Module,
        name: str,
        statement: ast.Import | ast.ImportFrom,
        attribute: str = "",
    ) -> None:
        for alias in statement.names:
            bound = alias.asname or alias.name.partition(".")[0]
            if alias.name == "*":
                self.whole_import(module, statement)
            elif bound == name:
                self.follow_import(module, statement, alias, attribute)

    def follow_import(
        self,
        module: _Module,
        statement: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        attribute: str,
    ) -> None:
        if isinstance(statement, ast.Import):
            self.from_module(module, alias.name, 0, attribute)
            return
        base = statement.module or ""
        inner = self.find(module, f"{base}.{alias.name}".strip("."), statement.level)
        if inner is not None:
            self.member(inner, attribute)
        else:
            self.from_module(module, base, statement.level, alias.name)

    def from_module(self, module: _Module, name: str, level: int, member: str) -> None:
        found = self.find(module, name, level)
        if found is not None:
            self.member(found, member)
        elif level:
            self.take_all(module, f"{'.' * level}{name} was not found")
        else:
            self.package(name)

    def member(self, module: _Module, name: str) -> None:
        if name in module.bindings:
            self.waiting.append((module, name, self.reached))
        else:
            self.take_all(module, f"{module.label} is used as a whole")

    def whole_import(self, module: _Module, statement: ast.Import | ast.ImportFrom) -> None:
        base = statement.module if isinstance(statement, ast.ImportFrom) else None
        level = statement.level if isinstance(statement, ast.ImportFrom) else 0
        found = self.find(module, base or "", level)
        if found is not None:
            self.take_all(found, f"* is imported from {found.label}")
        elif base:
            self.package(base)

    def package(self, name: str) -> None:
        top = name.partition(".")[0]
        if top and top not in sys.stdlib_module_names and top != "seeknal":
            self.packages.add(top)

    def find(self, module: _Module, name: str, level: int) -> _Module | None:
        """The project's file behind a module name, or None when it is not the project's."""
        folders = [module.path.parent, self.folder]
        if level:
            folders = [module.path.parent, *module.path.parent.parents][level - 1 : level]
        for folder in folders:
            base = folder.joinpath(*name.split(".")) if name else folder
            for file in (base.with_suffix(".py"), base / "__init__.py"):
                if file.is_file() and file.resolve().is_relative_to(self.root.resolve()):
                    return self.module(file)
        return None

    def module(self, file: Path) -> _Module:
        key = file.resolve()
        if key not in self.modules:
            label = key.relative_to(self.root.resolve()).as_posix()
            self.modules[key] = _read(file, label)
        return self.modules[key]

    def take_all(self, module: _Module, why: str) -> None:
        """Count a whole file, because what is used of it cannot be told."""
        self.notes.append(f"the whole of {module.label or module.path.name} counts: {why}")
        if module.label in self.whole:
            return
        self.whole.add(module.label)
        self.forms.add(f"{module.label}:{form_of(module.tree)}")
        self.waiting += [(module, name, False) for name in module.bindings]
        for statement in module.tree.body:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    for alias in inner.names:
                        bound = alias.asname or alias.name.partition(".")[0]
                        self.imported(module, bound, inner)

    def look_for_surprises(
        self, module: _Module, name: str, statement: ast.stmt, tree: ast.AST
    ) -> None:
        for node in ast.walk(tree):
            called = dotted(node.func) if isinstance(node, ast.Call) else None
            if called in _DYNAMIC:
                self.take_all(module, f"{called}() is called at line {statement.lineno}")
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for call in _unknown_calls(statement, module):
                self.take_all(module, f"{name} is computed by {call}() at line {statement.lineno}")


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in free_names(statement.test)


def _without_ours(statement: ast.stmt, ours: Mapping[str, str]) -> ast.stmt:
    """A function without our decorators: what they say is the node's definition anyway."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement
    known = {entry.line for entry in decorators(statement, ours)}
    kept = [entry for entry in statement.decorator_list if entry.lineno not in known]
    if len(kept) == len(statement.decorator_list):
        return statement
    copied = copy(statement)
    copied.decorator_list = kept
    return copied


def _attributes(tree: ast.AST) -> dict[str, set[str]]:
    """For each name, what is taken of it: ``{"helpers": {"clean"}}``; "" when all of it is."""
    found: dict[str, set[str]] = {}
    bases: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
            bases.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in bases:
            found.setdefault(node.id, set()).add("")
    return found


def _unknown_calls(statement: ast.stmt, module: _Module) -> Iterator[str]:
    """Calls in a constant's value that are neither the project's own nor known to be pure."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            called = dotted(node.func) or "a computed function"
            own = module.bindings.get(called.partition(".")[0], ())
            is_own = any(not isinstance(entry, ast.Import | ast.ImportFrom) for entry in own)
            if called not in _PURE and not is_own:
                yield called
        elif isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
            yield "os.environ"
