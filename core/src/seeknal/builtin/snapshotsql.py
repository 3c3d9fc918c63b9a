"""The query of a snapshot's rows: the earlier ones, with what a run makes of its input.

Only keys of which something changes are looked at as a whole; the versions of all others are
handed on as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import fields, frozen

from seeknal.builtin.snapshotcolumns import CURRENT, DELETED, END, START, as_time
from seeknal.plugin import quote_identifier, quote_literal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from seeknal.builtin.options.snapshot import SnapshotOptions
    from seeknal.builtin.snapshotcolumns import Columns, Kept

_TICK = "INTERVAL 1 MICROSECOND"
MISPLACED = "a late version cannot be put at its place"
"""How the error begins that DuckDB stops with where a version has no place."""


@frozen(kw_only=True)
class Names:
    """Names of the query's own that no column has."""

    start: str
    end: str
    deleted: str
    last_start: str
    last_end: str
    last_time: str
    is_open: str
    newest: str
    comes: str
    was: str
    carried: str
    next: str

    @classmethod
    def among(cls, taken: Collection[str]) -> Names:
        """Names that are none of the ``taken`` ones."""
        prefix = "seeknal_"
        while any(name.lower().startswith(prefix) for name in taken):
            prefix += "_"
        return cls(**{field.name: f"{prefix}{field.name}" for field in fields(cls)})


