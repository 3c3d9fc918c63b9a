"""Fields of cron schedules, written from the numbers that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Weekday = int | tuple[int, int]
"""0 is Sunday; with a number it is the first, second, ... of a month, with one below 0 its last."""
LAST, LAST_WORKING = -1000, -1001
"""The last day of a month, and the last one from Monday to Friday."""


def starred(values: Sequence[Weekday], whole: Sequence[int]) -> str:
    """Values as a star with a step and the others, where there is such a step."""
    steps = range(1, len(whole) + 1)
    step = next((step for step in steps if set(whole[::step]) <= set(values)), None)
    if step is None:
        return listed(values)
    rest = [value for value in values if value not in whole[::step]]
    star = "*" if step == 1 else f"*/{step}"
    return f"{star},{listed(rest)}" if rest else star


def listed(values: Sequence[Weekday]) -> str:
    """Values and, of three or more in a row, their ends."""
    found: list[str] = []
    last: list[str] = []
    row: list[int] = []
    for value in values:
        if isinstance(value, int) and value >= 0:
            if row and value != row[-1] + 1:
                found += _row(row)
                row = []
            row.append(value)
        else:
            last.append(_special(value))
    return ",".join([*found, *_row(row), *last])


def _row(row: Sequence[int]) -> list[str]:
    return [f"{row[0]}-{row[-1]}"] if len(row) > 2 else [str(value) for value in row]


def _special(value: Weekday) -> str:
    if isinstance(value, int):
        return "L" if value == LAST else "LW"
    weekday, number = value
    return f"{weekday}L" if number < 0 else f"{weekday}#{number}"
