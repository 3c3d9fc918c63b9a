"""``seeknal.ingest(...)``: the same as the command, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.ingesting.options import read_options
from seeknal.ingesting.several import Ingestion, total
from seeknal.ingesting.telling import Silent
from seeknal.values.errors import ProjectError, RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.ingesting.options import IngestOptions


def ingest(config: str | Path | None = None, **options: object) -> dict[str, Any]:
    """Load rows of any source into a lake and a warehouse, as ``seeknal ingest`` does.

    ``options`` are those of the command, with ``_`` for ``-``; ``config`` is a file of them.
    Gives ``run_id``, ``status``, ``rows_loaded``, ``parquet_files``, ``files`` and
    ``duration_seconds``, and ``loads`` for several tables. Raises SeeknalError for what is wrong,
    once the failure is on record.
    """
    read = _read(options, Path(config) if config is not None else None)
    ingestion = Ingestion(read, Silent(), Path.cwd())
    results = list(ingestion.results())
    failed = [entry for entry in results if entry.error is not None]
    if failed:
        told = "; ".join(f"{entry.name}: {entry.error}" for entry in failed)
        raise RunError(told, code="SK1620") from failed[0].error
    answer = answer_of(results, several=bool(read.tables))
    ingestion.call.end()
    return answer


def _read(options: Mapping[str, object], config: Path | None) -> IngestOptions:
    """The options. What is wrong in a file says where it is, for which the command has a line."""
    try:
        return read_options(options, config)
    except ProjectError as error:
        raise ProjectError(
            evolve(problem, message=f"{problem.location}: {problem.message}")
            if problem.location
            else problem
            for problem in error.problems
        ) from None


def answer_of(results: list[Any], *, several: bool) -> dict[str, Any]:
    """What loads did, as the command answers it."""
    found = _plain(total(results), "success")
    if several:
        found["loads"] = [{"name": entry.name, **_plain(entry, "success")} for entry in results]
    return found


def _plain(result: Any, status: str) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "status": status,
        "table": result.table,
        "rows_loaded": result.rows,
        "parquet_files": len(result.files),
        "files": list(result.files),
        "duration_seconds": round(result.seconds, 3),
    }
