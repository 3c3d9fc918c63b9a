"""SQL files: each is a node, with its options in a front block or in a YAML node that names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.documents import named_node
from seeknal.project.paths import files_below
from seeknal.project.sql_text import misplaced, read_sql
from seeknal.project.text_files import nothing_in_sql
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.project.raw import RawNode
    from seeknal.project.sql_text import SqlText
    from seeknal.values.problems import Problems

FOLDER = "seeknal"
_OTHER_FOLDERS = ("macros", "audits")
_NO_NODES = {
    "common": "common/ holds snippets in YAML",
    "seeds": "seeds/ holds CSV files, each a source",
}
_OF_A_KIND = {
    "snapshots": "/* --- kind: snapshot, unique_key: id, ... --- */ above the SQL; or move it to"
    " seeknal/transforms/, which keep no versions",
}
"""What is to be said in files of folders whose nodes are not only another name for transforms."""

Read = Callable[[Path], str | None]


def _real(path: Path) -> Path:
    """``path`` without links, as far as there are no circles among them."""
    return Path(os.path.realpath(path))


def _folder(path: Path, root: Path) -> str:
    """The folder right below ``seeknal/`` that a file is in."""
    return path.relative_to(root / FOLDER).parts[0]


def sql_paths(root: Path) -> list[Path]:
    """Every .sql file below ``seeknal/``, in order of path."""
    return files_below(root / FOLDER, ".sql")


def file_node(path: Path, root: Path, text: str, problems: Problems) -> RawNode | None:
    """The node that the file at ``path`` is: a transform of its name, if it says nothing else."""
    file = path.relative_to(root).as_posix()
    place = Location(file, 1, 1)
    found = read_sql(text, file, problems)
    if found is None:
        return None
    if found.block is not None and nothing_in_sql(found.sql, file) is not None:
        message, help = "there is no SQL below the front block", "write the SELECT below it"
        problems.add("SK0218", message, place, help)
        return None
    given = {key: value for key, value in (found.data or {}).items() if value is not None}
    if "kind" not in given and (of := _OF_A_KIND.get(_folder(path, root))):
        message = f"a file among {path.parent.name} that names no kind would be a transform"
        problems.add("SK0241", message, place, of)
        return None
    data = {"kind": "transform", "name": path.stem, **given, "sql": found.sql}
    marks = found.marks if found.data else Marks.at(place)
    raw = named_node(data, marks, place, problems)
    return evolve(raw, sql_at=found.location) if raw else None


def with_sql_files(
    raws: Sequence[RawNode],
    root: Path,
    read: Read,
    problems: Problems,
    unread: Collection[str],
) -> list[RawNode]:
    """``raws`` with the SQL of the files that they name, and a node for each other file.

    A file that an ``unread`` text names is probably not one of its own.
    """
    named = _Named(root, read, problems)
    nodes = [named.with_body(raw) for raw in raws]
    texts = "\n".join(unread)
    for path in sql_paths(root):
        other = _folder(path, root) in _OTHER_FOLDERS
        if other or path.name in texts or (named.users and _real(path) in named.users):
            continue
        nodes += _own(path, root, read, problems)
    return nodes


def _own(path: Path, root: Path, read: Read, problems: Problems) -> Iterator[RawNode]:
    if (holds := _NO_NODES.get(_folder(path, root))) is not None:
        problems.append(_no_node(path, root, holds))
        return
    text = read(path)
    node = file_node(path, root, text, problems) if text is not None else None
    if node is not None:
        yield node


def _no_node(path: Path, root: Path, holds: str) -> Problem:
    return Problem(
        code="SK0241",
        message=f"this file is no node: {holds}",
        location=Location(path.relative_to(root).as_posix()),
        help="move it to seeknal/transforms/, or to seeknal/macros/ when it holds macros",
    )


class _Named:
    """The files that nodes name with ``sql_file:``, each by one."""

    def __init__(self, root: Path, read: Read, problems: Problems) -> None:
        self.root = root
        self.read = read
        self.problems = problems
        self.users: dict[Path, RawNode] = {}

    def with_body(self, raw: RawNode) -> RawNode:
        """``raw`` with the SQL of its file; as it is when that cannot be had."""
        name = raw.data.get("sql_file")
        if not isinstance(name, str):
            return raw
        path = (self.root / raw.location.file).parent / name
        if (wrong := self.wrong(path, name, raw)) is not None:
            message, help = wrong
            place = raw.marks.value("sql_file")
            self.problems.of(raw.id).add("SK0242", message, place, help)
            return raw
        self.users[_real(path)] = raw
        found = self.text(path, raw)
        if found is None:
            return raw
        return evolve(raw, data={**raw.data, "sql": found.sql}, sql_at=found.location)

    def wrong(self, path: Path, name: str, raw: RawNode) -> tuple[str, str] | None:
        """What is wrong with the name of a file, and what to do."""
        below = _real(self.root) / FOLDER
        if raw.python is not None:
            return "the rows of a Python node are its function's", "remove sql_file:"
        if "\0" in name or not _real(path).is_relative_to(below):
            return f"{name!r} does not lie below {FOLDER}/", f"move it below {FOLDER}/"
        if path.suffix.lower() != ".sql":
            return f"{name!r} is no .sql file", "name one that ends in .sql"
        if (folder := _real(path).relative_to(below).parts[0]) in _OTHER_FOLDERS:
            return f"{name!r} is one of the {folder}, no node's SQL", f"move it out of {folder}/"
        if not path.exists():
            return f"there is no file {name!r}", self.nearest(path)
        if (first := self.users.get(_real(path))) is not None:
            message = f"{name!r} is the SQL of another node already: {first.id} at {first.location}"
            return message, "one of them reads the other with ref(), or gets a file of its own"
        return None

    def nearest(self, path: Path) -> str:
        files = [found.name for found in path.parent.glob("*.sql")] if path.parent.is_dir() else []
        return did_you_mean(path.name, files) or "the path is relative to this file"

    def text(self, path: Path, raw: RawNode) -> SqlText | None:
        given = [key for key in ("sql", "transform") if raw.data.get(key) is not None]
        if given:
            message = f"both {given[0]}: and sql_file: are given"
            place = raw.marks.value("sql_file")
            self.problems.of(raw.id).add("SK0204", message, place, "keep one of them")
            return None
        text = self.read(path)
        if text is None:
            return None
        file = _real(path).relative_to(_real(self.root)).as_posix()
        found = read_sql(text, file, self.problems)
        if found is not None and found.block is not None:
            message = f"the options of {raw.id} stand in {raw.location.file}, and here are others"
            self.problems.append(misplaced(message, found.block, "move them there"))
            return None
        return found
