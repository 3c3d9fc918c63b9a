"""Dates and times as texts: a format is brought over sign by sign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.sql.translating.kinds import LITERAL, UNKNOWN

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


@frozen(kw_only=True)
class Formats:
    """What formats of dates and times are made of at an origin, and what each is there.

    ``signs`` are of the parser's text of a format: what a sign is in the target's format, or with
    ``{0}`` an expression. ``letters``: what else stands in a format is a text of itself; else only
    marks such as ``-`` are, and what is put in ``quote``.
    """

    signs: Mapping[str, str]
    letters: bool = False
    quote: str = ""


_WRITTEN = {"duckdb": "STRFTIME", "postgres": "TO_CHAR", "spark": "DATE_FORMAT"}
_YEAR, _TWO = "([1-9][0-9]{3}|[0-9]{3}[1-9])", "([0-9]{2})"
_READ = {
    **{"%Y": _YEAR, "%m": _TWO, "%d": _TWO, "%H": "([01][0-9]|2[0-3])"},
    **{"%M": "([0-5][0-9])", "%S": "([0-5][0-9])"},
}
"""What stands for a sign in a text that is read; one group each."""


def formatted(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A date or time as a text of a format."""
    from sqlglot import exp

    said, formats = node.args.get("format"), expressions.pair.formats
    if said is None or formats is None:
        return expressions.by_rule(node, scope)
    kind = expressions.translate(node.this, scope)
    if kind == UNKNOWN:
        return UNKNOWN
    parts = _parts(said.name, formats) if getattr(said, "is_string", False) else None
    if parts is None:
        return expressions.refuse(node, f"what {expressions.written(node)} gives is not known")
    texts = _texts(parts, node.this, expressions.pair.target)
    whole = texts[0]
    for text in texts[1:]:
        whole = exp.DPipe(this=whole, expression=text, safe=True)
    return expressions.apply(node, [node.this, whole], [kind, "text"], "Formatted")


def read(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A text as the date or time that it says in a format."""
    from sqlglot import exp

    said, formats = node.args.get("format"), expressions.pair.formats
    if said is None or formats is None:
        return expressions.by_rule(node, scope)
    kind = expressions.translate(node.this, scope)
    if kind == UNKNOWN:
        return UNKNOWN
    parts = _parts(said.name, formats) if getattr(said, "is_string", False) else None
    found = _pattern(parts) if parts is not None else None
    if found is None:
        return expressions.refuse(node, f"what {expressions.written(node)} reads is not known")
    pattern, iso, timed = found
    if expressions.pair.target == "spark":
        # $ is before the end of the last line, too.
        pattern, iso = pattern.removesuffix("$") + "\\z", iso.replace("\\", "$")
    operands = [node.this, exp.Literal.string(pattern), exp.Literal.string(iso)]
    name = type(node).__name__ + ("Timed" if timed else "")
    return expressions.apply(node, operands, [kind, LITERAL, LITERAL], name)


def _parts(text: str, formats: Formats) -> list[tuple[str, str]] | None:
    """The signs of a format, each with what it is there, and texts with an empty sign; None where
    one is not known."""
    if text == "None":
        # What the parser makes of an empty one.
        return None
    signs = sorted(formats.signs, key=len, reverse=True)
    plain = r"[^%'\"\\]" if formats.letters else r"[-/:., ]"
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        sign = next((sign for sign in signs if text.startswith(sign, place)), "")
        # Quotes with nothing between them, as in 'a''b', may be a quote themselves.
        quoted = formats.quote and re.match(
            f"{formats.quote}([^%'\"\\\\]+){formats.quote}(?!{formats.quote})", text[place:]
        )
        if sign:
            there = formats.signs[sign]
            if found and _are_one(found[-1], (sign, there)):
                return None
            found.append((sign, there))
            place += len(sign)
        elif quoted:
            found.append(("", quoted[1]))
            place += quoted.end()
        elif re.match(plain, text[place]):
            found.append(("", text[place]))
            place += 1
        else:
            return None
    return list(_joined(found)) or None


def _are_one(before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether an engine may take two signs beside one another for others: one twice, or those
    that go on with the same letter, as DD and D."""
    return before[0] == after[0] or (before[0] != "" and before[1][-1] == after[1][0])


def _joined(parts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same with one text where several stand beside one another."""
    for is_text, group in groupby(parts, lambda part: not part[0]):
        if is_text:
            yield "", "".join(text for _, text in group)
        else:
            yield from group


def _texts(parts: list[tuple[str, str]], moment: Any, target: str) -> list[Any]:
    """The expressions that give a text together: as few as there can be."""
    from sqlglot import exp

    from seeknal.sql.translating.templates import filled

    found: list[Any] = []
    format = ""
    for sign, there in [*parts, ("end", "{0}")]:
        if "{0}" not in there:
            format += there if sign else _as_itself(there, target)
            continue
        if format:
            operands = [moment.copy(), exp.Literal.string(format)]
            found.append(exp.Anonymous(this=_WRITTEN[target], expressions=operands))
            format = ""
        if sign != "end":
            found.append(filled(there, [moment], target))
    return found


def _as_itself(text: str, target: str) -> str:
    """A text as it stands in a format for itself."""
    if target == "duckdb":
        return text.replace("%", "%%")
    mark, needing = ("'", r"[A-Za-z0-9#{}\[\]]") if target == "spark" else ('"', "[A-Za-z0-9]")
    return f"{mark}{text}{mark}" if re.search(needing, text) else text


def _pattern(parts: list[tuple[str, str]]) -> tuple[str, str, bool] | None:
    """What a text of a format is like, what of it makes the form that every engine reads, and
    whether that has a time of day."""
    places: dict[str, int] = {}
    pattern = ""
    for sign, text in parts:
        code = sign.removesuffix("strict")
        if not sign:
            pattern += text.replace(".", "[.]")
        elif code in _READ and code not in places:
            places[code] = len(places) + 1
            pattern += _READ[code]
        else:
            return None
    timed = [code for code in ("%H", "%M", "%S") if code in places]
    fits = {"%Y", "%m", "%d"} <= set(places) and timed == ["%H", "%M", "%S"][: len(timed)]
    if (
        not fits
        or len(timed) == 1
        or re.search(r"[][(){}*+?^$|\\]", "".join(t for s, t in parts if not s))
    ):
        return None
    iso = "-".join(f"\\{places[code]}" for code in ("%Y", "%m", "%d"))
    if timed:
        clock = [f"\\{places[code]}" for code in timed]
        iso += " " + ":".join([*clock, "00"][:3])
    return f"^{pattern}$", iso, bool(timed)
