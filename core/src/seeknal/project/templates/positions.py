"""Where a word of a template stands in its text."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, NamedTuple

_OPENS = re.compile(r"{[{%]")
_BLOCK = re.compile(r"{%-?\s*(?P<name>\w+)")
_GUARDS = (
    ("is", "defined"),
    ("is", "not", "defined"),
    ("is", "undefined"),
    ("|", "default"),
    ("|", "d"),
)
"""What may follow a name that need not be there."""


class Word(NamedTuple):
    """A token inside of ``{{ }}`` or ``{% %}``."""

    kind: str
    text: str
    start: int


def place_of_name(text: str, words: list[Word], name: str, line: int) -> int:
    """Where the name is used from ``line`` on, for more than to ask whether it is there."""
    places = [
        word.start
        for number, word in enumerate(words)
        if (word.kind, word.text) == ("name", name)
        and not (number and words[number - 1].text == ".")
        and not _is_guarded(words, number)
    ]
    return _first(text, places, line)


def place_of_key(text: str, words: list[Word], key: str, line: int) -> int:
    """Where ``.key``, ``['key']`` or ``('key')`` stands from ``line`` on."""
    places = [
        word.start + (word.kind == "string")
        for before, word in pairwise(words)
        if (before.text == "." and word.text == key)
        or (word.kind == "string" and before.text in ("[", "(") and word.text[1:-1] == key)
    ]
    return _first(text, places, line)


def place_of_block(text: str, name: str, line: int) -> int:
    """Where the ``{% name %}`` begins that nothing ends."""
    begun = []
    for block in _BLOCK.finditer(text):
        if block["name"] == name:
            begun.append(block.start())
        elif block["name"] == f"end{name}" and begun:
            begun.pop()
    return begun[-1] if begun else place_of_template(text, line)


def place_of_template(text: str, line: int) -> int:
    """Where the first template of a line begins, or the line itself when it has none."""
    start = _line_start(text, line)
    found = _OPENS.search(text, start)
    end = text.find("\n", start)
    return found.start() if found and (end < 0 or found.start() < end) else start


def words_of(text: str, environment: Any) -> list[Word]:
    """The tokens of all templates in ``text``; none when they cannot be told."""
    from jinja2 import TemplateSyntaxError

    found: list[Word] = []
    position = 0
    try:
        for _, kind, token in environment.lex(text):
            # Spaces that a template eats up are no token.
            start = text.find(token, position)
            if start >= 0:
                position = start + len(token)
            if start >= 0 and kind in ("name", "string", "operator"):
                found.append(Word(kind, token, start))
    except TemplateSyntaxError:
        return []
    return found


def _is_guarded(words: list[Word], number: int) -> bool:
    following = tuple(word.text for word in words[number + 1 : number + 4])
    return any(following[: len(guard)] == guard for guard in _GUARDS)


def _first(text: str, places: list[int], line: int) -> int:
    start = _line_start(text, line)
    later = next((place for place in places if place >= start), None)
    # A value that is not there may have been given another name before it is used.
    return later if later is not None else places[-1] if places else place_of_template(text, line)


def _line_start(text: str, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return start
