"""What statements do: catalogs, tables and views whose rows are in DuckDB."""
