"""Whether rows of different moments decide together what a query gives.

Such a query gives other rows for two ranges of time at once than for each of them: a running
total, a LIMIT, a count over all rows, an end of the range among the values. What is not understood
is taken for one. A join or a group by the time is taken for none, however it uses the time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from seeknal.sql.cuts.moments import Moments
from seeknal.sql.cuts.reaches import NOT_UNDERSTOOD, queries_over
from seeknal.sql.lineage.tree import parse
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.values.names import NodeId


@cache
def is_joint(sql: str, columns: tuple[tuple[NodeId, str], ...]) -> bool:
    """Whether ``sql``, in DuckDB's dialect, is such a query. Never raises for any text.

    ``columns`` are the time columns of its tracked inputs; rows of others are the same whichever
    range is asked for.
    """
    queries = queries_over(dict(columns), Moments(False))
    try:
        found = queries.query(parse(sql), None)
    except (Untraceable, RecursionError, *NOT_UNDERSTOOD):
        return True
    return queries.joint or found.made.marked
