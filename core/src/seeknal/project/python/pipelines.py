"""The nodes that a Python pipeline file declares."""

from __future__ import annotations

import ast
import dis
import re
import traceback
from collections.abc import Mapping, Sequence
from datetime import date, time
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.project.python.pep723 import BadHeader, header_of
from seeknal.project.python.strangers import handed_on, strangers
from seeknal.project.python.syntax import (
    NotLiteral,
    constants,
    decorators,
    first_line,
    functions,
    imports_us,
    literal,
    marks_of,
    our_names,
    read_refs,
    required_arguments,
)
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.project.raw import RawNode
from seeknal.project.text_files import not_utf8
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.node import PythonCode
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.project.python.following import Counted
    from seeknal.project.python.reads import Reads
    from seeknal.project.python.syntax import (
        Decorator,
        Function,
    )
    from seeknal.values.problems import Severity

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_pipeline(path: Path, root: Path) -> tuple[list[RawNode], Problems]:
    """The nodes of one file, and what is wrong with it.

    A file is imported to learn them, unless a PEP 723 header says that its packages are to be
    found elsewhere: then its decorators are read without running it.
    """
    reader = _Reader(path, root)
    return reader.nodes(), reader.problems


def imported_declarations(path: Path, root: Path) -> dict[str, Any]:
    """What importing a file declares, as plain values: for a process with the file's packages."""
    reader = _Reader(path, root)
    declared = reader.imported()
    places = [(entry.message, entry.location) for entry in reader.problems]
    return {
        "declared": [
            {
                "kind": entry.kind,
                "keys": reader.plain(dict(entry.keys), _NOWHERE, entry.function),
                "targets": reader.plain(list(entry.targets), _NOWHERE, entry.function),
                "function": entry.function,
                "line": entry.line,
                "mistakes": list(entry.mistakes),
            }
            for entry in declared
        ],
        "problems": [
            {"message": message, "line": place.line if place else 0} for message, place in places
        ],
    }


_NOWHERE = Marks("", {}, {})


@frozen(kw_only=True)
class Declared:
    """One decorated function, however it was learned."""

    kind: str
    keys: Mapping[str, Any]
    targets: Sequence[Mapping[str, Any]]
    function: str
    line: int
    mistakes: Sequence[str] = ()


@frozen(kw_only=True)
class Code:
    """What a function is made of: its hash, the ids that it reads through ``ctx.ref``, the rest."""

    hash: str | None = None
    refs: tuple[tuple[str, tuple[int, int]], ...] = ()
    reads: Reads | None = None
    outside: bool = False
    computed: bool = False


