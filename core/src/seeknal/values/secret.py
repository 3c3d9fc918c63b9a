"""A value that must never be shown, and the scrubber that keeps it out of foreign texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import final

from seeknal.values.credentials import MASK, without_credentials
from seeknal.values.spellings import Shown, Spelled

SHORTEST_SCRUBBED = 4
"""Shorter secrets are not searched for in texts: masking every ``a`` would hide the message."""
_LONG = 8
_LONG_WORD = 12
_LONG_NUMBER = 16
"""Shorter ones are masked only as words of their own: ``0815`` is also a part of many numbers,
and ``password`` a word of many texts."""

_MARK = re.compile(r" *\^[\^~ ]*")
_WORD = re.compile(r"\w{2,}")

_values: set[str] = set()


@final
class Secret:
    """Text that prints as ``***``; only ``reveal()`` gives it away.

    Creating one registers its value with `scrub`, so that a driver's message which quotes it
    is masked too.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        _values.update(part for part in _parts(value) if len(part) >= SHORTEST_SCRUBBED)

    def reveal(self) -> str:
        """The secret itself, for the call that opens a connection and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(Secret)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is never serialised")


def _parts(value: str) -> Iterator[str]:
    """A secret, and the long lines of one that is several: a key file's are shown line by line."""
    yield value
    yield value.strip()
    if "\n" in value.strip():
        yield from (line for line in map(str.strip, value.splitlines()) if len(line) >= _LONG)


def scrub(text: str) -> str:
    """``text`` with every known secret masked in any spelling, and what stands where one would.

    It is for what people read: messages, logs, tracebacks. Rows are data and never changed.
    """
    shown = Shown.of(text)
    for spelled in _longest_first(frozenset(_values)):
        masked = spelled.replaced_in(shown, MASK)
        if masked != shown.text:
            shown = Shown.of(masked)
    masked = without_credentials(shown.text)
    return _marked(text, masked) if "^" in masked and masked != text else masked


def _marked(text: str, masked: str) -> str:
    """``masked`` with each ``^`` below the word that it was below in ``text``, where that shows."""
    before, after = text.split("\n"), masked.split("\n")
    if len(before) != len(after):
        return masked
    lines = after[:1]
    for number, mark in enumerate(after[1:], 1):
        if _MARK.fullmatch(mark) and before[number - 1] != after[number - 1]:
            place = _moved(before[number - 1], after[number - 1], mark.index("^"))
            if place is None:
                continue
            mark = " " * place + mark.lstrip()
        lines.append(mark)
    return "\n".join(lines)


def _moved(before: str, after: str, place: int) -> int | None:
    """Where what stands at ``place`` of a line stands once some of it was masked."""
    if after.startswith(before[: place + 1]):
        return place
    rest = before[place:]
    if rest and after.endswith(rest):
        return len(after) - len(rest)
    word = _WORD.match(rest)
    places = [at.start() for at in re.finditer(re.escape(word[0]), after)] if word else []
    return places[0] if len(places) == 1 else None


def unfinished(text: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of a known secret."""
    return max((_begun(text, value) for value in tuple(_values)), default=0)


def _begun(text: str, value: str) -> int:
    at = text.find(value[0], max(len(text) - len(value) + 1, 0))
    while at >= 0:
        if value.startswith(text[at:]):
            return len(text) - at
        at = text.find(value[0], at + 1)
    return 0


def holds_secret(text: str) -> bool:
    """Whether ``text`` has a known secret in it that cannot be there by chance."""
    shown = Shown.of(text)
    strong = (entry for entry in _longest_first(frozenset(_values)) if not entry.alone)
    return any(entry.replaced_in(shown, MASK) != text for entry in strong)


@contextmanager
def separate_secrets() -> Iterator[None]:
    """What is registered within the block is forgotten after it, as at the end of a process."""
    before = set(_values)
    try:
        yield
    finally:
        _values.clear()
        _values.update(before)


@lru_cache(maxsize=4)
def _longest_first(values: frozenset[str]) -> list[Spelled]:
    ordered = sorted(values, key=lambda value: (-len(value), value))
    return [Spelled(text=value, alone=_is_weak(value)) for value in ordered]


def _is_weak(value: str) -> bool:
    """Whether other texts may well hold the same characters."""
    if len(value) < _LONG:
        return True
    if value.isdigit():
        return len(value) < _LONG_NUMBER
    return len(value) < _LONG_WORD and value.isalpha() and value in (value.lower(), value.upper())
