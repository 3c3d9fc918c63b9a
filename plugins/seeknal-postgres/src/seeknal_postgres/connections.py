"""Which connection a source or a target means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, Secret, SeeknalError
from seeknal_postgres.connecting import inline
from seeknal_postgres.options import Postgres

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source, Target
    from seeknal_postgres.options import PostgresSource

ALIASES = ("postgresql", "postgres")
_UNKNOWN = ("SK0603", "SK0604")


def connection_of(
    node: Source | Target, options: PostgresSource | None, context: Context
) -> tuple[str, Postgres]:
    """Its name for messages, and its options. Raises NodeError when none is given."""
    given = node.connection
    own = any(getattr(options, key, None) is not None for key in ("host", "port", "dbname", "user"))
    if given is None and not own:
        raise NodeError(
            "it does not say in which database",
            code="SK1318",
            help="connection: NAME, one of the connections in profiles.yml",
        )
    name, found = _named(given or ALIASES[0], context)
    return name, inline(found, options) if options is not None else found


def _named(given: str, context: Context) -> tuple[str, Postgres]:
    """A connection of the profile, a URL, or the engine's name for what libpq's variables say."""
    if "://" in given:
        return "url", Postgres(url=Secret(given))
    try:
        return given, context.connection(given, Postgres)
    except SeeknalError as error:
        if given in ALIASES and error.code in _UNKNOWN:
            return given, Postgres()
        raise
