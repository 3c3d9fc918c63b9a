"""How the conditions of a query turn out over the rows that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.run.intervals.batch import with_ends
from seeknal.sql.keywords import words
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.tokens import on_one_line
from seeknal.unittests.choosing.watch import Watch
from seeknal.unittests.coverage.joins import ALONE, LEFT_ALONE, MATCHED, RIGHT_ALONE, joins, probe
from seeknal.unittests.coverage.recording import Recorder, sequence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.unittests.coverage.finding import Condition
    from seeknal.unittests.coverage.structure import Structure
    from seeknal.values.relations import Interval

Outcomes = frozenset[str]
_LONGEST = 3.0
"""Seconds for one query: over rows of a test one that counts takes a few milliseconds."""
_PLAIN, _COUNTED, _AGAIN = "seeknal_plain", "seeknal_counted", "seeknal_again"
_NEEDED = words("deliminator filter_pullup filter_pushdown join_order unnest_rewriter")
"""Without these optimizers joins are slow."""
_EXPRESSIONS = ("CASE", "IF", "COALESCE", "IFNULL")
_SELECTS = ("select", "with", "from")
_SETS = ("union", "except", "intersect")


def outcomes(
    cursor: DuckDBPyConnection,
    query: Structure,
    found: Sequence[Condition],
    interval: Interval | None = None,
) -> dict[Condition, Outcomes]:
    """How conditions turned out, without those of which it cannot be told.

    It can where the query that counts gives what the plain one does. ``interval`` is the range that
    it is run for.
    """
    import duckdb

    if not found:
        return {}
    told: dict[Condition, Outcomes] = {}
    watch = Watch(cursor)
    counter = _Counter(cursor, watch, query, interval)
    asked = {join.place: join for join in joins(query)}
    _as_written(cursor)
    try:
        if not counter.made(_PLAIN, query.text):
            return {}
        told |= counter.all([each for each in found if each.place not in asked])
        for each in found:
            if each.place in asked:
                counts = counter.joined(probe(query, asked[each.place]), each)
                told |= {} if counts is None else {each: counts}
    except duckdb.InterruptException:
        # Several tables without a condition that joins them, perhaps.
        pass
    finally:
        watch.close()
        cursor.execute("RESET disabled_optimizers")
    return told


def _as_written(cursor: DuckDBPyConnection) -> None:
    """Let queries compute also what nobody asks them for, such as a column that is not used."""
    names = cursor.execute("SELECT name FROM duckdb_optimizers()").fetchall()
    skipped = ",".join(name for (name,) in names if name not in _NEEDED)
    cursor.execute(f"SET disabled_optimizers = {quote_literal(skipped)}")


class _Counter:
    def __init__(
        self,
        cursor: DuckDBPyConnection,
        watch: Watch,
        query: Structure,
        interval: Interval | None,
    ) -> None:
        self.cursor = cursor
        self.watch = watch
        self.query = query
        self.interval = interval

    def final(self, sql: str) -> str:
        return sql if self.interval is None else with_ends(sql, self.interval)

    def made(self, table: str, sql: str) -> bool:
        """Store what a query gives. False where it gives nothing but an error."""
        import duckdb

        try:
            with self.watch.limit(_LONGEST):
                self.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS\n{self.final(sql)}\n")
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return False
        return True

    def joined(self, sql: str, condition: Condition) -> Outcomes | None:
        """Whether the sides of a join had a match."""
        import duckdb

        try:
            with self.watch.limit(_LONGEST):
                ((both, left, right),) = self.cursor.execute(self.final(sql)).fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return None
        counts = {MATCHED: both, LEFT_ALONE: left, RIGHT_ALONE: right, ALONE: left + right}
        return frozenset(each for each in condition.outcomes if counts[each])

    def all(self, found: Sequence[Condition]) -> dict[Condition, Outcomes]:
        """All conditions at once, or each alone where one of them keeps the others from it."""
        own = {condition: number for number, condition in enumerate(found)}
        told = self.counted(own)
        if told is None:
            shared = dict(self.shared(found))
            told = self.counted(shared)
        if told is not None:
            return told
        alone = {}
        for number in set(shared.values()):
            some = {each: 0 for each, shares in shared.items() if shares == number}
            alone.update(self.counted(some) or {})
        return alone

    def shared(self, found: Sequence[Condition]) -> Iterator[tuple[Condition, int]]:
        """One number for what stands twice in a SELECT: GROUP BY is bound by what it looks like."""
        known: dict[object, int] = {}
        for each in found:
            key: object = each
            if each.clause in _EXPRESSIONS:
                first, last = self.expression(each.place)
                text = on_one_line(self.query.slice(first, last))
                key = self.scope(first), text, each.place - first, each.span[0] - first
            yield each, known.setdefault(key, len(known))

    def expression(self, at: int) -> tuple[int, int]:
        """The outermost brackets around a token within its SELECT; what begins with it, else."""
        query, first, around = self.query, at, self.query.around[at]
        while around is not None and query.key(around + 1) not in _SELECTS:
            first, around = around, query.around[around]
        return first, query.closing.get(first, query.closing.get(first + 1, first))

    def scope(self, at: int) -> tuple[int | None, int]:
        """The SELECT that a token stands in."""
        query, around = self.query, self.query.around[at]
        while around is not None and query.key(around + 1) not in _SELECTS:
            around = query.around[around]
        begin = 0 if around is None else around + 1
        sets = sum(query.keys[each] in _SETS for each in query.level(begin) if each < at)
        return around, sets

    def counted(self, numbers: Mapping[Condition, int]) -> dict[Condition, Outcomes] | None:
        """What conditions were, each counted as a number; None where the result would differ."""
        if not numbers:
            return {}
        for number in set(numbers.values()):
            for which in (0, 1):
                self.cursor.execute(f"CREATE OR REPLACE TEMP SEQUENCE {sequence(number, which)}")
        if not self.made(_COUNTED, Recorder(self.query, numbers).text()) or not self.is_same():
            return None
        used = {
            name
            for (name,) in self.cursor.execute(
                "SELECT sequence_name FROM duckdb_sequences()"
                " WHERE temporary AND last_value IS NOT NULL"
            ).fetchall()
        }
        return {
            condition: frozenset(
                outcome
                for which, outcome in enumerate(condition.outcomes)
                if sequence(number, which) in used
            )
            for condition, number in numbers.items()
        }

    def is_same(self) -> bool:
        """Whether both queries gave the same rows, as far as the plain one always gives them."""
        columns = self.columns(_PLAIN)
        if columns != self.columns(_COUNTED):
            return False
        exact = [quote_identifier(name) for name in columns]
        if not self.differ(_COUNTED, exact):
            return True
        about = [
            # A sum of floats depends on their order.
            f"TRY_CAST({quote_identifier(name)} AS FLOAT)"
            if type in ("DOUBLE", "FLOAT")
            else quote_identifier(name)
            for name, type in columns.items()
        ]
        if not self.differ(_COUNTED, about):
            return True
        if not self.made(_AGAIN, self.query.text):
            return False
        fixed = [each for each in about if not self.differ(_AGAIN, [each])]
        return bool(fixed) and not self.differ(_COUNTED, fixed)

    def columns(self, table: str) -> dict[str, str]:
        described = self.cursor.execute(f"DESCRIBE temp.{table}").fetchall()
        return {name: type for name, type, *_ in described}

    def differ(self, table: str, columns: Sequence[str]) -> bool:
        """Whether the rows of a table are others than those of the plain query."""
        import duckdb

        shown = ", ".join(columns)
        one, other = (f"(SELECT {shown} FROM temp.{each})" for each in (_PLAIN, table))
        either = f"({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})"
        try:
            ((rows,),) = self.cursor.execute(f"SELECT count(*) FROM ({either})").fetchall()
        except duckdb.Error:
            return True
        return bool(rows)
