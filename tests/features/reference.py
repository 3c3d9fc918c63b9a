"""What a row sees of feature groups, in plain Python: loops over lists of rows, no engine.

Where an answer has to be refused, the codes stand in ``must``; where there is a fault that the
answer need not meet, as two rows that differ and that nobody sees, in ``may``.
"""

from __future__ import annotations

import calendar
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.features.windows import Aggregation, aggregated

NAMES_CLASH, KEY_TYPES, ZONES = "SK1803", "SK1804", "SK1805"
AMBIGUOUS, CREATED_MISSING = "SK1806", "SK1807"

Row = Mapping[str, Any]
MONTHS = {"month": 1, "quarter": 3, "year": 12}
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
ZONED = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True, kw_only=True)
class Ttl:
    """How long a row holds: seconds are exact, months are those of the calendar."""

    count: int
    unit: str

    def after(self, moment: datetime) -> datetime:
        """The last moment at which a row of ``moment`` holds."""
        if self.unit in SECONDS:
            return moment + timedelta(seconds=self.count * SECONDS[self.unit])
        months = moment.year * 12 + moment.month - 1 + self.count * MONTHS[self.unit]
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last))

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class Group:
    """A feature group: what it says, and its rows or how they are made of ``events``."""

    name: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    features: tuple[str, ...]
    event_time: str | None = None
    created_time: str | None = None
    ttl: Ttl | None = None
    timezone: str | None = None
    events: tuple[Row, ...] = ()
    made_by: Aggregation | None = None
    """Over which aggregation the group stands; ``columns`` are then those of the events."""
    lists_features: bool = True
    """Whether the node names them; else all other columns are features."""
    written: str = "parquet"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The group's rows."""
        if self.made_by is None:
            return self.events
        return tuple(aggregated(self.made_by, self.events))

    @property
    def types(self) -> Mapping[str, str]:
        """The types of keys and times."""
        return self.columns


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Entities: the rows that features are asked for."""

    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    timestamp: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Features of one group, in their order; None: all of them."""

    group: str
    features: tuple[str, ...] | None = None

    def of(self, group: Group) -> tuple[str, ...]:
        return group.features if self.features is None else self.features


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Rows, or why there are none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    optional: frozenset[int] = frozenset()
    """Places of rows that may be left out: of keys that nothing is known of yet."""


@dataclass
class _Faults:
    must: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)


def historical(
    groups: Mapping[str, Group],
    wanted: Sequence[Wanted],
    frame: Frame,
    *,
    as_of: datetime | None = None,
    full_names: bool = False,
) -> Answer:
    """One row for each row of ``frame``: its columns, then the features that it sees.

    ``as_of`` stands instead of the timestamp; without a zone it is UTC.
    """
    faults = _Faults()
    columns = _named(groups, wanted, frame.columns, full_names, faults)
    for each in wanted:
        _check_types(groups[each.group], frame, as_of, faults)
    if faults.must:
        return Answer(must=frozenset(faults.must))
    rows = []
    found_by = {
        name: _by_key(groups[name], are_days(groups[name], frame, as_of))
        for name in {each.group for each in wanted}
    }
    for row in frame.rows:
        found = [row[name] for name in frame.columns]
        for each in wanted:
            group = groups[each.group]
            asked = each.of(group)
            mine = found_by[each.group].get(tuple(row[name] for name in group.keys), [])
            seen = _seen(group, mine, asked, _asked_at(row, frame, as_of), faults)
            found += [None if seen is None else seen[name] for name in asked]
        rows.append(tuple(found))
    _note_unseen(groups, wanted, faults)
    return Answer(
        columns=columns, rows=tuple(rows), must=frozenset(faults.must), may=frozenset(faults.may)
    )


