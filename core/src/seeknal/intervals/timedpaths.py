"""Paths that say which time their files are of: ``data/{time:%Y-%m-%d}.csv``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.values.patterns import Match

_PLACE = Pattern(r"\{time:([^{}]*)\}")
_CODE = Pattern(r"%-?[A-Za-z%]|%")
_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "j": 3}
"""The codes that are understood; with ``-``, as in ``%-m``, without zeros in front."""
_UNITS = {
    frozenset("Y"): "year",
    frozenset("Ym"): "month",
    frozenset("Yj"): "day",
    frozenset("Ymd"): "day",
    frozenset("YjH"): "hour",
    frozenset("YmdH"): "hour",
    frozenset("YjHM"): "minute",
    frozenset("YmdHM"): "minute",
}
_WILD = Pattern(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]")


def is_timed(path: str) -> bool:
    """Whether a path says which time its files are of."""
    return "{time:" in path


def pattern_of(path: str) -> str:
    """The pattern for `glob` of any path: as it is where it is not timed, or not understood."""
    try:
        return TimedPath(path).pattern if is_timed(path) else path
    except ValueError:
        return path


@frozen
class TimedPath:
    """A path with places such as ``{time:%Y/%m/%d}``, which say together when a file begins.

    Raises ValueError, with what could be written, for codes that do not name one unit of time.
    """

    text: str
    unit: str = field(init=False)
    """year, month, day, hour or minute: how much time a file has."""

    @unit.default
    def _unit_of_codes(self) -> str:
        codes = "".join(letter for letter, _ in self._codes)
        unknown = set(codes) - set(_DIGITS)
        if unknown:
            raise ValueError(f"%{min(unknown)} is none of {', '.join(f'%{c}' for c in _DIGITS)}")
        found = _UNITS.get(frozenset(codes))
        if found is None:
            raise ValueError(
                "it needs %Y, then %m and %d (or %j), %H and %M, as far as they go, none left out"
            )
        return found

    @property
    def _codes(self) -> list[tuple[str, bool]]:
        """The letters of the codes, and whether each has its zeros in front."""
        found = [code for place in _PLACE.findall(self.text) for code in _CODE.findall(place)]
        return [(code[-1], "-" not in code) for code in found]

    @property
    def pattern(self) -> str:
        """The pattern that its files match, for `glob`; others may match it, too."""
        from glob import escape

        def digits(code: Match) -> str:
            return "*" if "-" in code[0] else "[0-9]" * _DIGITS[code[0][-1]]

        def place(found: Match) -> str:
            texts = _CODE.compiled.split(found[1])
            codes = [digits(code) for code in _CODE.finditer(found[1])]
            return _interleaved([escape(text) for text in texts], codes)

        return _PLACE.sub(place, self.text)

    @property
    def last_timed(self) -> TimedPath:
        """The same without what follows after the last name that says time: a folder's or its own.

        Its folders need not be opened to know of which time their files are.
        """
        slash = self.text.find("/", self.text.rindex("}"))
        return self if slash < 0 else TimedPath(self.text[:slash])

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        codes = iter(enumerate(self._codes))

        def digits() -> str:
            number, (letter, padded) = next(codes)
            width = _DIGITS[letter]
            return f"(?P<{letter}{number}>[0-9]{{{width if padded else f'1,{width}'}}})"

        parts = []
        for number, text in enumerate(_PLACE.compiled.split(self.text)):
            if number % 2:
                texts = [re.escape(part) for part in _CODE.compiled.split(text)]
                parts.append(_interleaved(texts, [digits() for _ in texts[1:]]))
            else:
                parts.append(_wild(text))
        return re.compile("".join(parts), re.DOTALL)

    def matches(self, file: str) -> bool:
        """Whether a file that matches the pattern has numbers where the codes stand."""
        return self._expression.fullmatch(file) is not None

    def span(self, file: str, timezone: str) -> tuple[datetime, datetime]:
        """When the time of a file begins and ends by the clock of a zone, in UTC.

        Raises ValueError for numbers that are no time, or two different ones.
        """
        return _span(self, file, timezone)

    def _read(self, file: str, timezone: str) -> tuple[datetime, datetime]:
        found = self._expression.fullmatch(file)
        if found is None:
            raise ValueError(f"{file!r} does not match {self.text!r}")
        values: dict[str, int] = {}
        for name, digits in found.groupdict().items():
            if values.setdefault(name[0], int(digits)) != int(digits):
                raise ValueError(f"{file!r} names two times")
        try:
            start = _start(values)
            return _moment(start, timezone), _moment(_next(start, self.unit), timezone)
        except (ValueError, OverflowError):
            raise ValueError(f"{file!r} names no time that there is") from None


@lru_cache(maxsize=1 << 16)
def _span(path: TimedPath, file: str, timezone: str) -> tuple[datetime, datetime]:
    """What each batch of a node asks of all files anew."""
    return path._read(file, timezone)


def _interleaved(texts: list[str], codes: list[str]) -> str:
    return "".join(text + code for text, code in zip(texts, [*codes, ""], strict=True))


def _wild(text: str) -> str:
    """A pattern of `glob` as a regular expression."""
    made = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts, end = [], 0
    for found in _WILD.finditer(text):
        parts += [re.escape(text[end : found.start()]), made.get(found[0]) or _class(found[0])]
        end = found.end()
    return "".join([*parts, re.escape(text[end:])])


def _class(letters: str) -> str:
    from fnmatch import translate

    translated = translate(letters)
    return translated[len("(?s:") : translated.rindex(")")]


def _start(values: dict[str, int]) -> datetime:
    start = datetime(
        values["Y"],
        values.get("m", 1),
        values.get("d", 1),
        values.get("H", 0),
        values.get("M", 0),
    )
    days = timedelta(days=values.get("j", 1) - 1)
    if "j" in values and ((start + days).year != start.year or days.days < 0):
        raise ValueError
    return start + days


def _next(start: datetime, unit: str) -> datetime:
    """The beginning of the year, month, day, hour or minute after it."""
    if unit == "year":
        return start.replace(year=start.year + 1)
    if unit == "month":
        later = start + timedelta(days=31)
        return later.replace(day=1)
    return start + timedelta(**{f"{unit}s": 1})


def _moment(local: datetime, timezone: str) -> datetime:
    """The first moment at which the clock of a zone shows a time, or is past it."""
    from seeknal.intervals.clocks import clock_of, in_utc, reading_of

    return in_utc(clock_of(timezone).first(reading_of(local)))
