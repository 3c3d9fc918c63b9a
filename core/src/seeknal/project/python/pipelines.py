"""The nodes that a Python pipeline file declares."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.project.python.declarations import (
    PipelineFile,
    import_declarations,
    literals,
    read_declarations,
)
from seeknal.project.python.pep723 import BadHeader, header_of
from seeknal.project.python.strangers import handed_on, strangers
from seeknal.project.python.syntax import (
    NotLiteral,
    constants,
    decorators,
    first_line,
    functions,
    imports_us,
    marks_of,
    our_names,
    read_refs,
    required_arguments,
)
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.project.raw import RawNode
from seeknal.project.text_files import not_utf8
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.node import PythonCode
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.project.python.declarations import Declared
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
    declared = import_declarations(reader.file, reader.problems)
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
class Code:
    """What a function is made of: its hash, the ids that it reads through ``ctx.ref``, the rest."""

    hash: str | None = None
    refs: tuple[tuple[str, tuple[int, int]], ...] = ()
    reads: Reads | None = None
    outside: bool = False
    computed: bool = False
    this: bool = False


def names_this(trees: Iterable[ast.AST]) -> bool:
    """Whether code asks anything for an attribute of the name by which ``ctx`` has its own rows."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "this"
        for tree in trees
        for node in ast.walk(tree)
    )


