"""Two bags of rows held against each other: which are equal, which differ in few cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from seeknal.unittests.values import alike, firm

Row = tuple[Any, ...]
_MOST_PAIRS = 200_000


@frozen(kw_only=True)
class Matching:
    """Places of rows that belong together, of the expected ones first.

    ``equal`` rows are the same, ``changed`` ones differ in some cells; ``missing`` are expected
    and not there, ``unexpected`` the other way round.
    """

    equal: tuple[tuple[int, int], ...] = ()
    changed: tuple[tuple[int, int], ...] = ()
    missing: tuple[int, ...] = ()
    unexpected: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not (self.changed or self.missing or self.unexpected)


def match(
    expected: Sequence[Row], actual: Sequence[Row], tolerance: float, keys: Sequence[int] = ()
) -> Matching:
    """The rows as two bags; ``keys`` are the places of the columns that identify a row."""
    equal = _equal(expected, actual, tolerance)
    left = _without(len(expected), (one for one, _ in equal))
    right = _without(len(actual), (other for _, other in equal))
    changed = _changed(expected, actual, left, right, tolerance, keys)
    return Matching(
        equal=tuple(sorted(equal)),
        changed=tuple(sorted(changed)),
        missing=tuple(_minus(left, (one for one, _ in changed))),
        unexpected=tuple(_minus(right, (other for _, other in changed))),
    )


def in_order(expected: Sequence[Row], actual: Sequence[Row], tolerance: float) -> int | None:
    """The place of the first row that is another one; None where all are the same."""
    for place, (one, other) in enumerate(zip(expected, actual, strict=False)):
        if not _same(one, other, tolerance):
            return place
    return None if len(expected) == len(actual) else min(len(expected), len(actual))


def differing(one: Row, other: Row, tolerance: float) -> list[int]:
    """The places of the cells in which two rows differ."""
    pairs = enumerate(zip(one, other, strict=True))
    return [place for place, (a, b) in pairs if not alike(a, b, tolerance)]


def _same(one: Row, other: Row, tolerance: float) -> bool:
    return all(alike(a, b, tolerance) for a, b in zip(one, other, strict=True))


def _equal(
    expected: Sequence[Row], actual: Sequence[Row], tolerance: float
) -> list[tuple[int, int]]:
    """Pairs of equal rows: as many as there can be, though floats that are near may fit several."""
    groups: dict[Any, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((expected, actual)):
        for place, row in enumerate(rows):
            groups[firm(row)][side].append(place)
    found: list[tuple[int, int]] = []
    for ones, others in groups.values():
        if ones and others:
            found += _equal_in_group(expected, actual, ones, others, tolerance)
    return found


def _equal_in_group(
    expected: Sequence[Row],
    actual: Sequence[Row],
    ones: list[int],
    others: list[int],
    tolerance: float,
) -> list[tuple[int, int]]:
    """Of rows that differ in floats at most: the identical ones, then as many as can be near."""
    free: dict[Row, list[int]] = defaultdict(list)
    for other in reversed(others):
        free[actual[other]].append(other)
    owner: dict[int, int] = {}
    left = []
    for one in ones:
        same = free.get(expected[one])
        if same and _same(expected[one], expected[one], tolerance):
            owner[same.pop()] = one
        else:
            left.append(one)
    if left and len(owner) < len(others) and tolerance:
        options = _Options(expected, actual, others, tolerance)
        for one in left:
            _place(one, options, owner)
    return [(one, other) for other, one in owner.items()]


class _Options(dict[int, list[int]]):
    """For each expected row the actual ones that are near, found when they are asked for."""

    def __init__(
        self, expected: Sequence[Row], actual: Sequence[Row], others: list[int], tolerance: float
    ) -> None:
        super().__init__()
        self.expected, self.actual, self.others = expected, actual, others
        self.tolerance = tolerance

    def __missing__(self, one: int) -> list[int]:
        row = self.expected[one]
        near = [o for o in self.others if _same(row, self.actual[o], self.tolerance)]
        self[one] = near
        return near


def _place(start: int, options: dict[int, list[int]], owner: dict[int, int]) -> None:
    """Give ``start`` one of its options, moving others on where that makes room for all."""
    came: dict[int, int] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        for other in options[one]:
            if other in came:
                continue
            came[other] = one
            if other not in owner:
                _shift(other, came, owner, start)
                return
            waiting.append(owner[other])


def _shift(other: int, came: dict[int, int], owner: dict[int, int], start: int) -> None:
    while True:
        one = came[other]
        before = next((place for place, holder in owner.items() if holder == one), None)
        owner[other] = one
        if one == start or before is None:
            return
        del owner[before]
        other = before


def _changed(
    expected: Sequence[Row],
    actual: Sequence[Row],
    left: Sequence[int],
    right: Sequence[int],
    tolerance: float,
    keys: Sequence[int],
) -> list[tuple[int, int]]:
    """Pairs of rows that are probably the same row with other values: those of one key, then
    those that differ in the fewest cells, and in no more than half of them."""
    found = _of_one_key(expected, actual, left, right, keys) if keys else []
    left = _minus(left, (one for one, _ in found))
    right = _minus(right, (other for _, other in found))
    if len(left) * len(right) > _MOST_PAIRS:
        return found
    width = len(expected[left[0]]) if left else 0
    likely = []
    for one in left:
        for other in right:
            count = len(differing(expected[one], actual[other], tolerance))
            if 2 * count <= width and not any(
                expected[one][place] != actual[other][place] for place in keys
            ):
                likely.append((count, one, other))
    taken: tuple[set[int], set[int]] = (set(), set())
    for _, one, other in sorted(likely):
        if one not in taken[0] and other not in taken[1]:
            found.append((one, other))
            taken[0].add(one)
            taken[1].add(other)
    return found


def _of_one_key(
    expected: Sequence[Row],
    actual: Sequence[Row],
    left: Sequence[int],
    right: Sequence[int],
    keys: Sequence[int],
) -> list[tuple[int, int]]:
    def key(row: Row) -> Row:
        return tuple(row[place] for place in keys)

    counts = Counter(key(expected[one]) for one in left), Counter(key(actual[o]) for o in right)
    by_key = {key(actual[other]): other for other in right if counts[1][key(actual[other])] == 1}
    return [
        (one, by_key[key(expected[one])])
        for one in left
        if counts[0][key(expected[one])] == 1 and key(expected[one]) in by_key
    ]


def _without(count: int, taken: Any) -> list[int]:
    return _minus(range(count), taken)


def _minus(places: Sequence[int], taken: Any) -> list[int]:
    gone = set(taken)
    return [place for place in places if place not in gone]
