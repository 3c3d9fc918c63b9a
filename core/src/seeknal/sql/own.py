"""A DuckDB of seeknal's own: to ask about texts and files costs no opening of another."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def own_duckdb() -> duckdb.DuckDBPyConnection:
    """A connection to the DuckDB that the process has for itself; nobody makes a table in it.

    Its settings are those of the connection alone, which whoever asks for it closes.
    """
    return _instance().cursor()


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    import duckdb

    # It outlives what it reads: no file of the same name may be taken for an earlier one.
    alone = {"python_enable_replacements": False, "enable_external_file_cache": False}
    return duckdb.connect(":memory:", config={"threads": 1, **alone})
