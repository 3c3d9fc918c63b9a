"""Windows: those that a query names are written out, and frames that engines read alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seeknal.sql.translating.kinds import undigited

_WORDS = frozenset(("UNBOUNDED", "CURRENT ROW"))
_EXCLUDED = frozenset(("CURRENT ROW", "GROUP", "TIES", "NO OTHERS"))


def write_out(select: Any, refuse: Callable[[Any, str], Any]) -> None:
    """Put what WINDOW says of a name where the name stands."""
    from sqlglot import exp

    named: dict[str, Any] = {}
    for window in select.args.get("windows") or ():
        base = window.args.get("alias")
        if base is not None:
            _add(window, named.get(base.name.lower()), refuse)
        named[window.name.lower()] = window
    select.set("windows", None)
    for window in [] if not named else list(select.find_all(exp.Window)):
        if window.args.get("alias") is None or window.parent_select is not select:
            continue
        _add(window, named.get(window.args["alias"].name.lower()), refuse)


def _add(window: Any, base: Any, refuse: Callable[[Any, str], Any]) -> None:
    if base is None or any(base.args.get(key) and window.args.get(key) for key in ("order",)):
        refuse(window, "no window has that name")
        return
    for key in ("partition_by", "order", "spec"):
        found = base.args.get(key)
        if found and not window.args.get(key):
            copies = [one.copy() for one in found] if isinstance(found, list) else found.copy()
            window.set(key, copies)
    window.set("alias", None)


def is_qualified_by_rank(select: Any) -> bool:
    """Whether QUALIFY, where there is one, only compares a rank with a number."""
    from sqlglot import exp

    qualify = select.args.get("qualify")
    compared = exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE
    if qualify is None or not isinstance(qualify.this, compared):
        return qualify is None
    rank, number = qualify.this.this, qualify.this.expression
    ranks = exp.RowNumber | exp.Rank | exp.DenseRank
    return isinstance(rank, exp.Window) and isinstance(rank.this, ranks) and number.is_int


def is_plain_frame(spec: Any) -> bool:
    """Whether a frame is of rows, or of all that is before or after."""
    words, numbers = _ends(spec)
    by = str(spec.args.get("kind")).upper()
    if spec.args.get("exclude") or by not in ("ROWS", "RANGE"):
        return False
    plain = all(getattr(number, "is_int", False) for number in numbers)
    return words <= _WORDS and (not numbers or (by == "ROWS" and plain))


def is_fuller_frame(spec: Any, kinds: Sequence[str]) -> bool:
    """Whether PostgreSQL and DuckDB read a frame alike, over an order by values of ``kinds``."""
    from sqlglot import exp

    words, numbers = _ends(spec)
    exclude = spec.args.get("exclude")
    if not words <= _WORDS or (exclude is not None and exclude.name.upper() not in _EXCLUDED):
        return False
    if not numbers or str(spec.args.get("kind")).upper() != "RANGE":
        return all(getattr(number, "is_int", False) for number in numbers)
    if len(kinds) != 1:
        return False
    if kinds[0] in ("date", "timestamp"):
        return all(isinstance(number, exp.Interval) for number in numbers)
    return undigited(kinds[0]) in ("whole", "long", "decimal") and all(
        isinstance(number, exp.Literal) and number.is_int for number in numbers
    )


def _ends(spec: Any) -> tuple[set[str], list[Any]]:
    """Words such as UNBOUNDED, and how far a frame goes from its row."""
    ends = [spec.args.get("start"), spec.args.get("end")]
    words = {end.upper() for end in ends if isinstance(end, str)}
    return words, [end for end in ends if end is not None and not isinstance(end, str)]