def latest(
    groups: Mapping[str, Group],
    wanted: Sequence[Wanted],
    frame: Frame | None = None,
    *,
    as_of: datetime,
    full_names: bool = False,
) -> Answer:
    """The newest row of each key: of the keys of ``frame``, or of all that a group has."""
    if frame is not None:
        return historical(groups, wanted, frame, as_of=as_of, full_names=full_names)
    frame = _all_keys(groups, wanted)
    found = historical(groups, wanted, frame, as_of=as_of, full_names=full_names)
    known = {key for each in wanted for key in _known(groups[each.group], as_of)}
    unknown = [n for n, row in enumerate(frame.rows) if tuple(row.values()) not in known]
    return replace(found, optional=frozenset(unknown))


def _all_keys(groups: Mapping[str, Group], wanted: Sequence[Wanted]) -> Frame:
    first = groups[wanted[0].group]
    keys = {
        tuple(row[name] for name in first.keys): None
        for each in wanted
        for row in groups[each.group].rows
    }
    rows = tuple(dict(zip(first.keys, key, strict=True)) for key in sorted(keys, key=_sortable))
    return Frame(columns={name: first.types[name] for name in first.keys}, rows=rows)


def _sortable(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.encode() if isinstance(value, str) else value for value in key)


def _known(group: Group, as_of: datetime) -> Iterator[tuple[Any, ...]]:
    """The keys of which something is seen at that moment, whether it holds or not."""
    for key, rows in _by_key(group, False).items():
        if any(_visible(group, row, _utc(as_of)) for row in rows):
            yield key


def are_days(group: Group, frame: Frame, as_of: datetime | None) -> bool:
    """Whether days are compared with days: nothing is told of what lies within one."""
    times = [name for name in (group.event_time, group.created_time) if name is not None]
    types = {group.types[name] for name in times}
    asked = frame.columns.get(frame.timestamp or "")
    return as_of is None and {asked, *types} == {"DATE"} and frame.timezone == group.timezone


def over(value: Any) -> Any:
    """When a day is over; a time is as it is."""
    if value is None or isinstance(value, datetime) or not isinstance(value, date):
        return value
    return _midnight(value) + timedelta(days=1)


def _by_key(group: Group, days: bool) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of each key; a NULL key equals nothing. A day is known when it is over."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    times = [name for name in (group.event_time, group.created_time) if name is not None]
    for row in group.rows:
        if not days:
            row = {**row, **{name: over(row[name]) for name in times}}
        key = tuple(row[name] for name in group.keys)
        if None not in key:
            found.setdefault(key, []).append(row)
    return found


def _seen(
    group: Group,
    mine: Sequence[Row],
    asked: Sequence[str],
    moment: datetime | None,
    faults: _Faults,
) -> Row | None:
    """The one of a key's rows whose features somebody at ``moment`` gets."""
    if moment is None:
        # What has no event time holds at any moment, even at one that is not known.
        if group.event_time is not None:
            return None
        moment = datetime(1970, 1, 1, tzinfo=UTC)
    if group.created_time is not None and any(
        each[group.created_time] is None and _event(group, each, moment) <= moment for each in mine
    ):
        faults.must.add(CREATED_MISSING)
        return None
    candidates = [each for each in mine if _visible(group, each, moment)]
    if not candidates:
        return None
    newest = max(_order(group, each, moment) for each in candidates)
    first, *others = [each for each in candidates if _order(group, each, moment) == newest]
    if group.ttl is not None and group.ttl.after(_event(group, first, moment)) < moment:
        return None
    if any(_features(each, asked) != _features(first, asked) for each in others):
        faults.must.add(AMBIGUOUS)
    return first


def _visible(group: Group, row: Row, moment: datetime) -> bool:
    if group.event_time is None:
        return True
    if _event(group, row, moment) > moment:
        return False
    if group.created_time is None:
        return True
    created = row[group.created_time]
    return created is not None and _at(created, group.timezone, moment) <= moment


def _event(group: Group, row: Row, moment: datetime) -> datetime:
    if group.event_time is None:
        return datetime.min.replace(tzinfo=moment.tzinfo)
    return _at(row[group.event_time], group.timezone, moment)


def _order(group: Group, row: Row, moment: datetime) -> tuple[datetime, ...]:
    if group.created_time is None:
        return (_event(group, row, moment),)
    return (_event(group, row, moment), _at(row[group.created_time], group.timezone, moment))


