"""One page of JSON: its records with the very text of each, and what stands around them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import JSONDecodeError
from typing import Any

from attrs import field, frozen

from seeknal.plugin import did_you_mean

_SPACE = re.compile(r"[ \t\n\r]*")
_SHOWN = 20
_LONGEST = 60


class PageFault(Exception):
    """A page is not what it should be; the message goes on after its number, and the record's.

    ``empty``: there is nothing where its records should be.
    """

    def __init__(
        self, message: str, code: str, help: str | None = None, *, empty: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.help = help
        self.empty = empty
        self.record: int | None = None


@frozen(kw_only=True)
class Around:
    """What a page says beside its records. ``lacks`` is why there are none, where that is so."""

    value: Any = None
    lacks: PageFault | None = field(default=None, eq=False)

    def at(self, path: str) -> tuple[bool, Any]:
        """Whether there is something at ``path``, and what."""
        value = self.value
        for step in steps_of(path):
            if not isinstance(value, dict) or step not in value:
                return False, None
            value = value[step]
        return True, value

    def keys(self) -> str:
        """What a page has, for a message."""
        return _listed(self.value) if isinstance(self.value, dict) else "it is a list"


Take = Callable[[Any, str], None]
"""Is given each record, as a value and as it is written."""


def steps_of(path: str) -> tuple[str, ...]:
    """The keys that a path names: ``data.items``, also written ``$.data.items``."""
    return tuple(step for step in path.removeprefix("$").split(".") if step)


def read_page(text: str, records: str | None, take: Take) -> Around:
    """Give the page's records to ``take`` one after the other, and what is around them back.

    Raises PageFault for what is no JSON, and where there are no records.
    """
    try:
        return _Reader(text, take).page(records)
    except JSONDecodeError as error:
        place = f"line {error.lineno:,}, column {error.colno:,}"
        raise PageFault(f"is no JSON: {error.msg}, {place}", "SK0793") from None
    except RecursionError:
        raise PageFault("holds values that are nested too deeply", "SK0793") from None
    except ValueError as error:
        # Python reads no number of more than some thousand digits.
        raise PageFault(f"cannot be read: {error}", "SK0793") from None


class _Reader:
    """Walks down to the records through the text itself: values alone know not how they were
    written."""

    def __init__(self, text: str, take: Take) -> None:
        self.text = text
        self.take = take
        self.decode = json.JSONDecoder(
            object_pairs_hook=_object, parse_constant=_no_number
        ).raw_decode

    def page(self, records: str | None) -> Around:
        start = self.space(0)
        if records == "$":
            return self.ended(self.whole(start))
        value, end, lacks = self.down(start, steps_of(records or ""), records)
        return self.ended((Around(value=value, lacks=lacks), end))

    def ended(self, found: tuple[Around, int]) -> Around:
        around, end = found
        if (end := self.space(end)) < len(self.text):
            raise JSONDecodeError("Extra data", self.text, end)
        return around

    def whole(self, start: int) -> tuple[Around, int]:
        """A page that is one record."""
        value, end = self.decode(self.text, start)
        if isinstance(value, dict):
            self.take(value, self.text[start:end])
            return Around(value=value), end
        raise PageFault(f"is {word_of(value)}, no object", "SK0794", "leave records: out for lists")

    def down(
        self, start: int, steps: tuple[str, ...], records: str | None
    ) -> tuple[Any, int, PageFault | None]:
        """The value that begins here without its records, where it ends, and what it lacks."""
        text = self.text
        if not steps and text.startswith("[", start):
            return None, self.list(start), None
        if not steps or not text.startswith("{", start):
            value, end = self.decode(text, start)
            return value, end, _no_records(value, steps, records)
        found: dict[str, Any] = {}
        lacks = None
        place = self.space(start + 1)
        if text.startswith("}", place):
            return found, place + 1, _missing(steps[0], found, records)
        while True:
            if not text.startswith('"', place):
                raise JSONDecodeError(
                    "Expecting property name enclosed in double quotes", text, place
                )
            name, place = self.decode(text, place)
            if name in found:
                raise _twice(name)
            place = self.expect(":", place)
            if name == steps[0]:
                found[name], place, lacks = self.down(place, steps[1:], records)
            else:
                found[name], place = self.decode(text, place)
            place = self.space(place)
            if text.startswith("}", place):
                break
            place = self.expect(",", place)
        if steps[0] not in found:
            lacks = _missing(steps[0], found, records)
        return found, place + 1, lacks

    def list(self, start: int) -> int:
        """Take the records of the list that begins here; where it ends."""
        text, decode, take, space = self.text, self.decode, self.take, self.space
        place = space(start + 1)
        if text.startswith("]", place):
            return place + 1
        while True:
            value, end = decode(text, place)
            take(value, text[place:end])
            place = space(end)
            if text.startswith("]", place):
                return place + 1
            place = self.expect(",", place)

    def expect(self, sign: str, place: int) -> int:
        place = self.space(place)
        if not self.text.startswith(sign, place):
            raise JSONDecodeError(f"Expecting {sign!r} delimiter", self.text, place)
        return self.space(place + 1)

    def space(self, place: int) -> int:
        found = _SPACE.match(self.text, place)
        return found.end() if found else place


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _twice(next(name for name in names if names.count(name) > 1))
    return found


def _twice(name: str) -> PageFault:
    return PageFault(f"has the key {_cut(name)!r} twice in one object", "SK0793")


def _no_number(text: str) -> Any:
    raise PageFault(f"is no JSON: {text} is no number of JSON's", "SK0793")


def _missing(step: str, found: dict[str, Any], records: str | None) -> PageFault:
    help = did_you_mean(step, found) or _listed(found)
    text = f"has no {_cut(step)!r} (records: {records})"
    return PageFault(text, "SK0794", help, empty=True)


def _no_records(value: Any, steps: tuple[str, ...], records: str | None) -> PageFault:
    """A value that is not the list where it should be, or has nothing in it to go down to."""
    if records is None and isinstance(value, dict):
        lists = [name for name, entry in value.items() if isinstance(entry, list)]
        help = f"params: {{records: {lists[0]}}}" if len(lists) == 1 else _listed(value)
        return PageFault("is an object, no list of records", "SK0794", help)
    above = steps_of(records or "")
    where = ".".join(above[: len(above) - len(steps)])
    at = f"has {word_of(value)} at {where!r}" if where else f"is {word_of(value)}"
    told = "" if records is None else f" (records: {records})"
    advice = _listed(value) if isinstance(value, dict) else None
    if value is None:
        advice = "params: {missing_records: empty} takes that for a page without any"
    text = f"{at}, {'no object' if steps else 'no list of records'}{told}"
    return PageFault(text, "SK0794", advice, empty=value is None)


def word_of(value: Any) -> str:
    """What a value of JSON is, for people."""
    return "null" if value is None else WORDS[type(value)]


WORDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}
"""What JSON's values are, by their types here; null is of all kinds and of none."""


def _listed(names: Any) -> str:
    shown = ", ".join(_cut(name) for name in list(names)[:_SHOWN])
    return f"it has {shown or 'no keys'}{', ...' if len(names) > _SHOWN else ''}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
