"""Where a connection leads, from keys of its own or from a URL."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from seeknal.plugin import ConnectionFailed, Secret
from seeknal_starrocks.mysqloptions import MySql
from seeknal_starrocks.options import StarRocks

Options = StarRocks | MySql

DEFAULT_CATALOG = "default_catalog"
_PORTS = {StarRocks: 9030, MySql: 3306}
_SCHEMES = {StarRocks: ("starrocks", "mysql"), MySql: ("mysql", "mariadb")}
_WRITTEN = {
    StarRocks: "starrocks://host:9030/catalog.database",
    MySql: "mysql://host:3306/database",
}


@frozen(kw_only=True)
class Address:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    catalog: str
    database: str | None


def address_of(name: str, options: Options) -> Address:
    """Keys of their own come before what the URL says. Raises ConnectionFailed."""
    found = _of_url(name, options)
    host = options.host or found.get("host")
    user = options.user or found.get("user")
    if not host or not user:
        lacking = "host" if not host else "user"
        raise ConnectionFailed(
            f"connection {name!r} does not say its {lacking}",
            code="SK1901",
            help=f"give {lacking}:, or url: {_WRITTEN[type(options)]}, the user before host",
        )
    given = options.password.reveal() if options.password is not None else None
    return Address(
        host=host,
        port=options.port or int(found.get("port", _PORTS[type(options)])),
        user=user,
        password=found.get("password", "") if given is None else given,
        catalog=_catalog(options, found),
        database=options.database or found.get("database"),
    )


def _catalog(options: Options, found: dict[str, str]) -> str:
    if isinstance(options, MySql):
        return ""
    return options.catalog or found.get("catalog") or DEFAULT_CATALOG


def server_of(options: Options) -> str | None:
    """Host, port, catalog and database; None where they are not understood."""
    try:
        found = address_of("", options)
    except ConnectionFailed:
        return None
    place = f"{found.catalog}.{found.database or ''}" if found.catalog else found.database or ""
    return f"{found.host.lower()}:{found.port}/{place}"


def _of_url(name: str, options: Options) -> dict[str, str]:
    if options.url is None or not (text := options.url.reveal()):
        return {}
    try:
        found = urlsplit(text)
        port = found.port
        understood = (
            found.scheme in _SCHEMES[type(options)]
            and found.netloc.count("@") <= 1
            and not (found.query or found.fragment)
            and found.path.count("/") <= 1
        )
    except ValueError:
        understood = False
    if not understood:
        # No word of it is repeated: any may be of the password.
        raise ConnectionFailed(
            f"the url of connection {name!r} is not understood",
            code="SK1901",
            help=f"{_WRITTEN[type(options)]} with user and password before the host;"
            " percent-encode the password: %40 for the at sign, %2F for a slash, %3A for a colon",
        )
    path = found.path.removeprefix("/")
    catalog, _, database = ("", "", path) if isinstance(options, MySql) else path.rpartition(".")
    given = {
        "host": found.hostname or "",
        "port": str(port or ""),
        "user": unquote(found.username or ""),
        "password": unquote(found.password or ""),
        "catalog": unquote(catalog),
        "database": unquote(database),
    }
    if given["password"]:
        # From here on it is masked wherever it turns up.
        Secret(given["password"])
    return {key: value for key, value in given.items() if value}
