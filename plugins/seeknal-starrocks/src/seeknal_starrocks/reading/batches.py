"""The rows of a query as Arrow batches, made while they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError
from seeknal_starrocks.reading.arrowtexts import texts
from seeknal_starrocks.reading.nested import of_texts, read_nested
from seeknal_starrocks.reading.packets import Broken, Receiver
from seeknal_starrocks.reading.splitting import split

if TYPE_CHECKING:
    from seeknal_starrocks.reading.packets import Part
    from seeknal_starrocks.reading.readings import Reading
    from seeknal_starrocks.reading.splitting import Values

Readings = Mapping[str, "Reading"]


def schema_of(readings: Readings) -> Any:
    import pyarrow

    types = {"text": pyarrow.string_view(), "bytes": pyarrow.binary_view()}
    return pyarrow.schema(
        [
            (name, types.get(reading.arrives) or of_texts(reading.form))
            for name, reading in readings.items()
        ]
    )


def batches_of(connection: Any, readings: Readings) -> Iterator[Any]:
    """The rows of the query that ``connection`` has been sent and whose columns it has read.

    Raises Broken, ServerError, and OSError of the connection.
    """
    schema = schema_of(readings)
    receiver = Receiver(_receiving(connection), connection._next_seq_id)
    for part in receiver.parts():
        yield _batch(part, readings, schema)


def _receiving(connection: Any) -> Callable[[memoryview], int]:
    """Fills memory with what pymysql has received and not looked at, then from the socket."""
    waiting: bytes = connection._rfile.peek(1)

    def read_into(memory: memoryview) -> int:
        nonlocal waiting
        if waiting:
            some, waiting = waiting[: len(memory)], waiting[len(memory) :]
            memory[: len(some)] = some
            return len(some)
        got: int = connection._sock.recv_into(memory)
        return got

    return read_into


def _batch(part: Part, readings: Readings, schema: Any) -> Any:
    import pyarrow

    columns = split(part, len(readings))
    arrays = [
        _array(values, name, reading)
        for values, (name, reading) in zip(columns, readings.items(), strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Values, name: str, reading: Reading) -> Any:
    if reading.arrives == "nested":
        return _nested(values, name, reading)
    if reading.arrives == "bytes":
        return texts(values, binary=True)
    found = texts(values)
    _refuse_other_text(found, name)
    return found


def _nested(values: Values, name: str, reading: Reading) -> Any:
    try:
        return read_nested(values, reading.form, name)
    except Broken:
        if not reading.declared:
            raise
        raise NodeError(
            f"column {name!r} has a value that is no {reading.type}, which columns: declares",
            code="SK1914",
            help=f"columns: {{{name}: VARCHAR}} shows what it is",
        ) from None


def _refuse_other_text(array: Any, name: str) -> None:
    """DuckDB takes for granted that a text is UTF-8."""
    import pyarrow

    try:
        array.validate(full=True)
    except pyarrow.ArrowInvalid:
        raise Broken(f"column {name!r} has a text that is not UTF-8") from None
