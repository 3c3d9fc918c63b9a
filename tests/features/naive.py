"""A small join in SQL, as one would write it by hand: it is judged until there is another.

Each step is a method of its own, so that a planted mistake changes one of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import duckdb

from tests.features.cases import NOW, Ask
from tests.features.judge import Told
from tests.features.reference import ZONED, Frame, Group, Wanted, are_days
from tests.features.tables import create, literal, quoted, values_of

FAMILIES = {
    "ENUM": "VARCHAR",
    "INTEGER": "n",
    "BIGINT": "n",
    "HUGEINT": "n",
    "DECIMAL": "n",
    "DOUBLE": None,
}


class Refusal(Exception):
    """What is asked has no answer; the first argument is the code."""


class Naive:
    """The groups of a case in a database."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = {group.name: group for group in groups}
        self.db = _database()
        for group in groups:
            create(self.db, group.name, columns_of(group), group.rows)

    def ask(self, ask: Ask) -> Told:
        try:
            return self.answered(ask)
        except Refusal as refusal:
            return Told(code=refusal.args[0])

    def answered(self, ask: Ask) -> Told:
        as_of = (ask.as_of or NOW) if ask.is_latest else ask.as_of
        frame = ask.frame if ask.frame is not None else self.all_keys(ask.wanted)
        create(self.db, "given", {**frame.columns, "_nth": "BIGINT"}, _numbered(frame))
        self.check_names(ask, frame)
        for each in ask.wanted:
            self.check_keys(self.groups[each.group], frame)
            if as_of is None:
                self.check_zones(self.groups[each.group], frame)
        for each in ask.wanted:
            self.check_created(self.groups[each.group])
        return self.joined(ask, frame, as_of)

    def joined(self, ask: Ask, frame: Frame, as_of: dt.datetime | None) -> Told:
        asked = self.asked_at(frame, as_of)
        self.compared = {
            each.group: are_days(self.groups[each.group], frame, as_of) for each in ask.wanted
        }
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE entities AS SELECT *, {asked} AS _when FROM given"
        )
        columns = [f"e.{quoted(name)}" for name in frame.columns]
        joins = ""
        for number, each in enumerate(ask.wanted):
            group = self.groups[each.group]
            self.find(f"seen{number}", group, each.of(group), as_of is not None)
            joins += f" {self.JOIN} seen{number} ON seen{number}._nth = e._nth"
            columns += [self.feature(number, name) for name in each.of(group)]
        found = self.db.execute(
            f"SELECT {', '.join(columns)} FROM entities e {joins} ORDER BY {self.in_order(frame)}"
        )
        return Told(columns=self.names(ask, frame), rows=tuple(values_of(found.fetchall())))

    JOIN = "LEFT JOIN"

    def find(self, table: str, group: Group, asked: Sequence[str], by_instant: bool) -> None:
        """A table of the row that each row of entities sees."""
        event, created = self.times(group, by_instant)
        features = ", ".join(quoted(name) for name in asked)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS "
            f"SELECT *, row({features}) AS _features FROM ("
            f"SELECT e._nth, e._when, {event} AS _event, {created} AS _created, "
            f"{', '.join('g.' + quoted(name) for name in group.features)} "
            f"FROM entities e JOIN {quoted(group.name)} g "
            f"ON {self.same_keys(group)} "
            f"WHERE {self.visible(group, event, created) if group.event_time else True}) q "
            f"QUALIFY rank() OVER (PARTITION BY _nth ORDER BY {self.newest(group)}) = 1"
        )
        if group.ttl is not None:
            self.db.execute(f"DELETE FROM {table} WHERE NOT ({self.holds(group)})")
        self.check_ambiguous(table, group)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {table} "
            "QUALIFY row_number() OVER (PARTITION BY _nth) = 1"
        )

    def same_keys(self, group: Group) -> str:
        return " AND ".join(f"e.{quoted(name)} = g.{quoted(name)}" for name in group.keys)

    def visible(self, group: Group, event: str, created: str) -> str:
        return f"{event} <= e._when AND {created} <= e._when"

    def newest(self, group: Group) -> str:
        return "_event DESC, _created DESC"

    def holds(self, group: Group) -> str:
        assert group.ttl is not None
        return f"_event + INTERVAL '{group.ttl}' >= _when"

    def feature(self, number: int, name: str) -> str:
        return f"seen{number}.{quoted(name)}"

    def in_order(self, frame: Frame) -> str:
        return "e._nth"

    def times(self, group: Group, by_instant: bool) -> tuple[str, str]:
        """Event and created time; what has none of either holds from the very beginning."""
        found = []
        for name in (group.event_time, group.created_time):
            if name is None:
                found.append(
                    "'-infinity'::TIMESTAMP" if not by_instant else "'-infinity'::TIMESTAMPTZ"
                )
                continue
            type = group.types[name]
            column = f"g.{quoted(name)}"
            if type == "DATE" and not self.compared[group.name]:
                column = self.over(column)
            found.append(self.moment(column, type, self.zone(group, by_instant)))
        return found[0], found[1]

    def over(self, day: str) -> str:
        return f"({day} + INTERVAL 1 DAY)"

    def zone(self, group: Group, by_instant: bool) -> str | None:
        return group.timezone or ("UTC" if by_instant else None)

    def asked_at(self, frame: Frame, as_of: dt.datetime | None) -> str:
        if as_of is not None:
            return literal(self.as_of(as_of), ZONED)
        type = frame.columns[frame.timestamp or ""]
        return self.asked(self.moment(quoted(frame.timestamp or ""), type, frame.timezone))

    def as_of(self, moment: dt.datetime) -> dt.datetime:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)

    def asked(self, moment: str) -> str:
        return moment

    def moment(self, column: str, type: str, zone: str | None) -> str:
        if type == ZONED:
            return column
        local = f"CAST({column} AS TIMESTAMP)"
        return local if zone is None else f"({local} AT TIME ZONE '{zone}')"

    def all_keys(self, wanted: Sequence[Wanted]) -> Frame:
        first = self.groups[wanted[0].group]
        listed = ", ".join(quoted(name) for name in first.keys)
        each = (f"SELECT DISTINCT {listed} FROM {quoted(name)}" for name in self.with_keys(wanted))
        found = self.db.execute(f"{' UNION '.join(each)} ORDER BY {listed}").fetchall()
        columns = {name: first.types[name] for name in first.keys}
        return Frame(
            columns=columns, rows=tuple(dict(zip(columns, row, strict=True)) for row in found)
        )

    def with_keys(self, wanted: Sequence[Wanted]) -> list[str]:
        return [each.group for each in wanted]

    def names(self, ask: Ask, frame: Frame) -> tuple[str, ...]:
        found = [(each.group, f) for each in ask.wanted for f in each.of(self.groups[each.group])]
        return (*frame.columns, *(f"{g}__{f}" if ask.full_names else f for g, f in found))

    def check_names(self, ask: Ask, frame: Frame) -> None:
        names = [name.lower() for name in self.names(ask, frame)]
        if len({*names}) < len(names):
            raise Refusal("SK1803")

    def check_keys(self, group: Group, frame: Frame) -> None:
        for name in group.keys:
            one, other = self.family(group.types[name]), self.family(frame.columns[name])
            if one is None or one != other:
                raise Refusal("SK1804")

    def family(self, type: str) -> str | None:
        word = type.partition("(")[0]
        return FAMILIES.get(word, word)

    def check_zones(self, group: Group, frame: Frame) -> None:
        asked = frame.columns[frame.timestamp or ""] == ZONED or frame.timezone is not None
        for name in (group.event_time, group.created_time):
            if name is None:
                continue
            if (group.types[name] == ZONED or group.timezone is not None) != asked:
                raise Refusal("SK1805")

    def check_created(self, group: Group) -> None:
        if group.created_time is None:
            return
        query = (
            f"SELECT count(*) FROM {quoted(group.name)} WHERE {quoted(group.created_time)} IS NULL"
        )
        if self.db.execute(query).fetchall() != [(0,)]:
            raise Refusal("SK1807")

    def check_ambiguous(self, table: str, group: Group) -> None:
        query = f"SELECT 1 FROM {table} GROUP BY _nth HAVING count(DISTINCT _features) > 1 LIMIT 1"
        if self.db.execute(query).fetchall():
            raise Refusal("SK1806")


@contextlib.contextmanager
def naive(groups: Sequence[Group], kind: type[Naive] = Naive) -> Iterator[Naive]:
    """The groups in a database, in which the groups of another case may stand before and after."""
    yield kind(groups)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Opened once: to do it anew takes longer than all questions of a case."""
    found = duckdb.connect()
    found.execute("SET TimeZone = 'UTC'; SET threads = 1")
    return found


def columns_of(group: Group) -> dict[str, str]:
    """The columns of a group's rows with types."""
    if group.made_by is None:
        return dict(group.columns)
    fixed = (*group.keys, *[name for name in (group.event_time,) if name is not None])
    types = {name: group.types[name] for name in fixed}
    for name in group.features:
        types[name] = _type_of([row[name] for row in group.rows])
    return types


def _type_of(values: Sequence[Any]) -> str:
    return "DOUBLE" if any(isinstance(value, float) for value in values) else _whole(values)


def _whole(values: Sequence[Any]) -> str:
    return "VARCHAR" if any(isinstance(value, str) for value in values) else "BIGINT"


def _numbered(frame: Frame) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(frame.rows):
        yield {**row, "_nth": number}
