"""The history as rows: its lines, and the past months that are kept as compressed Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seeknal.files import replacing
from seeknal.sql.quote import quote_identifier, quote_literal

HISTORY_COLUMNS = {
    "batch_id": "VARCHAR",
    "environment": "VARCHAR",
    "node": "VARCHAR",
    "layer": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "rows_in": "BIGINT",
    "rows_out": "BIGINT",
    "bytes": "BIGINT",
    "seconds": "DOUBLE",
    "phases": "MAP(VARCHAR, DOUBLE)",
    "started_at": "TIMESTAMPTZ",
    "finished_at": "TIMESTAMPTZ",
    "fingerprint": "VARCHAR",
    "inputs": "MAP(VARCHAR, VARCHAR)",
    "artifact": "VARCHAR",
    "audits": "JSON",
    "targets": "JSON",
    "error": "VARCHAR",
}


def history_files(target: Path) -> list[str]:
    """The files of the history, those of past months among them."""
    folder = target / "history"
    return sorted(str(path) for end in ("ndjson", "parquet") for path in folder.glob(f"*.{end}"))


def history_query(files: Sequence[str]) -> str:
    """A SELECT of every record in ``files``."""
    lines = [file for file in files if file.endswith(".ndjson")]
    archived = [file for file in files if not file.endswith(".ndjson")]
    selects = [_of_lines(lines)] if lines else []
    if archived:
        columns = ", ".join(map(quote_identifier, HISTORY_COLUMNS))
        selects.append(f"SELECT {columns} FROM read_parquet([{_listed(archived)}])")
    return " UNION ALL ".join(selects) or f"SELECT {_nothing()} WHERE false"


def archive(path: Path) -> None:
    """Replace a month's lines by a Parquet file with the same records. Raises duckdb.Error."""
    import duckdb

    with replacing(path.with_suffix(".parquet")) as temporary, duckdb.connect() as connection:
        to = quote_literal(str(temporary))
        query = _of_lines([str(path)])
        connection.execute(f"COPY ({query}) TO {to} (FORMAT parquet, COMPRESSION zstd)")
    path.unlink()


def _of_lines(files: Sequence[str]) -> str:
    types = ", ".join(
        f"{quote_literal(name)}: {quote_literal(kind)}" for name, kind in HISTORY_COLUMNS.items()
    )
    return (
        f"SELECT * FROM read_json([{_listed(files)}], format = 'newline_delimited', "
        f"columns = {{{types}}}, ignore_errors = true)"
    )


def _nothing() -> str:
    return ", ".join(
        f"CAST(NULL AS {kind}) AS {quote_identifier(name)}"
        for name, kind in HISTORY_COLUMNS.items()
    )


def _listed(files: Sequence[str]) -> str:
    return ", ".join(map(quote_literal, files))
