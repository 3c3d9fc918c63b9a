"""Makes rows of the body of a load, and of those rows what a table takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.testing.engine import writing
from seeknal_starrocks.testing.engine.queries import run
from seeknal_starrocks.testing.engine.writing import ORDER, quoted
from seeknal_starrocks.testing.engine.zones import DEFAULT_ZONE
from seeknal_starrocks.testing.http.options import MOST_BYTES_OF_JSON, OPERATION, BadLoad

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Column, Table
    from seeknal_starrocks.testing.http.options import Options

_LONGEST_OBJECT = 1 << 30


@frozen(kw_only=True)
class Counted:
    rows: int = 0
    filtered: int = 0
    bytes: int = 0


def stage_of(load: int) -> str:
    """The table of DuckDB with the rows of a load that is not committed yet."""
    return f"load_{load}"


def names_of(table: Table, options: Options) -> tuple[str, ...]:
    """The columns that a body has values for. Raises BadLoad for such that there are not."""
    if options.columns is None:
        return tuple(column.name for column in table.columns)
    for name in options.columns:
        if table.column(name) is None and name != OPERATION:
            raise BadLoad(f"Unknown column '{name}'")
    if OPERATION in options.columns and table.model != "PRIMARY":
        raise BadLoad(f"{OPERATION} is only supported by primary key tables")
    return options.columns


def read(cursor: Any, table: Table, options: Options, body: Path, load: int) -> Counted:
    """Adds a body's rows to those of a load. Raises BadLoad where too many are not fit."""
    import duckdb

    names = names_of(table, options)
    size = body.stat().st_size
    columns = ", ".join(f"{quoted(name)} VARCHAR" for name in names)
    stage = stage_of(load)
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {stage} ({ORDER} BIGINT, {columns})")
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE body ({ORDER} BIGINT, {columns})")
    if size:
        source = (
            _csv(names, options, body)
            if options.format == "csv"
            else _json(names, options, body, size)
        )
        first = cursor.execute(f"SELECT coalesce(max({ORDER}), 0) FROM {stage}").fetchone()[0]
        try:
            numbered = f"SELECT {first} + row_number() OVER (), * FROM {source}"
            cursor.execute(f"INSERT INTO body {numbered}")
        except duckdb.Error as error:
            raise BadLoad(f"cannot read the rows: {str(error).splitlines()[0]}") from None
    rows = cursor.execute("SELECT count(*) FROM body").fetchone()[0]
    unfit = writing.unfit([c for c in table.columns if c.name in names])
    cursor.execute(f"DELETE FROM body WHERE {unfit}")
    filtered = cursor.fetchone()[0]
    if rows and filtered / rows > options.most_filtered:
        raise BadLoad("too many filtered rows", rows=rows, filtered=filtered)
    if all(key in names for key in table.keys):
        long = f"SELECT count(*) FROM body WHERE {writing.too_long(table)}"
        if cursor.execute(long).fetchone()[0]:
            raise BadLoad(writing.LONG_KEY)
    cursor.execute(f"INSERT INTO {stage} SELECT * FROM body")
    return Counted(rows=rows, filtered=filtered, bytes=size)


def _csv(names: tuple[str, ...], options: Options, body: Path) -> str:
    from seeknal.plugin import quote_literal

    columns = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({quote_literal(str(body))}, delim={quote_literal(options.separator)},"
        f" quote={quote_literal(options.enclose)}, escape={quote_literal(options.enclose)},"
        f" nullstr='\\N', allow_quoted_nulls=false, header=false, skip={options.skip_header},"
        f" auto_detect=false, columns={{{columns}}}, max_line_size={_LONGEST_OBJECT // 4})"
    )


def _json(names: tuple[str, ...], options: Options, body: Path, size: int) -> str:
    from seeknal.plugin import quote_literal

    if size > MOST_BYTES_OF_JSON and not options.ignore_json_size:
        raise BadLoad(
            f"The size of this batch exceed the max size [{MOST_BYTES_OF_JSON}] of json type data"
            f" data [ {size} ]. Set ignore_json_size to skip the check, although it may lead"
            " enormous memory consuming"
        )
    with body.open("rb") as file:
        start = file.read(64).lstrip()[:1]
    if options.strip_outer_array and start != b"[":
        raise BadLoad("The value should be array type in strip_outer_array=true")
    if not options.strip_outer_array and start == b"[":
        raise BadLoad(
            "The value is array type in json document stream, you can set strip_outer_array=true"
            " to parse each element of the array as individual rows"
        )
    form = "array" if options.strip_outer_array else "unstructured"
    columns = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_json({quote_literal(str(body))}, format='{form}', columns={{{columns}}},"
        f" maximum_object_size={_LONGEST_OBJECT})"
    )


def put(cursor: Any, table: Table, options: Options, load: int) -> int:
    """Puts the rows of a load into its table, and forgets them as such."""
    stage, names = stage_of(load), names_of(table, options)
    if OPERATION in names:
        _delete(cursor, table, stage)
    partial = options.partial_update and table.model == "PRIMARY"
    values = [_value(table, column, names, partial=partial) for column in table.columns]
    joined = ""
    if partial:
        joined = f" LEFT JOIN {table.stored} AS old ON {_same(table)}"
    rows = f"SELECT new.{ORDER}, {', '.join(values)} FROM {stage} AS new{joined}"
    count = writing.put(cursor, table, rows)
    run(cursor, f"DROP TABLE {stage}")
    return count


def _delete(cursor: Any, table: Table, stage: str) -> None:
    """Deletes the rows whose last operation says so; of each key only the last row stays."""
    keys = ", ".join(map(quoted, table.keys))
    last = f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {ORDER} DESC) = 1"
    run(cursor, f"CREATE OR REPLACE TEMP TABLE latest AS SELECT * FROM {stage} {last}")
    run(cursor, f"DELETE FROM {table.stored} AS old USING latest AS new WHERE {_same(table)}")
    deleted = f"lower({quoted(OPERATION)}) IN ('1', 'delete')"
    kept = f"SELECT {ORDER} FROM latest WHERE NOT {deleted}"
    run(cursor, f"DELETE FROM {stage} WHERE {ORDER} NOT IN ({kept})")


def _same(table: Table) -> str:
    """That a row of the table and a new one have one key."""
    keys = [column for column in table.columns if column.key]
    return " AND ".join(
        f"old.{quoted(key.name)} = {writing.cast(key, f'new.{quoted(key.name)}')}" for key in keys
    )


def _value(table: Table, column: Column, names: tuple[str, ...], *, partial: bool) -> str:
    from seeknal.plugin import quote_literal

    name = quoted(column.name)
    if column.name in names:
        return f"{writing.cast(column, f'new.{name}')} AS {name}"
    if partial:
        return f"old.{name} AS {name}"
    if column.default is None:
        return f"NULL AS {name}"
    given = (
        f"CAST(timezone('{DEFAULT_ZONE}', now()) AS VARCHAR)"
        if column.default == "CURRENT_TIMESTAMP"
        else None
    )
    return f"{writing.cast(column, given or quote_literal(column.default))} AS {name}"


def check_missing(table: Table, options: Options) -> None:
    """Raises BadLoad where a column has no value, and may not be without."""
    names = names_of(table, options)
    for column in table.columns:
        needed = column.key or not (options.partial_update or column.nullable)
        if needed and column.name not in names and column.default is None:
            raise BadLoad(f"Column has no default value, column: {column.name}")
    if options.partial_update and table.model != "PRIMARY":
        raise BadLoad("partial update is only supported by primary key tables")
