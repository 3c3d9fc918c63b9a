"""What StarRocks is told of an Iceberg REST catalog, by the options that seeknal reaches it by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import frozen

from seeknal.plugin import ConnectionFailed, Secret
from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.connecting import quoted

MASK = "***"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,1022}")
_ADDRESS = re.compile(r"https?://[^\s/@?#]+(?:/[^\s@?#]*)?", re.IGNORECASE)
_KEYS = ("s3_access_key_id", "s3_secret_access_key")
_PROPERTY = re.compile(r'"([\w.-]+)"\s*=\s*"(.*)"\s*[,);\s]*$', re.MULTILINE)
"""One on each line; releases differ in whether signs in it are escaped."""
_HIDDEN = re.compile(r"\*{3,}")

Value = str | Secret


@frozen(kw_only=True)
class ExternalCatalog:
    """A catalog of StarRocks that leads to one of Iceberg."""

    name: str
    properties: Mapping[str, Value]

    def statement(self, *, revealed: bool) -> str:
        """``CREATE EXTERNAL CATALOG``; unless ``revealed``, secrets are masked."""
        lines = ",\n".join(
            f"    {_text(key)} = {_text(_shown(value, revealed))}"
            for key, value in self.properties.items()
        )
        return f"CREATE EXTERNAL CATALOG {quoted(self.name)}\nPROPERTIES (\n{lines}\n)"


def catalog_of(name: str, given: Mapping[str, object]) -> ExternalCatalog:
    """``given`` are options of a connection to Iceberg, by their keys.

    Raises ConnectionFailed for a name that no catalog has, and for what StarRocks cannot be told.
    """
    if not _NAME.fullmatch(name) or name == DEFAULT_CATALOG:
        raise ConnectionFailed(
            f"no external catalog of StarRocks can be called {name!r}",
            code="SK1960",
            help="--name: letters, digits and _, the first a letter; not default_catalog",
        )
    return ExternalCatalog(name=name, properties=dict(_properties(given)))


def _properties(given: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    kind, uri = given.get("catalog") or "rest", given.get("uri")
    if kind != "rest":
        raise _unsayable(
            f"the connection is to a catalog of type {kind}, which this command says nothing of",
            "name a connection with catalog: rest, or write CREATE EXTERNAL CATALOG by hand",
        )
    if not isinstance(uri, str) or not uri:
        raise _unsayable("the catalog's uri is not known", "--uri, or uri: of the connection")
    if not _ADDRESS.fullmatch(uri):
        # No word of it is repeated: any may be of a password.
        raise _unsayable(
            "its uri is no address of HTTP, or one with a user in it",
            "http://HOST:PORT or https://HOST; token: or credential: says who asks",
        )
    yield "type", "iceberg"
    yield "iceberg.catalog.type", "rest"
    yield "iceberg.catalog.uri", uri
    if warehouse := given.get("warehouse"):
        yield "iceberg.catalog.warehouse", str(warehouse)
    yield from _login(given)
    yield from _storage(given)


def _login(given: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    token, credential = _secret(given, "token"), _secret(given, "credential")
    if token is None and credential is None:
        return
    yield "iceberg.catalog.security", "oauth2"
    if token is not None:
        yield "iceberg.catalog.oauth2.token", token
        return
    if credential is not None:
        yield "iceberg.catalog.oauth2.credential", credential
    if scope := given.get("scope"):
        yield "iceberg.catalog.oauth2.scope", str(scope)
    if server := given.get("oauth2_server_uri"):
        yield "iceberg.catalog.oauth2.server-uri", str(server)


def _storage(given: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    if _secret(given, "s3_session_token") is not None:
        raise _unsayable(
            "s3_session_token is of temporary keys, which it would keep after their end",
            "give keys that last; or none, and let the catalog hand out temporary ones",
        )
    access, secret = (_secret(given, key) for key in _KEYS)
    if (access is None) != (secret is None):
        lacking = _KEYS[0] if access is None else _KEYS[1]
        raise _unsayable(f"{lacking} is not given, though the other key of S3 is", f"{lacking}:")
    endpoint = given.get("s3_endpoint")
    if endpoint:
        yield "aws.s3.endpoint", str(endpoint)
        yield "aws.s3.enable_ssl", str(not str(endpoint).startswith("http://")).lower()
        yield "aws.s3.enable_path_style_access", str(given.get("s3_path_style", True)).lower()
    if access is not None and secret is not None:
        # Else the catalog's own would go before them.
        yield "iceberg.catalog.vended-credentials-enabled", "false"
        yield "aws.s3.use_instance_profile", "false"
        yield "aws.s3.access_key", access
        yield "aws.s3.secret_key", secret
    if region := given.get("s3_region") or ("us-east-1" if access or endpoint else None):
        yield "aws.s3.region", str(region)


def _secret(given: Mapping[str, object], key: str) -> Secret | None:
    value = given.get(key)
    return value if isinstance(value, Secret) and value.reveal() else None


def differences(wanted: ExternalCatalog, written: str) -> list[str]:
    """What ``SHOW CREATE CATALOG`` says otherwise than is wanted, a line for each property.

    Of a secret, of which it shows the ends alone, these are compared, and nothing is told.
    """
    there = dict(_PROPERTY.findall(written))
    found = wanted.properties.items()
    return [line for key, value in found if (line := _difference(key, value, there.get(key)))]


def _difference(key: str, value: Value, there: str | None) -> str | None:
    if there is not None and _may_be(_shown(value, revealed=True), there):
        return None
    if isinstance(value, Secret):
        return f"{key} is {'another' if there is not None else 'not there'}"
    return f"{key} is {'not there' if there is None else repr(there)}, and should be {value!r}"


def _may_be(value: str, shown: str) -> bool:
    begin, *ends = _HIDDEN.split(shown, maxsplit=1)
    if not ends:
        return value in (shown, re.sub(r"\\(.)", r"\1", shown))
    return value.startswith(begin) and value.endswith(ends[0])


def _unsayable(what: str, help: str) -> ConnectionFailed:
    message = f"StarRocks cannot be told of the catalog: {what}"
    return ConnectionFailed(message, code="SK1961", help=help)


def _shown(value: Value, revealed: bool) -> str:
    if isinstance(value, Secret):
        return value.reveal() if revealed else MASK
    return value


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
