"""Random feature groups and what is asked of them."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.features import reference
from tests.features.made import drawn_aggregation
from tests.features.reference import ZONED, Answer, Frame, Group, Ttl, Wanted
from tests.features.windows import Aggregation, Ratio, Since, Spec, aggregated

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""What is asked for as of now comes after all that is drawn."""
LAST = dt.datetime(9999, 12, 31)
TICK = dt.timedelta(microseconds=1)
ZONES = ("UTC", "Asia/Jakarta", "America/New_York")
BEGINS = (
    dt.datetime(2024, 1, 30),
    dt.datetime(2024, 2, 28),
    dt.datetime(2024, 3, 9),
    dt.datetime(2024, 11, 2),
    dt.datetime(2024, 12, 30),
)
"""Near the ends of months, a leap day, days of 23 and 25 hours in New York, the end of a year."""
TTLS = (
    Ttl(count=1, unit="second"),
    Ttl(count=90, unit="minute"),
    Ttl(count=12, unit="hour"),
    Ttl(count=1, unit="day"),
    Ttl(count=2, unit="day"),
    Ttl(count=1, unit="week"),
    Ttl(count=1, unit="month"),
    Ttl(count=2, unit="month"),
    Ttl(count=1, unit="quarter"),
    Ttl(count=1, unit="year"),
)
BIG = 2**53
TEXTS = ("1", "12", "23", "3", "123", "", "1|2", "2|3", "a", "A", "a ")
POOLS: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "text": (("VARCHAR",), TEXTS),
    "number": (("BIGINT", "BIGINT", "DECIMAL(38,0)", "DECIMAL(20,0)"), (0, 1, 2, -1, BIG, BIG + 1)),
    "small": (("INTEGER", "BIGINT", "DECIMAL(9,2)"), (0, 1, 2, 12)),
    "date": (("DATE",), (dt.date(2024, 1, 1), dt.date(2024, 1, 2))),
    "uuid": (("UUID",), (UUID(int=1), UUID(int=2), UUID(int=1 << 127))),
    "flag": (("BOOLEAN",), (True, False)),
}
"""Types that compare with each other, and values that all of them have."""
ALIKE = {"text": ("a", "A", "a "), "number": (BIG, BIG + 1)}
"""Values that are taken for each other."""
VALUES: dict[str, tuple[Any, ...]] = {
    "BIGINT": (None, 0, 1, 2, BIG + 1),
    "DOUBLE": (None, 0.0, 0.1, float("nan"), float("inf"), 1e300),
    "VARCHAR": (None, "", "x", "ä", "NULL"),
    "DECIMAL(9,2)": (None, Decimal("0.10"), Decimal("-1.25")),
    "DATE": (None, dt.date(2024, 5, 6)),
    "TIMESTAMP": (None, dt.datetime(2024, 5, 6, 7, 8, 9, 10)),
    ZONED: (None, dt.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=dt.UTC)),
    "BOOLEAN": (None, True, False),
    "INTEGER[]": (None, (), (1, None)),
}
SPELLINGS = ("plain", "alone", "whole", "star")
ODD = ("note", "at", "loaded", "rowid", "_row", "order", "_t", 'a "b"', "event_time")
"""Names of columns of entities: some are those of a group's times, or what a join may use."""
FORMS = ("parquet", "csv", "sql", "pandas", "polars", "arrow", "relation", "dicts")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question. Without ``frame``, or with ``is_latest``, for the latest rows."""

    wanted: tuple[Wanted, ...]
    frame: Frame | None = None
    as_of: dt.datetime | None = None
    is_latest: bool = False
    full_names: bool = False
    form: str = "relation"
    names_timestamp: bool = True
    spelling: str = "plain"

    @property
    def words(self) -> list[str] | str:
        """The features, as they are asked for."""
        found = [_word(each, self.spelling) for each in self.wanted]
        return found[0] if len(found) == 1 and self.spelling == "alone" else found


def _word(wanted: Wanted, spelling: str) -> str:
    group = f"feature_group.{wanted.group}" if spelling == "whole" else wanted.group
    if wanted.features is not None:
        return f"{group}:{','.join(wanted.features)}"
    return f"{group}:*" if spelling == "star" else group


@dataclass(frozen=True, kw_only=True)
class Case:
    """Groups, and questions about them."""

    groups: tuple[Group, ...]
    asks: tuple[Ask, ...]


def expected(groups: Sequence[Group], ask: Ask) -> Answer:
    """What the reference says."""
    by_name = {group.name: group for group in groups}
    if ask.is_latest:
        as_of = NOW if ask.as_of is None else ask.as_of
        return reference.latest(
            by_name, ask.wanted, ask.frame, as_of=as_of, full_names=ask.full_names
        )
    assert ask.frame is not None
    return reference.historical(
        by_name, ask.wanted, ask.frame, as_of=ask.as_of, full_names=ask.full_names
    )


def written(case: Case) -> str:
    """A case as Python, which `read` understands."""
    return repr(case)


def read(text: str) -> Case:
    """The case that `written` wrote."""
    classes = (Answer, Ask, Case, Frame, Group, Ttl, Wanted, Aggregation, Ratio, Since, Spec)
    names: dict[str, Any] = {each.__name__: each for each in (*classes, Decimal, UUID)}
    names |= {"datetime": dt, "zoneinfo": zoneinfo, "nan": float("nan"), "inf": float("inf")}
    found = eval(text, names)
    assert isinstance(found, Case)
    return found


@dataclass(frozen=True, kw_only=True)
class _Key:
    """A column that identifies something: its types, and values that may be met."""

    name: str
    types: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class _World:
    chance: random.Random
    keys: tuple[_Key, ...]
    begin: dt.datetime
    zoned: bool | None
    """Whether times have zones; None: some do."""

    def moment(self) -> dt.datetime:
        """A moment in UTC, of few, so that some are met twice."""
        chance = self.chance
        days = dt.timedelta(days=chance.choice((0, 0, 1, 1, 2, 3, 8, 30, 31)))
        hours = dt.timedelta(hours=chance.choice((0, 0, 0, 5, 6, 7, 12, 17)))
        return self.begin + days + hours + chance.choice((0, 0, 0, 1, -1)) * TICK

    def time(self) -> tuple[str, str | None]:
        """A type of moments, and the zone that is said of it."""
        chance = self.chance
        zoned = chance.random() < 0.5 if self.zoned is None else self.zoned
        if zoned and chance.random() < 0.5:
            return ZONED, chance.choice((None, *ZONES))
        type = chance.choice(("DATE", "DATE", *["TIMESTAMP"] * 7, "TIMESTAMP_NS"))
        return type, chance.choice(ZONES) if zoned else None


def drawn(chance: random.Random, asks: int = 4) -> Case:
    """A case of that many questions."""
    zoned = chance.choice((True, True, False, False, False, False, None))
    world = _World(
        chance=chance, keys=_drawn_keys(chance), begin=chance.choice(BEGINS), zoned=zoned
    )
    groups = tuple(_group(world, number) for number in range(chance.choice((1, 2, 2, 3))))
    return Case(groups=groups, asks=tuple(_ask(world, groups) for _ in range(asks)))


def _drawn_keys(chance: random.Random) -> tuple[_Key, ...]:
    first = chance.choice(("text", "text", "text", "number", "number", "small", "uuid"))
    second = chance.choice(("text", "text", "text", "small", "date", "flag"))
    found = []
    for name, pool in (("customer_id", first), ("Region", second)):
        types, values = POOLS[pool]
        few = chance.sample(values, min(len(values), chance.choice((2, 2, 3, 5))))
        if pool == "text" and first == second and chance.random() < 0.8:
            few = ["1", "12", "123", "1|2"] if name == "customer_id" else ["23", "3", "", "2|3"]
        elif pool in ALIKE and chance.random() < 0.4:
            few = [*ALIKE[pool]]
        found.append(_Key(name=name, types=types, values=tuple(few)))
    return tuple(found)


def _group(world: _World, number: int) -> Group:
    chance = world.chance
    keys = world.keys if chance.random() < 0.6 else (world.keys[0],)
    name = f"g{number}"
    if chance.random() < 0.25:
        return _over_aggregation(world, name, keys)
    event, zone = world.time()
    has_time = chance.random() < 0.92
    has_created = has_time and chance.random() < 0.55
    columns = {key.name: _type(chance, key) for key in keys}
    if has_time:
        columns["at"] = event
    if has_created:
        columns["loaded"] = chance.choice(
            (event, event, ZONED if zone or event == ZONED else "DATE")
        )
    features = [f"{name}_{letter}" for letter in "abc"[: chance.choice((1, 2, 2, 3))]]
    if chance.random() < 0.4:
        features[0] = "score"
    columns |= {feature: chance.choice([*VALUES]) for feature in features}
    group = Group(
        name=name,
        columns=columns,
        keys=tuple(key.name for key in keys),
        features=tuple(features),
        event_time="at" if has_time else None,
        created_time="loaded" if has_created else None,
        ttl=chance.choice(TTLS) if has_time and chance.random() < 0.6 else None,
        timezone=zone,
        lists_features=chance.random() < 0.7,
        written="csv" if chance.random() < 0.15 and _fits_csv(columns.values()) else "parquet",
    )
    return replace(group, events=tuple(_rows(world, group, keys)))


def _fits_csv(types: Sequence[str] | Any) -> bool:
    return not {"VARCHAR", "INTEGER[]"} & {*types}


def _over_aggregation(world: _World, name: str, keys: tuple[_Key, ...]) -> Group:
    chance = world.chance
    types = {key.name: _type(chance, key) for key in keys}
    event, zone = world.time()
    said, columns, events = drawn_aggregation(
        chance, types, lambda: _key(chance, keys), lambda: _as(world.moment(), event, zone), event
    )
    outer = said if said.second is None else said.second
    made = _names_made(said, columns)
    time = None if said.second is not None else said.date or said.time
    fixed = (*outer.keys, time)
    return Group(
        name=name,
        columns=columns,
        keys=outer.keys,
        features=tuple(column for column in made if column not in fixed),
        event_time=time,
        ttl=chance.choice(TTLS) if time is not None and chance.random() < 0.5 else None,
        timezone=zone if time is None or columns[time] != ZONED else None,
        events=tuple(events),
        made_by=said,
        lists_features=chance.random() < 0.7,
    )


def _names_made(said: Aggregation, columns: Mapping[str, str]) -> list[str]:
    some = {"DATE": dt.date(2024, 1, 1), ZONED: NOW, "VARCHAR": "a"}
    one = {name: some.get(type, 1) for name, type in columns.items()}
    local = ("TIMESTAMP", "TIMESTAMP_NS")
    one |= {name: NOW.replace(tzinfo=None) for name, type in columns.items() if type in local}
    return [*aggregated(said, [one])[0]]


def _type(chance: random.Random, key: _Key) -> str:
    if chance.random() < 0.02 and any(isinstance(value, int) for value in key.values):
        return "DOUBLE"
    return chance.choice(key.types)


def _key(chance: random.Random, keys: Sequence[_Key]) -> dict[str, Any]:
    return {key.name: chance.choice(key.values) for key in keys}


def _rows(world: _World, group: Group, keys: Sequence[_Key]) -> Iterator[dict[str, Any]]:
    chance = world.chance
    is_ambiguous = chance.random() < 0.2
    lacks_created = group.created_time is not None and chance.random() < 0.15
    twofold = chance.choice(group.features)
    met: set[Any] = set()
    key, at = _key(chance, keys), world.moment()
    for _ in range(chance.choice((0, 1, 3, 6, 10, 14))):
        # A row of the same key again, or one that corrects the row before it.
        if chance.random() < 0.6:
            key = _key(chance, keys)
        if chance.random() < 0.7:
            at = world.moment()
        late = dt.timedelta(hours=chance.choice((0, 0, 1, 12, 24, 48, -12)))
        row = dict(key)
        if group.event_time is not None:
            row["at"] = _as(at, group.columns["at"], group.timezone)
        if group.created_time is not None:
            created = at + late + chance.choice((0, 0, TICK.microseconds)) * TICK
            row["loaded"] = _as(created, group.columns["loaded"], group.timezone)
        place = tuple(row.values())
        if place in met:
            continue
        met.add(place)
        if lacks_created and chance.random() < 0.3:
            row["loaded"] = None
        row |= {name: chance.choice(VALUES[group.columns[name]]) for name in group.features}
        yield row
        if is_ambiguous and chance.random() < 0.5:
            yield {**row, twofold: chance.choice(VALUES[group.columns[twofold]])}


def _as(moment: dt.datetime, type: str, zone: str | None) -> Any:
    """A moment in UTC, as a column of that type and zone has it."""
    if type == ZONED:
        return moment.replace(tzinfo=dt.UTC)
    if zone is not None:
        local = moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone))
        moment = local.replace(tzinfo=None, fold=0)
    return moment.date() if type == "DATE" else moment


def _ask(world: _World, groups: Sequence[Group]) -> Ask:
    chance = world.chance
    asked = chance.sample(groups, chance.randint(1, len(groups)))
    is_latest = chance.random() < 0.25
    if is_latest and chance.random() < 0.7:
        asked = [each for each in asked if _alike(each, asked[0])]
        return Ask(
            wanted=_all_wanted(chance, asked),
            as_of=_as_of(world, groups) if chance.random() < 0.8 else None,
            is_latest=True,
            full_names=chance.random() < 0.3,
            spelling=chance.choice(SPELLINGS),
        )
    frame = _frame(world, asked, is_latest)
    as_of = _as_of(world, groups) if is_latest or chance.random() < 0.15 else None
    times = [type for type in frame.columns.values() if type.startswith(("DATE", "TIMESTAMP"))]
    if as_of is not None and frame.timestamp is not None:
        frame = _without(frame, frame.timestamp)
    return Ask(
        wanted=_all_wanted(chance, asked),
        frame=frame,
        as_of=as_of,
        is_latest=is_latest,
        full_names=chance.random() < 0.3,
        form=_form(chance, frame),
        names_timestamp=len(times) != 1 or chance.random() < 0.7,
        spelling=chance.choice(SPELLINGS),
    )


def _alike(one: Group, other: Group) -> bool:
    """Whether the keys of two groups are the same and of the same types."""
    return [(key, one.types[key]) for key in one.keys] == [
        (key, other.types[key]) for key in other.keys
    ]


def _all_wanted(chance: random.Random, groups: Sequence[Group]) -> tuple[Wanted, ...]:
    """Features of the groups; those of one may be asked for in two places."""
    found = [_wanted(chance, group) for group in groups]
    first = found[0].of(groups[0])
    if len(first) > 1 and chance.random() < 0.15:
        found[0] = replace(found[0], features=first[:1])
        found.append(replace(found[0], features=first[1:]))
    return tuple(found)


def _wanted(chance: random.Random, group: Group) -> Wanted:
    if chance.random() < 0.4:
        return Wanted(group=group.name)
    some = chance.sample(group.features, chance.randint(1, min(3, len(group.features))))
    return Wanted(group=group.name, features=tuple(some))


def _as_of(world: _World, groups: Sequence[Group]) -> dt.datetime:
    moment, _ = _near(world, groups)
    if world.chance.random() < 0.5:
        return moment
    return moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(world.chance.choice(ZONES)))


def _near(world: _World, groups: Sequence[Group]) -> tuple[dt.datetime, Mapping[str, Any]]:
    """A moment in UTC at or beside one at which what is seen changes, of that row; or any."""
    chance = world.chance
    group = chance.choice(groups)
    rows = group.rows
    if not rows or group.event_time is None or chance.random() < 0.25:
        return world.moment(), {}
    row = chance.choice(rows)
    names = [name for name in (group.event_time, group.created_time) if name is not None]
    times = [reference.instant(row[name], group.timezone) for name in names if row[name]]
    moment = chance.choice(times or [NOW])
    if group.ttl is not None and chance.random() < 0.5:
        moment = group.ttl.after(times[0] if times else NOW)
    return moment.replace(tzinfo=None) + chance.choice((0, 0, 1, -1)) * TICK, row


def _frame(world: _World, groups: Sequence[Group], is_latest: bool) -> Frame:
    chance = world.chance
    named = {name for group in groups for name in group.keys}
    keys = [key for key in world.keys if key.name in named]
    type, zone = world.time()
    columns = {key.name: _entity_type(chance, key) for key in keys}
    note, ts = chance.choice(ODD), chance.choice(("ts", "ts", "ts", "at"))
    extra = {note: chance.choice(("VARCHAR", "BIGINT"))} if note != ts else {}
    if chance.random() < 0.3 or is_latest:
        extra = {}
    order = [*columns.items(), (ts, type), *extra.items()]
    if not is_latest:
        chance.shuffle(order)
    columns = dict(order)
    rows: list[dict[str, Any]] = []
    for _ in range(chance.choice((0, 1, 4, 8, 12))):
        if rows and chance.random() < 0.15:
            rows.append(chance.choice(rows))
            continue
        moment, seen = _near(world, groups)
        row = {**_key(chance, keys), note: chance.choice((None, 1, 2))}
        if extra.get(note) == "VARCHAR" and row[note] is not None:
            row[note] = str(row[note])
        if chance.random() < 0.7:
            row |= {key.name: seen[key.name] for key in keys if key.name in seen}
        if world.zoned is False and type != "TIMESTAMP_NS" and chance.random() < 0.03:
            moment = chance.choice((LAST, dt.datetime(1, 1, 1)))
        row[ts] = _as(moment, type, zone)
        for name in (ts, *(key.name for key in keys)):
            if chance.random() < 0.06:
                row[name] = None
        rows.append({name: row[name] for name in columns})
    return Frame(columns=columns, rows=tuple(rows), timestamp=ts, timezone=zone)


def _entity_type(chance: random.Random, key: _Key) -> str:
    if chance.random() < 0.02 and all(type(value) is int for value in key.values):
        return "DOUBLE"
    if key.types == ("VARCHAR",) and chance.random() < 0.1:
        listed = ", ".join(f"'{value}'" for value in key.values)
        return f"ENUM({listed})"
    return _type(chance, key)


def _without(frame: Frame, column: str) -> Frame:
    return Frame(
        columns={name: type for name, type in frame.columns.items() if name != column},
        rows=tuple({k: v for k, v in row.items() if k != column} for row in frame.rows),
    )


_EXACT = {"csv", "pandas", "polars", "arrow", "dicts"}
"""Forms that do not keep every type."""
_KEPT = {
    "csv": {"INTEGER", "BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP"},
    "pandas": {"INTEGER", "BIGINT", "VARCHAR", "TIMESTAMP", ZONED},
    "dicts": {"BIGINT", "VARCHAR", "DATE", "TIMESTAMP", ZONED},
}


def _form(chance: random.Random, frame: Frame) -> str:
    """One that the entities can have; what few can have is taken more often."""
    forms = [form for form in FORMS if _can_be(form, frame)]
    return "csv" if "csv" in forms and chance.random() < 0.5 else chance.choice(forms)


def _can_be(form: str, frame: Frame) -> bool:
    """Whether entities of that form have the types that are said."""
    types = {*frame.columns.values()}
    if form in ("polars", "arrow"):
        return types.isdisjoint(("UUID", "TIMESTAMP_NS"))
    if form not in _EXACT:
        return True
    all_seen = all(any(row[name] is not None for row in frame.rows) for name in frame.columns)
    return types <= _KEPT[form] and all_seen and (form != "csv" or _is_plain(frame))


def _is_plain(frame: Frame) -> bool:
    """Whether texts are texts in CSV too: none is empty or has spaces, one is no number."""
    texts = [
        [row[name] for row in frame.rows if row[name] is not None]
        for name, type in frame.columns.items()
        if type == "VARCHAR"
    ]
    return all({"", "a "}.isdisjoint(some) and not {"a", "A"}.isdisjoint(some) for some in texts)


def drawn_large(chance: random.Random, rows: int, entities: int) -> Case:
    """A case of many rows: their order, and that none is lost where threads share the work."""
    begin = BEGINS[0]
    features = []
    for n in range(rows):
        at = begin + dt.timedelta(seconds=chance.randrange(rows))
        key = {"customer_id": chance.randrange(rows // 8), "Region": chance.choice(TEXTS)}
        features.append({**key, "at": at, "loaded": at + n * TICK, "f": n})
    group = Group(
        name="many",
        columns={
            **{"customer_id": "BIGINT", "Region": "VARCHAR", "at": "TIMESTAMP"},
            **{"loaded": "TIMESTAMP", "f": "BIGINT"},
        },
        keys=("customer_id", "Region"),
        features=("f",),
        event_time="at",
        created_time="loaded",
        ttl=Ttl(count=12, unit="hour"),
        events=tuple(features),
    )
    asked = []
    for _ in range(entities):
        row = chance.choice(features)
        moment = row["at"] + dt.timedelta(seconds=chance.choice((-1, 0, 1, 43200, 43201)))
        asked.append({"Region": row["Region"], "ts": moment, "customer_id": row["customer_id"]})
    frame = Frame(
        columns={"Region": "VARCHAR", "ts": "TIMESTAMP", "customer_id": "BIGINT"},
        rows=tuple(asked),
        timestamp="ts",
    )
    wanted = (Wanted(group="many"),)
    latest = Ask(wanted=wanted, is_latest=True, as_of=begin + dt.timedelta(seconds=rows // 2))
    return Case(
        groups=(group,),
        asks=(
            Ask(wanted=wanted, frame=frame),
            Ask(wanted=wanted, frame=frame, form="parquet"),
            latest,
        ),
    )
