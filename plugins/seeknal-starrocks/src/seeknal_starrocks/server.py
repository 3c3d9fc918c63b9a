"""Statements of a delivery, and what comes of them: an answer, a refusal, or no answer at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError, without_values
from seeknal_starrocks.connecting import connect, said
from seeknal_starrocks.rivals import by_rival

if TYPE_CHECKING:
    from seeknal_starrocks.options import StarRocks

_LOST = (2003, 2006, 2013, 2055)
"""Numbers by which pymysql says that there is no connection any more."""


_HELP = {
    "replication_num": "replication_num: of the connection says how many copies a table has",
    "Access denied": "give the user of the connection this right, or another user",
}


class Lost(DeliveryError):
    """The connection ended before an answer: nobody knows whether it was carried out."""

    default_code = "SK1931"


@frozen(kw_only=True)
class Server:
    """An open connection of a delivery. ``private``: columns whose values no message shows."""

    name: str
    options: StarRocks
    connection: Any
    private: Collection[str] = ()

    @classmethod
    def opened(cls, name: str, options: StarRocks, private: Collection[str] = ()) -> Server:
        """Raises ConnectionFailed."""
        connection = connect(name, options)
        return cls(name=name, options=options, connection=connection, private=private)

    def ask(self, sql: str) -> list[Sequence[Any]]:
        """The rows of an answer. Raises DeliveryError, or Lost where there is none."""
        return self.ask_named(sql)[0]

    def ask_named(self, sql: str) -> tuple[list[Sequence[Any]], list[str]]:
        """As `ask`, and the names of the columns."""
        rows, described = self.ask_described(sql)
        return rows, [str(column[0]) for column in described]

    def ask_described(self, sql: str) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
        """As `ask`, and the columns as pymysql describes them."""
        import pymysql

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()), list(cursor.description or ())
        except (pymysql.Error, OSError) as error:
            raise self._told(error) from None

    def number(self, sql: str) -> int:
        """What a query counts."""
        return int(self.ask(sql)[0][0])

    def _told(self, error: Exception) -> DeliveryError:
        import pymysql

        number = error.args[0] if error.args else None
        if isinstance(error, OSError | pymysql.InterfaceError) or number in _LOST:
            return Lost(f"the connection to StarRocks was lost: {said(error)}")
        if (rival := by_rival(said(error))) is not None:
            return rival
        kept = f"StarRocks refused it ({type(error).__name__} {number})"
        text = said(error) if not self.private else without_values(error, self.private)
        help = next((help for word, help in _HELP.items() if word in said(error)), None)
        return DeliveryError(f"StarRocks said: {text}", code="SK1932", kept=kept, help=help)

    def close(self) -> None:
        """Also of one that is lost."""
        if self.connection.open:
            self.connection.close()

    def cut(self) -> None:
        """End what is waited for, from another thread."""
        from seeknal_starrocks.reading.cancelling import cancel

        cancel(self.name, self.options, self.connection)


def version_of(written: str) -> tuple[int, ...]:
    """What ``current_version()`` tells, as numbers; of a build that has none it is very high."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", written)
    return tuple(map(int, found.groups(default="0"))) if found else (999,)


def text(value: str) -> str:
    """A value as StarRocks' text."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
