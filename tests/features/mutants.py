"""Planted mistakes: each is the naive join with one of the mistakes that others have made.

A ttl that falls back to an older row is not among them: of rows with one ttl the older ones end
before the newest does. What comes nearest is here: a NULL is filled from an older row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tests.features.cases import Ask
from tests.features.judge import Maker, Told
from tests.features.naive import Naive, Refusal, naive
from tests.features.reference import ZONED, Frame, Group, Wanted
from tests.features.tables import quoted


class _EventNotYet(Naive):
    def visible(self, group, event, created):
        return f"{event} < e._when AND {created} <= e._when"


class _CreatedNotYet(Naive):
    def visible(self, group, event, created):
        return f"{event} <= e._when AND {created} < e._when"


class _CreatedIgnored(Naive):
    def visible(self, group, event, created):
        return f"{event} <= e._when"


class _CreatedOnly(Naive):
    def visible(self, group, event, created):
        return f"{created} <= e._when" if group.created_time else f"{event} <= e._when"


class _NoTimeAtAll(Naive):
    def visible(self, group, event, created):
        return "true"


class _CreatedAscending(Naive):
    def newest(self, group):
        return "_event DESC, _created ASC"


class _CreatedFirst(Naive):
    def newest(self, group):
        return "_created DESC, _event DESC" if group.created_time else "_event DESC"


class _LateCorrectionHides(Naive):
    """The newest is found without a look at the created time, and then thrown away."""

    def visible(self, group, event, created):
        return f"{event} <= e._when"

    def check_ambiguous(self, table, group):
        super().check_ambiguous(table, group)
        self.db.execute(f"DELETE FROM {table} WHERE _created > _when")


class _TtlExclusive(Naive):
    def holds(self, group):
        return f"_event + INTERVAL '{group.ttl}' > _when"


class _TtlOfCreated(Naive):
    def holds(self, group):
        since = "greatest(_event, _created)"
        return f"{since} + INTERVAL '{group.ttl}' >= _when"


class _TtlOfThirtyDays(Naive):
    def holds(self, group):
        months = {"month": 30, "quarter": 91, "year": 365}
        if group.ttl.unit not in months:
            return super().holds(group)
        days = group.ttl.count * months[group.ttl.unit]
        return f"_event + INTERVAL '{days} days' >= _when"


class _TtlOfDates(Naive):
    def holds(self, group):
        return f"CAST(_event + INTERVAL '{group.ttl}' AS DATE) >= CAST(_when AS DATE)"


class _TtlIgnored(Naive):
    def holds(self, group):
        return "true"


class _TtlOfFirstGroup(Naive):
    def holds(self, group):
        first = next(iter(self.groups.values()))
        return "true" if first.ttl is None else f"_event + INTERVAL '{first.ttl}' >= _when"


class _OlderFillsNull(Naive):
    """Features of the newest row that are NULL are those of the row before."""

    def visible(self, group, event, created):
        asked = " OR ".join(f"g.{quoted(name)} IS NOT NULL" for name in group.features[:1])
        return f"{super().visible(group, event, created)} AND ({asked})"


class _KeysRunTogether(Naive):
    SEPARATOR = ""

    def same_keys(self, group):
        one, other = (
            " || ".join(
                f"{side}.{quoted(name)}::VARCHAR || '{self.SEPARATOR}'" for name in group.keys
            )
            for side in "eg"
        )
        return f"{one} = {other}"


class _KeysWithBars(_KeysRunTogether):
    SEPARATOR = "|"


class _FirstKeyOnly(Naive):
    def same_keys(self, group):
        name = quoted(group.keys[0])
        return f"e.{name} = g.{name}"


class _NullKeysMatch(Naive):
    """A NULL is what stands for it in the type: an empty text, or 0."""

    def same_keys(self, group):
        return " AND ".join(
            f"coalesce(e.{quoted(name)}::VARCHAR, {self.none(group, name)}) = "
            f"g.{quoted(name)}::VARCHAR"
            for name in group.keys
        )

    def none(self, group, name):
        return "''" if group.types[name] == "VARCHAR" else "'0'"


class _KeysAsDoubles(Naive):
    def same_keys(self, group):
        numbers = ("BIGINT", "DECIMAL(38,0)", "DECIMAL(20,0)")
        return " AND ".join(
            f"e.{quoted(name)}::DOUBLE = g.{quoted(name)}::DOUBLE"
            if group.types[name] in numbers
            else f"e.{quoted(name)} = g.{quoted(name)}"
            for name in group.keys
        )


class _KeysTrimmed(Naive):
    def same_keys(self, group):
        return " AND ".join(
            f"trim(e.{quoted(name)}) = trim(g.{quoted(name)})"
            if group.types[name] == "VARCHAR"
            else f"e.{quoted(name)} = g.{quoted(name)}"
            for name in group.keys
        )


class _KeysFolded(Naive):
    def same_keys(self, group):
        return (
            super().same_keys(group)
            if "VARCHAR" not in group.types.values()
            else " AND ".join(
                f"lower(e.{quoted(name)}::VARCHAR) = lower(g.{quoted(name)}::VARCHAR)"
                for name in group.keys
            )
        )


class _AnyKeysCompare(Naive):
    """Numbers of every kind are compared."""

    def family(self, type):
        return super().family(type) or "n"


class _RowsDropped(Naive):
    JOIN = "JOIN"


class _DuplicatesDropped(Naive):
    def joined(self, ask: Ask, frame: Frame, as_of: dt.datetime | None) -> Told:
        kept = {}
        for number, row in enumerate(frame.rows):
            kept.setdefault(repr(row), number)
        listed = ", ".join(map(str, (*kept.values(), -1)))
        self.db.execute(f"DELETE FROM given WHERE _nth NOT IN ({listed})")
        return super().joined(ask, frame, as_of)


class _OrderLost(Naive):
    def in_order(self, frame):
        return ", ".join(f"e.{quoted(name)}" for name in frame.columns)


class _AnyOfEqualRows(Naive):
    def check_ambiguous(self, table, group):
        pass


class _RefusesEqualFeatures(Naive):
    def check_ambiguous(self, table, group):
        features = ", ".join(quoted(name) for name in group.features)
        query = f"SELECT 1 FROM {table} GROUP BY _nth HAVING count(DISTINCT row({features})) > 1"
        if self.db.execute(query).fetchall():
            raise Refusal("SK1806")


class _NullCreatedIsAlways(Naive):
    def check_created(self, group):
        pass

    def visible(self, group, event, created):
        return f"{event} <= e._when AND coalesce({created} <= e._when, true)"


class _DatesBegin(Naive):
    def over(self, day):
        return day


class _DaysAreOver(Naive):
    """Days are never compared as days: those of a group count from the next on."""

    def times(self, group, by_instant):
        self.compared[group.name] = False
        return super().times(group, by_instant)


class _DatesOfEntitiesEnd(Naive):
    def asked_at(self, frame, as_of):
        found = super().asked_at(frame, as_of)
        if as_of is None and frame.columns[frame.timestamp] == "DATE":
            return f"({found} + INTERVAL '1 day' - INTERVAL '1 microsecond')"
        return found


class _Zones(Naive):
    """Zones that are said are not heard of: what has none is UTC."""

    def moment(self, column, type, zone):
        return super().moment(column, type, zone and "UTC")


class _ZoneOfGroupForEntities(Naive):
    def asked_at(self, frame, as_of):
        first = next(iter(self.groups.values()))
        zone = (frame.timezone and first.timezone) or frame.timezone
        plain = Frame(
            columns=frame.columns, rows=frame.rows, timestamp=frame.timestamp, timezone=zone
        )
        return super().asked_at(plain, as_of)


class _ZoneOverZoned(Naive):
    """A zone that is said moves times that have one."""

    def moment(self, column, type, zone):
        if type == ZONED and zone is not None:
            return f"(({column} AT TIME ZONE 'UTC') AT TIME ZONE '{zone}')"
        return super().moment(column, type, zone)


class _MixedZones(Naive):
    def check_zones(self, group, frame):
        pass


class _AsOfLocal(Naive):
    def as_of(self, moment):
        local = dt.timezone(dt.timedelta(hours=7))
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=local)


class _AsOfWithoutItsZone(Naive):
    def as_of(self, moment):
        return moment.replace(tzinfo=dt.UTC)


class _Milliseconds(Naive):
    def moment(self, column, type, zone):
        return f"date_trunc('millisecond', {super().moment(column, type, zone)})"


class _NullMomentIsNow(Naive):
    def asked(self, moment):
        return f"coalesce({moment}, '2100-01-01')"


class _KeysOfFirstGroup(Naive):
    def with_keys(self, wanted: Sequence[Wanted]):
        return [wanted[0].group]


class _FeaturesInOrderOfGroup(Naive):
    def joined(self, ask: Ask, frame: Frame, as_of: dt.datetime | None) -> Told:
        wanted = tuple(replace(each, features=self.in_group(each)) for each in ask.wanted)
        found = super().joined(replace(ask, wanted=wanted), frame, as_of)
        return Told(columns=self.names(ask, frame), rows=found.rows)

    def in_group(self, wanted: Wanted) -> tuple[str, ...]:
        group = self.groups[wanted.group]
        return tuple(name for name in group.features if name in wanted.of(group))


class _ClashesAllowed(Naive):
    def check_names(self, ask: Ask, frame: Frame) -> None:
        pass


class _FeaturesShared(Naive):
    """Two groups with a feature of one name: both give that of the first."""

    def feature(self, number: int, name: str) -> str:
        return super().feature(0 if name == "score" and number else number, name)

    def find(self, table: str, group: Group, asked: Sequence[str], by_instant: bool) -> None:
        super().find(table, group, asked, by_instant)
        if table == "seen0" and "score" not in group.features:
            self.db.execute(f"ALTER TABLE {table} ADD COLUMN score INTEGER")


MUTANTS: dict[str, type[Naive]] = {
    "a row of the very moment is not seen": _EventNotYet,
    "a row that became known at the very moment is not seen": _CreatedNotYet,
    "created times are ignored": _CreatedIgnored,
    "only created times count": _CreatedOnly,
    "the future is seen": _NoTimeAtAll,
    "of equal event times the first created is taken": _CreatedAscending,
    "the last created is taken before the newest event": _CreatedFirst,
    "a late correction hides the row that was visible": _LateCorrectionHides,
    "ttl does not hold at its bound": _TtlExclusive,
    "ttl counts from the created time": _TtlOfCreated,
    "a month of ttl has thirty days": _TtlOfThirtyDays,
    "ttl counts dates": _TtlOfDates,
    "ttl is ignored": _TtlIgnored,
    "the first group's ttl is that of all": _TtlOfFirstGroup,
    "a NULL feature is filled from an older row": _OlderFillsNull,
    "keys are run together": _KeysRunTogether,
    "keys are run together with bars": _KeysWithBars,
    "only the first key counts": _FirstKeyOnly,
    "NULL keys match empty ones": _NullKeysMatch,
    "keys are compared as doubles": _KeysAsDoubles,
    "keys are trimmed": _KeysTrimmed,
    "keys are compared without case": _KeysFolded,
    "numbers of any kind are compared": _AnyKeysCompare,
    "rows without a match are dropped": _RowsDropped,
    "rows that are there twice come once": _DuplicatesDropped,
    "rows come in another order": _OrderLost,
    "any of two rows of one time is taken": _AnyOfEqualRows,
    "rows are refused that differ in what is not asked": _RefusesEqualFeatures,
    "no created time is always": _NullCreatedIsAlways,
    "a date is its first moment": _DatesBegin,
    "days are not compared as days": _DaysAreOver,
    "a date of entities is its last moment": _DatesOfEntitiesEnd,
    "zones are ignored": _Zones,
    "the group's zone is that of the entities": _ZoneOfGroupForEntities,
    "a zone moves what has one": _ZoneOverZoned,
    "what has a zone is compared with what has none": _MixedZones,
    "as_of without a zone is local": _AsOfLocal,
    "the zone of as_of is dropped": _AsOfWithoutItsZone,
    "times are cut to milliseconds": _Milliseconds,
    "no moment is now": _NullMomentIsNow,
    "only the first group's keys come": _KeysOfFirstGroup,
    "features come in the group's order": _FeaturesInOrderOfGroup,
    "two columns have one name": _ClashesAllowed,
    "features of one name are mixed up": _FeaturesShared,
}


def mutant(name: str) -> Maker:
    """What answers with that mistake."""
    return partial(naive, kind=MUTANTS[name])
