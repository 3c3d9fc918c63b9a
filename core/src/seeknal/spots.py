"""Where a word of a node stands in the file that the node is written in."""

from __future__ import annotations

import re
from pathlib import Path

from seeknal.model import Location

_ENDS = re.compile(r"^(---|(async\s+)?def\s|\.\.\.)", re.MULTILINE)
"""What ends a YAML document, the decorators of a function, or a block of options in a comment."""


def find_word(root: Path, start: Location, word: str, *keys: str) -> Location:
    """The first place of ``word`` in what is written from ``start`` on, after one of ``keys``.

    ``start`` itself where it does not stand there. What is said of an empty ``word`` points to
    what stands after the key.
    """
    text = _text(root / start.file) if start.line else None
    if text is None:
        return start
    begin = _offset(text, start)
    ends = _ENDS.search(text, text.find("\n", begin) + 1 or len(text))
    end = ends.start() if ends else len(text)
    if not word:
        for first in _after_keys(text, begin, end, keys):
            return _location(start.file, text, first)
        return start
    wanted = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for first in (*_after_keys(text, begin, end, keys), begin):
        if found := wanted.search(text, first, end):
            return _location(start.file, text, found.start())
    return start


def _location(file: str, text: str, offset: int) -> Location:
    line = text.count("\n", 0, offset) + 1
    return Location(file, line, offset - text.rfind("\n", 0, offset))


def _after_keys(text: str, begin: int, end: int, keys: tuple[str, ...]) -> list[int]:
    found = (
        re.compile(rf"(?<![\w.]){re.escape(key)}[\"']?\s*[:=] *").search(text, begin, end)
        for key in keys
    )
    return [match.end() for match in found if match]


def _offset(text: str, start: Location) -> int:
    offset = 0
    for _ in range(start.line - 1):
        offset = text.find("\n", offset) + 1
    return offset + max(0, start.column - 1)


def _text(path: Path) -> str | None:
    try:
        # Reading a pipe would never end.
        return path.read_text("utf-8-sig") if path.is_file() else None
    except (OSError, ValueError):
        return None
