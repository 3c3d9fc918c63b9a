"""What is wrong with a template, as problems that point into the file it was written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.project.templates.ends import END, START, UNTRACKED, Misused
from seeknal.project.templates.positions import (
    place_of_block,
    place_of_key,
    place_of_name,
    place_of_template,
    words_of,
)
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.other_tools import in_a_template
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.project.templates.undefined import Missing

MACROS = "seeknal/macros"
_FEW = 12
TOO_LARGE = "SK0402"
_RAW = "where {{ or {% is text of the SQL, put {% raw %} ... {% endraw %} around it"
_ALIAS = re.compile(r"'\S*\._Alias object'")
_UNKNOWN_TAG = re.compile(r"unknown tag '(?P<name>\w+)'")
_UNCLOSED = re.compile(r"block that needs to be closed is '(?P<name>\w+)'")


@frozen(kw_only=True)
class Faults:
    """Makes problems of a node's template. ``location`` is where its text begins."""

    text: str
    location: Location
    node: NodeId | None
    root: Path
    macros: Mapping[str, str] = field(repr=False)
    environment: Any = field(repr=False)
    lacking: Callable[[str], str | None] = lambda name: None
    """What to install for a name that a plugin would give a meaning."""

    def missing(self, missing: Missing, names: Collection[str]) -> Problem:
        """The problem of something that is not there; ``names`` are those a template may use."""
        where = f", in {missing.snippet} of common/" if missing.snippet else ""
        help = None
        if missing.parts is None:
            help = UNTRACKED if missing.name in (START, END) else None
            help = help or in_a_template(missing.name, self.text) or self.lacking(missing.name)
            help = help or did_you_mean(missing.name, names)
            help = help or _RAW
        elif missing.parts:
            few = sorted(missing.parts)[:_FEW]
            help = did_you_mean(missing.name, missing.parts) or f"there are: {', '.join(few)}"
        return self.problem(missing.message + where, self.place_of_missing(missing), help)

    def error(self, error: Exception, snippets: Collection[str], code: str) -> Problem:
        """The problem of what rendering raised; ``snippets`` were being filled in."""
        from jinja2 import TemplateSyntaxError

        message, help = str(error), error.help if isinstance(error, Misused) else None
        if tag := _UNKNOWN_TAG.search(message):
            help = in_a_template(tag["name"], self.text)
        if help is None and isinstance(error, TemplateSyntaxError):
            help = _RAW
        return self.problem(message, self.place_of_error(error, bool(snippets)), help, code)

    def problem(
        self, message: str, place: Location, help: str | None, code: str = "SK0401"
    ) -> Problem:
        told = _ALIAS.sub("common/", message)
        told = told if code == TOO_LARGE else f"template: {told}"
        return Problem(code=code, message=told, location=place, help=help, node=self.node)

    def place_of_missing(self, missing: Missing) -> Location:
        file, line = missing.file, missing.line
        words = words_of(self.text_of(file), self.environment)
        if file is not None and missing.name not in [word.text.strip("'\"") for word in words]:
            # It was handed to the macro.
            file, line, words = None, 1, words_of(self.text, self.environment)
        name, is_key = missing.name, missing.parts is not None
        if missing.snippet and file is None:
            name, is_key = missing.snippet.rpartition(".")[2], True
        find = place_of_key if is_key else place_of_name
        return self.at(file, find(self.text_of(file), words, name, line))

    def place_of_call(self, function: str, error: Exception, snippets: Sequence[str]) -> Location:
        """Where a function is called; in a snippet, where that is used."""
        macro, line = self.line_of(_frames(error), bool(snippets))
        text = self.text_of(macro)
        name = snippets[0].partition(".")[0] if snippets and macro is None else function
        return self.at(macro, place_of_name(text, words_of(text, self.environment), name, line))

    def line_of(
        self, places: list[tuple[str | None, int]], in_snippet: bool
    ) -> tuple[str | None, int]:
        """The macro's file and the line of an error that was raised at these places."""
        file, line = places[0 if in_snippet else -1] if places else (None, 1)
        return (file if file and file.startswith(MACROS) else None), line

    def place_of_error(self, error: Exception, in_snippet: bool) -> Location:
        line = getattr(error, "lineno", None)
        places = [(getattr(error, "filename", None), line)] if line else _frames(error)
        if not places:
            return self.at(None, place_of_template(self.text, 1))
        macro, line = self.line_of(places, in_snippet)
        text = self.text_of(macro)
        message = str(error)
        if unclosed := _UNCLOSED.search(message):
            return self.at(macro, place_of_block(text, unclosed["name"], line))
        return self.at(macro, place_of_template(text, line))

    def at(self, macro: str | None, offset: int) -> Location:
        """Where a character stands: in the node's file, or in that of a macro."""
        from seeknal.sql.positions import TextInFile
        from seeknal.sql.tokens import line_and_column

        if macro is None:
            return TextInFile(self.root, self.location, self.text).at(offset)
        return Location(macro, *line_and_column(self.text_of(macro), offset))

    def text_of(self, macro: str | None) -> str:
        if macro is None:
            return self.text
        return self.macros[macro.removeprefix(f"{MACROS}/").removesuffix(".sql")]


def _frames(error: Exception) -> list[tuple[str | None, int]]:
    """Lines of templates that were being rendered: Jinja2 puts them into the traceback."""
    found: list[tuple[str | None, int]] = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file == "<template>" or file.startswith(MACROS):
            found.append((file, trace.tb_lineno))
        trace = trace.tb_next
    return found
