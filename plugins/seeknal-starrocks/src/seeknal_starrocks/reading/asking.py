"""What is asked of a source besides its rows: its version, and how far it is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import Horizon, NodeError
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.reading.columns import described, relation_of
from seeknal_starrocks.reading.naming import checked
from seeknal_starrocks.reading.question import asking, question_of, rows_of
from seeknal_starrocks.reading.restricting import is_comparable, ordered_by, restricted

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source
    from seeknal_starrocks.reading.dialects import Options


def version_of(source: Source, options: Options, context: Context) -> object | None:
    """What ``version_query:`` answers, as text; None without one."""
    if source.version_query is None:
        return None
    question = question_of(source, options, context)
    query = checked(source.version_query, "version_query", question.dialect)
    with asking(question) as server:
        rows = rows_of(server, f"SELECT * FROM ({query}\n) AS q LIMIT 1")
    return [None if value is None else str(value) for row in rows for value in row]


def horizon_of(source: Source, options: Options, column: str, context: Context) -> Horizon:
    """The largest value; what is being written meanwhile, no server tells everybody."""
    question = question_of(source, options, context)
    with asking(question) as server:
        relation = relation_of(question)
        found = described(question, server, relation)
        field = ordered_by(found, column)
        if not is_comparable(field, question):
            raise NodeError(
                f"column {field.name!r} has no order that only grows",
                code="SK1913",
                help="rows are in the order of whole numbers, decimals, dates and moments",
            )
        rows = rows_of(
            server,
            f"SELECT max({quoted(field.name)}) FROM {restricted(relation, found, question, {})}",
        )
    value = rows[0][0] if rows else None
    unseen = f"{question.name!r} does not tell what is being written"
    return Horizon(value=None if value is None else str(value), unseen=unseen)
