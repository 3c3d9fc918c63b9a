"""Reading a source: what the server is asked, and how its rows come to DuckDB."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import ColumnSpec, Scan, quote_identifier
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.reading.batches import batches_of, schema_of
from seeknal_starrocks.reading.cancelling import cancel
from seeknal_starrocks.reading.columns import described, relation_of, wanted
from seeknal_starrocks.reading.fields import fields_of
from seeknal_starrocks.reading.naming import checked
from seeknal_starrocks.reading.question import open_server, question_of
from seeknal_starrocks.reading.restricting import restricted
from seeknal_starrocks.reading.telling import is_lost, told_of
from seeknal_starrocks.reading.wishes import declared_types, readings_of

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source
    from seeknal_starrocks.reading.batches import Readings
    from seeknal_starrocks.reading.dialects import Options
    from seeknal_starrocks.reading.question import Question
    from seeknal_starrocks.reading.readings import Reading

_VIEW = "seeknal_starrocks_rows"
_PAUSES = (0.2, 1.0)
"""Seconds before a lost connection is made again, as long as no row has come."""
_MISFIT = re.compile(r"column '(.+?)' holds ")
"""How an error begins that is raised by what `reading_of` makes."""


@frozen(kw_only=True)
class Begun:
    """An answer that has begun to arrive: its columns, and its batches, the first at once."""

    server: Any
    readings: dict[str, Reading]
    first: list[Any]
    rest: Iterator[Any]


def read(source: Source, options: Options, context: Context) -> Scan:
    """The source's rows, as one statement gives them."""
    import pyarrow

    question = question_of(source, options, context)
    waiting = ExitStack()
    asked = _Asked(question)
    try:
        waiting.enter_context(context.cancelled_by(asked.cancel))
        with told_of(question.name, question.dialect, question.private):
            begun = _begin(question, asked)
    except BaseException:
        waiting.close()
        asked.close()
        raise
    batches = _batches(begun, question, waiting, asked)
    # Up to here it is taken at once: what nobody begins to read has its end, too.
    next(batches)
    schema = schema_of(begun.readings)
    context.duckdb.register(_VIEW, pyarrow.RecordBatchReader.from_batches(schema, batches))
    made = ", ".join(
        f"{reading.made} AS {quote_identifier(name)}" for name, reading in begun.readings.items()
    )
    scan = Scan(f"SELECT {made} FROM {quote_identifier(_VIEW)}")
    if not source.whole:
        return scan
    return evolve(scan, instead=partial(_as_text, source, options, context))


class _Asked:
    """The connection that a question is asked on at the moment, for who ends it."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.server: Any = None

    def open(self) -> Any:
        self.close()
        self.server = open_server(self._question)
        return self.server

    def cancel(self) -> None:
        if self.server is not None:
            cancel(self._question.name, self._question.connection, self.server)

    def close(self) -> None:
        if self.server is not None and self.server.open:
            self.server.close()


def _begin(question: Question, asked: _Asked) -> Begun:
    """Asks until the first batch is here; a connection that is lost before is made again."""
    for pause in _PAUSES:
        try:
            return _once(question, asked.open())
        except Exception as error:
            if not is_lost(error):
                raise
            question.context.log.warning("the connection was lost; it is asked again")
            time.sleep(pause)
    return _once(question, asked.open())


def _once(question: Question, server: Any) -> Begun:
    from pymysql.cursors import SSCursor

    relation = relation_of(question)
    found = described(question, server, relation)
    declared = declared_types(question.source, question.context)
    readings = readings_of(wanted(found, question.source), declared, question)
    names = {name: str(type) for name, type in declared.items()}
    rows = restricted(relation, found, question, names)
    cursor = server.cursor(SSCursor)
    query = _untouched(question, readings) if rows == relation else None
    cursor.execute(query or _selecting(readings, rows))
    # The rows are read here: the cursor, when it goes, is not to look for their end.
    cursor._result.unbuffered_active = False
    if query and (arriving := fields_of(cursor)) != found:
        # In brackets it may have been told of otherwise: other names, fewer digits.
        readings = readings_of(wanted(arriving, question.source), declared, question)
    batches = batches_of(server, readings)
    first = next(batches, None)
    return Begun(
        server=server,
        readings=readings,
        first=[] if first is None else [first],
        rest=batches,
    )


def _untouched(question: Question, readings: Readings) -> str | None:
    """The query as it stands, which keeps the order of its rows; None where it has to be changed.

    Servers drop the ORDER BY of one in brackets.
    """
    query = question.source.query
    plain = all(reading.asked == quoted(name) for name, reading in readings.items())
    return checked(query, "query", question.dialect) if query is not None and plain else None


def _selecting(readings: Readings, rows: str) -> str:
    expressions = ", ".join(
        f"{reading.asked} AS {quoted(name)}" for name, reading in readings.items()
    )
    return f"SELECT {expressions} FROM {rows}"


def _batches(begun: Begun, question: Question, waiting: ExitStack, asked: _Asked) -> Iterator[Any]:
    try:
        yield None
        with told_of(question.name, question.dialect, question.private):
            yield from begun.first
            begun.first.clear()
            yield from begun.rest
    finally:
        waiting.close()
        asked.close()


def _as_text(source: Source, options: Options, context: Context, error: Exception) -> Scan:
    """The rows with a column as text of which a value has no place in any type of DuckDB's."""
    said = str(error).removeprefix("Invalid Input Error: ")
    found = _MISFIT.match(said)
    if found is None or found[1].lower() in {spec.name.lower() for spec in source.columns}:
        raise error
    context.log.warning("%s; it is read as text", said.splitlines()[0])
    columns = (*source.columns, ColumnSpec(name=found[1], type="VARCHAR"))
    return read(evolve(source, columns=columns), options, context)
