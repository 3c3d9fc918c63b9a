"""Makes a catalog in StarRocks, or says how one that is there differs; none is ever dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import ConnectionFailed
from seeknal_starrocks.connecting import connect, quoted, said
from seeknal_starrocks.externalcatalog import differences

if TYPE_CHECKING:
    from seeknal_starrocks.externalcatalog import ExternalCatalog
    from seeknal_starrocks.options import StarRocks

_OWN = ("information_schema",)


@frozen(kw_only=True)
class SetUp:
    """Whether it was made or there already, and the databases that StarRocks sees in it."""

    made: bool
    databases: tuple[str, ...]


def set_up(catalog: ExternalCatalog, connection: str, options: StarRocks) -> SetUp:
    """Raises ConnectionFailed where it cannot be made, is there and differs, or does not answer."""
    server = connect(connection, options)
    try:
        there = catalog.name in [row[0] for row in _ask(server, connection, "SHOW CATALOGS")]
        if there:
            _compare(server, connection, catalog)
        else:
            _ask(server, connection, catalog.statement(revealed=True))
        databases = databases_of(server, catalog, made=not there)
    finally:
        server.close()
    return SetUp(made=not there, databases=databases)


def _compare(server: Any, connection: str, catalog: ExternalCatalog) -> None:
    name = quoted(catalog.name)
    ((_, written, *_),) = _ask(server, connection, f"SHOW CREATE CATALOG {name}")
    if found := differences(catalog, str(written)):
        raise ConnectionFailed(
            f"catalog {catalog.name} is there, and is another one: {'; '.join(found)}",
            code="SK1962",
            help=f"DROP CATALOG {name} by hand where it is not needed as it is, or --name another",
        )


def databases_of(server: Any, catalog: ExternalCatalog, *, made: bool) -> tuple[str, ...]:
    """What StarRocks sees in a catalog. Raises ConnectionFailed where it sees none of it."""
    import pymysql

    name = quoted(catalog.name)
    try:
        with server.cursor() as cursor:
            cursor.execute(f"SHOW DATABASES FROM {name}")
            return tuple(str(row[0]) for row in cursor.fetchall() if row[0] not in _OWN)
    except (pymysql.Error, OSError) as error:
        done = "was made" if made else "is there"
        raise ConnectionFailed(
            f"catalog {catalog.name} {done}, and does not answer: {said(error)}",
            code="SK1963",
            help="StarRocks itself has to reach the catalog and its store;"
            f" DROP CATALOG {name} takes it away",
        ) from None


def _ask(server: Any, connection: str, sql: str) -> Sequence[Sequence[object]]:
    import pymysql

    try:
        with server.cursor() as cursor:
            cursor.execute(sql)
            found: Sequence[Sequence[object]] = cursor.fetchall()
            return found
    except (pymysql.Error, OSError) as error:
        raise ConnectionFailed(
            f"connection {connection!r}: {said(error)}",
            code="SK1964",
            help="the user needs the rights CREATE EXTERNAL CATALOG, and USAGE on the catalog",
        ) from None
