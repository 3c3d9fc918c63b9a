"""Changes of what is later than a moment: nobody who asked at that moment may notice them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.features.cases import NOW, VALUES, Ask
from tests.features.reference import Group, are_days, instant, over

AGES = dt.timedelta(days=4000)


def moment_of(ask: Ask, place: int) -> dt.datetime | None:
    """The moment of a row that is asked for; it may have a zone or not."""
    as_of = ask.as_of or (NOW if ask.is_latest else None)
    if as_of is not None:
        return as_of if as_of.tzinfo else as_of.replace(tzinfo=dt.UTC)
    assert ask.frame is not None
    value = ask.frame.rows[place][ask.frame.timestamp or ""]
    return None if value is None else instant(value, ask.frame.timezone)


def changed_later(
    chance: random.Random, groups: Sequence[Group], ask: Ask, moment: dt.datetime | None
) -> tuple[Group, ...]:
    """Those that are asked with other rows after ``moment``; where it is None, with other rows."""
    asked = {each.group for each in ask.wanted}
    return tuple(
        _changed(chance, group, moment, days_in(ask, group)) if group.name in asked else group
        for group in groups
    )


def days_in(ask: Ask, group: Group) -> bool:
    """Whether days of the group are compared with days."""
    as_of = ask.as_of or (NOW if ask.is_latest else None)
    return ask.frame is not None and are_days(group, ask.frame, as_of)


def _changed(chance: random.Random, group: Group, moment: dt.datetime | None, days: bool) -> Group:
    if group.event_time is None:
        return group
    # An application date has a row though nothing has happened by then: it is not for events to
    # take that away.
    by_date = group.made_by is not None and group.made_by.date is not None
    rows = []
    for row in group.events:
        if not _is_later(group, row, moment, days):
            rows.append(row)
        elif by_date or chance.random() < 0.5:
            rows.append(_other(chance, group, row))
    for row in chance.sample(group.events, min(len(group.events), 3)):
        if _is_later(group, put_off := _put_off(group, row), moment, days):
            rows.append(_other(chance, group, put_off))
    return replace(group, events=_unambiguous(group, rows))


def _times(group: Group) -> list[str]:
    """Columns that say when something is known."""
    said = group.made_by
    names = (said.time, said.date) if said else (group.event_time, group.created_time)
    return [name for name in names if name is not None]


def _is_later(group: Group, row: Mapping[str, Any], moment: dt.datetime | None, days: bool) -> bool:
    return moment is None or any(
        _since(group, row[name], moment, days) > moment
        for name in _times(group)
        if row[name] is not None
    )


def _since(group: Group, value: dt.date, moment: dt.datetime, days: bool) -> dt.datetime:
    """Since when an event counts: what is of a day, when that is over; of days, since it begins."""
    if days and isinstance(value, dt.datetime):
        value = value.date()
    elif not days and not isinstance(value, dt.datetime):
        value = over(value)
    found = instant(value, group.timezone)
    return found if found.tzinfo or not moment.tzinfo else found.replace(tzinfo=dt.UTC)


def _other(chance: random.Random, group: Group, row: Mapping[str, Any]) -> dict[str, Any]:
    if group.made_by is not None:
        return {**row, "v": chance.choice((None, 100, 101)), "kind": chance.choice("abc")}
    changed = {name: chance.choice(VALUES[group.columns[name]]) for name in group.features}
    return {**row, **changed}


def _put_off(group: Group, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the same key that is long after everything: by one of its times, or by all."""
    names = _times(group)
    name = names[-1]
    value = row[name]
    return {**row, name: None if value is None else value + AGES}


def _unambiguous(group: Group, rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """One row of each key and time."""
    if group.made_by is not None:
        return tuple(rows)
    places = (*group.keys, *_times(group))
    found = {tuple(map(repr, (row[name] for name in places))): row for row in reversed(rows)}
    return tuple(reversed(found.values()))
