"""What the dimensions of a query are for one measure: its own time, or values by joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.definitions import Dimension
from seeknal_semantic.grains import PART_GRAINS, can_tell, is_grain, rank
from seeknal_semantic.paths import METRIC_TIME, readings
from seeknal_semantic.resolving import resolver_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seeknal_semantic.compiling.scope import Measured, Scope
    from seeknal_semantic.resolving import Resolved


@frozen(kw_only=True)
class Item:
    """One dimension of a query, ``name`` as it was typed. ``found`` is None for the own time.

    ``grain`` is a period's, one of the project's own too; ``part`` is what is taken of a date.
    """

    name: str
    found: Resolved | None
    grain: str | None = None
    part: str | None = None

    @property
    def custom(self) -> bool:
        """Whether its grain is one of the project's own, whose values are no times."""
        return self.grain is not None and not is_grain(self.grain)

    @property
    def is_time(self) -> bool:
        """Whether it is the measure's own time."""
        return self.found is None


def items_of(
    scope: Scope,
    names: Iterable[str],
    measured: Measured,
    default: str | None = None,
) -> tuple[Item, ...]:
    """What names mean for what is measured. ``default`` is the grain of metric_time.

    Raises NameRefused or QueryRefused.
    """
    return tuple(_item(scope, name, measured, default) for name in names)


def _item(scope: Scope, name: str, measured: Measured, default: str | None) -> Item:
    for reading in readings(name, scope.layer.custom_grains):
        if reading.name.lower() == METRIC_TIME and not reading.hops:
            own = own_time(measured, name)
            grain = reading.grain or (None if reading.part else default or own.grain or "day")
            return _time_item(scope, name, own, grain, reading.part)
    found = resolver_of(scope.layer).resolve(name, measured.model, measured.time)
    time = measured.time
    if time is not None and not found.path.steps and found.member is time:
        grain = found.grain or (None if found.part else time.grain or "day")
        return _time_item(scope, name, time, grain, found.part)
    if isinstance(found.member, Dimension) and found.member.type == "time":
        grain = found.grain or (None if found.part else found.member.grain or "day")
        _check(scope, name, found.member, grain, found.part)
        return Item(name=name, found=found, grain=grain, part=found.part)
    return Item(name=name, found=found)


def own_time(measured: Measured, what: str) -> Dimension:
    """The measure's time. Raises QueryRefused where it has none."""
    if measured.time is None:
        raise refused(
            "SK1512",
            f"{what!r} needs a time, and {measured.name or measured.model.name!r} has none",
            help="default_time_dimension of the model, or agg_time_dimension of the measure",
        )
    return measured.time


def _time_item(
    scope: Scope, name: str, time: Dimension, grain: str | None, part: str | None
) -> Item:
    _check(scope, name, time, grain, part)
    return Item(name=name, found=None, grain=grain, part=part)


def _check(scope: Scope, name: str, time: Dimension, grain: str | None, part: str | None) -> None:
    fine = time.grain or "day"
    coarse = spine_grain(scope, grain) if grain else PART_GRAINS[part or "day"]
    if not can_tell(fine, coarse, scope.calendar.fiscal_year_start):
        what = grain or f"{part} of the date"
        raise refused(
            "SK1506", f"{name!r}: {time.name!r} is by {fine}, which does not tell the {what}"
        )


def finest_grain(items: Sequence[Item]) -> str | None:
    """The finest grain of the own time, one of the project's own where no other is shown.

    Of those that are as fine as each other, as year and fiscal_year, it is the first.
    """
    own = (item.grain for item in items if item.is_time and item.grain)
    return min(_own_grains(items), key=rank, default=next(own, None))


def coarsest_grain(items: Iterable[Item]) -> str | None:
    """The coarsest grain of the own time, the first of those as coarse; not the project's own."""
    return max(_own_grains(items), key=rank, default=None)


def _own_grains(items: Iterable[Item]) -> list[str]:
    shown = (item.grain for item in items if item.is_time)
    return [grain for grain in shown if grain is not None and is_grain(grain)]


def spine_grain(scope: Scope, grain: str) -> str:
    """The grain of the periods in which the values of a grain are found."""
    custom = scope.layer.custom_grains.get(grain)
    return custom[0].grain if custom else grain


def coarseness(scope: Scope, item: Item) -> str:
    """The grain of which each period has one value of an item."""
    return spine_grain(scope, item.grain) if item.grain else PART_GRAINS[item.part or "day"]


def grain_of_all(scope: Scope, items: Sequence[Item]) -> str | None:
    """The grain of which each period lies in one of every period of the own time that is shown.

    It is one of the project's own where only such are shown.
    """
    shown = [item for item in items if item.is_time and item.grain]
    if not shown:
        return None
    finest = min(shown, key=lambda item: rank(coarseness(scope, item)))
    grain = coarseness(scope, finest)
    start = scope.calendar.fiscal_year_start
    if not all(can_tell(grain, coarseness(scope, item), start) for item in shown):
        return "day"
    return finest.grain if all(item.custom for item in shown) else grain
