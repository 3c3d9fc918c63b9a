"""What a rollback writes to a table whose ranges are replaced: the rows that were there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.rows.batches import Range
from seeknal.rows.scans import columns_of
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.errors import RowsRefused
from seeknal.values.relations import Relation

if TYPE_CHECKING:
    from seeknal.kernel.contexts import DeliveryContext
    from seeknal.values.deliveries import Kept, Span


@frozen(kw_only=True)
class PutBack:
    """Ranges of a table, and all rows that are to be in them."""

    ranges: tuple[Range, ...]
    relation: Relation


def put_back(relation: Relation, column: str, context: DeliveryContext) -> PutBack | None:
    """What to write instead of ``relation`` where a rollback is delivered; None elsewhere.

    The rows of a time are those of the last batch that replaced it. Raises RowsRefused when
    that batch is no longer kept.
    """
    undone = context.undone()
    if undone is None:
        return None
    type = next(entry.type for entry in relation.columns if entry.name == column)
    times = _Times(column=quote_identifier(column), type=type)
    _refuse_unknown(undone.spans, undone.kept, times, context)
    within = times.within_any(undone.spans)
    parts = [f"SELECT * FROM {relation.scan} WHERE false"]
    for number, kept in enumerate(undone.kept):
        if kept.relation is None:
            continue
        if column not in kept.relation.names:
            raise _refused(f"its earlier rows have no {column}")
        later = times.within_any([entry.span for entry in undone.kept[number + 1 :]])
        parts.append(f"SELECT * FROM {kept.relation.scan} WHERE ({within}) AND NOT ({later})")
    sql = " UNION ALL BY NAME ".join(parts)
    ((count,),) = context.duckdb.execute(f"SELECT count(*) FROM ({sql})").fetchall()
    columns = columns_of(context.duckdb.sql(sql))
    rows = evolve(relation, scan=f"({sql})", columns=columns, rows=count, path=None)
    ranges = tuple(
        Range(column=column, start=span.start, end=span.end, closed=True)
        for span in undone.spans
        if span.start
    )
    return PutBack(ranges=ranges, relation=rows)


@frozen(kw_only=True)
class _Times:
    """SQL about spans of a column of times."""

    column: str
    type: str

    def within_any(self, spans: Sequence[Span]) -> str:
        tests = (
            f"{self.column} BETWEEN {self.at(span.start)} AND {self.at(span.end)}"
            for span in spans
            if span.start
        )
        return " OR ".join(tests) or "false"

    def at(self, text: str) -> str:
        return f"CAST({quote_literal(text)} AS {self.type})"

    def covered(self, span: Span, part: Span, later: Sequence[Span]) -> str:
        """Whether what two spans share, if anything, lies in one of the later ones."""
        start, end = self.at(span.start), self.at(span.end)
        tests = [f"{start} > {self.at(part.end)}", f"{end} < {self.at(part.start)}"]
        start = f"greatest({start}, {self.at(part.start)})"
        end = f"least({end}, {self.at(part.end)})"
        tests += [
            f"({self.at(over.start)} <= {start} AND {end} <= {self.at(over.end)})"
            for over in later
            if over.start
        ]
        return " OR ".join(tests)


def _refuse_unknown(
    spans: Sequence[Span], kept: Sequence[Kept], times: _Times, context: DeliveryContext
) -> None:
    for number, entry in enumerate(kept):
        if entry.relation is not None or not entry.span.start:
            continue
        later = [after.span for after in kept[number + 1 :]]
        tests = " AND ".join(
            f"({times.covered(span, entry.span, later)})" for span in spans if span.start
        )
        ((known,),) = context.duckdb.execute(f"SELECT {tests or 'true'}").fetchall()
        if not known:
            raise _refused("rows that it took earlier are no longer kept")


def _refused(why: str) -> RowsRefused:
    return RowsRefused(
        f"its ranges cannot be put back as they were: {why}",
        code="SK1112",
        help="mend the table by hand, and seeknal deliveries drop gives this up",
    )
