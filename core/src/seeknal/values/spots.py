"""Where a word of a node stands in the file that the node is written in."""

from __future__ import annotations

import re
from pathlib import Path

from seeknal.values.location import Location

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
    end = _end(text, begin)
    if not word:
        for first, last in _values(text, begin, end, keys):
            blanks = len(text[first:last]) - len(text[first:last].lstrip(" "))
            return _location(start.file, text, first + blanks)
        return start
    wanted = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for first, last in (*_values(text, begin, end, keys), (begin, end)):
        if found := wanted.search(text, first, last):
            return _location(start.file, text, found.start())
    return start


def find_in_text(
    root: Path, start: Location, text: str, place: tuple[int, int], *keys: str
) -> Location:
    """Where a line and column of ``text`` stand, which is the value of one of ``keys``.

    The value itself where the line is not written as it stands in the text, and ``start`` where
    there is none. A line of 0 is that of the text's first words.
    """
    line, column = place
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        line, column = next((n for n, each in enumerate(lines, 1) if each.strip()), 1), 0
    here = lines[line - 1]
    wanted, indent = here.strip(), len(here) - len(here.lstrip())
    file = _text(root / start.file) if start.line and wanted else None
    if file is not None:
        before = sum(each.count(wanted) for each in lines[: line - 1])
        begin = _offset(file, start)
        for first, last in _values(file, begin, _end(file, begin), keys):
            at = first - 1
            for _ in range(before + 1):
                at = file.find(wanted, at + 1, last)
                if at < 0:
                    break
            else:
                return _location(start.file, file, at + max(0, column - 1 - indent))
    return find_word(root, start, "", *keys)


def quoted_words(message: str) -> list[str]:
    """What DuckDB puts in quotes in a message, the last first: what it is about comes last."""
    return re.findall(r"[\"']([^\"']+)[\"']", message)[::-1]


def _location(file: str, text: str, offset: int) -> Location:
    return Location(file, text.count("\n", 0, offset) + 1, _column(text, offset) + 1)


def _values(text: str, begin: int, end: int, keys: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the values of keys begin and end; those of the outermost first."""
    spans = []
    for key in keys:
        named = re.compile(rf"(?<![\w.]){re.escape(key)}[\"']?\s*[:=]")
        found = sorted(
            named.finditer(text, begin, end), key=lambda match: _column(text, match.start())
        )
        spans += [(match.end(), min(end, _end_of_value(text, match))) for match in found]
    return spans


def _end(text: str, begin: int) -> int:
    """Where that ends which begins there, at the latest with its document or function."""
    ends = _ENDS.search(text, text.find("\n", begin) + 1 or len(text))
    return min(ends.start() if ends else len(text), _end_of_entry(text, begin))


def _end_of_entry(text: str, begin: int) -> int:
    """Where an entry of a list or in braces ends; a node goes on to the end of its document."""
    if text[begin : begin + 1] == "{":
        return _close(text, begin + 1)
    column = _column(text, begin)
    return _end_of_block(text, begin, column) if text[:begin].endswith("- ") else len(text)


def _end_of_value(text: str, key: re.Match[str]) -> int:
    line = text.rfind("\n", 0, key.start()) + 1
    before = text[line : key.start()]
    if key[0].endswith("=") or re.search(r"[{,(]\s*[\"']?$", before):
        return _close(text, key.end(), ",")
    return _end_of_block(text, key.start(), len(before) + 1)


def _end_of_block(text: str, start: int, column: int) -> int:
    """Where the first line begins that stands further left; a list may stand below its key."""
    for match in re.finditer(r"^([ \t]*)(?![ \t]*(?:#|$))(- )?", text[start:], re.MULTILINE):
        inside = len(match[1]) + (1 if match[2] else 0) >= column
        if match.start() and not inside:
            return start + match.start()
    return len(text)


_PAIRS = {"{": "}", "[": "]", "(": ")"}


def _close(text: str, start: int, also: str = "") -> int:
    """Where what is open at ``start`` is closed, or ``also`` stands outside of all brackets."""
    depth, quote = 0, ""
    for at, char in enumerate(text[start:], start):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _PAIRS:
            depth += 1
        elif char in _PAIRS.values():
            depth -= 1
            if depth < 0:
                return at
        elif char in also and char and not depth:
            return at
    return len(text)


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)


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
