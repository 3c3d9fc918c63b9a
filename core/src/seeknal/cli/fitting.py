"""Text that fits a terminal."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from typing import TextIO

from seeknal.cli.streams import descriptor, is_terminal

LEFT_OUT = "\N{HORIZONTAL ELLIPSIS}"


def columns_of(stream: TextIO) -> int | None:
    """How wide the terminal is that ``stream`` goes to; None for a file, a pipe or a log."""
    if not is_terminal(stream):
        return None
    given = os.environ.get("COLUMNS", "")
    try:
        own = descriptor(stream)
        found = int(given) if given.isdecimal() else os.get_terminal_size(own).columns
    except OSError:
        found = 0
    # Some do not say how wide they are.
    return found or 80


def width(text: str) -> int:
    """How many columns ``text`` takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def middle(text: str, most: int) -> str:
    """``text`` in at most so many columns, cut in its middle: names differ at both ends."""
    if width(text) <= most:
        return text
    room = most - 1
    end = _within(text[::-1], room // 2)[::-1]
    return f"{_within(text, room - width(end))}{LEFT_OUT}{end}"


def speaker(name: str, stream: TextIO) -> str:
    """``name`` before a line that it says on ``stream``: on a terminal a third of it at most."""
    columns = columns_of(stream)
    return name if columns is None else middle(name, max(_SHORTEST, columns // 3))


_SHORTEST = 12


def start(text: str, most: int) -> str:
    """``text`` in at most so many columns, without its end."""
    return text if width(text) <= most else f"{_within(text, most - 1)}{LEFT_OUT}"


def pieces(text: str, most: int) -> list[str]:
    """``text`` in lines of at most so many columns."""
    lines, rest = [], text
    while width(rest) > most:
        line = _within(rest, most) or rest[:1]
        lines.append(line)
        rest = rest[len(line) :]
    return [*lines, rest]


def wrapped(text: str, columns: int | None, taken: int, indent: str) -> str:
    """``text``, which begins after ``taken`` columns, with breaks between its words.

    What has lines of its own, such as a statement with a mark below it, keeps them.
    """
    if columns is None or "\n" in text or taken + width(text) <= columns:
        return text
    import textwrap

    filled = textwrap.fill(
        text,
        columns,
        initial_indent=" " * taken,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled[taken:]


def shrunk(widths: Sequence[int], fixed: Sequence[bool], room: int, least: int) -> list[int] | None:
    """``widths`` whose sum is at most ``room``, the widest made narrower first.

    None where that would make one narrower than ``least``, or one that is ``fixed``.
    """
    found = list(widths)
    while (excess := sum(found) - room) > 0:
        free = sorted({found[at] for at in range(len(found)) if not fixed[at]}, reverse=True)
        if not free or free[0] <= least:
            return None
        next_width = max(free[1] if free[1:] else 0, least)
        widest = [at for at in range(len(found)) if not fixed[at] and found[at] == free[0]]
        taken = min(excess, (free[0] - next_width) * len(widest))
        for number, at in enumerate(widest):
            found[at] -= taken // len(widest) + (number < taken % len(widest))
    return found


def _within(text: str, most: int) -> str:
    if text.isascii():
        return text[: max(0, most)]
    taken = 0
    for number, character in enumerate(text):
        taken += _columns(character)
        if taken > most:
            return text[:number]
    return text


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
