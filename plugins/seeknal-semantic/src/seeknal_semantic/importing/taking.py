"""``seeknal metrics import``: from paths of dbt's files to files of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import ProjectError, SeeknalError, replacing
from seeknal_semantic.importing.checking import checked
from seeknal_semantic.importing.converting import Taken, converted
from seeknal_semantic.importing.entries import Report
from seeknal_semantic.importing.needing import Names
from seeknal_semantic.importing.writing import text_of

if TYPE_CHECKING:
    from seeknal.plugin import Command, Problem
    from seeknal_semantic.importing.entries import LeftOut
    from seeknal_semantic.importing.expressions import Expressions
    from seeknal_semantic.importing.pieces import Piece

FOLDER = "seeknal/semantic"
"""Where imported nodes go in a project."""
_NOT_THEIRS = ("target", "dbt_packages", "dbt_modules", "node_modules", "venv")
_YAML = (".yml", ".yaml")


class ImportRefused(SeeknalError):
    """An import that cannot be carried out."""

    exit_code = 2
    default_code = "SK1540"


@frozen(kw_only=True)
class Imported:
    """Texts of files by their paths, with the nodes in each, and what was left out."""

    files: Mapping[Path, str]
    pieces: Mapping[Path, Sequence[Piece]]
    left_out: tuple[LeftOut, ...]


def take(
    command: Command,
    given: Path,
    folder: Path | None,
    expressions: Expressions,
    *,
    replace: bool,
) -> Imported:
    """What dbt's files below ``given`` are here. Nothing is written.

    Raises ImportRefused where none says anything of metrics, and where a file that would be
    written is there and is not to be replaced; ProjectError with every place that is no YAML.
    """
    project = command.project()
    base = (project.root / FOLDER if folder is None else folder).resolve()
    within = base.is_relative_to(project.root / "seeknal")
    # Checked as if it stood in the project, wherever it is written to.
    prefix = base.relative_to(project.root).as_posix() if within else FOLDER
    taken = _documents(command, given, prefix)
    if not taken:
        raise ImportRefused(
            f"nothing in {given} says anything of a semantic layer",
            help="dbt's files with semantic_models:, metrics: or, below models:, semantic_model:",
        )
    paths = {one.file: base / Path(one.file).relative_to(prefix) for one in taken}
    there = [file for file, path in paths.items() if os.path.lexists(path)]
    if there and not replace:
        raise ImportRefused(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already",
            code="SK1541",
            help="--force replaces what is there, and -o DIR writes to another folder",
        )
    replaced = set(there) if within else set()
    nodes = {id: each for id, each in project.nodes.items() if each.location.file not in replaced}
    report = Report()
    pieces = converted(taken, nodes, expressions, report)
    names = Names(
        defined=frozenset(
            str(each.data.get("name")).lower() for one in taken for each in one.metrics()
        ),
        ours=frozenset(node.name.lower() for node in nodes.values() if node.kind == "metric"),
    )
    kept = checked(pieces, names, report, command.problems_with)
    left_out = sorted(report.left_out, key=lambda each: (each.place.file, each.place.line))
    return Imported(
        files={paths[file]: text_of(each) for file, each in kept.items()},
        pieces={paths[file]: each for file, each in kept.items()},
        left_out=tuple(left_out),
    )


def write(imported: Imported) -> None:
    """Write the files. Raises ImportRefused for a folder that cannot be written to."""
    for path, text in imported.files.items():
        try:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            why = error.strerror or str(error)
            raise ImportRefused(f"{path} cannot be written: {why}", code="SK1541") from None


def _documents(command: Command, given: Path, prefix: str) -> list[Taken]:
    """What says anything of a semantic layer. Raises ProjectError with all that is no YAML."""
    problems: list[Problem] = []
    found: list[Taken] = []
    for path, file in _files(given):
        try:
            documents = command.read_foreign_yaml(path)
        except ProjectError as error:
            problems += error.problems
            continue
        read = (Taken.of(data, marks, f"{prefix}/{file}") for data, marks in documents)
        found += [each for each in read if each is not None]
    if problems:
        raise ProjectError(problems)
    return found


def _files(given: Path) -> Iterator[tuple[Path, str]]:
    """Each file of YAML, with its path below the folder that was given."""
    if not given.exists():
        raise ImportRefused(f"there is no {given}")
    if given.is_file():
        yield given, f"{given.stem}.yml"
        return
    for path in sorted(given.rglob("*")):
        below = path.relative_to(given)
        hidden = any(part.startswith(".") or part in _NOT_THEIRS for part in below.parts)
        if path.suffix in _YAML and path.is_file() and not hidden:
            yield path, below.with_suffix(".yml").as_posix()
