"""The history as rows: its lines, and the past months that are kept as compressed Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seeknal.host.files import replacing
from seeknal.sql.quote import quote_identifier, quote_literal

HISTORY_COLUMNS = {
    "batch_id": "VARCHAR",
    "environment": "VARCHAR",
    "node": "VARCHAR",
    "layer": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "source_layers": "VARCHAR[]",
    "rows_in": "BIGINT",
    "rows_out": "BIGINT",
    "columns_added": "VARCHAR[]",
    "columns_removed": "VARCHAR[]",
    "bytes": "BIGINT",
    "seconds": "DOUBLE",
    "phases": "MAP(VARCHAR, DOUBLE)",
    "processed": "BIGINT",
    "batches": "BIGINT",
    "rows_computed": "BIGINT",
    "spans": "JSON",
    "started_at": "TIMESTAMPTZ",
    "finished_at": "TIMESTAMPTZ",
    "fingerprint": "VARCHAR",
    "inputs": "MAP(VARCHAR, VARCHAR)",
    "reads": "JSON",
    "source_files": "VARCHAR[]",
    "artifact": "VARCHAR",
    "audits": "JSON",
    "targets": "JSON",
    "error": "VARCHAR",
    "nodes": "MAP(VARCHAR, BIGINT)",
    "unwell": "VARCHAR[]",
    "confirmed": "MAP(VARCHAR, VARCHAR)",
    "command": "VARCHAR",
    "commit": "VARCHAR",
}

SHOWN_AS = {"batch_id": "run_id", "rows_out": "rows", "nodes": "counts"}
"""What the files call otherwise than people and programs read it everywhere."""


def history_files(target: Path) -> list[str]:
    """The files of the history, those of past months among them."""
    lines = (target / "history").glob("*.ndjson")
    return sorted(map(str, (*lines, *archived_files(target / "history"))))


def archived_files(folder: Path) -> list[Path]:
    """The past months that are kept as Parquet, newest first."""
    found = sorted(folder.glob("*.parquet"), reverse=True)
    # Archiving that was cut short has left the lines beside it: they say the same.
    return [path for path in found if not path.with_suffix(".ndjson").exists()]


def archived_records(path: Path, wanted: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The records of an archived month whose columns have the ``wanted`` values, newest first.

    They are as they were written. Raises duckdb.Error for a file that is damaged.
    """
    import duckdb

    where = [f"{quote_identifier(name)} = {quote_literal(text)}" for name, text in wanted.items()]
    columns = ", ".join(
        f"epoch_us({quote_identifier(name)})" if kind == "TIMESTAMPTZ" else quote_identifier(name)
        for name, kind in HISTORY_COLUMNS.items()
    )
    rows = _of_archived([str(path)], "file_row_number")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {columns} FROM ({rows}) WHERE {' AND '.join(where) or 'true'}"
            " ORDER BY file_row_number DESC"
        )
        while row := found.fetchone():
            yield _record(row)


def _record(row: Sequence[Any]) -> dict[str, Any]:
    record = dict(zip(HISTORY_COLUMNS, row, strict=True))
    for name in ("started_at", "finished_at"):
        moment = record[name]
        record[name] = moment and datetime.fromtimestamp(moment / 1e6, UTC).isoformat()
    if record["node"] is None:
        return {name: value for name, value in record.items() if value is not None} | {"node": None}
    for name in ("nodes", "unwell", "confirmed", "command", "commit"):
        del record[name]
    for name in ("processed", "batches", "rows_computed", "spans"):
        if record[name] is None:
            del record[name]
    lists = [name for name in ("audits", "targets", "reads", "spans") if name in record]
    texts = {name: json.loads(record[name] or "[]") for name in lists}
    return record | texts


def history_query(files: Sequence[str]) -> str:
    """A SELECT of every record in ``files``."""
    lines = [file for file in files if file.endswith(".ndjson")]
    archived = [file for file in files if not file.endswith(".ndjson")]
    selects = [_of_lines(lines)] if lines else []
    if archived:
        columns = ", ".join(map(quote_identifier, HISTORY_COLUMNS))
        selects.append(f"SELECT {columns} FROM ({_of_archived(archived)})")
    return " UNION ALL ".join(selects) or f"SELECT {_nothing()} WHERE false"


def shown_history_query(files: Sequence[str]) -> str:
    """`history_query` with its columns as they are shown."""
    columns = ", ".join(
        f"{quote_identifier(name)} AS {quote_identifier(SHOWN_AS.get(name, name))}"
        for name in HISTORY_COLUMNS
    )
    return f"SELECT {columns} FROM ({history_query(files)})"


def short_history(records: str) -> str:
    """A SELECT of what people look for first in ``records``, newest first."""
    return (
        "SELECT date_trunc('second', finished_at) AS finished_at, environment, node, status,"
        " reason, rows, round(seconds, 2) AS seconds, error"
        f" FROM {records} ORDER BY records.finished_at DESC"
    )


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


def _of_archived(files: Sequence[str], *more: str) -> str:
    """Every column, those that a file is too old for among them."""
    options = "".join(f", {name} = true" for name in ("union_by_name", *more))
    return (
        f"SELECT {_nothing()} WHERE false UNION ALL BY NAME"
        f" SELECT * FROM read_parquet([{_listed(files)}]{options})"
    )


def _nothing() -> str:
    return ", ".join(
        f"CAST(NULL AS {kind}) AS {quote_identifier(name)}"
        for name, kind in HISTORY_COLUMNS.items()
    )


def _listed(files: Sequence[str]) -> str:
    return ", ".join(map(quote_literal, files))
