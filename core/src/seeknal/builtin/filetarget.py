"""The target type ``file``: rows as csv, json, parquet or xlsx, replaced in one move."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from seeknal.plugin import (
    Context,
    Delivered,
    DeliveryError,
    NodeError,
    NodeId,
    Relation,
    Target,
    TargetType,
    hookimpl,
    option,
    quote_identifier,
    quote_literal,
    replacing,
)

Format = Literal["csv", "json", "ndjson", "jsonl", "parquet", "xlsx"]
_BY_SUFFIX: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
_DANGEROUS = ("=", "+", "-", "@")


@frozen(kw_only=True)
class FileOptions:
    """Options of a file target, or ``params:`` of an exposure of type file."""

    path: str = option(summary="where the file goes, relative to the project")
    format: Format | None = option(None, summary="else by the path's ending")
    delimiter: str | None = option(None, aliases=("delim",), summary="of a csv file")
    header: bool = option(True, summary="csv: the first line names the columns")
    excel_safe: bool = option(False, summary="csv: text that a spreadsheet would run is quoted")
    array: bool | None = option(None, summary="json: one array instead of a value a line")
    compression: str | None = None
    allow_outside: bool = option(False, summary="the path may lie outside the project")
    sheets: tuple[str, ...] = option((), summary="xlsx: nodes that get a sheet each")


@hookimpl
def target_types() -> list[TargetType]:
    return [
        TargetType(
            name="file",
            options=FileOptions,
            summary="a csv, json, parquet or xlsx file",
            label_field="path",
            exposure=True,
        )
    ]


@hookimpl
def materialize(target: Target, relation: Relation, context: Context) -> Delivered | None:
    options = target.options
    if not isinstance(options, FileOptions):
        return None
    path = _place(options, context)
    format = _format(options, path)
    try:
        with replacing(path) as temporary:
            rows = _write(format, options, relation, temporary, context)
    except Exception as error:
        raise _explained(error, path) from error
    return Delivered(rows=rows)


def _place(options: FileOptions, context: Context) -> Path:
    """The file's place; outside production below ``target/environments``."""
    if context.environment != "prod":
        isolated = f"target/environments/{context.environment}"
        return context.resolve(f"{isolated}/{options.path}")
    if options.allow_outside:
        return (context.project_root / options.path).resolve()
    return context.resolve(options.path)


def _format(options: FileOptions, path: Path) -> Format:
    found = options.format or _BY_SUFFIX.get(path.suffix.lower())
    if found is None:
        raise NodeError(
            f"{path.name!r} does not show in which format it is written",
            code="SK1102",
            help="format: csv, json, parquet or xlsx",
        )
    return found


def _write(
    format: Format, options: FileOptions, relation: Relation, path: Path, context: Context
) -> int:
    if format == "xlsx":
        from seeknal.builtin.workbook import write_workbook

        parents = [(NodeId(id).name, context.parent(id)) for id in options.sheets]
        return write_workbook(parents or [(_sheet_name(relation), relation)], path, context)
    statement = f"COPY (SELECT {_columns(format, options, relation)} FROM {relation.scan}) TO "
    statement += f"{quote_literal(str(path))} ({_copy_options(format, options)})"
    done: Any = context.duckdb.execute(statement).fetchone()
    return int(done[0])


def _sheet_name(relation: Relation) -> str:
    """The name of a sheet that holds ``relation``."""
    return relation.node.name


def _columns(format: Format, options: FileOptions, relation: Relation) -> str:
    text = [column.name for column in relation.columns if column.type == "VARCHAR"]
    if format != "csv" or not options.excel_safe or not text:
        return "*"
    starts = ", ".join(quote_literal(mark) for mark in _DANGEROUS)
    guarded = ", ".join(
        f"CASE WHEN left({name}, 1) IN ({starts}) THEN '''' || {name} ELSE {name} END AS {name}"
        for name in map(quote_identifier, text)
    )
    return f"* REPLACE ({guarded})"


def _copy_options(format: Format, options: FileOptions) -> str:
    compression = (
        f", COMPRESSION {quote_literal(options.compression)}" if options.compression else ""
    )
    if format == "parquet":
        return f"FORMAT parquet{compression or ', COMPRESSION zstd'}"
    if format == "csv":
        header = "true" if options.header else "false"
        delimiter = f", DELIMITER {quote_literal(options.delimiter)}" if options.delimiter else ""
        return f"FORMAT csv, HEADER {header}{delimiter}{compression}"
    array = options.array if options.array is not None else format == "json"
    return f"FORMAT json, ARRAY {'true' if array else 'false'}{compression}"


def _explained(error: Exception, path: Path) -> Exception:
    if isinstance(error, NodeError | DeliveryError):
        return error
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        free = shutil.disk_usage(path.parent).free / 2**20
        return DeliveryError(
            f"no space left to write {path} ({free:,.0f} MiB free)",
            code="SK1103",
            help="make room and run again; the file holds what it held",
        )
    return DeliveryError(
        f"{path} cannot be written: {error}", code="SK1104", help="it holds what it held before"
    )
