"""What is known of a query's dependencies, and the error of not knowing."""

from __future__ import annotations

from typing import NamedTuple

from attrs import frozen


class ColumnRef(NamedTuple):
    """A column of a relation; ``relation`` is the name that the caller gave it (a node's id)."""

    relation: str
    column: str


@frozen(kw_only=True)
class ColumnLineage:
    """One output column.

    ``values``: what it is computed from. ``influences``: what decides this column's values
    without becoming part of them: conditions of CASE, FILTER and ORDER BY of an aggregate, the
    clauses of a window, the rows of a scalar subquery, and by what ``arg_max`` picks.
    """

    name: str
    values: frozenset[ColumnRef] = frozenset()
    influences: frozenset[ColumnRef] = frozenset()


@frozen(kw_only=True)
class QueryLineage:
    """What a query's result depends on.

    ``rows``: columns that decide which rows there are (filters, join and group keys, DISTINCT,
    ...). ``order``: columns that decide nothing but the order of the rows. ``relations``: what
    is read at all, so that its number of rows matters. ``ordered``: equal rows in another order
    may give another result (LIMIT, ``first``, ``list``, ``row_number``, ...). ``settled``: they
    never give the result's rows in another order. ``unknown``: why nothing could be said, which
    means that every column of every input counts.
    """

    columns: tuple[ColumnLineage, ...] = ()
    rows: frozenset[ColumnRef] = frozenset()
    order: frozenset[ColumnRef] = frozenset()
    relations: frozenset[str] = frozenset()
    ordered: bool = False
    settled: bool = False
    unknown: str | None = None

    @property
    def reads(self) -> frozenset[ColumnRef]:
        """Every column that the result depends on in any way."""
        parts = [part for column in self.columns for part in (column.values, column.influences)]
        return frozenset().union(self.rows, self.order, *parts)


class Untraceable(Exception):
    """The query's dependencies cannot be told; the message says why."""
