"""Column lineage of one query: what each output column, and each row, depends on."""

from seeknal.sql.lineage.trace import trace_query
from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage

__all__ = ("ColumnLineage", "ColumnRef", "QueryLineage", "trace_query")