class _Reader:
    """Reads one file; its steps share the syntax tree and the list of problems."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        self.file = path.relative_to(root).as_posix()
        self.problems = Problems()
        self.header: str | None = None
        self.tree = ast.Module(body=[], type_ignores=[])
        self.names: dict[str, str] = {}

    def nodes(self) -> list[RawNode]:
        if not self.parse():
            return []
        self.names = our_names(self.tree)
        self.names |= handed_on(self.path, self.root)
        if self.has_strangers():
            return []
        if not self.names and not imports_us(self.tree):
            return []
        declared = self.imported() if self.header is None else self.read()
        raws = [self.raw(entry) for entry in declared]
        return [raw for raw in raws if raw is not None]

    def at(self, line: int = 0, column: int = 0) -> Location:
        return Location(self.file, line, column)

    def parse(self) -> bool:
        try:
            data = self.path.read_bytes()
            self.tree = syntax_tree(data, str(self.path))
            self.header = header_of(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except SyntaxError as error:
            message = f"Python cannot read this file: {error.msg}"
            self.problems.add("SK0501", message, self.at(error.lineno or 0, error.offset or 0))
        except UnicodeDecodeError as error:
            message, line = not_utf8(data, error)
            help = "save the file as UTF-8"
            self.problems.add("SK0502", f"the file {message}", self.at(line), help)
        except BadHeader as error:
            self.problems.add("SK0503", f"the file cannot be read: {error}", self.at(error.line))
        except (OSError, ValueError, RecursionError) as error:
            self.problems.add("SK0502", f"the file cannot be read: {error}", self.at())
        else:
            return True
        return False

    def has_strangers(self) -> bool:
        """Report functions that look like nodes and are none: nobody would miss them else."""
        before = len(self.problems)
        for found in strangers(self.tree, self.names, self.path.parent):
            severity: Severity = "error" if found.certain else "warn"
            place = self.at(found.line)
            self.problems.add("SK0224", found.message, place, found.help, severity=severity)
        return self.problems.has_errors(before)

    def imported(self) -> list[Declared]:
        from seeknal.project.python.modules import load_file

        try:
            loaded = load_file(self.path)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not self.raises(error):
                raise
            self.import_failed(error)
            return []
        return [
            Declared(
                kind=entry.kind,
                keys=entry.keys | {"name": entry.name},
                targets=entry.targets,
                function=entry.function.__name__,
                line=entry.function.__code__.co_firstlineno,
                mistakes=entry.mistakes,
            )
            for entry in loaded.declarations
        ]

    def raises(self, error: BaseException) -> bool:
        """Whether the project's code says ``raise`` itself: Ctrl-C never comes at that place."""
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        if place is None:
            return False
        code = place.tb_frame.f_code
        is_own = Path(code.co_filename).is_relative_to(self.root)
        return is_own and dis.opname[code.co_code[place.tb_lasti]] == "RAISE_VARARGS"

    def import_failed(self, error: BaseException) -> None:
        place = self.failing_line(error)
        help = None
        missing = (isinstance(error, ModuleNotFoundError) and error.name) or ""
        if missing.partition(".")[0] == "seeknal":
            help = "decorators: from seeknal import transform, ...; ctx.duckdb runs SQL"
        elif isinstance(error, ModuleNotFoundError) and error.name:
            help = (
                f"install it where seeknal runs, or list it in a '# /// script' header:"
                f" dependencies = [{error.name.partition('.')[0]!r}]"
            )
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self.problems.add("SK0504", f"importing the file failed: {text}", place, help)

    def failing_line(self, error: BaseException) -> Location:
        """The innermost line of the project's that was being run."""
        if isinstance(error, SyntaxError) and error.filename:
            return self.place(Path(error.filename), error.lineno or 0)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(self.path.parent)]
        return self.place(Path(own[-1].filename), own[-1].lineno or 0) if own else self.place()

    def place(self, path: Path | None = None, line: int = 0) -> Location:
        if path is None or not path.is_relative_to(self.root):
            return Location(self.file)
        return Location(path.relative_to(self.root).as_posix(), line)

    def read(self) -> list[Declared]:
        """What the decorators say as they are written; run where they compute something."""
        known = constants(self.tree)
        top = [node for node in functions(self.tree) if decorators(node, self.names)]
        try:
            if any(node not in self.tree.body for node in top):
                raise NotLiteral(top[0].lineno)
            return [self.written(node, known) for node in top]
        except NotLiteral:
            return self.described()

    def written(self, function: Function, known: Mapping[str, ast.expr]) -> Declared:
        found = decorators(function, self.names)
        kinds = [entry for entry in found if entry.name != "materialize"]
        mistakes = [f"@{kinds[0].name} and @{entry.name} on one function" for entry in kinds[1:]]
        keys = _literals(kinds[0], known) if kinds else {}
        return Declared(
            kind=kinds[0].name if kinds else "",
            keys={"name": function.name} | keys,
            targets=[_literals(entry, known) for entry in found if entry.name == "materialize"],
            function=function.name,
            line=first_line(function),
            mistakes=mistakes,
        )

    def described(self) -> list[Declared]:
        from seeknal.project.python.uv import run_with_uv
        from seeknal.values.errors import SeeknalError

        job = {"do": "describe", "file": str(self.path), "root": str(self.root)}
        try:
            answer = run_with_uv(self.path, self.header or "", job, self.root)
        except SeeknalError as error:
            self.problems.add(error.code, error.message, self.at(), error.help)
            return []
        for entry in answer["problems"]:
            self.problems.add("SK0504", entry["message"], self.at(entry["line"]))
        return [Declared(**entry) for entry in answer["declared"]]

    def raw(self, declared: Declared) -> RawNode | None:
        """A declaration as the mapping of keys that a YAML file would hold."""
        function = self.function(declared)
        decorator = next(
            (entry for entry in self.ours(function) if entry.name == declared.kind), None
        )
        line = decorator.line if decorator else declared.line
        if not self.is_sound(declared, function, line):
            return None
        marks = Marks.at(Location(self.file, line))
        if decorator:
            targets = [entry for entry in self.ours(function) if entry.name == "materialize"]
            marks = marks_of(decorator, targets, self.file)
        data = self.keys(declared, marks)
        if data is None:
            return None
        name = data["name"]
        code = self.code(declared)
        own = dict(read_refs([function])) if function else {}
        for number, ref in self.add_inputs(data, code.refs, NodeId.of(declared.kind, name)):
            if ref in own:
                marks = marks.noting(own[ref], "inputs", number)
        is_run = declared.kind != "exposure"
        return RawNode(
            kind=declared.kind,
            name=name,
            data=data,
            marks=marks,
            location=Location(self.file, line),
            python=self.python(declared, code) if is_run else None,
            code_hash=code.hash if is_run else None,
            reads=code.reads if is_run else None,
        )

    def python(self, declared: Declared, code: Code) -> PythonCode:
        return PythonCode(
            file=self.file,
            function=declared.function,
            line=declared.line,
            script=self.header,
            reads=code.reads.files if code.reads else (),
            outside=code.outside,
            computed=code.computed,
        )

    def function(self, declared: Declared) -> Function | None:
        named = [node for node in functions(self.tree) if node.name == declared.function]
        return next((node for node in named if first_line(node) == declared.line), None)

    def ours(self, function: Function | None) -> list[Decorator]:
        return decorators(function, self.names) if function else []

    def is_sound(self, declared: Declared, function: Function | None, line: int) -> bool:
        before = len(self.problems)
        if not declared.kind:
            text = f"{declared.function}() has @materialize but is no node"
            self.problems.add(
                "SK0505", text, self.at(line), "add @transform, @source or another node decorator"
            )
        for mistake in declared.mistakes:
            self.problems.add("SK0505", mistake, self.at(line), "a function is one node")
        name = declared.keys.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            text = f"a node cannot be named {name!r}"
            self.problems.add(
                "SK0506", text, self.at(line), "letters, digits and _, not beginning with a digit"
            )
        if isinstance(function, ast.AsyncFunctionDef):
            text = f"{declared.function}() is async: a node's function is an ordinary one"
            self.problems.add("SK0507", text, self.at(line))
        elif function and (count := required_arguments(function)) > 1:
            text = f"{declared.function}() takes {count} arguments"
            self.problems.add(
                "SK0507", text, self.at(line), "a node's function takes ctx, or nothing"
            )
        return len(self.problems) == before

    def keys(self, declared: Declared, marks: Marks) -> dict[str, Any] | None:
        before = len(self.problems)
        data: dict[str, Any] = {"kind": declared.kind}
        for key, value in declared.keys.items():
            data[key] = self.plain(value, marks, key)
        targets = [self.plain(dict(target), marks, "materialize") for target in declared.targets]
        if "inputs" in data:
            data["inputs"] = [_input(entry) for entry in _listed(data["inputs"])]
        if declared.kind == "source":
            _complete_source(data)
        self.add_targets(data, targets, marks)
        return (
            data if len(self.problems) == before or not self.problems.has_errors(before) else None
        )

    def plain(self, value: Any, marks: Marks, *path: str | int) -> Any:
        """A decorator's argument as the value that YAML would give."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, date | time | PurePath):
            return str(value)
        if callable(to_dict := getattr(value, "to_dict", None)):
            value = to_dict()
        if isinstance(value, Mapping):
            return {
                str(key): self.plain(item, marks, *path, str(key)) for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
            return [self.plain(item, marks, *path, n) for n, item in enumerate(items)]
        place = marks.value(*path)
        text = f"{path[0]} cannot hold a value of type {type(value).__name__}"
        help = "text, numbers, true and false, lists and dicts may stand here"
        self.problems.add("SK0508", text, self.at(place.line, place.column), help)
        return None

    def add_targets(self, data: dict[str, Any], targets: list[Any], marks: Marks) -> None:
        """``materialization=`` and ``@materialize`` as one list."""
        old = data.get("materialization")
        targets = [*data.pop("materializations", ()), *targets]
        if not isinstance(old, Mapping):
            data.pop("materialization", None)
        elif old.keys() & {"table", "type"}:
            self.deprecated(marks)
            del data["materialization"]
            if old.get("enabled", True):
                targets.append({key: value for key, value in old.items() if key != "enabled"})
        elif targets:
            # Settings of a feature group, which stand beside targets.
            del data["materialization"]
            if "event_time_col" in old:
                data.setdefault("event_time", old["event_time_col"])
        if targets:
            data["materializations"] = targets

    def deprecated(self, marks: Marks) -> None:
        place = marks.value("materialization")
        self.problems.add(
            "SK0509",
            "materialization= on a decorator is deprecated",
            self.at(place.line, place.column),
            "write @materialize(...) below or above it",
            severity="warn",
        )

    def code(self, declared: Declared) -> Code:
        from seeknal.project.python.code import reach
        from seeknal.project.python.reads import reads_of

        try:
            reached = reach(
                self.path,
                declared.function,
                self.root,
                line=declared.line,
                versions=self.header is None,
                ours=self.names,
            )
        except (SyntaxError, ValueError, OSError, RecursionError) as error:
            self.problems.add(
                "SK0510", f"the code of {declared.function}() cannot be read: {error}", self.at()
            )
            return Code()
        reads = reads_of(reached.counted)
        text = f"{reached.hash}\0{self.header}" if self.header is not None else None
        hash = sha256(text.encode()).hexdigest() if text is not None else reached.hash
        return Code(
            hash=hash,
            refs=tuple(read_refs(list(reached.trees))),
            reads=reads,
            outside=reached.outside,
            computed=self.is_computed()
            and reads_of([*reached.counted, *self.said(declared)]).is_outside,
        )

    def said(self, declared: Declared) -> list[Counted]:
        """The decorators of a function, for what they read when the file is imported."""
        from seeknal.project.python.following import Counted
        from seeknal.project.python.module import read_module

        function = self.function(declared)
        module = read_module(self.path, "")
        decorators = function.decorator_list if function else []
        return [Counted(module=module, tree=entry) for entry in decorators]

    def is_computed(self) -> bool:
        """Whether some declaration of the file is not written out in it."""
        known = constants(self.tree)
        for node in functions(self.tree):
            found = decorators(node, self.names)
            try:
                for entry in found:
                    _literals(entry, known)
            except NotLiteral:
                return True
            if found and node not in self.tree.body:
                return True
        return False

    def add_inputs(
        self, data: dict[str, Any], refs: Sequence[tuple[str, tuple[int, int]]], node: NodeId
    ) -> list[tuple[int, str]]:
        """Ids that the code reads are inputs, whether or not they are declared.

        Gives those that were not, each with its number among the inputs.
        """
        inputs = list(data.get("inputs", ()))
        known = {str(entry.get("ref")) for entry in inputs if isinstance(entry, Mapping)}
        names = {entry.partition(".")[2] or entry for entry in known}
        added = []
        for ref, _place in refs:
            is_own = ref == node or (node.kind == "source" and ref == node.name)
            if ref not in known and not is_own and not ("." not in ref and ref in names):
                added.append((len(inputs), ref))
                inputs.append({"ref": ref})
                known.add(ref)
        if inputs:
            data["inputs"] = inputs
        return added


def _literals(decorator: Decorator, known: Mapping[str, ast.expr]) -> dict[str, Any]:
    if decorator.spread:
        raise NotLiteral(decorator.spread)
    values = {name: literal(value, known) for name, value in decorator.arguments.items()}
    return {name: value for name, value in values.items() if value is not None}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _input(entry: Any) -> Any:
    return {"ref": entry} if isinstance(entry, str) else entry


def _complete_source(data: dict[str, Any]) -> None:
    """As seeknal 2.x has it: further arguments of ``@source`` are options of its type."""
    from seeknal.kernel.options import keys_of
    from seeknal.project.keys import CommonKeys, SourceKeys

    known = {*keys_of(CommonKeys), *keys_of(SourceKeys)}
    options = {key: data.pop(key) for key in list(data) if key not in known}
    if options:
        data["params"] = {**data.get("params", {}), **options}
    if "source" not in data and "type" not in data:
        data["source"] = "csv" if data.get("table") else "python"
