"""What a server refuses, or a connection that is lost, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, without_values
from seeknal_starrocks import connecting
from seeknal_starrocks.connecting import failed, said
from seeknal_starrocks.reading.packets import Broken, ServerError

if TYPE_CHECKING:
    from seeknal.plugin import SeeknalError
    from seeknal_starrocks.reading.dialects import Dialect

_TIMEOUT = re.compile(
    r"max(?:imum)? (?:statement )?execution time|max_statement_time|timeout|timed out",
    re.IGNORECASE,
)


def is_lost(error: BaseException) -> bool:
    """Whether the connection ended, so that another one may do better."""
    if isinstance(error, Broken):
        return error.lost
    return connecting.is_lost(error) or connecting.is_interrupted(error)


@contextmanager
def told_of(name: str, dialect: Dialect, private: Collection[str]) -> Iterator[None]:
    """Raises NodeError for what the server refuses, and ConnectionFailed for what is lost.

    Where columns are ``private``, the server's words are left out: they may quote a value.
    """
    import pymysql

    try:
        yield
    except (pymysql.Error, ServerError, Broken, OSError) as error:
        raise as_told(error, name, dialect, private) from None


def as_told(
    error: Exception, name: str, dialect: Dialect, private: Collection[str]
) -> SeeknalError:
    if is_lost(error):
        return failed(name, error)
    if isinstance(error, Broken):
        return NodeError(f"{dialect.name} did not send whole rows: {error.message}", code="SK1912")
    text = without_values(error, private) if private else said(error)
    late = _TIMEOUT.search(text) is not None
    number = error.args[0] if error.args else ""
    refuses = f"{dialect.name} {'stopped' if late else 'refuses'} it"
    return NodeError(
        f"{refuses}: {text}",
        code="SK1909",
        help="query_timeout: 2h gives it more time" if late else None,
        kept=f"{refuses}: error {number}",
    )
