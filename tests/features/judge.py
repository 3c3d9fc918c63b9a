"""Compares answers with the reference's, and makes a case small whose answer is wrong."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tests.features.cases import Ask, Case, drawn, expected, written
from tests.features.later import changed_later, moment_of
from tests.features.reference import Answer, Group, token


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is answered: rows, or the code of an error."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    code: str | None = None
    types: tuple[str, ...] | None = None
    """Of all columns, as DuckDB writes them; None where they are not told."""


class Answerer(Protocol):
    """What is judged: it has the groups of a case."""

    def ask(self, ask: Ask) -> Told: ...


Maker = Callable[[Sequence[Group]], AbstractContextManager[Answerer]]


class Wrong(Exception):
    """An answer is not what the reference says, or depends on what is later."""


def judged(make: Maker, case: Case) -> None:
    """Asks each question of a case. Raises Wrong at the first answer that is wrong."""
    with make(case.groups) as answerer:
        for number, ask in enumerate(case.asks):
            told = answerer.ask(ask)
            why = difference(expected(case.groups, ask), told, _rounded(case, ask))
            if why or (why := _other_types(case, ask, told)):
                raise Wrong(f"question {number}: {why}")


def judged_by_the_future(make: Maker, case: Case, seed: int) -> None:
    """Asks again after rows have changed that are later than one row's moment.

    Raises Wrong where that row's answer is another one then.
    """
    for number, ask in enumerate(case.asks):
        before = expected(case.groups, ask)
        if not before.rows or before.must or before.may:
            continue
        chance = random.Random(seed * 1000 + number)
        known = [place for place in range(len(before.rows)) if place not in before.optional]
        if not known:
            continue
        place = chance.choice(known)
        moment = moment_of(ask, place)
        groups = changed_later(chance, case.groups, ask, moment)
        key = before.rows[place]
        with make(case.groups) as answerer:
            one = answerer.ask(ask)
        with make(groups) as answerer:
            other = answerer.ask(ask)
        if why := _moved(ask, place, one, other):
            changed = written(Case(groups=groups, asks=(ask,)))
            raise Wrong(f"question {number}, row {place} {key}: {why}, once it is\n{changed}")


def _moved(ask: Ask, place: int, one: Told, other: Told) -> str | None:
    if one.code or other.code:
        return None if one.code == other.code else f"{one.code} and then {other.code}"
    if place >= len(one.rows):
        return None
    row = _tokens(one.rows[place])
    if ask.frame is not None:
        found = [_tokens(other.rows[place])] if place < len(other.rows) else []
    else:
        found = [_tokens(each) for each in other.rows]
    return None if row in found else f"{one.rows[place]} is not there any more"


def difference(answer: Answer, told: Told, rounded: Iterable[int] = ()) -> str | None:
    """How what is told is another than the answer; None where it is not."""
    if told.code is not None:
        right = answer.must | answer.may
        return None if told.code in right else f"refused for {told.code}, not {sorted(right)}"
    if answer.must:
        return f"gives {told.rows}, though it has to be refused for {sorted(answer.must)}"
    if told.columns != answer.columns:
        return f"columns {told.columns}, not {answer.columns}"
    rows, rounded = _without_optional(answer, told), {*rounded}
    if len(told.rows) != len(rows):
        return f"{len(told.rows)} rows, not {len(rows)}: {told.rows}, not {rows}"
    for number, (one, other) in enumerate(zip(told.rows, rows, strict=True)):
        if not _are_same(one, other, rounded):
            return f"row {number}: {one}, not {other}"
    return None


def _without_optional(answer: Answer, told: Told) -> list[tuple[Any, ...]]:
    """The rows without those of keys that are not known yet, where they were left out."""
    given = {repr(_tokens(row)) for row in told.rows}
    return [
        row
        for place, row in enumerate(answer.rows)
        if place not in answer.optional or repr(_tokens(row)) in given
    ]


def _are_same(one: Sequence[Any], other: Sequence[Any], rounded: set[int]) -> bool:
    if len(one) != len(other):
        return False
    pairs = enumerate(zip(one, other, strict=True))
    return all(
        token(a) == token(b)
        or (place in rounded and _is_number(a) and _is_number(b) and math.isclose(a, b))
        for place, (a, b) in pairs
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _tokens(row: Sequence[Any]) -> list[Any]:
    return [token(value) for value in row]


def _other_types(case: Case, ask: Ask, told: Told) -> str | None:
    """Which features have another type than their group's, where types are told."""
    if told.types is None:
        return None
    groups = {group.name: group for group in case.groups}
    place = len(ask.frame.columns) if ask.frame else len(groups[ask.wanted[0].group].keys)
    for each in ask.wanted:
        group = groups[each.group]
        for name in each.of(group):
            if group.made_by is None and told.types[place] != group.columns[name]:
                return f"{name} is {told.types[place]}, not {group.columns[name]}"
            place += 1
    return None


