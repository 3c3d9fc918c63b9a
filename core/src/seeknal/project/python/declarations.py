"""The decorated functions of a Python file: learned by importing it, or as they are written."""

from __future__ import annotations

import ast
import dis
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.project.python.syntax import (
    NotLiteral,
    constants,
    decorators,
    first_line,
    functions,
    literal,
)
from seeknal.values.location import Location

if TYPE_CHECKING:
    from seeknal.project.python.syntax import Decorator, Function
    from seeknal.values.problems import Problems


@frozen(kw_only=True)
class PipelineFile:
    """A Python file of a project.

    ``names`` is what it calls our decorators, and ``header`` the packages that it needs, where it
    says so itself (PEP 723).
    """

    path: Path
    root: Path
    tree: ast.Module = field(factory=lambda: ast.Module(body=[], type_ignores=[]))
    names: Mapping[str, str] = field(factory=dict)
    header: str | None = None

    @property
    def name(self) -> str:
        """Its path below the project."""
        return self.path.relative_to(self.root).as_posix()

    def at(self, line: int = 0, column: int = 0) -> Location:
        """A place in it."""
        return Location(self.name, line, column)


@frozen(kw_only=True)
class Declared:
    """One decorated function, however it was learned."""

    kind: str
    keys: Mapping[str, Any]
    targets: Sequence[Mapping[str, Any]]
    function: str
    line: int
    mistakes: Sequence[str] = ()


def import_declarations(file: PipelineFile, problems: Problems) -> list[Declared]:
    """What the file's decorators declare when it is imported; nothing where that fails."""
    from seeknal.project.python.modules import load_file

    try:
        loaded = load_file(file.path)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not _is_raised(error, file):
            raise
        _tell_failed_import(error, file, problems)
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


def _is_raised(error: BaseException, file: PipelineFile) -> bool:
    """Whether the project's code says ``raise`` itself: Ctrl-C never comes at that place."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return False
    code = place.tb_frame.f_code
    is_own = Path(code.co_filename).is_relative_to(file.root)
    return is_own and dis.opname[code.co_code[place.tb_lasti]] == "RAISE_VARARGS"


def _tell_failed_import(error: BaseException, file: PipelineFile, problems: Problems) -> None:
    place = _failing_line(error, file)
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
    problems.add("SK0504", f"importing the file failed: {text}", place, help)


def _failing_line(error: BaseException, file: PipelineFile) -> Location:
    """The innermost line of the project's that was being run."""
    if isinstance(error, SyntaxError) and error.filename:
        return _line_of(file, Path(error.filename), error.lineno or 0)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(file.path.parent)]
    return _line_of(file, Path(own[-1].filename), own[-1].lineno or 0) if own else file.at()


def _line_of(file: PipelineFile, path: Path, line: int) -> Location:
    if not path.is_relative_to(file.root):
        return file.at()
    return Location(path.relative_to(file.root).as_posix(), line)


def read_declarations(file: PipelineFile, problems: Problems) -> list[Declared]:
    """What the decorators say as they are written; run where they compute something."""
    known = constants(file.tree)
    top = [node for node in functions(file.tree) if decorators(node, file.names)]
    try:
        if any(node not in file.tree.body for node in top):
            raise NotLiteral(top[0].lineno)
        return [_written(node, known, file.names) for node in top]
    except NotLiteral:
        return _described(file, problems)


def _written(
    function: Function, known: Mapping[str, ast.expr], names: Mapping[str, str]
) -> Declared:
    found = decorators(function, names)
    kinds = [entry for entry in found if entry.name != "materialize"]
    mistakes = [f"@{kinds[0].name} and @{entry.name} on one function" for entry in kinds[1:]]
    keys = literals(kinds[0], known) if kinds else {}
    return Declared(
        kind=kinds[0].name if kinds else "",
        keys={"name": function.name} | keys,
        targets=[literals(entry, known) for entry in found if entry.name == "materialize"],
        function=function.name,
        line=first_line(function),
        mistakes=mistakes,
    )


def _described(file: PipelineFile, problems: Problems) -> list[Declared]:
    from seeknal.project.python.uv import run_with_uv
    from seeknal.values.errors import SeeknalError

    job = {"do": "describe", "file": str(file.path), "root": str(file.root)}
    try:
        answer = run_with_uv(file.path, file.header or "", job, file.root)
    except SeeknalError as error:
        problems.add(error.code, error.message, file.at(), error.help)
        return []
    for entry in answer["problems"]:
        problems.add("SK0504", entry["message"], file.at(entry["line"]))
    return [Declared(**entry) for entry in answer["declared"]]


def literals(decorator: Decorator, known: Mapping[str, ast.expr]) -> dict[str, Any]:
    """A decorator's arguments, without running anything. Raises NotLiteral where that is needed."""
    if decorator.spread:
        raise NotLiteral(decorator.spread)
    values = {name: literal(value, known) for name, value in decorator.arguments.items()}
    return {name: value for name, value in values.items() if value is not None}
