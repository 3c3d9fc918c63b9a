"""Rows from DuckDB to a table of PostgreSQL, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError, without_values
from seeknal_postgres.ahead import ahead
from seeknal_postgres.keeping import refuse_fewer

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Context, Relation
    from seeknal_postgres.writetypes import Writing

    Server = psycopg.Connection[Any]

BATCH_ROWS = 20_480

Part = tuple[bytes, int]
"""Some bytes of a stream, and how many rows are in it up to their end."""


def copy_rows(
    server: Server,
    table: str,
    writings: Sequence[Writing],
    relation: Relation,
    context: Context,
    sent: Callable[[int], None] = lambda rows: None,
) -> int:
    """Load every row of ``relation`` into ``table``; gives how many the server took.

    ``sent`` is told how many are on their way.

    Whatever fails here fails inside the COPY, which the server then undoes: a stream that only
    ends early would count as complete. Raises DeliveryError when the counts differ.
    """
    columns = ", ".join(writing.quoted for writing in writings)
    selected = ", ".join(f"{writing.selected} AS {writing.quoted}" for writing in writings)
    private = context.pii(relation.node)
    command = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
    # A cursor of its own: this one's reader stays open while others may work.
    with context.duckdb.cursor() as duck:
        reader = _reader(duck.sql(f"SELECT {selected} FROM {relation.scan}"))
        with server.cursor() as cursor:
            with cursor.copy(command.encode()) as copy:
                for part, done in ahead(_encoded(reader, writings, private)):
                    copy.write(part)
                    sent(done)
            rows = cursor.rowcount
    if relation.rows >= 0:
        refuse_fewer(rows, relation.rows)
    return rows


def _reader(rows: Any) -> Any:
    if hasattr(rows, "to_arrow_reader"):
        return rows.to_arrow_reader(BATCH_ROWS)
    return rows.fetch_arrow_reader(BATCH_ROWS)


def _encoded(reader: Any, writings: Sequence[Writing], private: Collection[str]) -> Iterator[Part]:
    """The rows in PostgreSQL's binary format. Raises DeliveryError when reading them fails."""
    encoder = _encoder(reader.schema, writings)
    done = 0
    yield encoder.write_header(), done
    try:
        for batch in reader:
            done += batch.num_rows
            yield encoder.write_batch(batch), done
    except OSError as error:
        # So Arrow tells what DuckDB met on the way.
        said = without_values(error, private)
        raise DeliveryError(f"the rows could not be read: {said}", code="SK1350") from error
    yield encoder.finish(), done


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
