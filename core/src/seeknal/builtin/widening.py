"""Which type of two holds every value of both, exactly."""

from __future__ import annotations

import re

SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
TIMES = ("DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP")
_CHAINS = (SIGNED, UNSIGNED, ("FLOAT", "DOUBLE"), TIMES)
"""Each holds what those before it hold."""
_DIGITS = {
    **dict(zip(SIGNED, (3, 5, 10, 19, 39), strict=True)),
    **dict(zip(UNSIGNED, (3, 5, 10, 20, 39), strict=True)),
}
_DOUBLE = frozenset((*SIGNED[:3], *UNSIGNED[:3]))
"""Integers that each are one DOUBLE."""
_NOTHING = '"NULL"'
"""The type of a column that is NULL throughout."""
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def wider(one: str, other: str) -> str | None:
    """The type of these that holds every value of the other one, or None."""
    if one == other or _holds(one, other) or other == _NOTHING:
        return one
    if one == _NOTHING:
        return other
    return other if _holds(other, one) else None


def _holds(wide: str, narrow: str) -> bool:
    for chain in _CHAINS:
        if wide in chain and narrow in chain:
            return chain.index(wide) >= chain.index(narrow)
    if wide in SIGNED and narrow in UNSIGNED:
        return SIGNED.index(wide) > UNSIGNED.index(narrow)
    if wide == "DOUBLE" and narrow in _DOUBLE:
        return True
    if wide == "VARCHAR" and narrow.startswith("ENUM("):
        return True
    found = _decimal(wide)
    if found is None:
        return False
    digits, scale = found
    whole, decimals = _decimal(narrow) or (_DIGITS.get(narrow, 99), 0)
    return digits - scale >= whole - decimals and scale >= decimals


def decimal_of(one: str, other: str) -> str | None:
    """The DECIMAL that holds every value of two others; None where none does, or one is none."""
    first, second = _decimal(one), _decimal(other)
    if first is None or second is None:
        return None
    scale = max(first[1], second[1])
    digits = scale + max(first[0] - first[1], second[0] - second[1])
    return f"DECIMAL({digits},{scale})" if digits <= 38 else None


def _decimal(type: str) -> tuple[int, int] | None:
    """The digits of a DECIMAL, and how many of them are decimals."""
    found = _DECIMAL.fullmatch(type.replace(" ", ""))
    return (int(found[1]), int(found[2])) if found else None
