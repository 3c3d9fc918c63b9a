"""Where a connection leads and which table a target means, however both are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from seeknal.plugin import quote_identifier, written_name
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.options import Postgres, PostgresTarget

if TYPE_CHECKING:
    from seeknal.plugin import Target

DEFAULT_PORT = "5432"


def names_of(target: Target, connection: object) -> Sequence[str]:
    """The names that mean the target's table, first the one with its schema.

    Raises NodeError for what is no name of a table.
    """
    assert isinstance(target.options, PostgresTarget)
    default = (connection.schema if isinstance(connection, Postgres) else None) or "public"
    table = table_of(target.options.table or target.node.name, default)
    names, schemas = (
        dict.fromkeys((written_name(part), quote_identifier(part)))
        for part in (table.name, table.schema)
    )
    full = [f"{schema}.{name}" for schema in schemas for name in names]
    return [*full, *(names if table.schema == default else ())]


def server_of(options: Postgres) -> str | None:
    """Host, port and database, as far as they are written; None where they are not."""
    if options.embedded and options.url is None:
        # Each embedded connection has a server of its own.
        return None
    try:
        given = _of_url(options.url.reveal()) if options.url else {}
    except ValueError:
        return None
    for key in ("host", "hostaddr", "port", "dbname", "user", "service"):
        value = getattr(options, key)
        if value is not None:
            given[key] = str(value)
    host = given.get("host") or given.get("hostaddr") or ""
    database = given.get("dbname") or given.get("user") or ""
    place = f"{host.lower()}:{given.get('port') or DEFAULT_PORT}/{database}"
    return f"{place} {given['service']}" if "service" in given else place


def _of_url(text: str) -> dict[str, str]:
    """What libpq would read from a URL. Raises ValueError for one that is not understood."""
    found = urlsplit(text)
    user, _, hosts = found.netloc.rpartition("@")
    host, port = hosts, ""
    if "," not in hosts and not hosts.endswith("]"):
        head, colon, tail = hosts.rpartition(":")
        host, port = (head, tail) if colon else (hosts, "")
    given = {
        "host": unquote(host).strip("[]"),
        "port": port,
        "dbname": unquote(found.path.removeprefix("/")),
        "user": unquote(user.partition(":")[0]),
        **dict(parse_qsl(found.query)),
    }
    return {key: value for key, value in given.items() if value}
