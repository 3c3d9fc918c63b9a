"""SCD type 2 in plain Python: a history of rows, and what a run makes of it. See MEANING.md."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

TICK = timedelta(microseconds=1)
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
"""What ``valid_from`` may be, each holding all that the one before it does."""
WIDER: dict[tuple[str, str], Any] = {
    ("INTEGER", "BIGINT"): int,
    ("INTEGER", "DOUBLE"): float,
    ("DATE", "TIMESTAMP"): lambda value: datetime.combine(value, datetime.min.time()),
}
ORIGIN = frozenset(("_source_file", "_ingested_at", "_batch_id"))


class Refused(Exception):
    """A run that is refused: ``why`` in a word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a node says. ``check`` is None for all columns."""

    keys: tuple[str, ...] = ("id",)
    strategy: str = "timestamp"
    updated_at: str = "at"
    check: tuple[str, ...] | None = None
    deletes: str = "ignore"


@dataclass(frozen=True, kw_only=True)
class Table:
    """An input: columns with their types, and rows."""

    columns: dict[str, str]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A row of a history."""

    values: dict[str, Any]
    start: Any
    end: Any = None
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class History:
    """All versions; ``columns`` without ours. ``marks``: it has ``is_deleted``."""

    columns: dict[str, str]
    time: str
    marks: bool = False
    versions: tuple[Version, ...] = field(default=())


def after(before: History | None, said: Definition, given: Table, moment: datetime) -> History:
    """The history that a run leaves. Raises Refused, and then nothing has changed."""
    before = before if before is not None and before.versions else None
    if before is not None and not given.rows:
        given = _as_before(before, said, given)
    _refuse_names(said, given)
    _refuse_types(said, given)
    _refuse_rows(said, given)
    columns = _columns(before, given)
    time = _time(before, said, given)
    old = _by_key(said, _widened(before, columns, time))
    if not all(_is_history(key, versions) for key, versions in old.items()):
        raise Refused("keys")
    new = _rows_by_key(said, given, columns)
    marks = said.deletes == "new_record" or bool(before and before.marks)
    keys = [
        _Key(said, given, time, moment, old.get(key, []), new.get(key, []))
        for key in {**old, **new}
    ]
    found: list[Version] = []
    if said.strategy == "timestamp":
        for each in keys:
            each.refuse_contradictions()
    for each in keys:
        found += each.timestamp() if said.strategy == "timestamp" else each.check()
    return History(columns=columns, time=time, marks=marks, versions=tuple(found))


