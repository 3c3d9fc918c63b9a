"""From a query's text to its lineage; whatever cannot be told is unknown, never an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from seeknal.sql.lineage.queries import Queries
from seeknal.sql.lineage.relations import Col, Relation
from seeknal.sql.lineage.tree import parse
from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage, Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.relations import Refs
    from seeknal.sql.lineage.tree import Tree

Names = Mapping[tuple[str, ...], tuple[str, Sequence[str]]]
"""What a table name (lower case, outermost part first) means: a relation and its columns."""


def trace_query(
    sql: str,
    tables: Names,
    columns: Sequence[str] | None = None,
    *,
    inexact: Refs = frozenset(),
) -> QueryLineage:
    """What each output column and the rows of ``sql``, in DuckDB's dialect, depend on.

    ``tables`` are the relations that it may read. ``columns`` are the names that its output
    really has; they name what DuckDB makes names for, and a difference makes the answer
    unknown. ``inexact`` are columns of which equal values may differ (``0.0`` and ``-0.0``), or
    whose sums round. Never raises for any text.
    """
    try:
        return _traced(sql, tables, columns, inexact)
    except Untraceable as error:
        return QueryLineage(unknown=str(error))
    except RecursionError:
        return QueryLineage(unknown="the query is nested too deeply")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        # A form of tree that this version of DuckDB has and we do not know.
        return QueryLineage(unknown=f"its syntax tree is not understood ({error!r})")


def _traced(sql: str, tables: Names, columns: Sequence[str] | None, inexact: Refs) -> QueryLineage:
    return trace_tree(parse(sql), tables, columns, inexact=inexact)[0]


def trace_tree(
    node: Tree, tables: Names, columns: Sequence[str] | None, *, inexact: Refs
) -> tuple[QueryLineage, frozenset[str]]:
    """As `trace_query`, of a syntax tree; and the names of the columns that are inexact.

    Raises Untraceable.
    """
    read: set[str] = set()

    def table(names: Sequence[str]) -> Relation | None:
        known = tables.get(tuple(name.lower() for name in names))
        if known is None:
            return None
        relation, cols = known
        read.add(relation)
        return Relation(_base(relation, tuple(cols), inexact))

    queries = Queries(table)
    found = queries.query(node, None)
    named = _fitted(found.cols, columns)
    lineage = QueryLineage(
        columns=tuple(
            ColumnLineage(name=name, values=col.values, influences=col.influences - col.values)
            for name, col in named
        ),
        rows=found.rows,
        order=found.order - found.rows,
        relations=frozenset(read),
        ordered=queries.ordered,
        settled=found.settled,
    )
    return lineage, frozenset(name for name, col in named if not col.exact)


@lru_cache(maxsize=256)
def _base(relation: str, columns: tuple[str, ...], inexact: Refs) -> tuple[Col, ...]:
    """A table's own columns; many queries read the same one."""
    refs = (ColumnRef(relation, name) for name in columns)
    return tuple(Col(ref.column, frozenset((ref,)), exact=ref not in inexact) for ref in refs)


def _fitted(cols: Sequence[Col], names: Sequence[str] | None) -> list[tuple[str, Col]]:
    """The columns under the names that they really have."""
    if names is None:
        if any(col.vague for col in cols):
            raise Untraceable("the names of its columns are not known")
        return [(col.name or "", col) for col in cols]
    spread = _spread(cols, len(names))
    for col, name in zip(spread, names, strict=True):
        if not col.many and col.name is not None and col.name.lower() != name.lower():
            raise Untraceable(f"column {name} was taken for {col.name}")
    return [(name, col) for name, col in zip(names, spread, strict=True)]


def _spread(cols: Sequence[Col], count: int) -> list[Col]:
    """As many columns as there really are; one entry may stand for several."""
    many = [position for position, col in enumerate(cols) if col.many]
    missing = count - len(cols)
    if len(many) == 1 and missing >= 0:
        at = many[0]
        return [*cols[:at], *([cols[at]] * (missing + 1)), *cols[at + 1 :]]
    if missing:
        raise Untraceable(f"{len(cols)} columns were found where there are {count}")
    return list(cols)