def _features(row: Row, asked: Iterable[str]) -> list[Any]:
    return [token(row[name]) for name in asked]


def _note_unseen(groups: Mapping[str, Group], wanted: Sequence[Wanted], faults: _Faults) -> None:
    """Faults of rows that none of the entities may ever see."""
    for each in wanted:
        group = groups[each.group]
        times = [name for name in (group.event_time, group.created_time) if name is not None]
        if group.created_time is not None and any(
            row[group.created_time] is None for row in group.rows
        ):
            faults.may.add(CREATED_MISSING)
        features: dict[Any, list[Any]] = {}
        for row in group.rows:
            at = [row[name] and instant(row[name], group.timezone) for name in times]
            place = (*(row[name] for name in group.keys), *at)
            found = _features(row, each.of(group))
            if features.setdefault(place, found) != found:
                faults.may.add(AMBIGUOUS)


def _asked_at(row: Row, frame: Frame, as_of: datetime | None) -> datetime | None:
    if as_of is not None:
        return _utc(as_of)
    value = row[frame.timestamp or ""]
    return None if value is None else instant(value, frame.timezone)


def _utc(moment: date) -> datetime:
    return _midnight(moment) if _midnight(moment).tzinfo else _midnight(moment).replace(tzinfo=UTC)


def _at(value: date, zone: str | None, moment: datetime) -> datetime:
    """A moment of a group, to be compared with ``moment``.

    Both have a zone, or neither has one; a group without any counts as UTC beside an ``as_of``.
    """
    found = instant(value, zone)
    if found.tzinfo is None and moment.tzinfo is not None:
        return found.replace(tzinfo=UTC)
    return found


def instant(value: date, zone: str | None) -> datetime:
    """A value as it is compared: in UTC where it has a zone or one is said."""
    found = _midnight(value)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    if zone is None:
        return found
    # What a clock shows twice is its second time, what it leaves out as if it had not been set.
    twice = (found.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(twice)


def _midnight(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _check_types(group: Group, frame: Frame, as_of: datetime | None, faults: _Faults) -> None:
    for name in group.keys:
        mine, other = _family(group.types[name]), _family(frame.columns[name])
        if mine is None or mine != other:
            faults.must.add(KEY_TYPES)
    if as_of is not None or frame.timestamp is None:
        return
    asked = _has_zone(frame.columns[frame.timestamp], frame.timezone)
    for time in (group.event_time, group.created_time):
        if time is not None and _has_zone(group.types[time], group.timezone) != asked:
            faults.must.add(ZONES)


def _has_zone(type: str, zone: str | None) -> bool:
    return zone is not None or type == ZONED


def _family(type: str) -> str | None:
    """Types whose values are compared."""
    word = type.partition("(")[0]
    if word in ("INTEGER", "BIGINT", "HUGEINT", "SMALLINT", "UBIGINT", "DECIMAL"):
        return "number"
    if word in ("VARCHAR", "ENUM"):
        return "text"
    return word if word in ("DATE", "UUID", "BOOLEAN", "TIMESTAMP") else None


def _named(
    groups: Mapping[str, Group],
    wanted: Sequence[Wanted],
    columns: Mapping[str, str],
    full_names: bool,
    faults: _Faults,
) -> tuple[str, ...]:
    features = [(each.group, name) for each in wanted for name in each.of(groups[each.group])]
    names = [f"{group}__{name}" if full_names else name for group, name in features]
    folded = [name.lower() for name in (*columns, *names)]
    if len(set(folded)) < len(folded):
        faults.must.add(NAMES_CLASH)
    return (*columns, *names)


def token(value: Any) -> Any:
    """A value that is equal to that of another where both are exactly the same."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack(">d", value)
    if isinstance(value, list | tuple):
        return tuple(map(token, value))
    if isinstance(value, Decimal):
        return "number", value.normalize()
    if isinstance(value, int) and not isinstance(value, bool):
        return "number", Decimal(value).normalize()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return "instant", value.astimezone(UTC)
    return type(value).__name__, value