def token(value: Any) -> Any:
    """A value that is equal to that of another where both are exactly the same."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack(">d", value)
    if isinstance(value, list | tuple):
        return tuple(map(token, value))
    return type(value).__name__, value


class _Key:
    """One key in a run: what the history has of it, and the rows that the input has."""

    def __init__(
        self,
        said: Definition,
        given: Table,
        time: str,
        moment: datetime,
        old: list[Version],
        new: list[dict[str, Any]],
    ) -> None:
        self.said, self.given, self.time = said, given, time
        self.versions = sorted(old, key=lambda each: each.start)
        self.new = new
        self.moment = moment

    @property
    def current(self) -> Version | None:
        """The version that is current, and not one that says that the key is deleted."""
        found = [each for each in self.versions if each.end is None and not each.deleted]
        return found[0] if found else None

    def now(self) -> datetime:
        """The moment of the run, or right after all that there is of the key."""
        ends = [each.end for each in self.versions if each.end is not None]
        return max([self.moment, *(each.start + TICK for each in self.versions), *ends])

    def check(self) -> list[Version]:
        if not self.new:
            return self.gone()
        (row,) = self.new
        if not self.versions:
            return [Version(values=row, start=self.moment)]
        if self.current is None or self.differs(self.current.values, row):
            self.put(row, self.now())
        return self.versions

    def differs(self, old: dict[str, Any], row: dict[str, Any]) -> bool:
        names = self.given.columns if self.said.check is None else self.said.check
        return any(token(old.get(name)) != token(row[name]) for name in names if name not in ORIGIN)

    def refuse_contradictions(self) -> None:
        when = self.said.updated_at
        for row in self.new:
            for each in self.versions:
                same = not each.deleted and each.values[when] == row[when]
                if same and self.contradicts(each.values, row):
                    raise Refused("contradiction")

    def timestamp(self) -> list[Version]:
        if not self.new:
            return self.gone()
        when = self.said.updated_at
        rows = sorted(self.new, key=lambda row: row[when])
        known = [each for each in self.versions if not each.deleted]
        times = [each.values[when] for each in known if each.values[when] is not None]
        newest = rows[-1]
        is_newer = not times or newest[when] > max(times)
        comes = self.current is None or is_newer
        start = self.start_of(newest) if comes else None
        last = newest if comes else self.current and self.current.values
        for row in rows:
            if row is newest and comes:
                continue
            if row[when] not in times:
                self.put(row, self.as_time(row[when]))
        if start is not None:
            self.put(newest, start)
        if self.current is None or self.current.values is not last:
            raise Refused("place")
        return self.versions

    def start_of(self, newest: dict[str, Any]) -> Any:
        """When the row begins that becomes the current one of its key."""
        at = self.as_time(newest[self.said.updated_at])
        if not self.versions:
            return at
        known = [each.values[self.said.updated_at] for each in self.versions if not each.deleted]
        ends = [each.end for each in self.versions if each.end is not None]
        later = all(time is None or newest[self.said.updated_at] > time for time in known)
        later = later and all(at > each.start for each in self.versions)
        return at if later and all(at >= end for end in ends) else self.now()

    def contradicts(self, old: dict[str, Any], row: dict[str, Any]) -> bool:
        names = [name for name in self.given.columns if name not in ORIGIN]
        return any(
            old[name] is not None and token(old[name]) != token(row[name])
            for name in names
            if name in old
        )

    def put(self, row: dict[str, Any], at: Any) -> None:
        """Put a version in at its place: what holds then ends there."""
        if any(each.start == at for each in self.versions):
            raise Refused("place")
        around = [e for e in self.versions if e.start < at and (e.end is None or at < e.end)]
        later = [each.start for each in self.versions if each.start > at]
        end = around[0].end if around else min(later, default=None)
        kept = [replace(e, end=at) if e in around else e for e in self.versions]
        made = Version(values=row, start=at, end=end)
        self.versions = sorted([*kept, made], key=lambda each: each.start)

    def gone(self) -> list[Version]:
        """What becomes of a key that the input lacks."""
        last = self.current
        if last is None or self.said.deletes == "ignore":
            return self.versions
        others = [each for each in self.versions if each is not last]
        if self.said.deletes == "invalidate":
            return [*others, replace(last, end=max(self.moment, last.start))]
        at = max(self.moment, last.start + TICK)
        mark = Version(values=last.values, start=at, deleted=True)
        return [*others, replace(last, end=at), mark]

    def as_time(self, value: Any) -> Any:
        return _as_time(value, self.time)


def _refuse_names(said: Definition, given: Table) -> None:
    ours = {"valid_from", "valid_to", "is_current"}
    ours |= {"is_deleted"} if said.deletes == "new_record" else set()
    if ours & {name.lower() for name in given.columns}:
        raise Refused("name")


def _refuse_types(said: Definition, given: Table) -> None:
    coarse = said.strategy == "timestamp" and given.columns[said.updated_at] not in TIMES[1:]
    if coarse and said.deletes != "ignore":
        raise Refused("moment")


def _refuse_rows(said: Definition, given: Table) -> None:
    unique = [*said.keys, *([said.updated_at] if said.strategy == "timestamp" else [])]
    seen = set()
    for row in given.rows:
        if any(row[name] is None for name in unique):
            raise Refused("null")
    for row in given.rows:
        found = tuple(row[name] for name in unique)
        if found in seen:
            raise Refused("doubled")
        seen.add(found)


def _as_before(before: History, said: Definition, given: Table) -> Table:
    """An input without rows, which says nothing of types, nor of columns that nobody has named."""
    named = {*said.keys, *((said.check or ()) if said.strategy == "check" else [said.updated_at])}
    columns = {
        name: before.columns.get(name, kind)
        for name, kind in given.columns.items()
        if name in before.columns or name in named
    }
    return Table(columns=columns, rows=())


def _columns(before: History | None, given: Table) -> dict[str, str]:
    old = before.columns if before else {}
    found = {}
    for name in [*old, *(name for name in given.columns if name not in old)]:
        one, other = old.get(name, given.columns.get(name)), given.columns.get(name, old.get(name))
        if one != other and (one, other) not in WIDER and (other, one) not in WIDER:
            raise Refused("type")
        found[name] = other if one == other or (one, other) in WIDER else one
    return found


def _time(before: History | None, said: Definition, given: Table) -> str:
    """The type of ``valid_from``."""
    own = TIMES[2] if said.strategy == "check" else given.columns[said.updated_at]
    if before is None or own == before.time:
        return own
    if own in TIMES and before.time in TIMES:
        return max(own, before.time, key=TIMES.index)
    if (own, before.time) in WIDER or (before.time, own) in WIDER:
        return before.time if (own, before.time) in WIDER else own
    raise Refused("type")


def _as_time(value: Any, time: str) -> Any:
    if time in TIMES[1:] and isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, datetime.min.time())
    return value


def _widened(before: History | None, columns: dict[str, str], time: str) -> list[Version]:
    if before is None:
        return []
    return [
        replace(
            each,
            values={
                name: _cast(each.values[name], before.columns[name], kind)
                if name in before.columns
                else None
                for name, kind in columns.items()
            },
            start=_as_time(each.start, time),
            end=_as_time(each.end, time),
        )
        for each in before.versions
    ]


def _cast(value: Any, old: str, new: str) -> Any:
    return value if value is None or old == new else WIDER[old, new](value)


def _by_key(said: Definition, versions: list[Version]) -> dict[Any, list[Version]]:
    found: dict[Any, list[Version]] = {}
    for each in versions:
        found.setdefault(tuple(each.values.get(key) for key in said.keys), []).append(each)
    return found


def _is_history(key: tuple[Any, ...], versions: list[Version]) -> bool:
    if None in key:
        return False
    ordered = sorted(versions, key=lambda each: each.start)
    return all(
        one.end is not None and one.end <= next.start and one.start < next.start
        for one, next in pairwise(ordered)
    )


def _rows_by_key(
    said: Definition, given: Table, columns: dict[str, str]
) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in given.rows:
        values = {
            name: _cast(row[name], given.columns[name], kind) if name in given.columns else None
            for name, kind in columns.items()
        }
        found.setdefault(tuple(values[key] for key in said.keys), []).append(values)
    return found
