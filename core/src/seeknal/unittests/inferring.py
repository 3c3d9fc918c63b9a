"""Types of columns as the values themselves look, where nothing says them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.literals import INTEGERS
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.project.yaml_files import Plain

_WHOLE = Pattern(r"[-+]?\d[\d_]*")
_REAL = Pattern(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?\.inf|\.nan", 2)
_DATE = Pattern(r"\d{4}-\d\d-\d\d")
_MOMENT = Pattern(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)?")
_ZONED = Pattern(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)? ?[-+]\d\d(:?\d\d)?")
_LEADING_ZERO = Pattern(r"[-+]?0\d.*")
_WIDER = (
    ("BIGINT", "HUGEINT", "DOUBLE"),
    ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
)
"""Types of which each holds the values of those before it, or nearly."""


def inferred(cells: Iterable[Any]) -> str | None:
    """A type for all of these; None where each of them is NULL. Raises ValueError for none."""
    found: list[str] = []
    nested = [cell for cell in cells if cell is not None]
    if not nested:
        return None
    if all(isinstance(cell, list) for cell in nested):
        return f"{inferred(part for cell in nested for part in cell) or 'INTEGER'}[]"
    if all(isinstance(cell, Mapping) for cell in nested):
        return _struct(nested)
    for cell in nested:
        if isinstance(cell, list | Mapping):
            raise ValueError("some of its values are lists or have keys, and others are not")
        found.append(_of_scalar(cell))
    return _common(set(found))


def _struct(cells: list[Mapping[str, Any]]) -> str:
    names = dict.fromkeys(name for cell in cells for name in cell)
    if not names:
        raise ValueError("nothing says which keys its values have")
    fields = (
        f"{quote_identifier(name)} {inferred(cell.get(name) for cell in cells) or 'INTEGER'}"
        for name in names
    )
    return f"STRUCT({', '.join(fields)})"


def _of_scalar(cell: Plain | str) -> str:
    if isinstance(cell, str):
        return "VARCHAR"
    text = cell.text
    if text.lower() in ("true", "false"):
        return "BOOLEAN"
    if _LEADING_ZERO.fullmatch(text) and _WHOLE.fullmatch(text):
        # Somebody's identifier.
        return "VARCHAR"
    if _WHOLE.fullmatch(text):
        number = int(text.replace("_", "")) if len(text) < 50 else 10**50
        fitting = (n for n in ("BIGINT", "HUGEINT") if INTEGERS[n][0] <= number <= INTEGERS[n][1])
        return next(fitting, "VARCHAR")
    for pattern, type in (
        (_REAL, "DOUBLE"),
        (_DATE, "DATE"),
        (_MOMENT, "TIMESTAMP"),
        (_ZONED, "TIMESTAMP WITH TIME ZONE"),
    ):
        if pattern.fullmatch(text):
            return type
    return "VARCHAR"


def _common(types: set[str]) -> str:
    if len(types) == 1:
        return types.pop()
    for order in _WIDER:
        if types <= set(order):
            return max(types, key=order.index)
    return "VARCHAR"
