"""One HTTP request and its whole answer: an answer that breaks off is none."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from attrs import frozen

from seeknal.builtin.resturls import is_here, origin
from seeknal.plugin import ConnectionFailed

if TYPE_CHECKING:
    import socket
    import ssl
    from email.message import Message
    from http.client import HTTPConnection, HTTPResponse

LARGEST = 256 * 2**20
"""Bytes of one page, unpacked; a page is held in memory."""
_BLOCK = 2**20


class BrokenOff(Exception):
    """An answer ended before its end."""


class Unusable(Exception):
    """An answer is whole and cannot be read; the message goes on after its address."""


@frozen(kw_only=True)
class Answer:
    """A whole answer of a server."""

    url: str
    status: int
    reason: str
    headers: Message
    body: bytes

    def text(self) -> str:
        """The body as text. Raises Unusable where it is in no encoding that is known."""
        charset = self.headers.get_content_charset() or "utf-8"
        try:
            return self.body.decode("utf-8-sig" if charset in ("utf-8", "utf8") else charset)
        except (UnicodeError, LookupError):
            raise Unusable(f"is no text in {charset}") from None


class Wire:
    """Connections to servers, of which one is kept open from request to request."""

    def __init__(self, timeout: float, authorities: str | None) -> None:
        self.timeout = timeout
        self.authorities = authorities
        self.open: HTTPConnection | None = None
        self.to: tuple[str, str, int] | None = None
        self._plug: socket.socket | None = None
        self._tls: ssl.SSLContext | None = None

    def send(
        self, url: str, headers: Mapping[str, str], method: str = "GET", body: bytes | None = None
    ) -> Answer:
        """The answer to one request.

        Raises what ``http.client`` and ``ssl`` raise, BrokenOff and Unusable.
        """
        from http.client import RemoteDisconnected

        used = self.open is not None and self.to == origin(url)
        try:
            return self._sent(url, headers, method, body)
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A server may have closed a connection that was idle, which is no answer of its.
            if not used or body is not None:
                raise
            return self._sent(url, headers, method, body)

    def status(self, url: str, headers: Mapping[str, str], method: str, body: bytes) -> int:
        """The status of the answer to one request, whose body nobody waits for.

        Raises what ``http.client`` and ``ssl`` raise.
        """
        try:
            connection = self._asked(url, headers, method, body)
            if self.open is None:
                raise OSError("the connection was closed")
            return connection.getresponse().status
        finally:
            self.close()

    def close(self) -> None:
        """Close what is open; what waits for it in another thread then ends."""
        from contextlib import suppress
        from socket import SHUT_RDWR

        plug, self._plug = self._plug, None
        connection, self.open = self.open, None
        if plug is not None:
            with suppress(OSError):
                plug.shutdown(SHUT_RDWR)
        if connection is not None:
            connection.close()

    def _sent(
        self, url: str, headers: Mapping[str, str], method: str, body: bytes | None
    ) -> Answer:
        try:
            with self._asked(url, headers, method, body).getresponse() as response:
                answer = Answer(
                    url=url,
                    status=response.status,
                    reason=response.reason,
                    headers=response.headers,
                    body=_unpacked(_body(response), response.headers),
                )
                if response.will_close:
                    self.close()
                return answer
        except BaseException:
            # Whatever is left on it would be taken for the next answer.
            self.close()
            raise

    def _asked(
        self, url: str, headers: Mapping[str, str], method: str, body: bytes | None
    ) -> HTTPConnection:
        """The connection on which an answer was asked for."""
        connection, target, more = self._connected(url)
        sent = {
            "User-Agent": "seeknal",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            **more,
        }
        names = {name.lower() for name in headers}
        kept = {name: value for name, value in sent.items() if name.lower() not in names}
        connection.request(method, target, body, {**kept, **headers})
        # An answer that ends with its connection takes the socket along.
        self._plug = connection.sock
        return connection

    def _connected(self, url: str) -> tuple[HTTPConnection, str, Mapping[str, str]]:
        """A connection to the server, what to ask it for, and the headers for a proxy."""
        from urllib.request import getproxies, proxy_bypass

        scheme, host, port = origin(url)
        parts = urlsplit(url)
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        # What is meant for this machine leaves it for no proxy.
        proxy = None if is_here(url) else getproxies().get(scheme)
        if proxy and not proxy_bypass(f"{host}:{port}"):
            by = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            more = _proxy_headers(by.username, by.password)
            if scheme == "http":
                self._to(("http", by.hostname or "", by.port or 8080), None, {})
                target = urlunsplit((scheme, parts.netloc, parts.path or "/", parts.query, ""))
                return self._opened(), target, more
            self._to((scheme, host, port), (by.hostname or "", by.port or 8080), more)
            return self._opened(), path, {}
        self._to((scheme, host, port), None, {})
        return self._opened(), path, {}

    def _opened(self) -> HTTPConnection:
        assert self.open is not None
        return self.open

    def _to(
        self,
        server: tuple[str, str, int],
        proxy: tuple[str, int] | None,
        headers: Mapping[str, str],
    ) -> None:
        from http.client import HTTPConnection, HTTPSConnection

        if self.open is not None and self.to == server:
            return
        self.close()
        scheme, host, port = server
        at = proxy or (host, port)
        if scheme == "https":
            self.open = HTTPSConnection(*at, timeout=self.timeout, context=self._context())
        else:
            self.open = HTTPConnection(*at, timeout=self.timeout)
        if proxy:
            self.open.set_tunnel(host, port, dict(headers))
        self.to = server

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            import ssl

            self._tls = ssl.create_default_context()
            if self.authorities is not None:
                try:
                    self._tls.load_verify_locations(self.authorities)
                except OSError as error:
                    raise ConnectionFailed(
                        f"ca_file cannot be read: {error}",
                        code="SK0798",
                        help="a file of certificates in PEM format",
                    ) from None
        return self._tls


def _proxy_headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    from base64 import b64encode

    pair = f"{unquote(user)}:{unquote(password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _body(response: HTTPResponse) -> bytes:
    """All that the server announced."""
    said = response.headers.get("Content-Length")
    if said is not None and response.length is None and not response.chunked:
        raise Unusable(f"says that it has {said!r} bytes")
    blocks, size = [], 0
    while block := response.read(_BLOCK):
        blocks.append(block)
        size += len(block)
        if size > LARGEST:
            raise _too_large()
    if response.length:
        raise BrokenOff(f"{size:,} of {size + response.length:,} bytes arrived")
    return b"".join(blocks)


def _unpacked(body: bytes, headers: Any) -> bytes:
    packed = (headers.get("Content-Encoding") or "identity").strip().lower()
    if packed == "identity" or not body:
        return body
    if packed not in ("gzip", "x-gzip"):
        raise Unusable(f"is packed as {packed}, which is not known here")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            found = file.read(LARGEST + 1)
            # Only at its end is it known whether all of it is there.
            rest = file.read(1) if len(found) <= LARGEST else b"."
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenOff(f"what it packed cannot be unpacked: {error}") from None
    if rest:
        raise _too_large()
    return found


def _too_large() -> Unusable:
    return Unusable(f"has more than {LARGEST >> 20:,} MiB; ask for smaller pages")
