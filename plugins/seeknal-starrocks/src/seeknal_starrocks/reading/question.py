"""What is read, of whom, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal_starrocks.addresses import address_of
from seeknal_starrocks.connecting import failed, is_interrupted, opened
from seeknal_starrocks.reading.connections import connection_of
from seeknal_starrocks.reading.dialects import Connection, Dialect, Options, dialect_of
from seeknal_starrocks.reading.telling import told_of

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source
    from seeknal_starrocks.addresses import Address


@frozen(kw_only=True)
class Question:
    """A source with the options of its connection; ``name`` is what messages call that."""

    source: Source
    options: Options
    context: Context
    dialect: Dialect
    name: str
    connection: Connection

    @property
    def private(self) -> frozenset[str]:
        return self.context.pii(self.source.node)

    @property
    def address(self) -> Address:
        return address_of(self.name, self.connection)


def question_of(source: Source, options: Options, context: Context) -> Question:
    """Raises NodeError where the source does not say on which server."""
    dialect = dialect_of(options)
    name, connection = connection_of(source, options, dialect, context)
    return Question(
        source=source,
        options=options,
        context=context,
        dialect=dialect,
        name=name,
        connection=connection,
    )


def open_server(question: Question) -> Any:
    """A connection on which one state of the server is seen, where it can do that.

    Raises ConnectionFailed, and errors of pymysql or the network for what is lost or refused.
    """
    import pymysql

    try:
        server = opened(question.name, question.connection)
    except (pymysql.Error, OSError) as error:
        if is_interrupted(error):
            raise
        raise failed(question.name, error) from None
    if question.dialect.snapshot is not None:
        try:
            with server.cursor() as cursor:
                cursor.execute(question.dialect.snapshot)
        except BaseException:
            server.close()
            raise
    return server


@contextmanager
def asking(question: Question) -> Iterator[Any]:
    """Such a connection for as long as the block takes; errors are told of as `told_of` does."""
    with (
        told_of(question.name, question.dialect, question.private),
        closing(open_server(question)) as server,
    ):
        yield server


def rows_of(server: Any, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a small result."""
    with server.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
