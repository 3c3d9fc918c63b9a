"""Sessions on connections, which plugins open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.values.errors import ConnectionFailed, SeeknalError, UsageError

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Session
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.sources import Connection


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
