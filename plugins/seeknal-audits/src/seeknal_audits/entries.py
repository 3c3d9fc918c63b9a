"""What an audit type is: how it looks at rows, and what it says of what it saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve, field, frozen

from seeknal.plugin import (
    AuditContext,
    AuditType,
    NodeError,
    Relation,
    literal_faults,
    misfit_faults,
    quote_identifier,
)

Values = Sequence[Any]


@frozen(kw_only=True)
class Finding:
    """What an audit saw.

    ``failing`` is its count of failures and ``affected`` how many of the node's rows are in
    them, when the failures are such rows.
    """

    failing: int
    message: str = ""
    affected: int = 0
    rows: str | None = None
    """A query for the failing rows."""


@frozen(kw_only=True)
class Subject:
    """The rows that are audited."""

    relation: Relation
    context: AuditContext
    total: int = 0

    @property
    def scan(self) -> str:
        return self.relation.scan

    def type_of(self, column: str) -> str:
        """DuckDB's name of a column's type."""
        for known in self.relation.columns:
            if known.name.lower() == column.lower():
                return known.type
        message = f"{self.relation.node} has no column {column!r}"
        raise NodeError(message, code="SK0903", words=(column,))

    def count(self, query: str) -> int:
        return int(self.fetch(f"SELECT count(*) FROM ({query})")[0][0])

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        if self.context.is_check:
            self._refuse_values(sql)
        return self.context.duckdb.execute(sql).fetchall()

    def _refuse_values(self, sql: str) -> None:
        """Say what any row would make DuckDB say: where there is none, it says nothing."""
        import duckdb

        types = {column.name.lower(): [column.type] for column in self.relation.columns}
        for fault in literal_faults(self.context.duckdb, sql, types):
            raise duckdb.ConversionException(f"Conversion Error: {fault.message}")
        for fault in misfit_faults(self.context.duckdb, sql):
            raise duckdb.BinderException(f"Binder Error: {fault.message}: '{fault.name}'")


def _nothing(options: Any, subject: Subject) -> tuple[str, ...]:
    return ()


@frozen(kw_only=True)
class Entry:
    """One audit type.

    ``measures`` are aggregates over the rows; those of all audits are taken in one scan, and
    ``judge`` is given their values. An audit type without measures asks what it needs itself.
    """

    type: AuditType
    judge: Callable[[Any, Values, Subject], Finding]
    measures: Callable[[Any, Subject], Sequence[str]] = _nothing
    columns: Callable[[Any], tuple[str, ...]] = field(default=lambda options: ())
    counts_rows: bool = True
    """Whether its failures are rows, so that a percentage of them means something."""
    check: Callable[[Any], None] | None = None
    """Refuses options that are wrong, with SqlRefused or ValueError, before anything runs."""


def columns_of(options: Any) -> tuple[str, ...]:
    """The columns of an options class that has several."""
    columns: tuple[str, ...] = options.columns
    return columns


@frozen
class Failing:
    """A condition that is true for a failing row, and what it is about: mostly a column.

    ``count`` is the aggregate that counts its rows. ``count_if`` costs a third of a ``FILTER``.
    """

    about: str
    condition: str
    count: str = field()

    @count.default
    def _counted(self) -> str:
        return f"count_if({self.condition})"


def by_row(
    type: AuditType,
    failing: Callable[[Any, Subject], Sequence[Failing]],
    explain: Callable[[Any, Sequence[tuple[str, int]], Subject], str],
    columns: Callable[[Any], tuple[str, ...]] = columns_of,
    check: Callable[[Any], None] | None = None,
) -> Entry:
    """An audit type that tells a failing row by itself.

    A row fails when any of the conditions that ``failing`` gives is true. ``explain`` is given
    how many rows each of them is true for.
    """

    def measures(options: Any, subject: Subject) -> list[str]:
        return [each.count for each in failing(options, subject)]

    def judge(options: Any, values: Values, subject: Subject) -> Finding:
        found = [
            (each, int(count))
            for each, count in zip(failing(options, subject), values, strict=True)
            if count
        ]
        if not found:
            return Finding(failing=0)
        where = " OR ".join(f"({each.condition})" for each, _ in found)
        rows = f"SELECT * FROM {subject.scan} WHERE {where}"
        # Rows may fail in more than one way; that is asked only when some do fail.
        count = found[0][1] if len(found) == 1 else subject.count(rows)
        message = explain(options, [(each.about, number) for each, number in found], subject)
        return Finding(failing=count, affected=count, message=message, rows=rows)

    return Entry(
        type=evolve(type, per_row=True),
        judge=judge,
        measures=measures,
        columns=columns,
        check=check,
    )


def quoted(columns: Sequence[str]) -> str:
    """Column names as SQL, separated by commas."""
    return ", ".join(quote_identifier(column) for column in columns)


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
