"""Which connection a source means, with what the source says in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import NodeError, Secret

if TYPE_CHECKING:
    from seeknal.plugin import Context, Source
    from seeknal_starrocks.reading.dialects import Connection, Dialect, Options


def connection_of(
    source: Source, options: Options, dialect: Dialect, context: Context
) -> tuple[str, Connection]:
    """Its name for messages, and its options. Raises NodeError where none is given."""
    given = source.connection
    if given is None:
        raise NodeError(
            "it does not say on which server",
            code="SK1905",
            help="connection: NAME, one of the connections in profiles.yml",
        )
    if "://" in given:
        name, found = "url", dialect.connection(url=Secret(given))
    else:
        name, found = given, context.connection(given, dialect.connection)
    keys = ("catalog", "database", "query_timeout")
    own = {key: getattr(options, key, None) for key in keys}
    if own["catalog"] is not None:
        # The connection's database is one of its own catalog.
        found = evolve(found, database=None)
    return name, evolve(found, **{key: value for key, value in own.items() if value is not None})
