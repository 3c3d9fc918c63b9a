"""What the text of a CSV file can be read as without losing anything of it.

A column is read as the first of these kinds that every one of its values fits, else as text. So
its type depends on which values there are, and not on where in the file they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import evolve, frozen

from seeknal.plugin import quote_literal

_Sql = Callable[[str], str]

_SPACE = r"\s*"
_WHOLE = "(0|[1-9][0-9]*)"
_NUMERAL = rf"{_SPACE}-?({_WHOLE}|{_WHOLE}?\.[0-9]+|{_WHOLE}\.)([eE][-+]?[0-9]+)?{_SPACE}"
_PLAIN = rf"{_SPACE}-?({_WHOLE}|{_WHOLE}?\.[0-9]+|{_WHOLE}\.){_SPACE}"
_MINUS_ZERO = rf"{_SPACE}-[0.]*{_SPACE}"
_INTEGER = rf"{_SPACE}(0|-?[1-9][0-9]*){_SPACE}"
_DAY = "[0-9]{4}(-[0-9]{2}-|/[0-9]{2}/)[0-9]{2}"
# `3:0` and `10:1` are scores and ratios: what is a time has two digits everywhere.
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0*)?)?"
_ZONE = " ?(Z|UTC|[-+](0[0-9]|1[0-5])(:?[0-5][0-9])?)"
_EXACT_DIGITS = 15
"""Decimal digits that every DOUBLE gives back."""


def _none(text: str) -> tuple[str, ...]:
    return ()


@frozen(kw_only=True)
class Kind:
    """A type, and how text is read as it; the functions take the SQL of the text.

    ``quick`` are cheap conditions that are true only where ``fits`` is: most values of an
    ordinary column meet one. ``pattern`` matches every text that fits, and more. ``plain`` kinds
    take every whole number of few digits. An ``ordered`` one is one of two readings of a day.
    """

    type: str
    fits: _Sql
    value: _Sql
    quick: Callable[[str], tuple[str, ...]] = _none
    pattern: str | None = None
    plain: bool = False
    ordered: bool = False


TEXT = Kind(type="VARCHAR", fits=lambda c: "true", value=lambda c: c)


def kinds_of(options: Any) -> tuple[Kind, ...]:
    """The kinds in the order in which they are tried; ``options`` say how values are spelled."""
    number = numbers(options.decimal_separator)
    day, moment = options.dateformat, options.timestampformat
    return (
        *([_formatted("DATE", day)] if day else []),
        *([_formatted("TIMESTAMP", moment)] if moment else []),
        BOOLEAN,
        *_whole(number),
        _double(number),
        decimal(38, 0, number),
        *([] if day else _DAYS),
        *([] if moment else _MOMENTS),
        CLOCK,
        *([] if day else _ordered("DATE", "")),
        *([] if moment else _ordered("TIMESTAMP", " %H:%M:%S")),
    )


def chosen(kinds: Sequence[Kind]) -> Kind | None:
    """Which of the kinds that all values fit a column is read as.

    None where that is not clear: its days and months may stand in either order.
    """
    clear = [kind for kind in kinds if not kind.ordered]
    if clear:
        return clear[0]
    if not kinds:
        return TEXT
    return kinds[0] if len(kinds) == 1 else None


def possible(texts: Iterable[str], kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """The kinds that all of some texts may fit."""
    left = tuple(kinds)
    for text in texts:
        left = tuple(
            kind for kind in left if kind.pattern is None or re.fullmatch(kind.pattern, text)
        )
    return left


def mask(text: str, kinds: Sequence[Kind]) -> str:
    """SQL of a number with a bit for each of ``kinds`` that a text fits; NULL for NULL."""
    cases = [f"WHEN {text} IS NULL THEN NULL"]
    if all(kind.pattern is not None for kind in kinds):
        small = _sum(1 << n for n, kind in enumerate(kinds) if kind.plain)
        whole = f"strlen({text}) <= {_EXACT_DIGITS} AND {_same(text, 'BIGINT')}"
        cases += [f"WHEN {whole} THEN {small}"] if small else []
    bits = [f"CASE WHEN {kind.fits(text)} THEN {1 << n} ELSE 0 END" for n, kind in enumerate(kinds)]
    return f"CASE {' '.join(cases)} ELSE {' + '.join(bits)} END"


def quickly(text: str, kind: Kind) -> str | None:
    """SQL of whether a text is NULL or quickly seen to fit; None where that takes longer."""
    conditions = " OR ".join(f"({condition})" for condition in kind.quick(text))
    return f"coalesce({text} IS NULL OR {conditions}, false)" if conditions else None


def _sum(bits: Any) -> int:
    return int(sum(bits))


def numbers(separator: str | None) -> _Sql:
    """A text with a point where its decimals begin."""
    if separator in (None, "."):
        return lambda c: c
    mark = quote_literal(separator or "")
    return lambda c: f"CASE WHEN contains({c}, '.') THEN NULL ELSE replace({c}, {mark}, '.') END"


def matches(text: str, pattern: str) -> str:
    """SQL of whether all of a text matches."""
    return f"regexp_full_match({text}, {quote_literal(pattern)})"


def cast(text: str, type: str) -> str:
    """SQL of a text as a type; NULL where it is none."""
    return f"TRY_CAST({text} AS {type})"


def _same(text: str, type: str) -> str:
    return f"CAST({cast(text, type)} AS VARCHAR) = {text}"


def _casting(type: str, pattern: str, plain: bool = False) -> Kind:
    return Kind(
        type=type,
        fits=lambda c: f"({matches(c, pattern)} AND {cast(c, type)} IS NOT NULL)",
        value=lambda c: cast(c, type),
        quick=lambda c: (_same(c, type),),
        pattern=pattern,
        plain=plain,
    )


BOOLEAN = Kind(
    type="BOOLEAN",
    fits=lambda c: f"(lower({c}) IN ('true', 'false'))",
    value=lambda c: cast(c, "BOOLEAN"),
    quick=lambda c: (f"{c} IN ('true', 'false')",),
    pattern="(?i:true|false)",
)
CLOCK = Kind(
    type="TIME",
    fits=lambda c: f"({matches(c, _SPACE + _CLOCK + _SPACE)} AND {cast(c, 'TIME')} IS NOT NULL)",
    value=lambda c: cast(c, "TIME"),
    quick=lambda c: (f"{c} < '24' AND {_same(c, 'TIME')}",),
    pattern=_SPACE + _CLOCK + _SPACE,
)


def _usual(text: str) -> str:
    years = "TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
    return f"{cast(text, 'TIMESTAMP')} BETWEEN {years}"


_DAYS = [
    Kind(
        type="DATE",
        fits=lambda c: (
            f"({matches(c, _SPACE + _DAY + _SPACE)} AND {cast(c, 'DATE')} >= DATE '0001-01-01')"
        ),
        value=lambda c: cast(c, "DATE"),
        quick=lambda c: (f"{_same(c, 'DATE')} AND strlen({c}) = 10",),
        pattern=_SPACE + _DAY + _SPACE,
    )
]
_MOMENTS = [
    Kind(
        type="TIMESTAMP",
        fits=lambda c: (
            f"({matches(c, f'{_SPACE}{_DAY}([ T]{_CLOCK})?{_SPACE}')}"
            f" AND {cast(c, 'TIMESTAMP')} >= TIMESTAMP '0001-01-01')"
        ),
        value=lambda c: cast(c, "TIMESTAMP"),
        quick=lambda c: (f"{_same(c, 'TIMESTAMP')} AND {_usual(c)}",),
        pattern=f"{_SPACE}{_DAY}([ T]{_CLOCK})?{_SPACE}",
    ),
    _casting(
        "TIMESTAMP WITH TIME ZONE",
        f"{_SPACE}{_DAY}[ T]{_CLOCK}{_ZONE}{_SPACE}",
    ),
]


def _whole(number: _Sql) -> tuple[Kind, Kind]:
    far = "1" + "0" * 38
    return (
        _casting("BIGINT", _INTEGER, plain=True),
        Kind(
            type="HUGEINT",
            fits=lambda c: (
                f"({matches(c, _INTEGER)}"
                f" AND {cast(c, 'HUGEINT')} > -{far}::HUGEINT AND {cast(c, 'HUGEINT')} < {far})"
            ),
            value=lambda c: cast(c, "HUGEINT"),
            pattern=_INTEGER,
            plain=True,
        ),
    )


def _double(number: _Sql) -> Kind:
    """Numerals that a DOUBLE gives back in as many digits as they have."""

    def fits(text: str) -> str:
        n = number(text)
        d = cast(n, "DOUBLE")
        written = [f"CAST({d} AS VARCHAR)", *(f"format('{{:.{k}e}}', {d})" for k in range(15, 19))]
        again = ", ".join(map(_digits, written))
        short = f"strlen({n}) <= {_EXACT_DIGITS} AND abs({d}) >= 1e-300"
        words = "('nan', 'inf', '-inf', 'infinity', '-infinity')"
        return (
            f"CASE WHEN {matches(n, _NUMERAL)} AND isfinite({d}) THEN"
            f" CASE WHEN {short} THEN true ELSE {_digits(n)} IN ({again}) END"
            f" ELSE lower({text}) IN {words} END"
        )

    def quick(text: str) -> tuple[str, ...]:
        d = cast(text, "DOUBLE")
        plain = (
            f"strlen({text}) <= {_EXACT_DIGITS} AND abs({d}) BETWEEN 1e-300 AND 1e300"
            f" AND NOT contains({text}, '_')"
        )
        return (
            f"{text} >= '1' AND {text} < ':' AND {plain}",
            f"{text} >= '0.' AND {text} < '0/' AND {plain}",
            f"{text} >= '-1' AND {text} < '-:' AND {plain}",
            f"CAST({d} AS VARCHAR) = {text}",
        )

    return Kind(
        type="DOUBLE",
        fits=fits,
        value=lambda c: cast(number(c), "DOUBLE"),
        quick=quick if number("") == "" else _none,
        pattern=None if number("") else f"{_NUMERAL}|(?i:-?inf|-?infinity|nan)",
        plain=True,
    )


def _digits(numeral: str) -> str:
    """SQL of a numeral's digits, without the zeros around them."""
    plain = f"regexp_replace({numeral}, '[eE].*$|[-.\\s]', '', 'g')"
    return f"trim({plain}, '0')"


