"""How much earlier an input of a derived metric is, and what that makes of periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from seeknal.plugin import Duration
from seeknal_semantic.compiling.calendar import begin_of, is_whole_days, months_of, shifted
from seeknal_semantic.compiling.cuts import refuse_cuts
from seeknal_semantic.compiling.items import coarseness
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.grains import can_tell, is_grain, rank

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Calendar
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.plan import Aggregate, Offset
    from seeknal_semantic.compiling.scope import Asked, Scope


@frozen(kw_only=True)
class Shift:
    """What a row's time becomes: it counts for a later period.

    ``months``: its month as a whole is moved. Else ``steps`` are added to the time.
    """

    months: int = 0
    steps: tuple[tuple[int, str], ...] = ()


@frozen(kw_only=True)
class LookBack:
    """What a shown period looks at: an earlier moment, found step by step."""

    offsets: tuple[Offset, ...]

    def from_(self, period: exp.Expr, calendar: Calendar) -> exp.Expr:
        """The moment that is looked at."""
        for offset in self.offsets:
            if isinstance(offset, Duration):
                period = shifted(period, -offset.count, offset.unit)
            else:
                period = begin_of(offset, period, calendar)
        return period


def way_back(
    scope: Scope, asked: Asked, aggregate: Aggregate, items: Sequence[Item], grain: str, fine: str
) -> Shift | LookBack:
    """How rows and shown periods of ``grain`` meet. ``fine`` is the grain of the rows' time.

    Raises QueryRefused where no whole period is meant, or which is not clear, and where the query
    shows or filters by less than the periods that are moved as a whole.
    """
    name = aggregate.measure.name
    way = _way(aggregate.offsets, grain, fine, name, scope.calendar)
    whole = grain
    if isinstance(way, Shift):
        if not way.months:
            return way
        whole = "month" if can_tell(fine, "month") else fine
    start = scope.calendar.fiscal_year_start
    for item in items:
        if item.is_time and not can_tell(whole, coarseness(scope, item), start):
            why = f"{item.name!r} is not the same in all of one {whole}"
            raise _unfit(name, aggregate.offsets, why)
    refuse_cuts(scope, asked, aggregate.measured, whole)
    return way


def _way(
    offsets: Sequence[Offset], grain: str, fine: str, name: str, calendar: Calendar
) -> Shift | LookBack:
    kinds = {_kind(offset) for offset in offsets}
    durations = [offset for offset in offsets if isinstance(offset, Duration)]
    start = calendar.fiscal_year_start
    for each in durations:
        if rank(each.unit) < rank(fine):
            raise _unfit(name, offsets, f"{each} is finer than the time, which is by {fine}")
    for offset in offsets:
        if isinstance(offset, str) and not (is_grain(grain) and can_tell(grain, offset, start)):
            raise _unfit(name, offsets, f"a {grain} is not in one {offset}")
    if kinds == {"days"}:
        return Shift(steps=tuple((each.count, each.unit) for each in durations))
    if "months" in kinds:
        if kinds == {"months"} and months_of(grain):
            return Shift(months=sum(each.count * months_of(each.unit) for each in durations))
        if not is_grain(grain) or grain == "week" or (months_of(grain) and "days" in kinds):
            raise _unfit(name, offsets, f"months earlier is not the same {grain}")
        if months_of(grain) and any(_cuts(each, grain) for each in durations):
            raise _unfit(name, offsets, f"so many months earlier is not a whole {grain}")
    elif "days" in kinds and is_whole_days(grain) and grain != "day":
        raise _unfit(name, offsets, f"so many days earlier is not a whole {grain}")
    return LookBack(offsets=tuple(offsets))


def _kind(offset: Offset) -> Literal["days", "months", "grain"]:
    if isinstance(offset, str):
        return "grain"
    return "months" if months_of(offset.unit) else "days"


def _cuts(offset: Duration, grain: str) -> bool:
    return bool(offset.count * months_of(offset.unit) % months_of(grain))


def _unfit(name: str, offsets: Sequence[Offset], why: str) -> Exception:
    said = " and ".join(
        f"of {each}" if isinstance(each, Duration) else f"to {each}" for each in offsets
    )
    return refused("SK1518", f"the offset {said} of {name!r} does not fit the query: {why}")
