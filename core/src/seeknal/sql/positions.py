"""Where a place of a node's SQL stands in the file that it was written in.

On the way from the file to DuckDB a text is unfolded by YAML, filled in by templates and edited
where it names inputs. Each of these steps is gone back here, and only when a place is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.tokens import line_and_column, offset_of
from seeknal.values.location import Location

if TYPE_CHECKING:
    from seeknal.values.node import Sql

Edit = tuple[int, int, int]
"""What was replaced: where it began and ended, and the length of what stands there now."""

_PIECES = re.compile(r"\w+|\s+|.", re.DOTALL)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_MOST_PIECES = 20_000
"""In longer texts a place is only looked for by its line."""


@frozen
class TextInFile:
    """A text and where it begins in a file: ``start`` is its first line, or the one above."""

    root: Path
    start: Location
    text: str

    def at(self, offset: int) -> Location:
        """Where the character at ``offset`` stands; its line at least, column 0 = unknown."""
        file = self._file()
        found = _aligned(file, self.text, self.start.line) if file is not None else None
        if file is not None and found is not None:
            line, column = line_and_column(file, found[min(offset, len(found) - 1)])
            return Location(self.start.file, line, column)
        line, column = line_and_column(self.text, offset)
        column = self.start.column + column - 1 if self.start.column and line == 1 else 0
        return Location(
            self.start.file, self.start.line + line - 1 if self.start.line else 0, column
        )

    def _file(self) -> str | None:
        path = self.root / self.start.file
        try:
            # Reading a pipe would never end.
            text = path.read_text("utf-8-sig") if path.is_file() else None
        except (OSError, ValueError):
            return None
        return text.replace("\r\n", "\n") if text is not None and self.start.line else None


def place_in(root: Path, sql: Sql, offset: int) -> Location:
    """Where a character of ``sql.executable`` was written."""
    at = before_edits(offset, sql.edits) if sql.edits is not None else None
    if at is None:
        at = _counterpart(sql.executable, sql.rendered, offset)
    return place_in_rendered(root, sql.location, sql.text, sql.rendered, at)


def place_in_sql(root: Path, sql: Sql, place: tuple[int, int]) -> Location:
    """Where a line and column of ``sql.executable``, the SQL as DuckDB runs it, were written.

    Both count from 1; a line of 0 is not known, and gives where the SQL begins.
    """
    line, column = place
    if not line:
        return sql.location
    return place_in(root, sql, offset_of(sql.executable, line, column))


def place_in_rendered(
    root: Path, start: Location, text: str, rendered: str, offset: int
) -> Location:
    """Where a character of ``rendered`` was written, which templates made of ``text``."""
    if rendered != text:
        offset = _counterpart(rendered, text, offset)
    return TextInFile(root, start, text).at(offset)


def before_edits(offset: int, edits: Sequence[Edit]) -> int:
    """Where a character of an edited text was before; that of a replacement is where it begins."""
    shift = 0
    for start, stop, length in sorted(edits):
        begin = start + shift
        if offset < begin:
            break
        if offset < begin + length:
            return start
        shift += length - (stop - start)
    return offset - shift


def _counterpart(text: str, original: str, offset: int) -> int:
    """The place in ``original`` of a character of ``text``, as far as the two are alike."""
    ours, theirs = [*_pieces(text)], [*_pieces(original)]
    if max(len(ours), len(theirs)) > _MOST_PIECES:
        return min(offset, len(original) - 1)
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [p for p, _ in ours], [p for p, _ in theirs], autojunk=False)
    position = next(
        (n for n, (piece, start) in enumerate(ours) if start + len(piece) > offset), len(ours) - 1
    )
    nearest = 0
    for block in matcher.get_matching_blocks():
        if block.a <= position < block.a + block.size:
            same = block.b + position - block.a
            return theirs[same][1] + offset - ours[position][1]
        if block.a <= position and block.size:
            last = min(block.b + block.size, len(theirs) - 1)
            nearest = theirs[last][1]
    return _tag_at(original, nearest)


def _tag_at(text: str, offset: int) -> int:
    """Where the template begins that ``offset`` lies in or beside; ``offset`` where it is none."""
    for tag in _TAG.finditer(text):
        before, after = text[offset : tag.start()], text[tag.end() : offset]
        if not before.strip() and not after.strip():
            return tag.start()
    return offset


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    for found in _PIECES.finditer(text):
        yield found[0], found.start()


def _aligned(file: str, text: str, line: int) -> list[int] | None:
    """For each character of ``text`` its place in ``file``, of which all but spaces is the same.

    None where the text is not found from that line on or from the one above.
    """
    for start in (line, line - 1):
        begin = _line_start(file, start)
        end = file.find("\n", begin) if begin is not None else -1
        for first in range(begin or 0, end if end >= 0 else len(file)) if begin is not None else ():
            if (found := _matched(file, text, first)) is not None:
                return found
    return None


def _line_start(file: str, line: int) -> int | None:
    if line < 1:
        return None
    start = 0
    for _ in range(line - 1):
        start = file.find("\n", start) + 1
        if not start:
            return None
    return start


def _matched(file: str, text: str, position: int) -> list[int] | None:
    found: list[int] = []
    before = ""
    for character in text:
        if not character.isspace():
            next_place = _next(file, position, character, before)
            if next_place is None:
                return None
            position = next_place
        found.append(min(position, len(file) - 1))
        if not character.isspace():
            position += 1
            before = character
    return found or None


def _next(file: str, position: int, character: str, before: str) -> int | None:
    """The next place of ``character``, spaces and marks of quoting left out."""
    while position < len(file):
        here = file[position]
        if here == character:
            return position
        if here == "\\" and before:
            # Of an escape such as \" the second character is meant; \n stands for a space.
            position += 1 if file[position + 1 : position + 2] == character else 2
        elif here.isspace() or (here == before == "'"):
            position += 1
        else:
            return None
    return None