def _rounded(case: Case, ask: Ask) -> Iterator[int]:
    """Places of what is computed with rounding: aggregates."""
    groups = {group.name: group for group in case.groups}
    place = len(ask.frame.columns) if ask.frame else len(groups[ask.wanted[0].group].keys)
    for each in ask.wanted:
        for _ in each.of(groups[each.group]):
            if groups[each.group].made_by is not None:
                yield place
            place += 1


def judged_by_drawing(
    make: Maker, seeds: Iterable[int], asks: int = 4, patience: float = 60
) -> int:
    """Judges random cases; gives how many. Raises Wrong with the smallest that was found."""
    count = 0
    for seed in seeds:
        case = drawn(random.Random(seed), asks)
        try:
            judged(make, case)
        except Wrong:
            small = shrunk(lambda some: _why(make, some), case, patience)
            raise Wrong(f"seed {seed}, {_why(make, small)}\n{written(small)}") from None
        count += 1
    return count


def judged_by_changing(make: Maker, seeds: Iterable[int], asks: int = 2) -> int:
    """Judges by the future in random cases; gives how many. Raises Wrong with the first."""
    count = 0
    for seed in seeds:
        case = drawn(random.Random(seed), asks)
        try:
            judged_by_the_future(make, case, seed)
        except Wrong as wrong:
            raise Wrong(f"seed {seed}, {wrong}\nand not what it is in\n{written(case)}") from None
        count += 1
    return count


def _why(make: Maker, case: Case) -> str | None:
    try:
        judged(make, case)
    except Wrong as wrong:
        return str(wrong)
    return None


def shrunk(why: Callable[[Case], str | None], case: Case, patience: float) -> Case:
    """A small case for which ``why`` still says something; found within that many seconds."""
    until = time.monotonic() + patience
    going = True
    while going:
        going = False
        for smaller in _smaller(case):
            if time.monotonic() > until:
                return case
            if why(smaller):
                case, going = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for number in range(len(case.asks) if len(case.asks) > 1 else 0):
        yield replace(case, asks=(case.asks[number],))
    used = {each.group for ask in case.asks for each in ask.wanted}
    if len(used) < len(case.groups):
        yield replace(case, groups=tuple(each for each in case.groups if each.name in used))
    for number, ask in enumerate(case.asks):
        for less in _less_asked(ask, case.groups):
            yield replace(case, asks=(*case.asks[:number], less, *case.asks[number + 1 :]))
    for number, group in enumerate(case.groups):
        for simpler in _simpler(group):
            groups = (*case.groups[:number], simpler, *case.groups[number + 1 :])
            yield replace(case, groups=groups)


def _less_asked(ask: Ask, groups: Sequence[Group]) -> Iterator[Ask]:
    if len(ask.wanted) > 1:
        for each in ask.wanted:
            yield replace(ask, wanted=tuple(other for other in ask.wanted if other != each))
    if ask.frame is not None:
        for rows in _fewer(ask.frame.rows):
            yield replace(ask, frame=replace(ask.frame, rows=rows))
    by_name = {group.name: group for group in groups}
    for number, each in enumerate(ask.wanted):
        features = each.of(by_name[each.group])
        if len(features) > 1:
            for name in features:
                fewer = replace(each, features=(name,))
                yield replace(ask, wanted=(*ask.wanted[:number], fewer, *ask.wanted[number + 1 :]))
    if ask.form != "relation":
        yield replace(ask, form="relation")


def _fewer(rows: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if len(rows) > 3:
        half = len(rows) // 2
        yield rows[:half]
        yield rows[half:]
    for number in range(len(rows)):
        yield (*rows[:number], *rows[number + 1 :])


def _simpler(group: Group) -> Iterator[Group]:
    for rows in _fewer(group.events):
        yield replace(group, events=rows)
    if group.ttl is not None:
        yield replace(group, ttl=None)
    if group.created_time is not None:
        yield replace(group, created_time=None)
