"""Stores that keep features online, judged by histories, and the mistakes that they may make."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tests.features.histories import Read, Step, dicts, offline, online, with_kept
from tests.features.judge import Wrong
from tests.features.reference import Answer, Group, token


class Keeper(Protocol):
    """What is judged: it has the groups of a history, as each step leaves them."""

    def apply(self, step: Step) -> None:
        """Change the rows and definitions, run, and materialize, all at the step's moment."""

    def read(self, read: Read) -> list[dict[str, Any]]:
        """Read online at the moment of the read."""

    def latest(self, read: Read) -> list[dict[str, Any]] | None:
        """What ``get_latest_features`` gives as of that moment; None: it is not asked."""


Maker = Callable[[], AbstractContextManager[Keeper]]


def judged_by_history(make: Maker, history: Sequence[Step]) -> None:
    """Carries out a history. Raises Wrong at the first read that is wrong."""
    with make() as keeper:
        for number, (step, kept) in enumerate(with_kept(history)):
            keeper.apply(step)
            for read in step.reads:
                told, right = keeper.read(read), online(kept, read)
                if why := _unlike(told, right):
                    raise Wrong(f"step {number}, online: {why}, after {step.what}, {read}")
                latest = keeper.latest(read)
                if latest is not None and (why := _unlike(latest, offline(step, read))):
                    raise Wrong(f"step {number}, offline: {why}, after {step.what}, {read}")


def _unlike(told: Sequence[Mapping[str, Any]], answer: Answer) -> str | None:
    right = dicts(answer)
    if [[*row] for row in told] != [[*row] for row in right]:
        return f"{told}, not {right}"
    for one, other in zip(told, right, strict=True):
        if [token(value) for value in one.values()] != [token(value) for value in other.values()]:
            return f"{one}, not {other}"
    return None


class Plain:
    """Keeps a table of each group in memory, as a store in a database would."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        self.marks: dict[str, tuple[Any, ...]] = {}
        self.groups: dict[str, Group] = {}

    def apply(self, step: Step) -> None:
        self.groups = {group.name: group for group in step.groups}
        for name in step.materialized:
            self.materialize(self.groups[name], step.as_of or step.moment, step.full)

    def materialize(self, group: Group, as_of: dt.datetime, full: bool) -> None:
        rows = self.newest(group, as_of)
        mark = self.definition(group)
        if full or self.marks.get(group.name) != mark:
            self.tables[group.name] = rows
        else:
            table = self.tables[group.name]
            table.update(self.upserted(group, rows))
            for key in [key for key in table if key not in rows]:
                self.remove(table, key)
        self.marks[group.name] = mark

    def definition(self, group: Group) -> tuple[Any, ...]:
        return group.features, group.ttl

    def upserted(
        self, group: Group, rows: dict[tuple[Any, ...], dict[str, Any]]
    ) -> dict[tuple[Any, ...], dict[str, Any]]:
        return rows

    def remove(self, table: dict[tuple[Any, ...], Any], key: tuple[Any, ...]) -> None:
        del table[key]

    def newest(self, group: Group, as_of: dt.datetime) -> dict[tuple[Any, ...], dict[str, Any]]:
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in sorted(group.rows, key=lambda row: self.order(group, row)):
            if all(time <= as_of for time in self.times(group, row)):
                kept = {name: row[name] for name in group.features}
                kept["_expires"] = self.expires(group, row)
                found[tuple(row[name] for name in group.keys)] = kept
        return found

    def order(self, group: Group, row: Mapping[str, Any]) -> list[Any]:
        return self.times(group, row)

    def times(self, group: Group, row: Mapping[str, Any]) -> list[dt.datetime]:
        names = [name for name in (group.event_time, group.created_time) if name is not None]
        return [_in_utc(row[name]) for name in names]

    def expires(self, group: Group, row: Mapping[str, Any]) -> dt.datetime | None:
        if group.ttl is None or group.event_time is None:
            return None
        return group.ttl.after(_in_utc(row[group.event_time]))

    def read(self, read: Read) -> list[dict[str, Any]]:
        found = []
        for key in read.keys.rows:
            row = dict(key)
            for each in read.wanted:
                group = self.groups[each.group]
                kept = self.tables[group.name].get(tuple(key[name] for name in group.keys), {})
                if kept and not self.holds(kept["_expires"], read.moment):
                    kept = {}
                row |= {name: kept.get(name) for name in each.of(group)}
            found.append(row)
        return found

    def holds(self, expires: dt.datetime | None, moment: dt.datetime) -> bool:
        return expires is None or expires >= moment

    def latest(self, read: Read) -> None:
        return None


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class _KeepsWhatIsGone(Plain):
    def remove(self, table, key):
        pass


class _LooksForLaterEventsOnly(Plain):
    """Rows are upserted whose event is after all that have been kept: corrections are missed."""

    def upserted(self, group, rows):
        table = self.tables[group.name]
        return {key: row for key, row in rows.items() if key not in table}


class _TtlIsNotReadAgain(Plain):
    def holds(self, expires, moment):
        return True


class _TtlEndsBeforeItsBound(Plain):
    def holds(self, expires, moment):
        return expires is None or expires > moment


class _KeepsTheFuture(Plain):
    def newest(self, group, as_of):
        return super().newest(group, dt.datetime.max.replace(tzinfo=dt.UTC))


class _MissesWhatBecomesPast(Plain):
    """Nothing is done where the rows are those of the last time: time alone changes nothing."""

    def materialize(self, group, as_of, full):
        if not full and getattr(self, "seen", {}).get(group.name) == repr(group):
            return
        self.seen = {**getattr(self, "seen", {}), group.name: repr(group)}
        super().materialize(group, as_of, full)


class _EditsAreNotNoticed(Plain):
    def definition(self, group):
        return ()

    def upserted(self, group, rows):
        table = self.tables[group.name]
        return {key: row for key, row in rows.items() if _less(row) != _less(table.get(key, {}))}


class _NullsKeepTheirOldValue(Plain):
    def upserted(self, group, rows):
        table = self.tables[group.name]
        return {
            key: {
                name: table.get(key, {}).get(name)
                if value is None and name != "_expires"
                else value
                for name, value in row.items()
            }
            for key, row in rows.items()
        }


class _CreatedTimesAreIgnored(Plain):
    def times(self, group, row):
        return super().times(group, row)[:1]


def _less(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: token(value) for name, value in row.items() if name != "_expires"}


MISTAKES: dict[str, type[Plain]] = {
    "keys that are gone stay": _KeepsWhatIsGone,
    "corrections are missed": _LooksForLaterEventsOnly,
    "ttl is not looked at when it is read": _TtlIsNotReadAgain,
    "ttl does not hold at its bound": _TtlEndsBeforeItsBound,
    "what is still to come is kept": _KeepsTheFuture,
    "time that passes changes nothing": _MissesWhatBecomesPast,
    "edits of the ttl are not noticed": _EditsAreNotNoticed,
    "a NULL does not replace a value": _NullsKeepTheirOldValue,
    "created times are ignored": _CreatedTimesAreIgnored,
}


@contextlib.contextmanager
def plain(kind: type[Plain] = Plain):
    """What keeps in memory."""
    yield kind()
