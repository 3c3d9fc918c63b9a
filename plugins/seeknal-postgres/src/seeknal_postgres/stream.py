"""Rows from DuckDB to a table of PostgreSQL, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import Context, DeliveryError, Relation
from seeknal_postgres.writetypes import Writing

if TYPE_CHECKING:
    import psycopg

    Server = psycopg.Connection[Any]

BATCH_ROWS = 65_536


def copy_rows(
    server: Server, table: str, writings: Sequence[Writing], relation: Relation, context: Context
) -> int:
    """Load every row of ``relation`` into ``table``; gives how many the server took.

    Whatever fails here fails inside the COPY, which the server then undoes: a stream that only
    ends early would count as complete. Raises DeliveryError when the counts differ.
    """
    columns = ", ".join(writing.quoted for writing in writings)
    selected = ", ".join(f"{writing.selected} AS {writing.quoted}" for writing in writings)
    command = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
    # A cursor of its own: this one's reader stays open while others may work.
    with context.duckdb.cursor() as duck:
        reader = _reader(duck.sql(f"SELECT {selected} FROM {relation.scan}"))
        with server.cursor() as cursor:
            with cursor.copy(command.encode()) as copy:
                encoder = _encoder(reader.schema, writings)
                copy.write(encoder.write_header())
                for batch in _batches(reader):
                    copy.write(encoder.write_batch(batch))
                copy.write(encoder.finish())
            rows = cursor.rowcount
    if relation.rows >= 0 and rows != relation.rows:
        raise DeliveryError(
            f"{rows:,} of {relation.rows:,} rows arrived; nothing was changed", code="SK1331"
        )
    return rows


def _reader(rows: Any) -> Any:
    if hasattr(rows, "to_arrow_reader"):
        return rows.to_arrow_reader(BATCH_ROWS)
    return rows.fetch_arrow_reader(BATCH_ROWS)


def _batches(reader: Any) -> Iterator[Any]:
    try:
        yield from reader
    except OSError as error:
        # So Arrow tells what DuckDB met on the way.
        raise DeliveryError(f"the rows could not be read: {error}", code="SK1350") from error


def _encoder(schema: Any, writings: Sequence[Writing]) -> Any:
    import pgpq

    encoders = {
        writing.name: _builder(schema.field(position), writing)
        for position, writing in enumerate(writings)
    }
    return pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(schema, encoders)


def _builder(field: Any, writing: Writing) -> Any:
    from pgpq import ArrowToPostgresBinaryEncoder, schema

    found: Any = ArrowToPostgresBinaryEncoder.infer_encoder(field)
    if writing.sent != "jsonb":
        return found
    return type(found).new_with_output(field, schema.Jsonb())
