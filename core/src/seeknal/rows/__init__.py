"""Rows on their way into DuckDB and out to tables, the same for every plugin."""
