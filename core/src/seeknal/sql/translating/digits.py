"""Digits: how many a DECIMAL has, and where a type that it shares with others has room for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import (
    NULL,
    QUOTIENT,
    UNKNOWN,
    decimal_of,
    digits_of,
    element_of,
    undigited,
)

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions

WIDEST = 38
"""So many digits a DECIMAL has at most."""

_LONGEST = {"whole": 20, "long": 20, "huge": 39}
"""So many digits the engines give whole numbers as DECIMALs, at most."""

_MERGING = frozenset(
    (
        *("Case", "Coalesce", "Nvl2", "Values", "Array", "ArrayContains", "Any", "DPipe"),
        *("Greatest", "Least", "GreatestOrNull", "LeastOrNull", "Mod"),
    )
)
"""What brings its operands to one type, and has their digits as far as that has room for them."""

_COMPARING = frozenset(
    (
        *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ", "NullSafeNEQ", "EqualNull"),
        *("Between", "In", "Nullif"),
    )
)
"""What compares its operands: most engines do so by all their digits."""

_WIDENED = frozenset((*_COMPARING, "Case", "Coalesce", "Values", "Array", "Greatest", "Least"))
"""What means the same of operands that are DECIMALs with more digits."""


def with_room(
    expressions: Expressions,
    construct: str,
    node: Any,
    operands: Sequence[Any],
    kinds: Sequence[str],
) -> tuple[Sequence[Any], Sequence[str]] | None:
    """Operands of one type that holds the digits of all, with their kinds; None: refused."""
    pair = expressions.pair
    compares = construct in _COMPARING
    if construct not in _MERGING and not (compares and pair.cuts_compared):
        return operands, kinds
    taken = [_as_taken(operand, kind) for operand, kind in zip(operands, kinds, strict=True)]
    if have_room(taken, pair.cuts_compared):
        return operands, kinds
    behind = max((found[1] for kind in taken if (found := digits_of(kind))), default=0)
    is_known = all(digits_of(kind) or kind in _LONGEST or kind == NULL for kind in taken)
    if not (is_known and construct in _WIDENED and pair.widens(compares)):
        refuse_cut(expressions, node)
        return None
    wide = decimal_of(WIDEST, behind)
    return (
        [
            operand if kind == NULL else _cast(operand, behind)
            for operand, kind in zip(operands, kinds, strict=True)
        ],
        [kind if kind in (NULL, QUOTIENT) else wide for kind in kinds],
    )


def refuse_cut(expressions: Expressions, node: Any) -> str:
    """Note that values lose digits beside one another; gives the kind that says so."""
    said = expressions.written(node)
    return expressions.refuse(
        node,
        f"digits of DECIMALs may be cut off in {said}: CAST each to one DECIMAL before",
    )


def have_room(kinds: Iterable[str], counts_wholes: bool = False) -> bool:
    """Whether the type of values of these kinds has all digits of each.

    It has the digits before the point of the longest, and those behind it as far as there is room;
    ``counts_wholes``: those of whole numbers, too.
    """
    found = {element_of(kind) if kind.endswith("-list") else kind for kind in kinds}
    decimals = {kind for kind in found if undigited(kind) in ("decimal", QUOTIENT)}
    wholes = {kind for kind in found if kind in _LONGEST} if counts_wholes else set()
    if UNKNOWN in found or "double" in found or not decimals or len(decimals | wholes) == 1:
        return True
    digits = [digits_of(kind) for kind in decimals]
    known = [one for one in digits if one is not None]
    before = max((*(one[0] for one in known), *(min(_LONGEST[kind], WIDEST) for kind in wholes)))
    return len(known) == len(digits) and before + max(one[1] for one in known) <= WIDEST


def result_of(construct: str, operands: Sequence[Any], kinds: Sequence[str], kind: str) -> str:
    """The kind of a result that is a DECIMAL, with the digits that DuckDB gives it."""
    if undigited(kind) != "decimal":
        return kind
    digits = [_digits_in(operand, one) for operand, one in zip(operands, kinds, strict=True)]
    first = digits[0] if digits else None
    if construct in ("Add", "Sub", "Mul", "Mod"):
        return _combined(construct, [one for one in digits if one is not None], len(digits))
    if first is None or construct not in ("Sum", "Round", "Floor", "Ceil", "Trunc"):
        return kind
    if construct == "Sum":
        return decimal_of(WIDEST, first[1])
    places = int(operands[1].name) if len(operands) > 1 else 0
    behind = min(places, first[1])
    # Trunc is written as a product, which is as wide as can be.
    return decimal_of(WIDEST if construct == "Trunc" else sum(first), behind)


def _combined(construct: str, digits: Sequence[tuple[int, int]], count: int) -> str:
    if len(digits) < count:
        return "decimal"
    before, behind = zip(*digits, strict=True)
    if construct == "Mul":
        fraction = sum(behind)
        return decimal_of(sum(before) + fraction, fraction) if fraction <= WIDEST else "decimal"
    carried = 0 if construct == "Mod" else 1
    return decimal_of(max(before) + carried + max(behind), max(behind))


def _digits_in(operand: Any, kind: str) -> tuple[int, int] | None:
    from sqlglot import exp

    if isinstance(operand, exp.Literal) and kind in _LONGEST:
        return len(operand.name), 0
    return (min(_LONGEST[kind], WIDEST), 0) if kind in _LONGEST else digits_of(kind)


def _as_taken(operand: Any, kind: str) -> str:
    """The kind of an operand; zeros at the end of a number that is written out lose nothing."""
    from sqlglot import exp

    digits = digits_of(kind)
    number = operand.this if isinstance(operand, exp.Neg) else operand
    if digits is None or not isinstance(number, exp.Literal) or kind == QUOTIENT:
        return kind
    behind = len(number.name.partition(".")[2].rstrip("0"))
    return decimal_of(digits[0] + behind, behind)


def _cast(operand: Any, behind: int) -> Any:
    from sqlglot import exp

    from seeknal.sql.spans import written_for

    type = exp.DataType.build(f"DECIMAL({WIDEST}, {behind})")
    new = written_for(exp.Cast(this=operand.copy(), to=type), operand)
    operand.replace(new)
    return new
