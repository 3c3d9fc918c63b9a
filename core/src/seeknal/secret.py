"""A value that must never be shown, and the scrubber that keeps it out of foreign texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import final
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST_SCRUBBED = 4
"""Shorter secrets are not searched for in texts: masking every ``a`` would hide the message."""
_LONG = 8
"""Shorter ones are masked only as words of their own: ``0815`` is also a part of many numbers."""

_forms: set[str] = set()


@final
class Secret:
    """Text that prints as ``***``; only ``reveal()`` gives it away.

    Creating one registers its value with `scrub`, so that a driver's message which quotes it
    is masked too.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= SHORTEST_SCRUBBED:
            _forms.update(_spellings(value))

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


def scrub(text: str) -> str:
    """``text`` with every known secret, in any spelling it may have been given, masked."""
    return _pattern(frozenset(_forms)).sub(MASK, text) if _forms else text


@contextmanager
def separate_secrets() -> Iterator[None]:
    """What is registered within the block is forgotten after it, as at the end of a process."""
    before = set(_forms)
    try:
        yield
    finally:
        _forms.clear()
        _forms.update(before)


@lru_cache(maxsize=4)
def _pattern(forms: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(_searched(form) for form in longest_first))


def _searched(form: str) -> str:
    escaped = re.escape(form)
    if len(form) >= _LONG:
        return escaped
    before = r"(?<!\w)(?<!\d\.)" if form[0].isalnum() else ""
    after = r"(?!\w|\.\d)" if form[-1].isalnum() else ""
    return f"{before}{escaped}{after}"


def _spellings(value: str) -> set[str]:
    return {
        value,
        quote(value, safe=""),
        quote_plus(value),
        value.replace("'", "''"),
        value.replace("\\", "\\\\").replace("'", "\\'"),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
