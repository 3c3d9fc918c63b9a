"""Types that columns have where rows go: a column is read as one where that changes no value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.builtin.misfits import WHOLE

if TYPE_CHECKING:
    from seeknal.plugin import Source

ZONED = "TIMESTAMP WITH TIME ZONE"
EMPTY = '"NULL"'
"""The type of a column without any value."""
_CLOCK = r"\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?"
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)"
ISO = {
    "TIMESTAMP": rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}",
    ZONED: rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}{_OFFSET}",
}
"""What a text is like that says a time of that type, to the microsecond."""


def expected_types(source: Source) -> dict[str, Sequence[str]]:
    """The types that a column may have, by its name in lower case: the first that takes all of its
    values is meant. What is declared is none of them."""
    declared = {spec.name.lower() for spec in source.columns if spec.type}
    return {
        name.lower(): types
        for name, types in source.expected.items()
        if name.lower() not in declared
    }


def types_for(types: Sequence[str], *, is_empty: bool) -> Sequence[str]:
    """Those of the expected types that a column may have: of several, one without any value has
    none, for nothing tells which."""
    return () if is_empty and len(types) > 1 else types


def may_be(found: str, wanted: str) -> bool:
    """Whether values of a plain type that was found may be values of ``wanted``, all or some."""
    if found in (wanted, EMPTY):
        return True
    if wanted == "VARCHAR":
        return found != "JSON"
    if _is_number(wanted):
        return _is_number(found)
    if wanted in ISO:
        return found == "VARCHAR" or (found, wanted) == ("DATE", "TIMESTAMP")
    return False


def _is_number(type: str) -> bool:
    return type in WHOLE or type == "DOUBLE" or re.fullmatch(r"DECIMAL\(.*\)", type) is not None
