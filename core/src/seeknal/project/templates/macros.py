"""What can be wrong with the files below ``seeknal/macros/`` before anything uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seeknal.project.text_files import nothing_in_sql
from seeknal.values.location import Location
from seeknal.values.problems import Problem

_DEFINES = re.compile(r"{%[-+]?\s*(?:macro|set|from|import)\b")
_MACRO = re.compile(r"{%[-+]?\s*macro\s+(?P<name>\w+).*?{%[-+]?\s*endmacro\b.*?%}", re.DOTALL)


def macro_problems(texts: Mapping[str, str]) -> Iterator[Problem]:
    """Files that define nothing, and names that two definitions have. ``texts`` are by path."""
    known: dict[str, tuple[Location, str]] = {}
    for file, text in texts.items():
        if _DEFINES.search(text) is None:
            yield nothing_in_sql(text, file) or _no_macro(text, file)
        for found in _MACRO.finditer(text):
            place = Location(file, text.count("\n", 0, found.start()) + 1)
            first, written = known.setdefault(found["name"], (place, found[0]))
            if written != found[0]:
                yield _twice(found["name"], place, first)


def _no_macro(text: str, file: str) -> Problem:
    before = text[: len(text) - len(text.lstrip())]
    return Problem(
        code="SK0241",
        message="this file is no node, and defines no macro either",
        location=Location(file, before.count("\n") + 1),
        help="write {% macro NAME() %} ... {% endmacro %}; a node moves to seeknal/transforms/",
    )


def _twice(name: str, place: Location, first: Location) -> Problem:
    return Problem(
        code="SK0403",
        message=f"macro {name} is defined twice, and differently: also at {first}",
        location=place,
        help="keep one of them, or give one another name",
    )
