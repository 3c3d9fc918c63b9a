"""Where a connection leads, from keys of its own or from a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from seeknal.plugin import ConnectionFailed, Secret

if TYPE_CHECKING:
    from seeknal_starrocks.options import StarRocks

DEFAULT_PORT = 9030
DEFAULT_CATALOG = "default_catalog"
_SCHEMES = ("starrocks", "mysql")


@frozen(kw_only=True)
class Address:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    catalog: str
    database: str | None


def address_of(name: str, options: StarRocks) -> Address:
    """Keys of their own come before what the URL says. Raises ConnectionFailed."""
    found = _of_url(name, options.url)
    host = options.host or found.get("host")
    user = options.user or found.get("user")
    if not host or not user:
        lacking = "host" if not host else "user"
        raise ConnectionFailed(
            f"connection {name!r} does not say its {lacking}",
            code="SK1901",
            help=f"give {lacking}:, or url: starrocks://host:9030/database, the user before host",
        )
    given = options.password.reveal() if options.password is not None else None
    return Address(
        host=host,
        port=options.port or int(found.get("port", DEFAULT_PORT)),
        user=user,
        password=found.get("password", "") if given is None else given,
        catalog=options.catalog or found.get("catalog") or DEFAULT_CATALOG,
        database=options.database or found.get("database"),
    )


def server_of(options: StarRocks) -> str | None:
    """Host, port, catalog and database; None where they are not understood."""
    try:
        found = address_of("", options)
    except ConnectionFailed:
        return None
    return f"{found.host.lower()}:{found.port}/{found.catalog}.{found.database or ''}"


def _of_url(name: str, url: Secret | None) -> dict[str, str]:
    if url is None or not (text := url.reveal()):
        return {}
    try:
        found = urlsplit(text)
        port = found.port
        understood = (
            found.scheme in _SCHEMES
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
            help="starrocks://host:9030/catalog.database with user and password before the host;"
            " percent-encode the password: %40 for the at sign, %2F for a slash, %3A for a colon",
        )
    catalog, _, database = found.path.removeprefix("/").rpartition(".")
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
