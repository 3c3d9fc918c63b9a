"""Offsets: which shown times a row's own time stands at."""

from dataclasses import dataclass

from tests.semantic.reference.calendar import FIXED, MONTHS, RANK
from tests.semantic.reference.refusal import Reason, refuse

DAY = RANK["day"]


@dataclass(frozen=True)
class Shift:
    """One offset: so many units back, or back to the start of a grain."""

    count: int = 0
    unit: str = ""
    to_grain: str | None = None


def is_fixed(shift: Shift) -> bool:
    return shift.unit in FIXED


def way_of(calendar, chain: tuple, grains: list[str], told: dict, declared: str) -> tuple[str, str]:
    """How to shift, and at which grain: ``none``, ``forward``, ``months`` or ``back``.

    ``told`` has the grain that each shown item of the time tells apart.
    """
    way, work = way_between(calendar, chain, grains, declared)
    if way in ("months", "back"):
        for name, grain in told.items():
            if not calendar.nests(work, grain):
                misfit(chain, f"{work}, which {name} divides")
    return way, work


def way_between(calendar, chain: tuple, grains: list[str], declared: str) -> tuple[str, str]:
    if not chain:
        return "none", declared
    plain = [one for one in grains if one in RANK]
    finest = min(plain, key=RANK.get) if plain else grains[0]
    if all(is_fixed(one) for one in chain):
        if any(not calendar.nests(declared, one.unit) for one in chain):
            misfit(chain, declared)
        return "forward", declared
    if not plain:
        misfit(chain, grains[0])
    if not any(one.to_grain or is_fixed(one) for one in chain) and all(
        calendar.nests("month", one) for one in plain
    ):
        grain = "month" if calendar.nests(declared, "month") else declared
        if any(MONTHS[one.unit] * one.count % MONTHS[grain] for one in chain):
            misfit(chain, grain)
        return "months", grain
    for one in chain:
        check_back(calendar, one, finest, chain)
    return "back", finest


def check_back(calendar, shift: Shift, finest: str, chain) -> None:
    """Refuses what does not lead from one period to exactly one earlier one."""
    if shift.to_grain is not None:
        fits = calendar.nests(finest, shift.to_grain)
    elif is_fixed(shift):
        fits = calendar.nests(finest, shift.unit) and (RANK[finest] <= DAY or finest == "week")
    else:
        months = MONTHS.get(finest, 0)
        fits = RANK[finest] <= DAY or bool(
            months and shift.count * MONTHS[shift.unit] % months == 0
        )
    if not fits:
        misfit(chain, finest)


def misfit(chain, grain):
    said = ", ".join(one.to_grain or f"{one.count} {one.unit}" for one in chain)
    refuse(Reason.OFFSET, f"an offset of {said} does not fit the grain {grain}")


def forward(calendar, chain, time):
    """Where a time stands once shifted; the innermost offset comes last in the chain."""
    for one in reversed(chain):
        time = calendar.move(time, one.count, one.unit)
    return time


def back(calendar, chain, period, grain: str):
    """Where a shown period looks."""
    for one in chain:
        if one.to_grain is not None:
            period = calendar.truncate(calendar.truncate(period, one.to_grain), grain)
        else:
            period = calendar.move(period, -one.count, one.unit)
    return period