class _Reader:
    """Reads one file; its steps share the syntax tree and the list of problems."""

    def __init__(self, path: Path, root: Path) -> None:
        self.file = PipelineFile(path=path, root=root)
        self.problems = Problems()

    def nodes(self) -> list[RawNode]:
        if not self.parse():
            return []
        names = our_names(self.file.tree) | handed_on(self.file.path, self.file.root)
        self.file = evolve(self.file, names=names)
        if self.has_strangers():
            return []
        if not names and not imports_us(self.file.tree):
            return []
        learn = import_declarations if self.file.header is None else read_declarations
        raws = [self.raw(entry) for entry in learn(self.file, self.problems)]
        return [raw for raw in raws if raw is not None]

    def parse(self) -> bool:
        file = self.file
        try:
            data = file.path.read_bytes()
            tree = syntax_tree(data, str(file.path))
            header = header_of(data.decode("utf-8-sig").replace("\r\n", "\n"))
        except SyntaxError as error:
            message = f"Python cannot read this file: {error.msg}"
            self.problems.add("SK0501", message, file.at(error.lineno or 0, error.offset or 0))
        except UnicodeDecodeError as error:
            message, line = not_utf8(data, error)
            help = "save the file as UTF-8"
            self.problems.add("SK0502", f"the file {message}", file.at(line), help)
        except BadHeader as error:
            self.problems.add("SK0503", f"the file cannot be read: {error}", file.at(error.line))
        except (OSError, ValueError, RecursionError) as error:
            self.problems.add("SK0502", f"the file cannot be read: {error}", file.at())
        else:
            self.file = evolve(file, tree=tree, header=header)
            return True
        return False

    def has_strangers(self) -> bool:
        """Report functions that look like nodes and are none: nobody would miss them else."""
        before = len(self.problems)
        for found in strangers(self.file.tree, self.file.names, self.file.path.parent):
            severity: Severity = "error" if found.certain else "warn"
            place = self.file.at(found.line)
            self.problems.add("SK0224", found.message, place, found.help, severity=severity)
        return self.problems.has_errors(before)

    def raw(self, declared: Declared) -> RawNode | None:
        """A declaration as the mapping of keys that a YAML file would hold."""
        function = self.function(declared)
        decorator = next(
            (entry for entry in self.ours(function) if entry.name == declared.kind), None
        )
        line = decorator.line if decorator else declared.line
        if not self.is_sound(declared, function, line):
            return None
        marks = Marks.at(self.file.at(line))
        if decorator:
            targets = [entry for entry in self.ours(function) if entry.name == "materialize"]
            marks = marks_of(decorator, targets, self.file.name)
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
            location=self.file.at(line),
            python=self.python(declared, code) if is_run else None,
            code_hash=code.hash if is_run else None,
            reads=code.reads if is_run else None,
        )

    def python(self, declared: Declared, code: Code) -> PythonCode:
        return PythonCode(
            file=self.file.name,
            function=declared.function,
            line=declared.line,
            script=self.file.header,
            reads=code.reads.files if code.reads else (),
            outside=code.outside,
            computed=code.computed,
            this=code.this,
        )

    def function(self, declared: Declared) -> Function | None:
        named = [node for node in functions(self.file.tree) if node.name == declared.function]
        return next((node for node in named if first_line(node) == declared.line), None)

    def ours(self, function: Function | None) -> list[Decorator]:
        return decorators(function, self.file.names) if function else []

    def is_sound(self, declared: Declared, function: Function | None, line: int) -> bool:
        before = len(self.problems)
        if not declared.kind:
            text = f"{declared.function}() has @materialize but is no node"
            self.problems.add(
                "SK0505",
                text,
                self.file.at(line),
                "add @transform, @source or another node decorator",
            )
        for mistake in declared.mistakes:
            self.problems.add("SK0505", mistake, self.file.at(line), "a function is one node")
        name = declared.keys.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            text = f"a node cannot be named {name!r}"
            self.problems.add(
                "SK0506",
                text,
                self.file.at(line),
                "letters, digits and _, not beginning with a digit",
            )
        if isinstance(function, ast.AsyncFunctionDef):
            text = f"{declared.function}() is async: a node's function is an ordinary one"
            self.problems.add("SK0507", text, self.file.at(line))
        elif function and (count := required_arguments(function)) > 1:
            text = f"{declared.function}() takes {count} arguments"
            self.problems.add(
                "SK0507", text, self.file.at(line), "a node's function takes ctx, or nothing"
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
        self.problems.add("SK0508", text, self.file.at(place.line, place.column), help)
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
            self.file.at(place.line, place.column),
            "write @materialize(...) below or above it",
            severity="warn",
        )

    def code(self, declared: Declared) -> Code:
        from seeknal.project.python.code import reach
        from seeknal.project.python.reads import reads_of

        try:
            reached = reach(
                self.file.path,
                declared.function,
                self.file.root,
                line=declared.line,
                versions=self.file.header is None,
                ours=self.file.names,
            )
        except (SyntaxError, ValueError, OSError, RecursionError) as error:
            self.problems.add(
                "SK0510",
                f"the code of {declared.function}() cannot be read: {error}",
                self.file.at(),
            )
            return Code()
        reads = reads_of(reached.counted)
        text = f"{reached.hash}\0{self.file.header}" if self.file.header is not None else None
        hash = sha256(text.encode()).hexdigest() if text is not None else reached.hash
        return Code(
            hash=hash,
            refs=tuple(read_refs(list(reached.trees))),
            reads=reads,
            outside=reached.outside,
            this=names_this(reached.trees),
            computed=self.is_computed()
            and reads_of([*reached.counted, *self.said(declared)]).is_outside,
        )

    def said(self, declared: Declared) -> list[Counted]:
        """The decorators of a function, for what they read when the file is imported."""
        from seeknal.project.python.following import Counted
        from seeknal.project.python.module import read_module

        function = self.function(declared)
        module = read_module(self.file.path, "")
        decorators = function.decorator_list if function else []
        return [Counted(module=module, tree=entry) for entry in decorators]

    def is_computed(self) -> bool:
        """Whether some declaration of the file is not written out in it."""
        known = constants(self.file.tree)
        for node in functions(self.file.tree):
            found = decorators(node, self.file.names)
            try:
                for entry in found:
                    literals(entry, known)
            except NotLiteral:
                return True
            if found and node not in self.file.tree.body:
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