def decimal(precision: int, scale: int, number: _Sql) -> Kind:
    """Numerals without an exponent, as a DECIMAL of a given size."""
    type = f"DECIMAL({precision},{scale})"
    return Kind(
        type=type,
        fits=lambda c: (
            f"({matches(number(c), _PLAIN)} AND NOT {matches(number(c), _MINUS_ZERO)}"
            f" AND strlen({c}) <= 40)"
        ),
        value=lambda c: cast(number(c), type),
        pattern=None if number("") else _PLAIN,
        plain=True,
    )


def places(text: str, number: _Sql) -> tuple[str, str]:
    """SQL of how many digits a numeral has before and after its point."""
    bare = f"trim({number(text)}, '- \t')"
    return f"strlen(split_part({bare}, '.', 1))", f"strlen(split_part({bare}, '.', 2))"


def _formatted(type: str, format: str) -> Kind:
    """What a format spells."""
    read = quote_literal(format)
    zoned = type == "TIMESTAMP" and "%z" in format
    type = "TIMESTAMP WITH TIME ZONE" if zoned else type

    def moment(text: str) -> str:
        return f"try_strptime({text}, {read})"

    def fits(text: str) -> str:
        whole = f" AND {moment(text)} = CAST({moment(text)} AS DATE)" if type == "DATE" else ""
        return f"({moment(text)} IS NOT NULL{whole})"

    return Kind(type=type, fits=fits, value=lambda c: f"CAST({moment(c)} AS {type})")


def _ordered(type: str, clock: str) -> list[Kind]:
    """Days that begin with the day or with the month, which only the values themselves tell."""
    found = []
    for mark in "/-.":
        pattern = f"[0-9]{{1,2}}[{mark}][0-9]{{1,2}}[{mark}][0-9]{{4}}"
        pattern += " [0-9]{1,2}:[0-9]{2}:[0-9]{2}" if clock else ""
        for order in (f"%d{mark}%m{mark}%Y", f"%m{mark}%d{mark}%Y"):
            found.append(_in_order(_formatted(type, order + clock), pattern))
    return found


def _in_order(kind: Kind, pattern: str) -> Kind:
    return evolve(
        kind,
        fits=lambda c: f"({matches(c, pattern)} AND {kind.fits(c)})",
        pattern=pattern,
        ordered=True,
    )