@frozen(kw_only=True)
class Query:
    """What a run's query is made of: the input and the earlier rows stand after FROM."""

    options: SnapshotOptions
    columns: Columns
    given: str
    past: str | None
    moment: datetime
    own: Names

    @property
    def sql(self) -> str:
        """The SELECT that gives all rows of the snapshot."""
        if self.past is None:
            return self._first()
        parts = {
            "given": (self.rows_given(), False),
            "past": (self.rows_past(), False),
            "living": (f"FROM past WHERE {self.own.end} IS NULL AND NOT {self.own.deleted}", False),
            **{name: (text, True) for name, text in self._changes().items()},
            "touched": (self._touched(), True),
            "old": (f"SELECT past.* FROM past SEMI JOIN touched ON {self.same('past')}", True),
            "facts": (self._facts(), True),
            "placed": (self._placed(), False),
            "timeline": (self._timeline(), False),
            "done": (self._done(), False),
        }
        listed = ", ".join(
            f"{name} AS {'MATERIALIZED ' if kept else ''}({text})"
            for name, (text, kept) in parts.items()
        )
        untouched = f"FROM past ANTI JOIN touched ON {self.same('past')}"
        return (
            f"WITH {listed} SELECT {self._output(self.own.end)} {untouched}"
            f" UNION ALL SELECT * FROM (SELECT {self._output(self.own.end)} FROM done"
            f" ORDER BY {self._listed(self.keys)}, {self.own.start})"
        )

    @property
    def keys(self) -> tuple[Kept, ...]:
        """The columns of the key."""
        return self.columns.named(self.options.unique_key)

    @property
    def when(self) -> Kept | None:
        """The column that says since when a row holds."""
        when = self.options.when
        return None if when is None else self.columns.named([when])[0]

    @property
    def compared(self) -> tuple[Kept, ...]:
        """The columns of which another value is a change."""
        if self.options.checks_all or self.options.strategy == "timestamp":
            return tuple(column for column in self.columns.kept if column.counts)
        return self.columns.named(self.options.check_columns)

    def rows_given(self) -> str:
        """The input's rows, with the types that they are stored with."""
        return f"SELECT {self._values('given')} FROM {self.given}"

    def rows_past(self) -> str:
        """The earlier rows, with the types that they are stored with."""
        own, columns = self.own, self.columns
        deleted = quote_identifier(DELETED) if columns.marked else "false"
        times = ", ".join(
            f"{as_time(quote_identifier(name), columns.earlier_time, columns.time)} AS {alias}"
            for name, alias in ((START, own.start), (END, own.end))
        )
        return (
            f"SELECT {self._values('past')}, {times}, {deleted} AS {own.deleted} FROM {self.past}"
        )

    def _values(self, which: str) -> str:
        return ", ".join(
            f"{column.of_given() if which == 'given' else column.of_past()}"
            f" AS {quote_identifier(column.name)}"
            for column in self.columns.kept
        )

    def same(self, one: str, other: str = "touched") -> str:
        """SQL that is true where two relations are of one key."""
        # No key is NULL, and of the types that keys have equal values are the same.
        return " AND ".join(
            f"{one}.{name} = {other}.{name}"
            for name in (quote_identifier(key.name) for key in self.keys)
        )

    def same_version(self, one: str, other: str) -> str:
        """SQL that is true where two relations are of one key and one time."""
        assert self.when is not None
        when = quote_identifier(self.when.name)
        return f"{self.same(one, other)} AND {one}.{when} = {other}.{when}"

    def _listed(self, columns: Sequence[Kept], table: str = "") -> str:
        prefix = f"{table}." if table else ""
        return ", ".join(f"{prefix}{quote_identifier(column.name)}" for column in columns)

    def _moment(self) -> str:
        """SQL of the run's moment, with the type of ``valid_from``."""
        text = self.moment.strftime("%Y-%m-%d %H:%M:%S.%f")
        moment = f"TIMESTAMPTZ {quote_literal(f'{text}+00')}"
        return f"({moment} AT TIME ZONE 'UTC')" if self.columns.time == "TIMESTAMP" else moment

    def _time_of(self, table: str) -> str:
        """SQL of a row's own time, with the type of ``valid_from``."""
        assert self.when is not None
        value = f"{table}.{quote_identifier(self.when.name)}"
        return as_time(value, self.when.type, self.columns.time)

    def _first(self) -> str:
        """The rows of a snapshot that has none yet."""
        own, marks = self.own, self.columns.marks
        if self.when is None:
            # True of every row; it says what decides on the moment to those who trace columns.
            decided = f"hash({self._listed((*self.keys, *self.compared))}) IS NOT NULL"
            start = f"CASE WHEN {decided} THEN {self._moment()} END"
            end = f"CAST(NULL AS {self.columns.time})"
        else:
            start = self._time_of("given")
            # As lead(), but plainly the same whatever the order of the input is.
            window = f"PARTITION BY {self._listed(self.keys)} ORDER BY {start}"
            end = f"min({start}) OVER ({window} GROUPS BETWEEN 1 FOLLOWING AND 1 FOLLOWING)"
        rows = f"SELECT *, {start} AS {own.start}, {end} AS {own.end}"
        deleted = f", false AS {own.deleted}" if marks else ""
        inner = f"{rows}{deleted} FROM given"
        return f"WITH given AS ({self.rows_given()}) SELECT {self._output(own.end)} FROM ({inner})"

    def _output(self, end: str) -> str:
        own = self.own
        items = [
            self._listed(self.columns.kept),
            f"{own.start} AS {quote_identifier(START)}",
            f"{end} AS {quote_identifier(END)}",
            f"{end} IS NULL AS {quote_identifier(CURRENT)}",
        ]
        if self.columns.marks:
            items.append(f"{own.deleted} AS {quote_identifier(DELETED)}")
        return ", ".join(items)

    def _changes(self) -> dict[str, str]:
        """Rows of the input that are new in some way, and keys that it lacks."""
        found = {}
        if self.when is None:
            changed = " OR ".join(c.differs("given", "living") for c in self.compared) or "false"
            first = quote_identifier(self.keys[0].name)
            found["fresh"] = (
                f"SELECT given.* FROM given LEFT JOIN living ON {self.same('given', 'living')}"
                f" WHERE living.{first} IS NULL OR {changed}"
            )
        else:
            # A version that marks a deletion has the time of one that the history has as well.
            same = self.same_version("given", "past")
            found["fresh"] = f"SELECT given.* FROM given ANTI JOIN past ON {same}"
            found["back"] = (
                f"SELECT given.* FROM given ANTI JOIN living ON {self.same('given', 'living')}"
            )
        if self.options.deletes != "ignore":
            found["gone"] = (
                f"SELECT living.* FROM living ANTI JOIN given ON {self.same('living', 'given')}"
            )
        return found

    def _touched(self) -> str:
        keys = self._listed(self.keys)
        return " UNION ".join(f"SELECT {keys} FROM {name}" for name in self._changes())

    def _facts(self) -> str:
        """Of each such key that has versions, what is known of all of them."""
        own = self.own
        keys = self._listed(self.keys)
        when = f"max({quote_identifier(self.when.name)})" if self.when is not None else "NULL"
        return (
            f"SELECT {keys}, max({own.start}) AS {own.last_start},"
            f" max({own.end}) AS {own.last_end}, {when} AS {own.last_time},"
            f" bool_or({own.end} IS NULL AND NOT {own.deleted}) AS {own.is_open}"
            f" FROM old GROUP BY {keys}"
        )

    def _now(self, start: str, end: str | None = None) -> str:
        """SQL of the run's moment, or of what comes right after all that there is of a key."""
        return f"greatest({self._moment()}, {start} + {_TICK}{f', {end}' if end else ''})"

    def _placed(self) -> str:
        """New versions with when they begin; the newest of a key may be the current one."""
        own = self.own
        if self.when is None:
            keys = self.same("fresh", "facts")
            start = (
                f"CASE WHEN facts.{own.last_start} IS NULL THEN {self._moment()}"
                f" ELSE {self._now(f'facts.{own.last_start}', f'facts.{own.last_end}')} END"
            )
            return (
                f"SELECT fresh.*, {start} AS {own.start}, true AS {own.comes}"
                f" FROM fresh LEFT JOIN facts ON {keys}"
            )
        when = quote_identifier(self.when.name)
        at = self._time_of("given")
        rows = (
            f"SELECT given.*, {at} AS {own.start}, facts.* EXCLUDE ({self._listed(self.keys)}),"
            f" row_number() OVER (PARTITION BY {self._listed(self.keys, 'given')}"
            f" ORDER BY given.{when} DESC) = 1 AS {own.newest}"
            f" FROM given SEMI JOIN touched ON {self.same('given')}"
            f" LEFT JOIN facts ON {self.same('given', 'facts')}"
        )
        newer = f"coalesce({when} > {own.last_time}, true)"
        comes = f"{own.newest} AND (NOT coalesce({own.is_open}, false) OR {newer})"
        later = (
            f"{newer} AND coalesce({own.start} > {own.last_start}, true)"
            f" AND coalesce({own.start} >= {own.last_end}, true)"
        )
        start = own.start
        if self.columns.has_moments:
            now = self._now(own.last_start, own.last_end)
            start = f"CASE WHEN {own.comes} AND NOT ({later}) THEN {now} ELSE {own.start} END"
        fresh = f"NOT EXISTS (FROM old WHERE {self.same_version('mine', 'old')})"
        return (
            f"SELECT {self._listed(self.columns.kept)}, {start} AS {own.start}, {own.comes}"
            f" FROM (SELECT *, {comes} AS {own.comes} FROM ({rows})) AS mine"
            f" WHERE {own.comes} OR {fresh}"
        )

    def _timeline(self) -> str:
        """All versions of such keys, each with when it ended so far, if it did."""
        own = self.own
        kept = self._listed(self.columns.kept)
        when = {"ignore": "NULL", "invalidate": f"greatest({self._moment()}, {own.start})"}
        ends = when.get(self.options.deletes) or self._now(own.start)
        end, parts = own.end, []
        if self.options.deletes != "ignore":
            gone = f"{own.end} IS NULL AND EXISTS (FROM gone WHERE {self.same('gone', 'old')})"
            end = f"CASE WHEN {gone} THEN {ends} ELSE {own.end} END"
        parts.append(
            f"SELECT {kept}, {own.start}, {end} AS {own.end}, {own.deleted}, true AS {own.was},"
            f" true AS {own.comes} FROM old"
        )
        none = f"CAST(NULL AS {self.columns.time})"
        parts.append(f"SELECT {kept}, {own.start}, {none}, false, false, {own.comes} FROM placed")
        if self.options.deletes == "new_record":
            parts.append(f"SELECT {kept}, {ends}, {none}, true, false, true FROM gone")
        return " UNION ALL ".join(parts)

    def _done(self) -> str:
        """The same, where each ends at the next one, or at the gap that is before that."""
        own = self.own
        keys = self._listed(self.keys)
        window = f"(PARTITION BY {keys} ORDER BY {own.start}, {own.was} DESC)"
        carried = (
            f"last_value(CASE WHEN {own.was} THEN {{'end': {own.end}}} END IGNORE NULLS)"
            f" OVER (PARTITION BY {keys} ORDER BY {own.start}, {own.was} DESC"
            " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
        rows = (
            f"SELECT *, {carried} AS {own.carried}, lead({own.start}) OVER {window} AS {own.next}"
            " FROM timeline"
        )
        held = f"{own.carried}['end']"
        end = (
            f"CASE WHEN {own.next} = {own.start} OR ({own.next} IS NULL AND NOT {own.comes})"
            f" THEN error({quote_literal(MISPLACED)})"
            f" WHEN {own.was} THEN least({own.next}, {own.end})"
            f" ELSE least({own.next}, CASE WHEN {held} > {own.start} THEN {held} END) END"
        )
        return (
            f"SELECT {self._listed(self.columns.kept)}, {own.start}, {end} AS {own.end},"
            f" {own.deleted} FROM ({rows})"
        )
