"""Windows over other rows, or over the same ones in another order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators.changing import Change, with_args

_OTHERS = {
    exp.RowNumber: (exp.Rank,),
    exp.Rank: (exp.DenseRank, exp.RowNumber),
    exp.DenseRank: (exp.Rank,),
    exp.Lag: (exp.Lead,),
    exp.Lead: (exp.Lag,),
    exp.FirstValue: (exp.LastValue,),
    exp.LastValue: (exp.FirstValue,),
}


def window_frame(tree: exp.Expression, around: Around) -> Iterator[Change]:
    """Another frame, direction, partition or function of a window."""
    for window in tree.find_all(exp.Window):
        yield from _functions(window)
        yield from _partitions(window)
        yield from _orders(window)
        yield from _frames(window)


def _functions(window: exp.Window) -> Iterator[Change]:
    function = window.this.this if isinstance(window.this, exp.IgnoreNulls) else window.this
    for other in _OTHERS.get(type(function), ()):
        args = function.copy().args if isinstance(function, (exp.Lag, exp.Lead)) else {}
        if isinstance(function, (exp.FirstValue, exp.LastValue)):
            args = {"this": function.this.copy()}
        yield Change(function, other(**args))


def _partitions(window: exp.Window) -> Iterator[Change]:
    keys = window.args.get("partition_by") or []
    for place, key in enumerate(keys):
        fewer = [other.copy() for other in keys[:place] + keys[place + 1 :]]
        yield Change(
            window, with_args(window, partition_by=fewer), f"PARTITION BY {key.sql('duckdb')}"
        )


def _orders(window: exp.Window) -> Iterator[Change]:
    order = window.args.get("order")
    keys = order.expressions if order is not None else []
    for key in keys:
        other = with_args(key, desc=not key.args.get("desc"))
        yield Change(key, other, window.sql("duckdb"))
    for place in range(len(keys) if len(keys) > 1 else 0):
        fewer = [other.copy() for other in keys[:place] + keys[place + 1 :]]
        yield Change(order, with_args(order, expressions=fewer))


def _frames(window: exp.Window) -> Iterator[Change]:
    spec = window.args.get("spec")
    if spec is None:
        if window.args.get("order") is not None and isinstance(window.this, exp.AggFunc):
            whole = exp.WindowSpec(
                kind="ROWS",
                start="UNBOUNDED",
                start_side="PRECEDING",
                end="UNBOUNDED",
                end_side="FOLLOWING",
            )
            yield Change(window, with_args(window, spec=whole))
        return
    yield Change(window, with_args(window, spec=None))
    for end in ("start", "end"):
        yield from _other_ends(window, spec, end)
    other = "RANGE" if spec.args.get("kind") == "ROWS" else "ROWS"
    yield Change(window, with_args(window, spec=with_args(spec, kind=other)))


def _other_ends(window: exp.Window, spec: exp.WindowSpec, end: str) -> Iterator[Change]:
    bound = spec.args.get(end)
    if bound == "UNBOUNDED":
        others: list[dict[str, object]] = [{end: "CURRENT ROW", f"{end}_side": None}]
    elif bound == "CURRENT ROW":
        side = "PRECEDING" if end == "start" else "FOLLOWING"
        others = [{end: "UNBOUNDED", f"{end}_side": side}]
    elif isinstance(bound, exp.Literal):
        numbers = (int(bound.name) + 1, int(bound.name) - 1)
        others = [{end: exp.Literal.number(number)} for number in numbers if number >= 0]
    else:
        others = [{end: "UNBOUNDED"}]
    for changed in others:
        yield Change(window, with_args(window, spec=with_args(spec, **changed)))
