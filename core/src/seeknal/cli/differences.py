"""How a test's rows differ from those that it expects, as lines that fit a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.cli.common import from_here
from seeknal.cli.fitting import columns_of, width, wrapped
from seeknal.cli.render import cell, count, table_lines
from seeknal.cli.streams import paint

if TYPE_CHECKING:
    from seeknal.unittests.comparing import Difference

MOST_ROWS = 20
"""Rows of a difference that are shown; a changed row is one."""
LONGEST = 60
"""Characters of a value that are shown where there is room."""
_SIGNS = {"missing": "-", "unexpected": "+", "changed": "~"}
_COLOURS = {"-": "red", "+": "green", "~": "yellow"}
_ARROW = " → "
_INDENT = "  "


@frozen
class Line:
    """A row that differs: its sign, and its cells as expected and as they came out."""

    sign: str
    expected: Sequence[str]
    actual: Sequence[str]

    def cell(self, place: int) -> str:
        one, other = self.expected[place], self.actual[place]
        return one if one == other else _ARROW.join(_around(one, other))


def difference_lines(difference: Difference, file: Path) -> list[str]:
    """All that there is to say of a difference; rows beyond the first are written to ``file``."""
    lines = [paint(line, "red", sys.stdout) for said in difference.said for line in _sentence(said)]
    rows = [*row_lines(difference)]
    if not rows:
        return lines
    lines += [*_sentence(_counts(difference)), *_table(difference, rows[:MOST_ROWS])]
    if len(rows) > MOST_ROWS:
        more = count(len(rows) - MOST_ROWS, "more row")
        lines += _sentence(f"and {more}: {_kept(difference, rows, file)}")
    return lines


def _sentence(text: str) -> list[str]:
    """A sentence in lines that fit."""
    size = len(_INDENT)
    return (_INDENT + wrapped(cell(text), columns_of(sys.stdout), size, _INDENT)).splitlines()


def row_lines(difference: Difference) -> Iterator[Line]:
    """The rows that differ: changed ones, then what is missing, then what is not expected."""
    shown, expected, actual = difference.shown, difference.expected, difference.actual
    matching = difference.matching
    for one, other in matching.changed:
        places = set(difference.cells(one, other))
        after = shown(actual[other])
        # Floats that are near enough are not told as changed.
        before = [
            text if place in places else after[place]
            for place, text in enumerate(shown(expected[one]))
        ]
        yield Line(_SIGNS["changed"], before, after)
    for one in matching.missing:
        yield Line(_SIGNS["missing"], shown(expected[one]), shown(expected[one]))
    for other in matching.unexpected:
        yield Line(_SIGNS["unexpected"], shown(actual[other]), shown(actual[other]))


def _counts(difference: Difference) -> str:
    matching = difference.matching
    parts = [
        f"{count(len(matching.changed), 'row')} changed, expected → actual"
        * bool(matching.changed),
        f"{count(len(matching.missing), 'row')} missing" * bool(matching.missing),
        f"{count(len(matching.unexpected), 'row')} not expected" * bool(matching.unexpected),
    ]
    return "; ".join(part for part in parts if part)


def _table(difference: Difference, rows: Sequence[Line]) -> list[str]:
    names = list(difference.columns)
    terminal = columns_of(sys.stdout)
    room = None if terminal is None else terminal - len(_INDENT)
    places = _fitting(names, rows, room)
    cells = [(row.sign, *(_shortened(row.cell(place)) for place in places)) for row in rows]
    lines = table_lines(["", *(names[place] for place in places)], cells, columns=room)
    hidden = len(names) - len(places)
    shown = [f"{_INDENT}{line}" for line in _coloured(lines, rows)]
    if hidden:
        more = count(hidden, "more column")
        shown += _sentence(f"and {more} in which no changed row differs")
    return shown


def _coloured(lines: Sequence[str], rows: Sequence[Line]) -> list[str]:
    """Each line of a row in the colour of its sign; rows that stand upright stay as they are."""
    if len(lines) != len(rows) + 2:
        return list(lines)
    return [
        *lines[:2],
        *(
            paint(line, _COLOURS[row.sign], sys.stdout)
            for line, row in zip(lines[2:], rows, strict=True)
        ),
    ]


def _fitting(names: Sequence[str], rows: Sequence[Line], room: int | None) -> list[int]:
    """The columns that are shown: where there is no room for all, those that tell something."""
    places = list(range(len(names)))
    sizes = [
        max([width(cell(names[at])), *(width(cell(_shortened(row.cell(at)))) for row in rows)])
        for at in places
    ]
    differ = {at for at in places if any(row.expected[at] != row.actual[at] for row in rows)}
    for place in reversed(places[1:]):
        if room is None or sum(sizes[at] + 2 for at in places) + 1 <= room:
            break
        if place not in differ and differ:
            places = [at for at in places if at != place]
    return places


def _shortened(text: str) -> str:
    limit = LONGEST * 2 if _ARROW in text else LONGEST
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _around(one: str, other: str) -> tuple[str, str]:
    """Two values that differ, long ones from shortly before the place at which they do."""
    if max(len(one), len(other)) <= LONGEST // 2:
        return one, other
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    start = max(0, same - 8)
    return _window(one, start), _window(other, start)


def _window(text: str, start: int) -> str:
    size = LONGEST // 2
    before = "…" if start else ""
    after = "…" if len(text) > start + size else ""
    return f"{before}{text[start : start + size]}{after}"


def _kept(difference: Difference, rows: Sequence[Line], file: Path) -> str:
    """Where all of the rows are written now, or why they are not."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *difference.columns])
    for row in rows:
        if row.sign == _SIGNS["changed"]:
            writer.writerow(["expected", *row.expected])
            writer.writerow(["actual", *row.actual])
        else:
            sort = next(name for name, sign in _SIGNS.items() if sign == row.sign)
            writer.writerow([sort, *row.expected])
    from seeknal.host.files import put_text

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        put_text(file, text.getvalue())
    except OSError as error:
        return f"they cannot be written to {from_here(file)}: {error.strerror or error}"
    return f"all are in {from_here(file)}"
