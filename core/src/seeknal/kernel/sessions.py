"""Sessions on connections, which plugins open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from seeknal.values.errors import ConnectionFailed, RunError, SeeknalError, UsageError

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Session
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.sources import Connection

T = TypeVar("T")


def open_session(connection: Connection, plugins: Plugins, root: Path, cannot: str) -> Session:
    """A read-only session. ``cannot`` says what connections without sessions do not do.

    Raises ConnectionFailed, and UsageError for a type of connections that has no sessions.
    """
    try:
        session = plugins.hooks.open_session(connection=connection, project_root=root)
    except SeeknalError:
        raise
    except Exception as error:
        # A driver may raise anything; its words are what helps.
        raise ConnectionFailed(f"connection {connection.name!r}: {error}") from error
    if session is None:
        raise UsageError(f"connections of type {connection.type!r} {cannot}", code="SK0608")
    return session


def executed(
    session: Session, sql: str, most: int | None = None
) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    """The answer to a statement; what a driver raises is a RunError in its words.

    Of more rows than ``most`` one more at least is given, which tells that there are more.
    """
    text = sql.strip().rstrip(";")
    beginning = offered(session, "beginning")
    if most is None or beginning is None:
        return answered(lambda: session.execute(text))
    found: tuple[Sequence[str], Sequence[Sequence[object]]]
    found = answered(lambda: beginning(text, most + 1))
    return found


def offered(session: Session, name: str) -> Callable[..., Any] | None:
    """A method that not every session has; None where this one has it not."""
    found: Callable[..., Any] | None = getattr(session, name, None)
    return found


def answered(act: Callable[[], T]) -> T:
    """What a session answers; what a driver raises is a RunError in its words."""
    try:
        return act()
    except SeeknalError:
        raise
    except Exception as error:
        # A driver may raise anything; its words are what helps.
        raise RunError(str(error).strip(), code="SK0482") from error
