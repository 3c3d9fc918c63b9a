"""What is asked and changed while a view is put up, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError
from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.cancelling import cancellable
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.isolating import connection_of, within_default
from seeknal_starrocks.options import StarRocks
from seeknal_starrocks.server import Lost, Server, version_of
from seeknal_starrocks.serving import ddl

if TYPE_CHECKING:
    from seeknal.plugin import Context, Target

_NO_DATABASE = re.compile(r"Unknown database", re.IGNORECASE)


class Refused(DeliveryError):
    """StarRocks would not carry a statement out."""

    default_code = "SK1985"


class Desk:
    """A conversation in StarRocks' own catalog; with ``dry`` nothing is changed.

    ``changes`` are the statements that change something, or would.
    """

    def __init__(self, server: Server, *, dry: bool = False) -> None:
        self.dry = dry
        self.changes: list[str] = []
        self._server = server
        self._version: tuple[int, ...] | None = None

    def enter(self, database: str) -> None:
        """Go to a database, which is made where there is none."""
        try:
            self.ask(f"USE {quoted(database)}")
        except Refused as error:
            if not _NO_DATABASE.search(error.message):
                raise
            self.change(ddl.create_database(database))
            if not self.dry:
                self.ask(f"USE {quoted(database)}")

    @property
    def version(self) -> tuple[int, ...]:
        """As numbers; that of a build that has none is very high."""
        if self._version is None:
            told = self.ask("SELECT current_version() AS version")[0][0]
            self._version = version_of(str(told))
        return self._version

    def ask(self, sql: str) -> Sequence[Sequence[Any]]:
        """The rows of an answer. Raises Refused, or Lost where there is none."""
        return self.described(sql)[0]

    def described(self, sql: str) -> tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]:
        """As `ask`, and the columns as pymysql describes them."""
        try:
            return self._server.ask_described(sql)
        except Lost:
            raise
        except DeliveryError as error:
            raise Refused(error.message) from None

    def change(self, sql: str) -> None:
        """Raises Refused or Lost."""
        self.changes.append(sql)
        if not self.dry:
            self.ask(sql)

    @property
    def server(self) -> Server:
        """The connection itself."""
        return self._server


@contextmanager
def opened(target: Target, context: Context, *, dry: bool = False) -> Iterator[Desk]:
    """On the connection of a target. Raises ConnectionFailed, and NodeError where it has none."""
    name, _ = connection_of(target, context)
    with asking(name, context, dry=dry) as desk:
        yield desk


@contextmanager
def asking(name: str, context: Context, *, dry: bool = False) -> Iterator[Desk]:
    """On a connection. Ctrl-C and a time-out end what is waited for. Raises ConnectionFailed."""
    options = context.connection(name, StarRocks)
    server = Server.opened(name, within_default(name, options))
    try:
        with cancellable(server, context):
            yield Desk(server, dry=dry)
    finally:
        server.close()


def see_what_is_new(names: Iterable[tuple[str, str, str]], desk: Desk) -> None:
    """Let StarRocks read tables of other catalogs anew: it keeps what it has read of them."""
    for name in names:
        if name[0] != DEFAULT_CATALOG:
            desk.change(ddl.refresh_table(name))
