"""What a Python node reads beside code and inputs: variables, the environment, files.

Told from the code that counts for the node. What is named in the code is part of its fingerprint;
where only the run can tell what is read, the node runs each time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.project.python.decorators import KINDS
from seeknal.project.python.machine import (
    asks_projects,
    imported_names,
    plain,
    tells_of_machine,
    variables_in,
    variables_of,
    variables_of_method,
)
from seeknal.project.python.path_ends import ANY, PATHS, PLACEHOLDER, PathEnds, says, text_of
from seeknal.project.python.syntax import dotted

if TYPE_CHECKING:
    from seeknal.project.python.following import Counted
    from seeknal.project.python.module import Module

_READERS = {
    *("open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "os.open"),
    *("zipfile.ZipFile", "tarfile.open", "sqlite3.connect", "shelve.open", "dbm.open"),
    *("numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile", "numpy.memmap"),
    *("joblib.load", "linecache.getline", "duckdb.connect", "openpyxl.load_workbook", "csv.open"),
    *("os.path.exists", "os.path.isfile", "os.path.isdir", "os.stat", "os.access"),
    *("os.path.getsize", "os.path.lexists", "importlib.resources.files", "pkgutil.get_data"),
    *("importlib.resources.read_text", "importlib.resources.read_binary", "tomllib.open"),
    *(
        "runpy.run_path",
        "numpy.lib.npyio.load",
        "xml.etree.ElementTree.parse",
        "dotenv.load_dotenv",
    ),
}
_READING_METHODS = {"read_text", "read_bytes", "open", "exists", "is_file", "is_dir", "stat"}
"""Of a path: the file is what stands before the dot."""
_LISTERS = {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob", "os.fwalk"}
_HANDED_ON = {"read_text", "read_bytes", "iterdir", "rglob"}
_LISTING_METHODS = {"iterdir", "glob", "rglob", "walk"}
_PREFIXES = ("read_", "scan_", "from_csv", "from_parquet", "from_json")
_NO_FILES = ("read_sql", "read_database", "read_clipboard", "read_gbq", "read_exactly")
_UNSEEN = {
    *("subprocess", "os.system", "os.popen", "os.spawnv", "os.execv", "multiprocessing"),
    *("os.path.getmtime", "os.path.getctime", "mmap"),
}
_ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
_BUFFERS = {"io.StringIO", "io.BytesIO", "StringIO", "BytesIO"}
_OPEN_IN_SQL = re.compile(
    r"""(?:\b(?:read|scan)_\w+|\b\w+_scan|\bglob|\bsniff_csv)\s*\(\s*\[?\s*(?:['"][^'"]*)?$
      | \b(?:from|join|attach|database)\s+['"][^'"]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED = re.compile(r"""'([^']+)'|"([^"]+)\"""")
_COPIED_TO = re.compile(r"\bto\s+'[^']*'", re.IGNORECASE)
_WRITERS = ("to_", "write", "save", "dump", "sink_", "mkdir", "unlink", "info", "warning", "debug")
_WRITING = re.compile(r"[wx][bt]?(?:[:|]\w*)?")
_FILE = re.compile(
    rf"(?!(?:{'|'.join(KINDS)})\.)(?=[^.]*[./])[^\n\r\t\0<>|(),;=]{{0,200}}(?:/[^/.]+|\.\w{{1,8}})"
)
"""A text that may be a file's name or the end of its path, and is no node's id."""


@frozen(kw_only=True)
class Reads:
    """What counts beside code. ``variables`` None: all of them.

    ``files`` are ends of paths, with ``*`` for what is computed. ``unknown`` says for ``files``
    and ``env`` and ``run`` what is read that cannot be known before.
    """

    params: bool = False
    variables: tuple[str, ...] | None = ()
    env: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    unknown: dict[str, str] = field(factory=dict)

    @property
    def is_outside(self) -> bool:
        """Whether anything but code and variables of the project is read."""
        return bool(self.env or self.files or self.unknown)


def reads_of(counted: Sequence[Counted]) -> Reads:
    finder = _Finder()
    for entry in counted:
        finder.look_at(entry)
    unknown = dict(finder.unknown)
    return Reads(
        params=finder.params,
        variables=None if finder.all_variables else tuple(sorted(finder.variables)),
        env=tuple(sorted(finder.env)),
        files=tuple(sorted(finder.files)),
        unknown=unknown,
    )


class _Finder:
    """Looks at every expression of the code that counts."""

    def __init__(self) -> None:
        self.params = False
        self.all_variables = False
        self.variables: set[str] = set()
        self.env: set[str] = set()
        self.files: set[str] = set()
        self.unknown: dict[str, str] = {}
        # The piece of code that is looked at.
        self.module: Module
        self.tree: ast.AST
        self.paths: PathEnds
        self.parents: dict[ast.AST, ast.AST] = {}
        self.imports: dict[Path, frozenset[str]] = {}
        """The names that each file's imports bind."""

    def look_at(self, entry: Counted) -> None:
        self.module, self.tree = entry.module, entry.tree
        self.paths = PathEnds(entry.module, entry.tree, _READERS, _READING_METHODS)
        self.parents = {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                self.look_at_context(node)
            if isinstance(node, ast.Name | ast.Attribute):
                self.look_at_name(node)
            if isinstance(node, ast.Call):
                self.look_at_call(node)
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                self.look_at_text(node)

    def look_at_context(self, node: ast.Attribute) -> None:
        """``.vars``, ``.params``, ``.environment`` and ``.run_id`` of whatever is at hand."""
        if node.attr == "params":
            self.params = True
        elif node.attr == "vars":
            name = self.key_of(node)
            if name is None:
                self.all_variables = True
            else:
                self.variables.add(name)
        elif node.attr in ("environment", "run_id") and self.is_of_context(node):
            self.note("run", f".{node.attr}", node)
        elif node.attr in _HANDED_ON and not self.is_called(node):
            self.note("files", f".{node.attr} that is called elsewhere", node)
        is_function = plain(self.module.qualified(node) or "") == "os.path.expanduser"
        if not is_function and not self.is_plain_path(node.value):
            self.env.update(variables_of_method(node.attr))

    def is_of_context(self, node: ast.Attribute) -> bool:
        """Whether ``node`` reads a value of something that is not imported."""
        first = (dotted(node) or "").partition(".")[0]
        imported = first in self.module.aliases or first in self.module.bindings
        return isinstance(node.ctx, ast.Load) and not imported and not self.is_called(node)

    def is_called(self, node: ast.AST) -> bool:
        around = self.parents.get(node)
        return isinstance(around, ast.Call) and around.func is node

    def key_of(self, node: ast.AST) -> str | None:
        """The name that ``node`` is asked for, as in ``node["x"]`` or ``node.get("x")``."""
        around = self.parents.get(node)
        key: ast.AST | None = None
        if isinstance(around, ast.Subscript) and around.value is node:
            key = around.slice
        elif isinstance(around, ast.Attribute) and around.attr in ("get", "pop", "setdefault"):
            call = self.parents.get(around)
            key = call.args[0] if isinstance(call, ast.Call) and call.args else None
        elif isinstance(around, ast.Compare) and isinstance(around.ops[0], ast.In | ast.NotIn):
            key = around.left if len(around.ops) == 1 else None
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None

    def look_at_name(self, node: ast.Name | ast.Attribute) -> None:
        name = self.module.qualified(node) or self.of_import(node)
        if name is None or not isinstance(node.ctx, ast.Load):
            return
        around = self.parents.get(node)
        name = plain(name)
        if name in ("os.environ", "os.environb"):
            self.add_variable(node, self.key_of(node))
        elif name in ("os.getenv", "os.getenvb"):
            first = around.args[0] if isinstance(around, ast.Call) and around.args else None
            literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            self.add_variable(node, first.value if literal else None)  # type: ignore[union-attr]
        elif any(name == unseen or name.startswith(f"{unseen}.") for unseen in _UNSEEN):
            self.note("files", name, node)
        elif name in _READERS | _LISTERS and not self.is_own(name) and not self.is_called(node):
            self.note("files", f"{name} that is called elsewhere", node)
        elif self.is_imported(node):
            self.look_at_machine(name, around if isinstance(around, ast.Call) else None, node)

    def look_at_machine(self, name: str, call: ast.Call | None, node: ast.AST) -> None:
        """What ``name`` tells of the machine that the node runs on, or of stored rows."""
        first = call.args[0] if call and call.func is node and call.args else None
        if name == "os.path.expandvars":
            text = text_of(first)
            if text is None:
                self.note("env", "environment variables whose names are computed", node)
            else:
                self.env |= variables_in(text)
        elif name in ("os.path.abspath", "os.path.realpath"):
            if first is not None and text_of(first) in ("", "."):
                self.note("run", name, node)
        elif name == "os.path.expanduser" and first is not None and self.is_plain_path(first):
            return
        elif tells_of_machine(name) or asks_projects(name):
            self.note("run", name, node)
        else:
            self.env.update(variables_of(name))

    def of_import(self, node: ast.AST) -> str | None:
        """``os.environ`` of ``__import__("os").environ``."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Call) or not node.args:
            return None
        how, module = self.module.qualified(node.func), text_of(node.args[0])
        if module is None or how not in ("__import__", "importlib.import_module"):
            return None
        top = module.partition(".")[0] if how == "__import__" else module
        return ".".join([top, *reversed(names)])

    def is_imported(self, node: ast.AST) -> bool:
        """Whether a dotted name begins with something that the file imports."""
        name = dotted(node) if isinstance(node, ast.expr) else None
        if name is None:
            return self.of_import(node) is not None
        first = name.partition(".")[0]
        known = self.imports.get(self.module.path)
        if known is None:
            known = self.imports[self.module.path] = imported_names(self.module.tree)
        return first in known

    def is_plain_path(self, node: ast.expr) -> bool:
        """Whether a path is written out and does not begin with somebody's home."""
        if isinstance(node, ast.Call) and self.module.qualified(node.func) in PATHS and node.args:
            node = node.args[0]
        text = text_of(node)
        return text is not None and not text.startswith("~")

    def is_own(self, name: str) -> bool:
        first = name.partition(".")[0]
        return any(
            isinstance(self.module.body[index], ast.FunctionDef)
            for index in self.module.bindings.get(first, ())
        )

    def add_variable(self, node: ast.AST, name: str | None) -> None:
        if name is not None:
            self.env.add(name)
        else:
            self.note("env", "environment variables whose names are computed", node)

    def note(self, what: str, why: str, node: ast.AST) -> None:
        place = self.module.label or self.module.path.name
        line = getattr(node, "lineno", 0)
        self.unknown.setdefault(what, f"{why} ({place}, line {line})")

    # Files

    def look_at_call(self, node: ast.Call) -> None:
        name = self.module.qualified(node.func) or ""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        given = list(node.args) or [w.value for w in node.keywords if w.arg in _FIRST]
        if name in _READERS and not self.is_own(name):
            if not _writes(node, 1):
                self.add_file(given[1:2] if name == "pkgutil.get_data" else given[:1], node)
        elif name in _LISTERS:
            self.add_folder(given[:1], node)
        elif name == "getattr":
            self.asked_by_name(node)
        elif method in ("resolve", "absolute") and self.is_here(node.func):
            self.note("run", f"{ast.unparse(node.func)}()", node)
        elif method == "read" and given and "configparser" in self.module.imported:
            self.add_file(given[:1], node)
        elif method in _READING_METHODS and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if not (method == "open" and _writes(node, 0)) and not _is_module(owner, self.module):
                self.add_file([owner], node)
        elif method in _LISTING_METHODS and isinstance(node.func, ast.Attribute):
            if given and method != "walk":
                self.add_file(given[:1], node)
            else:
                self.add_folder([node.func.value], node)
        elif _is_reader(method or name) and (method or not self.module.bindings.get(name)):
            self.add_file(given[:1], node)

    def is_here(self, node: ast.expr) -> bool:
        """Whether the path before ``.resolve`` is the working directory."""
        owner = node.value if isinstance(node, ast.Attribute) else None
        if not isinstance(owner, ast.Call) or self.module.qualified(owner.func) not in PATHS:
            return False
        return not owner.args or (len(owner.args) == 1 and text_of(owner.args[0]) in ("", "."))

    def asked_by_name(self, node: ast.Call) -> None:
        """``getattr(ctx, name)``: of the name nothing may be known."""
        key = node.args[1] if len(node.args) > 1 else None
        if not isinstance(key, ast.Constant):
            self.all_variables = True
            return
        if key.value in _HANDED_ON | {"open"}:
            self.note("files", f".{key.value} that is called elsewhere", node)
        owner = self.module.qualified(node.args[0])
        if owner is not None and self.is_imported(node.args[0]):
            name = plain(f"{owner}.{text_of(key)}")
            if name in _ENVIRONMENT:
                self.add_variable(node, None)
            else:
                self.look_at_machine(name, None, node)

    def add_file(self, given: Iterable[ast.expr], node: ast.Call) -> None:
        for path in given:
            found = self.paths.of(path)
            if found is None:
                what = ast.unparse(node.func)
                self.note("files", f"{what}() of a path that is computed", node)
            else:
                self.files |= {each for each in found if "://" not in each}

    def add_folder(self, given: Iterable[ast.expr], node: ast.Call) -> None:
        given = list(given)
        found = [self.paths.of(path) for path in given]
        if not given or any(each is None for each in found):
            self.note("files", f"{ast.unparse(node.func)}() of a folder that is computed", node)
            return
        for each in found:
            for pattern in each or ():
                end = "" if "*" in pattern.rpartition("/")[2] else "/*"
                self.files.add(f"{pattern.rstrip('/')}{end}")

    def look_at_text(self, node: ast.Constant) -> None:
        """A file that a text names, whoever opens it; one that SQL reads under a computed name."""
        value = text_of(node)
        around = self.parents.get(node)
        if value is None or self.is_written(node):
            return
        opened = _OPEN_IN_SQL.search(value)
        computed = isinstance(around, ast.JoinedStr | ast.BinOp)
        filled = (
            _OPEN_IN_SQL.search(PLACEHOLDER.split(value)[0])
            if "{" in value or "%" in value
            else None
        )
        if (opened and computed) or (filled and not isinstance(around, ast.JoinedStr)):
            self.sql_file(node, around)
        if value == "vars":
            # Something may be asked for it by name.
            self.all_variables = True
        before = ANY if computed else ""
        read = _COPIED_TO.sub("", value)
        for piece in [read, *(a or b for a, b in _QUOTED.findall(read))]:
            if _FILE.fullmatch(piece) and "://" not in piece:
                self.files.add(f"{before}{piece}")

    def is_written(self, node: ast.AST) -> bool:
        """Whether a text is a part of what some call writes to."""
        around = self.parents.get(node)
        while isinstance(around, ast.expr):
            if isinstance(around, ast.Call):
                name = around.func.attr if isinstance(around.func, ast.Attribute) else ""
                opens = (self.module.qualified(around.func) or "") in _READERS
                if name.startswith(_WRITERS) or (opens and _writes(around, 1)):
                    return True
                if name == "open" and _writes(around, 0):
                    return True
            around = self.parents.get(around)
        return False

    def sql_file(self, node: ast.Constant, around: ast.AST | None) -> None:
        """What is put into SQL after the beginning of a file's name."""
        if isinstance(around, ast.JoinedStr):
            place = around.values.index(node)
            after = around.values[place + 1 : place + 2]
            end = str(_OPEN_IN_SQL.search(str(node.value))[0]).rpartition("'")[2]  # type: ignore[index]
            if after and isinstance(after[0], ast.FormattedValue):
                found = self.paths.of(after[0].value)
                rest = around.values[place + 2 : place + 3]
                more = rest[0].value if rest and isinstance(rest[0], ast.Constant) else ""
                more = str(more).partition("'")[0].partition(")")[0]
                if found is None and not says(more):
                    self.note("files", "SQL that reads a file of a computed name", node)
                for each in found or [ANY]:
                    self.files.add(f"{end.partition('(')[2] if '(' in end else end}{each}{more}")
            return
        self.note("files", "SQL that reads a file of a computed name", node)


_FIRST = {"path", "file", "filepath_or_buffer", "io", "source", "filename", "name", "database"}


def _is_reader(name: str) -> bool:
    return name.startswith(_PREFIXES) and not name.startswith(_NO_FILES)


def _writes(node: ast.Call, place: int) -> bool:
    """Whether a file is opened only to be written."""
    mode: ast.expr | None = node.args[place] if len(node.args) > place else None
    mode = next((word.value for word in node.keywords if word.arg == "mode"), mode)
    if not isinstance(mode, ast.Constant) or not isinstance(mode.value, str):
        return False
    return _WRITING.fullmatch(mode.value) is not None


def _is_module(node: ast.expr, module: Module) -> bool:
    """Whether ``node`` is something imported, so that its ``open`` is a function."""
    name = dotted(node)
    if name is None:
        return False
    found = module.bindings.get(name.partition(".")[0], ())
    return bool(found) and all(isinstance(module.body[index], ast.Import) for index in found)
