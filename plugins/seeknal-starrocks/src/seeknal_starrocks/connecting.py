"""From a connection's options to an open pymysql connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.plugin import ConnectionFailed, scrub
from seeknal_starrocks.addresses import DEFAULT_CATALOG, address_of
from seeknal_starrocks.mysqloptions import MySql

if TYPE_CHECKING:
    import ssl

    from seeknal_starrocks.addresses import Address, Options

_HELP = (
    (r"Unknown or incorrect time zone: 'UTC'", "this is MySQL or MariaDB: type: mysql"),
    (r"Access denied for user", "check user: and password:"),
    (r"Unknown database", "check database:, and catalog: if it is in another than default_catalog"),
    (r"Unknown catalog|catalog .* (?:doesn't|does not) exist", "check catalog:"),
    (r"Name or service not known|nodename nor servname|resolution", "check host:"),
    (
        r"Connection refused",
        "is a server running there? port is of the MySQL protocol: StarRocks' is 9030",
    ),
    (
        r"timed out",
        "is the host reachable, and port that of the MySQL protocol? connect_timeout says how long"
        " it is waited for",
    ),
    (r"certificate verify failed", "ssl_ca: the file of the authority that signed it"),
    (r"SSL connection is required|not support SSL", "ssl: preferred or disabled"),
)


def connect(name: str, options: Options) -> Any:
    """An open connection, in the catalog and database of its options. Raises ConnectionFailed."""
    import pymysql

    try:
        return opened(name, options)
    except (pymysql.Error, OSError) as error:
        raise failed(name, error) from None


def opened(name: str, options: Options) -> Any:
    """Such a connection. Raises pymysql's errors, and ConnectionFailed for what is not asked."""
    import pymysql

    address = address_of(name, options)
    connection = pymysql.connect(**_parameters(name, address, options))
    try:
        _settle(connection, address, options)
    except BaseException:
        connection.close()
        raise
    # More than the server takes for a statement, so that the server's own word comes first.
    longest = int(options.query_timeout.seconds) + 30
    connection._read_timeout = connection._write_timeout = longest
    return connection


def _parameters(name: str, address: Address, options: Options) -> dict[str, Any]:
    patience = max(1, int(options.connect_timeout.seconds))
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password.encode(),
        "charset": "utf8mb4",
        "autocommit": None,
        "connect_timeout": patience,
        "read_timeout": patience,
        "write_timeout": patience,
        **_encryption(name, options),
    }


def _encryption(name: str, options: Options) -> dict[str, Any]:
    """Preferred, pymysql asks for it by itself where the server offers it."""
    if options.ssl == "disabled":
        return {"ssl_disabled": True}
    if options.ssl == "preferred" and options.ssl_ca is None and options.ssl_cert is None:
        return {}
    return {"ssl": tls_of(name, options)}


def tls_of(name: str, options: Options) -> ssl.SSLContext:
    """Whom an encrypted connection has to lead to. Raises ConnectionFailed for its files."""
    try:
        return _context(options)
    except OSError as error:
        raise ConnectionFailed(
            f"connection {name!r}: a file of ssl_ca, ssl_cert or ssl_key cannot be read:"
            f" {error.strerror or error}",
            code="SK1902",
        ) from None


def _context(options: Options) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context(cafile=options.ssl_ca)
    if options.ssl in ("preferred", "required"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif options.ssl == "verify_ca":
        context.check_hostname = False
    if options.ssl_cert is not None:
        secret = options.ssl_key_password
        password = secret.reveal() if secret is not None else None
        context.load_cert_chain(options.ssl_cert, options.ssl_key, password)
    return context


def _settle(connection: Any, address: Address, options: Options) -> None:
    """Goes to the catalog and the database, and sets what values depend on."""
    longest = max(1, int(options.query_timeout.seconds))
    if isinstance(options, MySql):
        statements = list(_of_mysql(is_mariadb(connection), longest))
    else:
        statements = ["SET time_zone = 'UTC'", f"SET query_timeout = {longest}"]
        if address.catalog != DEFAULT_CATALOG:
            statements.append(f"SET CATALOG {quoted(address.catalog)}")
    if address.database is not None:
        statements.append(f"USE {quoted(address.database)}")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _of_mysql(mariadb: bool, longest: int) -> Iterator[str]:
    yield "SET time_zone = '+00:00'"
    yield "SET SESSION TRANSACTION READ ONLY"
    # It gives a client that does other things between two rows a minute, and then ends it.
    yield f"SET net_write_timeout = {longest}"
    if mariadb:
        yield f"SET max_statement_time = {longest}"
    else:
        yield f"SET max_execution_time = {longest * 1000}"


def is_mariadb(connection: Any) -> bool:
    return "mariadb" in connection.get_server_info().lower()


def quoted(name: str) -> str:
    """A name in StarRocks' quotes."""
    return "`" + name.replace("`", "``") + "`"


_LOST = (1053, 1927, 2006, 2013, 4031)
"""Numbers of errors after which nothing can be asked: it ends, was ended, or is not there."""


def is_lost(error: BaseException) -> bool:
    """Whether the connection ended, so that another one may do better."""
    import pymysql

    if isinstance(error, pymysql.Error):
        return isinstance(error, pymysql.err.InterfaceError) or (error.args or (0,))[0] in _LOST
    return isinstance(error, OSError) and not isinstance(error, TimeoutError)


def is_interrupted(error: BaseException) -> bool:
    """Whether a connection ended while it was made: another one may do better.

    One that nobody answers is waited for once.
    """
    import ssl

    cause = getattr(error, "original_exception", error.__context__)
    if isinstance(cause, TimeoutError):
        return False
    cut = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)
    return is_lost(error) or isinstance(cause, cut)


def failed(name: str, error: Exception) -> ConnectionFailed:
    """What the server or the driver said."""
    text = said(error)
    help = next((help for pattern, help in _HELP if re.search(pattern, text)), None)
    return ConnectionFailed(f"connection {name!r}: {text}", code="SK1902", help=help)


def said(error: Exception) -> str:
    """The message on one line, without its number."""
    parts = error.args[1:] if len(error.args) > 1 else error.args
    text = " ".join(str(part) for part in parts) or type(error).__name__
    return scrub(" ".join(text.split()))
