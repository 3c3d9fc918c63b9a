"""Changes of joins: which rows without a partner stay, and by what rows are partners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_SIDES = ("", "LEFT", "RIGHT", "FULL")


def joins(node: Any) -> Iterator[Change]:
    """Other joins, and fewer conditions."""
    from sqlglot import exp

    if not isinstance(node, exp.Join):
        return
    name = text(node.this)
    on, using = node.args.get("on"), node.args.get("using")
    kind = (node.args.get("kind") or "").upper()
    if kind in ("SEMI", "ANTI"):
        other = "ANTI" if kind == "SEMI" else "SEMI"
        yield change(node, f"{other} JOIN {name}", altered(node, kind=other))
        yield change(node, f"INNER JOIN {name}", altered(node, kind=None))
    elif (on or using) and kind in ("", "INNER", "OUTER"):
        yield from _sides(node, name)
    if on is not None:
        yield change(on, f"without the condition {text(on)}", exp.true())
    if using and len(using) > 1:
        for column in using:
            fewer = [one.copy() for one in using if one is not column]
            yield change(
                node, f"without {text(column)} in USING of {name}", altered(node, using=fewer)
            )
    if node.method and node.method.upper() == "ASOF":
        yield change(node, f"without ASOF in the join of {name}", altered(node, method=None))


def _sides(node: Any, name: str) -> Iterator[Change]:
    now = (node.args.get("side") or "").upper()
    for side in _SIDES:
        if side != now:
            words = f"{side or 'INNER'} JOIN {name}"
            yield change(node, words, altered(node, side=side or None, kind=None))
