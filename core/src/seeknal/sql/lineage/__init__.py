"""Column lineage of one query: what each output column, and each row, depends on."""

from seeknal.sql.lineage.model import ColumnLineage, ColumnRef, QueryLineage
from seeknal.sql.lineage.trace import trace_query

__all__ = ("ColumnLineage", "ColumnRef", "QueryLineage", "trace_query")
