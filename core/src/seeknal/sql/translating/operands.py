"""What is known of an operand: by these names a rule may take it."""

from __future__ import annotations

import re
from typing import Any

from seeknal.sql.translating.kinds import groups_of, is_iso, undigited
from seeknal.sql.translating.zones import is_same_zone

_WHOLE = ("whole", "long")

UNITS = frozenset(("DAY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR"))


def labels_of(node: Any, kind: str) -> frozenset[str]:
    """Under what names a rule may take an operand: its kind, and what is known of its value."""
    from sqlglot import exp

    found = set(groups_of(kind))
    inner = node.this if isinstance(node, exp.Paren) else node
    if isinstance(inner, exp.Var):
        found.add(inner.name.upper())
    elif isinstance(inner, exp.Interval):
        unit = getattr(inner.args.get("unit"), "name", "").upper().removesuffix("S")
        found |= {unit, f"positive-{unit}"} if _is_positive(inner.this) else {unit}
    elif isinstance(inner, exp.Star):
        found.add("*")
    elif isinstance(inner, exp.Order):
        found = {"ordered", *(f"ordered-{each}" for each in groups_of(kind))}
    elif isinstance(inner, exp.DataType):
        name = getattr(inner.this, "name", "")
        found |= {name} if name != "TIMESTAMPNTZ" else {name, "TIMESTAMP"}
    elif isinstance(inner, exp.Literal) and inner.is_string:
        found |= _labels_of_text(inner)
    elif isinstance(inner, exp.Literal):
        value = float(inner.name)
        found |= {"constant", inner.name} | ({"nonzero"} if value else set())
        found |= {"nonzero-whole"} if value and kind in _WHOLE else set()
        found |= {"positive"} if value > 0 and kind in _WHOLE else set()
        # What it is multiplied with has no more digits then than a DOUBLE holds.
        found |= {"dyadic"} if value <= 1 and (value * 64).is_integer() else set()
    elif (
        isinstance(inner, exp.Column) and undigited(kind) == "decimal" and inner.meta.get("stored")
    ):
        found.add("stored")
    elif isinstance(inner, exp.Neg) and isinstance(inner.this, exp.Literal):
        value = float(inner.this.name)
        found |= {"constant"} | ({"nonzero"} if value else set())
        found |= {"nonzero-whole"} if value and kind in _WHOLE else set()
    elif isinstance(inner, exp.Nullif) and inner.expression.sql() == "0":
        # By NULL it is NULL everywhere.
        found.add("nonzero")
    return frozenset(found)


def _is_positive(count: Any) -> bool:
    return count is not None and re.fullmatch(r"0*[1-9]\d*", count.name) is not None


def _labels_of_text(node: Any) -> set[str]:
    found = {"constant"}
    if node.name and "\\" not in node.name:
        found.add("plain")
    if (len(node.name) - len(node.name.rstrip("\\"))) % 2 == 0:
        found.add("whole-pattern")
    if len(node.name) == 1:
        found |= {"letter", f"'{node.name}'"}
    if node.name.upper() in UNITS:
        found.add(node.name.upper())
    for kind in ("date", "timestamp"):
        if is_iso(node, kind):
            found.add(f"iso-{kind}")
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", node.name):
        found.add("name")
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", node.name):
        found |= {"exact-text", "float-text"}
    if re.fullmatch(r"(?i)[+-]?inf(inity)?|nan|-?[0-9]+(\.[0-9]+)?e[+-]?[0-9]{1,2}", node.name):
        found.add("float-text")
    if _is_moment(node.name):
        found.add("moment-text")
    if is_same_zone(node.name):
        found.add("zone")
    if re.fullmatch(r"-?\d{1,9}", node.name):
        found.add("digits")
    if re.fullmatch(r"(%[YmdHMS]|[-/: .])+", node.name):
        found.add("time-format")
    return found


def _is_moment(text: str) -> bool:
    """Whether a text is a date and a time of day, with or without seconds."""
    from datetime import datetime

    if not re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", text, re.ASCII):
        return False
    try:
        datetime.fromisoformat(text.partition(".")[0])
    except ValueError:
        return False
    return True
