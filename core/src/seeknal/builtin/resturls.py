"""Addresses of an API: how they are put together, compared, and shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from seeknal.plugin import NodeError

_PORTS = {"http": 80, "https": 443}
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))""", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~-._"
_SECRET = re.compile(
    r"(api|access|account|subscription|private|shared|signing)[_-]?key|secret|passw|cookie|signature"
    r"|(access|auth|bearer|session|id|refresh)[_-]?token|authorization|credential"
    r"|^(x-)?(auth|token|key|sig)$",
    re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    """Whether a header or parameter of that name lets somebody in."""
    return _SECRET.search(name) is not None


def split(url: str) -> SplitResult:
    """The parts of an address. Raises ValueError for one that cannot be."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it is no http(s) address")
    _ = parts.port
    return parts


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port."""
    parts = split(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def is_same_server(before: str, after: str) -> bool:
    """Whether what was meant for ``before`` may be sent to ``after``: only TLS may be added."""
    old, new = origin(before), origin(after)
    return old == new or (old == ("http", new[1], 80) and new[0] == "https" and new[2] == 443)


def is_downgrade(before: str, after: str) -> bool:
    """Whether a way leads out of TLS."""
    return origin(before)[0] == "https" and origin(after)[0] == "http"


def is_here(url: str) -> bool:
    """Whether an address is one of this very machine."""
    host = split(url).hostname or ""
    return (
        host in ("localhost", "::1") or host.endswith(".localhost") or _LOOP.match(host) is not None
    )


_LOOP = re.compile(r"127(\.\d{1,3}){3}$")


def shown(url: str) -> str:
    """An address without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def joined(base: str | None, path: str) -> str:
    """The address of ``path`` below ``base``. Raises NodeError for one on another server."""
    if base is None or "://" in path:
        found = path
    else:
        found = f"{base.rstrip('/')}/{path.lstrip('/')}" if path.strip("/") else base
    try:
        parts = split(found)
        if base is not None and not is_same_server(base, found):
            raise NodeError(
                f"{shown(found)} is on another server than the connection's {shown(base)}",
                code="SK0797",
                help="table: is a path below the connection's base_url",
            )
    except ValueError:
        raise NodeError(
            "it reads an address that cannot be",
            code="SK0798",
            help="table: is a path below a connection's base_url, or https://HOST/PATH",
        ) from None
    if "@" in parts.netloc:
        raise NodeError(
            "its address holds a user or a password",
            code="SK0798",
            help="username: and password: of a connection of profiles.yml hold them",
        )
    return urlunsplit(parts._replace(path=quote(parts.path, safe=_SAFE), fragment=""))


def with_params(url: str, params: Iterable[tuple[str, str]]) -> str:
    """An address with these parameters, in place of those of the same name that it has."""
    new = list(params)
    names = {name for name, _ in new}
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    if len(kept) + len(new) == 0:
        return urlunsplit(parts._replace(query=""))
    if len(new) == 0:
        return url
    return urlunsplit(parts._replace(query=urlencode([*kept, *new])))


def without_param(url: str, name: str) -> str:
    """An address without the parameter of that name."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if name not in (key for key, _ in pairs):
        return url
    return urlunsplit(parts._replace(query=urlencode([p for p in pairs if p[0] != name])))


def pairs_of(params: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Parameters as texts, those that are lists once for each entry."""
    for name, value in params.items():
        for entry in value if isinstance(value, tuple) else (value,):
            yield name, str(entry).lower() if isinstance(entry, bool) else str(entry)


def next_link(url: str, headers: Iterable[str]) -> str | None:
    """The address that ``Link`` headers give the relation ``next``."""
    for match in _LINK.finditer(", ".join(headers)):
        for rel in _REL.finditer(match[2]):
            if "next" in (rel[1] or rel[2]).lower().split():
                return urljoin(url, str(match[1]).strip())
    return None
