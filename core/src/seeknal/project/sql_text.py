"""The text of an SQL file: a YAML front block in a comment at its top, and the SQL below it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.project.settings import only_one
from seeknal.project.text_files import nothing_in_sql
from seeknal.project.yaml_files import read_documents
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.problems import Problems

_BEFORE = re.compile(r"(?>(?:\s|--[^\n]*|/\*(?!\s*---\s).*?\*/)*)", re.DOTALL)
_BEGIN = re.compile(r"/\*\s*---(?=\s)")
_END = re.compile(r"---\s*\*/")
_BELOW = re.compile(r"/\*\s*---[ \t]*\n")
_BARE = re.compile(r"\s*---[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[A-Za-z_]+[ \t]*:(?!:)")
"""A front block as other tools write it: in SQL its first line would be a comment."""
_BODY_KEYS = ("sql", "transform", "sql_file")
_LIKE = "/* ---, lines of YAML, --- */"


@frozen(kw_only=True)
class SqlText:
    """What one file says: the data of its front block, and the SQL with its place."""

    sql: str
    location: Location
    """Where ``sql`` begins; its lines begin in the same column as those of the file."""
    data: dict[str, Any] | None = None
    marks: Marks = field(factory=lambda: Marks("", {}, {}))
    block: Location | None = None


def read_sql(text: str, file: str, problems: Problems) -> SqlText | None:
    """The parts of a file's ``text``; None, with a problem added, when they cannot be told."""
    begin = _BEGIN.match(text, _BEFORE.match(text).end())  # type: ignore[union-attr]
    if begin is None:
        if _BARE.match(text) is not None:
            place = _location(text, text.index("---"), file)
            message = "a front block stands in a comment, and this one does not"
            problems.append(misplaced(message, place, f"write {_LIKE}"))
            return None
        if (empty := nothing_in_sql(text, file)) is None:
            return _without_block(text, text, file, problems)
        problems.append(empty)
        return None
    place = _location(text, begin.start(), file)
    end = _END.search(text, begin.end())
    if end is None:
        problems.append(misplaced("the front block is not closed", place, "end it: --- */"))
        return None
    found = _without_block(
        text,
        f"{text[: begin.start()]}{_blank(text[begin.start() : end.end()])}{text[end.end() :]}",
        file,
        problems,
    )
    inside = f"{_blank(text[: begin.end()])}{text[begin.end() : end.start()]}"
    options = _options(inside, file, place, problems)
    if found is None or options is None:
        return None
    data, marks = options
    return evolve(found, data=data, marks=marks, block=place)


def _without_block(text: str, sql: str, file: str, problems: Problems) -> SqlText | None:
    if below := _BELOW.search(sql):
        place = _location(text, below.start(), file)
        message = "a front block stands below the SQL, where it would be a comment"
        problems.append(misplaced(message, place, "move it to the top of the file"))
        return None
    lines = sql.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return SqlText(sql="\n".join(lines[first:]), location=Location(file, first + 1, 1))


def _options(
    yaml: str, file: str, place: Location, problems: Problems
) -> tuple[dict[str, Any], Marks] | None:
    """What the block says beside the SQL; None when that cannot be told."""
    documents, found = read_documents(yaml, file)
    problems += [*found, *(only_one(other) for other in documents[1:])]
    if not documents:
        return None if found else ({}, Marks.at(place))
    document = documents[0]
    if not isinstance(document.data, dict):
        problems.append(misplaced("the front block holds no options", place, _LIKE))
        return None
    for key in _BODY_KEYS:
        if key in document.data:
            message = f"{key}: stands in a front block, but this file is its SQL"
            problems.add("SK0204", message, document.marks.key(key), "remove it")
    return {
        key: document.data[key] for key in document.data if key not in _BODY_KEYS
    }, document.marks


def _blank(text: str) -> str:
    """As many lines and columns with nothing in them."""
    return re.sub(r"[^\n]", " ", text)


def _location(text: str, offset: int, file: str) -> Location:
    line = text.count("\n", 0, offset) + 1
    return Location(file, line, offset - text.rfind("\n", 0, offset))


def misplaced(message: str, location: Location, help: str) -> Problem:
    """Options that do not stand where, or as, a front block does."""
    return Problem(code="SK0240", message=message, location=location, help=help)
