"""Changes of windows: partitions, order, frames, and the functions over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.variants.change import altered, change, copied, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.variants.change import Change

_NEIGHBOURS = {
    "RowNumber": ("Rank", "DenseRank"),
    "Rank": ("RowNumber", "DenseRank"),
    "DenseRank": ("Rank", "RowNumber"),
    "Lag": ("Lead",),
    "Lead": ("Lag",),
    "FirstValue": ("LastValue",),
    "LastValue": ("FirstValue",),
}
_WITHOUT_FRAME = (
    *("RowNumber", "Rank", "DenseRank", "PercentRank"),
    *("CumeDist", "Ntile", "Lag", "Lead"),
)
"""Functions that a frame changes nothing of."""
_UNBOUNDED, _CURRENT = "UNBOUNDED", "CURRENT ROW"


def windows(node: Any) -> Iterator[Change]:
    """Other windows, and other functions over them."""
    from sqlglot import exp

    if isinstance(node, exp.Window):
        yield from _partitions(node)
        yield from _orders(node)
        yield from _frames(node)
    kind = type(node).__name__
    if kind in _NEIGHBOURS:
        for name in _NEIGHBOURS[kind]:
            args = copied(node)
            other = getattr(exp, name)(**args)
            yield change(node, f"{text(other)} instead of {text(node)}", other)
    if kind in ("Lag", "Lead") and not node.args.get("offset"):
        farther = altered(node, offset=exp.Literal.number(2))
        yield change(node, f"{text(farther)} instead of {text(node)}", farther)


def _partitions(node: Any) -> Iterator[Change]:
    keys = node.args.get("partition_by") or []
    for key in keys:
        fewer = [one.copy() for one in keys if one is not key]
        yield change(node, f"without PARTITION BY {text(key)}", altered(node, partition_by=fewer))


def _orders(node: Any) -> Iterator[Change]:
    if node.args.get("order"):
        bare = altered(node, order=None)
        yield change(node, f"without {text(node.args['order'])} in {text(node)}", bare)


def _frames(node: Any) -> Iterator[Change]:
    from sqlglot import exp

    spec = node.args.get("spec")
    whole = exp.WindowSpec(
        kind="ROWS", start=_UNBOUNDED, start_side="PRECEDING", end=_UNBOUNDED, end_side="FOLLOWING"
    )
    running = exp.WindowSpec(kind="ROWS", start=_UNBOUNDED, start_side="PRECEDING", end=_CURRENT)
    if spec is None:
        if node.args.get("order") and type(node.this).__name__ not in _WITHOUT_FRAME:
            for words, frame in (("all rows", whole), ("rows until now", running)):
                yield change(node, f"{words} in {text(node)}", altered(node, spec=frame))
        return
    yield change(node, f"without the frame of {text(node)}", altered(node, spec=None))
    yield change(spec, f"all rows instead of {text(spec)}", whole)
    kind = str(spec.args.get("kind")).upper()
    for other in ("ROWS", "RANGE", "GROUPS"):
        if other != kind:
            yield change(spec, f"{other} instead of {text(spec)}", altered(spec, kind=other))
    if str(spec.args.get("start")).upper() != _UNBOUNDED:
        earlier = altered(spec, start=_UNBOUNDED, start_side="PRECEDING")
        yield change(spec, f"all before instead of {text(spec)}", earlier)
    if str(spec.args.get("start")).upper() != _CURRENT:
        here = altered(spec, start=_CURRENT, start_side=None)
        yield change(spec, f"from now instead of {text(spec)}", here)
    if str(spec.args.get("end")).upper() != _UNBOUNDED:
        later = altered(spec, end=_UNBOUNDED, end_side="FOLLOWING")
        yield change(spec, f"all after instead of {text(spec)}", later)
    if str(spec.args.get("end")).upper() == _CURRENT:
        before = altered(spec, end=exp.Literal.number(1), end_side="PRECEDING")
        yield change(spec, f"until the row before instead of {text(spec)}", before)
        after = altered(spec, end=exp.Literal.number(1), end_side="FOLLOWING")
        yield change(spec, f"until the row after instead of {text(spec)}", after)
