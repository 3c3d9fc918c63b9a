"""A conversation on a connection: one that is lost or interrupted is opened again when asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

from seeknal.cli.asking import interruptible, not_offered
from seeknal.cli.streams import say
from seeknal.kernel.sessions import answered, executed, offered
from seeknal.values.errors import ConnectionFailed, SeeknalError

if TYPE_CHECKING:
    from seeknal.cli.results import Wanted
    from seeknal.kernel.plugin_types import Session

T = TypeVar("T")


class Remote:
    """Read-only sessions that a plugin opens on a connection, one after the other.

    Implements `seeknal.cli.asking.Asked`. ``said`` is what Ctrl-C is answered by.
    """

    def __init__(
        self, connection: str, open: Callable[[], Session], said: str | None = "cancelled"
    ) -> None:
        self._connection = connection
        self._open = open
        self._said = said
        self._session: Session | None = open()
        self._database: str | None = None
        self._tables: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self._connection} {self._database}" if self._database else self._connection

    def answer(self, query: str, wanted: Wanted) -> None:
        from seeknal.cli.results import write_foreign_rows

        names, rows = self._ask(lambda session: executed(session, query, wanted.rows))
        write_foreign_rows(names, rows, wanted)

    def statements(self, text: str) -> list[str]:
        return [text]

    def tables(self) -> Sequence[str]:
        self._tables = self._ask(lambda session: session.tables())
        return self._tables

    def columns(self, table: str) -> Sequence[tuple[str, str]]:
        return self._ask(lambda session: session.schema(table))

    def names(self) -> Sequence[str]:
        """The tables that were listed last: while somebody types no server is asked."""
        return self._tables

    def listed(self, what: Literal["catalogs", "databases"]) -> Sequence[str]:
        """Raises UsageError where the connection has none of these."""
        return self._ask(lambda session: self._offered(session, what, f"lists no {what}")())

    def use(self, database: str) -> None:
        """Go to another database. Raises UsageError where the connection cannot."""
        self._ask(lambda session: self._offered(session, "use", "goes to no database")(database))
        self._database = database
        self._tables = ()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            _close(session)

    def _offered(self, session: Session, name: str, otherwise: str) -> Callable[..., Sequence[str]]:
        found = offered(session, name)
        if found is None:
            raise not_offered(f"connection {self._connection!r}", otherwise)
        return found

    def _opened(self) -> Session:
        """The session, or another in place of one that was lost."""
        if self._session is None:
            self._session = self._opened_again()
            say(f"connected to {self._connection} again")
        return self._session

    def _opened_again(self) -> Session:
        """A session in the database that the last one was in."""
        session = self._open()
        use = offered(session, "use")
        try:
            if self._database is not None and use is not None:
                answered(lambda: use(self._database))
        except BaseException:
            _close(session)
            raise
        return session

    def _ask(self, act: Callable[[Session], T]) -> T:
        session = self._opened()
        interrupt = offered(session, "interrupt")
        try:
            if interrupt is None:
                return answered(lambda: act(session))
            return self._interruptible(lambda: answered(lambda: act(session)), interrupt)
        except (ConnectionFailed, KeyboardInterrupt):
            # What a server says of a statement that was cancelled may be read as another's answer.
            self.close()
            raise

    def _interruptible(self, act: Callable[[], T], interrupt: Callable[[], None]) -> T:
        """Raises KeyboardInterrupt where Ctrl-C was pressed, whatever the server made of it."""
        pressed: list[bool] = []

        def stop() -> None:
            if pressed:
                raise self._left()
            pressed.append(True)
            try:
                answered(interrupt)
            except SeeknalError as error:
                say(f"it may go on there: {error.message}")
                raise self._left() from None

        try:
            given = interruptible(act, stop, self._said)
        except SeeknalError:
            if not pressed:
                raise
        if pressed:
            raise KeyboardInterrupt
        return given

    def _left(self) -> KeyboardInterrupt:
        """That nothing is waited for; the session is left to the thread that still uses it."""
        self._session = None
        return KeyboardInterrupt()


def _close(session: Session) -> None:
    try:
        session.close()
    except Exception:
        # It may be lost, of which a driver may raise anything, and there is nobody to tell.
        return
