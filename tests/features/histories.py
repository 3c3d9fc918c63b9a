"""Random histories of groups that are kept online, and what reads must give after each step.

A step happens at a moment: rows are changed, groups are run, some are materialized, and then
features are read by key. Time passes between the steps, so that rows of times to come become rows
of the past, and ttl ends.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.features.cases import TTLS, VALUES
from tests.features.reference import ZONED, Answer, Frame, Group, Wanted, historical

BEGIN = dt.datetime(2024, 1, 30, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
TYPES = {"id": "BIGINT", "part": "VARCHAR"}
PARTS = ("1", "12", "", "a", "A", "it's")


@dataclass(frozen=True, kw_only=True)
class Read:
    """Features that are read by keys, at a moment after the step's."""

    wanted: tuple[Wanted, ...]
    keys: Frame
    moment: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Step:
    """What there is at a moment, what is kept online of it, and what is read then."""

    moment: dt.datetime
    what: tuple[str, ...]
    groups: tuple[Group, ...]
    materialized: tuple[str, ...] = ()
    full: bool = False
    as_of: dt.datetime | None = None
    """None: as of the moment."""
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A group as it was when it was materialized."""

    group: Group
    as_of: dt.datetime


@dataclass
class _World:
    chance: random.Random
    ids: int
    changes: int
    moment: dt.datetime = BEGIN
    groups: dict[str, Group] = field(default_factory=dict)
    number: int = 0


def drawn_history(
    chance: random.Random, steps: int = 8, *, ids: int = 4, changes: int = 4, keys: int = 6
) -> tuple[Step, ...]:
    """A history of that many steps.

    ``ids`` says how many values a key has, ``changes`` how many rows a step changes at most in a
    group, ``keys`` of how many keys a read is.
    """
    world = _World(chance=chance, ids=ids, changes=changes)
    for number in range(chance.choice((1, 2, 2, 3))):
        group = _new(world, f"g{number}")
        world.groups[group.name] = group
    return tuple(_step(world, number, keys) for number in range(steps))


def with_kept(history: Sequence[Step]) -> Iterator[tuple[Step, dict[str, Kept]]]:
    """Each step with what is kept online after it."""
    kept: dict[str, Kept] = {}
    for step in history:
        for group in step.groups:
            if group.name in step.materialized:
                kept[group.name] = Kept(group=group, as_of=step.as_of or step.moment)
        yield step, dict(kept)


def online(kept: Mapping[str, Kept], read: Read) -> Answer:
    """What is read online: the newest rows as of when they were kept, those that hold now.

    Columns are the keys, then the features; a row for each of the keys.
    """
    groups = [_newest(kept[each.group]) for each in read.wanted]
    return _by_key(groups, read)


def offline(step: Step, read: Read) -> Answer:
    """What ``get_latest_features`` gives as of the moment of the read."""
    by_name = {group.name: group for group in step.groups}
    return _by_key([by_name[each.group] for each in read.wanted], read)


def dicts(answer: Answer) -> list[dict[str, Any]]:
    """Rows as they are read online."""
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def _by_key(groups: Sequence[Group], read: Read) -> Answer:
    by_name = {group.name: group for group in groups}
    return historical(by_name, read.wanted, read.keys, as_of=read.moment)


def _newest(kept: Kept) -> Group:
    """The group with no rows but those that were to be kept."""
    group = kept.group
    if group.event_time is None:
        return group
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in group.rows:
        times = [row[name] for name in (group.event_time, group.created_time) if name is not None]
        instants = [each if each.tzinfo else each.replace(tzinfo=dt.UTC) for each in times]
        if max(instants) > kept.as_of:
            continue
        key = tuple(row[name] for name in group.keys)
        if key not in found or _order(group, row) > _order(group, found[key]):
            found[key] = row
    return replace(group, events=tuple(found.values()))


def _order(group: Group, row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name in (group.event_time, group.created_time) if name is not None]


def _new(world: _World, name: str) -> Group:
    chance = world.chance
    keys = chance.choice((("id",), ("id",), ("id", "part")))
    time = chance.choice(("TIMESTAMP", ZONED))
    has_time, has_created = chance.random() < 0.9, chance.random() < 0.4
    columns = {key: TYPES[key] for key in keys}
    if has_time:
        columns["at"] = time
    if has_time and has_created:
        columns["loaded"] = time
    features = tuple(f"{name}_{letter}" for letter in "abc"[: chance.choice((1, 2, 3))])
    columns |= {feature: chance.choice([*VALUES]) for feature in features}
    group = Group(
        name=name,
        columns=columns,
        keys=keys,
        features=features,
        event_time="at" if has_time else None,
        created_time="loaded" if has_time and has_created else None,
        ttl=chance.choice(TTLS) if has_time and chance.random() < 0.6 else None,
    )
    return replace(
        group, events=_one_each(group, [_row(world, group) for _ in range(world.changes)])
    )


def _step(world: _World, number: int, keys: int) -> Step:
    chance = world.chance
    what: list[str] = []
    edited: set[str] = set()
    if number:
        world.moment += dt.timedelta(hours=chance.choice((0, 1, 12, 24, 48))) + TICK
        for name, group in world.groups.items():
            if chance.random() < 0.6:
                world.groups[name] = _changed(world, group, what)
            if chance.random() < 0.2:
                world.groups[name] = _edited(world, world.groups[name], what)
                edited.add(name)
    some = {name for name in world.groups if number == 0 or chance.random() < 0.7} | edited
    as_of = None
    if chance.random() < 0.15:
        as_of = world.moment + dt.timedelta(hours=chance.choice((-24, -1, 0)))
    return Step(
        moment=world.moment,
        what=tuple(what),
        groups=tuple(world.groups.values()),
        materialized=tuple(name for name in world.groups if name in some),
        full=chance.random() < 0.15,
        as_of=as_of,
        reads=tuple(_read(world, keys) for _ in range(2)),
    )


def _read(world: _World, many: int) -> Read:
    chance = world.chance
    asked = chance.sample([*world.groups.values()], chance.randint(1, len(world.groups)))
    names = [name for name in TYPES if any(name in group.keys for group in asked)]
    keys = tuple(_key(world, names, known=False) for _ in range(chance.choice((0, 1, many, many))))
    wanted = []
    for group in asked:
        some = chance.sample(group.features, chance.randint(1, len(group.features)))
        wanted.append(
            Wanted(group=group.name, features=tuple(some) if chance.random() < 0.5 else None)
        )
    frame = Frame(columns={name: TYPES[name] for name in names}, rows=keys)
    after = dt.timedelta(hours=chance.choice((0, 0, 1, 12, 24, 24 * 31)))
    moment = world.moment + after
    if chance.random() < 0.4 and (ends := [*_ends(world, asked)]):
        moment = chance.choice(ends) + chance.choice((0, 0, 1)) * TICK
    return Read(wanted=tuple(wanted), keys=frame, moment=moment)


def _ends(world: _World, groups: Sequence[Group]) -> Iterator[dt.datetime]:
    """The last moments of rows that hold still."""
    for group in groups:
        for row in group.events if group.ttl is not None and group.event_time else ():
            at = row[group.event_time or ""]
            end = group.ttl.after(at if at.tzinfo else at.replace(tzinfo=dt.UTC))
            if end >= world.moment:
                yield end


def _key(world: _World, names: Sequence[str], *, known: bool) -> dict[str, Any]:
    """A key; of those that are read some are of nobody, and a few are NULL."""
    chance = world.chance
    drawn = {
        "id": chance.randrange(world.ids if known else world.ids + 2),
        "part": chance.choice(PARTS),
    }
    if not known and chance.random() < 0.04:
        drawn[chance.choice(names)] = None
    return {name: drawn[name] for name in names}


def _row(world: _World, group: Group) -> dict[str, Any]:
    """A row of a time before or after the moment; what is of a time to come is seen later."""
    chance = world.chance
    row = _key(world, group.keys, known=True)
    hours = chance.choice((-800, -48, -24, -12, -1, 0, 1, 24))
    at = world.moment + dt.timedelta(hours=hours) + chance.choice((-1, 0, 1)) * TICK
    if group.event_time is not None:
        row["at"] = _as(at, group.columns["at"])
    if group.created_time is not None:
        late = at + dt.timedelta(hours=chance.choice((0, 0, 1, 24)))
        row["loaded"] = _as(late, group.columns["loaded"])
    return row | {name: chance.choice(VALUES[group.columns[name]]) for name in group.features}


def _as(moment: dt.datetime, type: str) -> dt.datetime:
    return moment if type == ZONED else moment.replace(tzinfo=None)


def _changed(world: _World, group: Group, what: list[str]) -> Group:
    """Rows are added, corrected, removed."""
    chance = world.chance
    rows = [*group.events]
    for _ in range(chance.randint(1, world.changes)):
        act = chance.choice(("add", "add", "correct", "remove", "remove a key", "correct late"))
        if act == "add" or not rows:
            rows.append(_row(world, group))
        elif act == "remove":
            rows.remove(chance.choice(rows))
        elif act == "remove a key":
            gone = chance.choice(rows)
            rows = [r for r in rows if any(r[name] != gone[name] for name in group.keys)]
        else:
            old = chance.choice(rows)
            features = {name: _row(world, group)[name] for name in group.features}
            if act == "correct late" and group.created_time is not None:
                rows.append(
                    {**old, **features, "loaded": _as(world.moment, group.columns["loaded"])}
                )
            else:
                rows[rows.index(old)] = {**old, **features}
        if world.changes < 10:
            what.append(f"{group.name}: {act}")
    return replace(group, events=_one_each(group, rows))


def _edited(world: _World, group: Group, what: list[str]) -> Group:
    """The definition is another one: its ttl, or a feature more or less."""
    chance = world.chance
    act = chance.choice(("ttl", "one more", "one less", "in another order"))
    what.append(f"{group.name}: definition, {act}")
    if act == "ttl" and group.event_time is not None:
        return replace(group, ttl=chance.choice((None, *TTLS)))
    if act == "one less" and len(group.features) > 1:
        gone = group.features[-1]
        return replace(
            group,
            columns={name: type for name, type in group.columns.items() if name != gone},
            features=group.features[:-1],
            events=tuple({k: v for k, v in row.items() if k != gone} for row in group.events),
        )
    if act == "in another order":
        return replace(group, features=group.features[::-1])
    world.number += 1
    name = f"{group.name}_more{world.number}"
    type = chance.choice([*VALUES])
    rows = tuple({**row, name: chance.choice(VALUES[type])} for row in group.events)
    return replace(
        group,
        columns={**group.columns, name: type},
        features=(*group.features, name),
        events=rows,
    )


def _one_each(group: Group, rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """One row of each key and times, so that none is in doubt."""
    times = [name for name in (group.event_time, group.created_time) if name is not None]
    places = (*group.keys, *times)
    return tuple({tuple(row[name] for name in places): row for row in rows}.values())
