"""Requests to frontends and backends, whose bodies are sent only to who has asked for them."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from attrs import evolve, field, frozen

from seeknal.plugin import DeliveryError, scrub
from seeknal_starrocks.server import Lost

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_MOST = 1 << 20
"""Bytes of an answer or a line of one: more is none of StarRocks'."""
_PORT = "http_port: of the connection is the frontend's, 8030 where nothing else is said"
_OF_TLS = {
    "certificate verify failed": "ssl_ca: of the connection, the file of who signed the frontend's",
    "WRONG_VERSION_NUMBER": "http_port: of the connection has to take https, as ssl: asks for;"
    " ssl: preferred lets rows and password go without",
}
Place = tuple[str, int]


@frozen(kw_only=True)
class Door:
    """How a cluster is asked by HTTP. ``may`` raises DeliveryError for a place outside of it."""

    frontend: Place
    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    timeout: float = 3600.0
    may: Callable[[Place], None]
    opened: set[Any] = field(factory=set, repr=False, eq=False)
    """Connections that are waited for now; another thread may end them."""
    ended: threading.Event = field(factory=threading.Event, repr=False, eq=False)
    """Nothing is asked any more."""

    def again(self) -> Door:
        """The same, by which may be asked what is asked once this one has ended."""
        return evolve(self, opened=set(), ended=threading.Event())

    def cut(self) -> None:
        """End what is waited for, and ask nothing any more."""
        import socket

        self.ended.set()
        for connection in list(self.opened):
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


@frozen(kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    door: Door,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: Sequence[Any] = (),
) -> dict[str, Any]:
    """What is answered in the end, where the frontend sends on too.

    Raises Lost where no whole answer came, and DeliveryError for one that is none, or that would
    have the password sent elsewhere.
    """
    answer = _once(door, door.frontend, method, path, headers or {}, body)
    if answer.status in (301, 302, 303, 307, 308):
        answer = _once(door, _sent_on(door, answer, path), method, path, headers or {}, body)
    if answer.status == 401:
        raise DeliveryError(
            f"StarRocks refused to load as {door.user}", code="SK1938", help="check the password"
        )
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    # What a frontend is asked, a backend knows in part only.
    if not isinstance(found, dict) or answer.status == 404:
        raise DeliveryError(
            f"{door.frontend[0]}:{door.frontend[1]} answered {answer.status}, and nothing that a"
            " frontend of StarRocks says",
            code="SK1938",
            help=_PORT,
        )
    return found


def _sent_on(door: Door, answer: _Answer, path: str) -> Place:
    """Where the request goes. Raises DeliveryError for a place that is none of the cluster's."""
    try:
        found = urlsplit(answer.headers.get("location", ""))
        place = (found.hostname or "", found.port or (443 if found.scheme == "https" else 80))
    except ValueError:
        place = ("", 0)
    wanted = "https" if door.tls is not None else "http"
    asked = urlsplit(path)
    same = bool(place[0]) and unquote(found.path) == unquote(asked.path)
    if answer.status != 307 or not same or found.scheme != wanted:
        shown = f"{found.scheme}://{place[0]}:{place[1]}" if place[0] else "nowhere"
        raise DeliveryError(
            f"the frontend sends the rows to {shown} by {answer.status}, which StarRocks does not",
            code="SK1939",
            help="is something between here and the frontend that answers for it?",
        )
    door.may(place)
    return place


def _once(
    door: Door,
    place: Place,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: Sequence[Any],
) -> _Answer:
    connection = _connection(door, place)
    with closing(connection):
        try:
            if door.ended.is_set():
                raise OSError("it was interrupted")
            connection.connect()
            connection.sock.settimeout(door.timeout)
            door.opened.add(connection)
            _send_head(connection, door, method, path, headers, body)
            with connection.sock.makefile("rb") as coming:
                answer = _read(coming, bodiless=bool(body))
                if answer.status == 100:
                    for piece in body:
                        connection.sock.sendall(piece)
                    answer = _read(coming)
                return answer
        except (OSError, http.client.HTTPException) as error:
            raise _lost(place, error) from None
        finally:
            door.opened.discard(connection)


def _lost(place: Place, error: Exception) -> Lost:
    """That no answer came; where it looks as if none ever will, with what may be wrong."""
    said, help = scrub(str(error) or type(error).__name__), None
    if isinstance(error, http.client.BadStatusLine):
        said, help = "it does not speak HTTP, or only where it is encrypted", _PORT
    elif isinstance(error, ConnectionRefusedError):
        help = _PORT
    else:
        help = next((help for word, help in _OF_TLS.items() if word in said), None)
    return Lost(
        f"no answer of {place[0]}:{place[1]}: {said}",
        code="SK1938" if help is not None else None,
        help=help,
    )


def _connection(door: Door, place: Place) -> http.client.HTTPConnection:
    if door.tls is None:
        return http.client.HTTPConnection(*place, timeout=door.connect_timeout)
    return http.client.HTTPSConnection(*place, timeout=door.connect_timeout, context=door.tls)


def _send_head(
    connection: http.client.HTTPConnection,
    door: Door,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: Sequence[Any],
) -> None:
    coded = base64.b64encode(f"{door.user}:{door.password}".encode()).decode()
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.putheader("Authorization", f"Basic {coded}")
    for name, value in headers.items():
        # A column may have any name, which StarRocks reads as UTF-8.
        connection.putheader(name, value.encode())
    if body:
        connection.putheader("Expect", "100-continue")
    if method != "GET":
        connection.putheader("Content-Length", str(sum(map(len, body))))
    connection.endheaders()


def _read(coming: Any, *, bodiless: bool = False) -> _Answer:
    """An answer that is whole. Of ``bodiless`` 100 Continue there is only a head."""
    version, _, rest = _line(coming).partition(" ")
    status = rest.split(" ")[0]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        raise http.client.BadStatusLine(version)
    headers = {}
    while line := _line(coming):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if int(status) == 100:
        return _Answer(status=100, headers=headers, body=b"") if bodiless else _read(coming)
    return _Answer(status=int(status), headers=headers, body=_body(coming, headers))


def _line(coming: Any) -> str:
    """One that has its end: half a line may look like a whole one."""
    found = coming.readline(_MOST)
    if not found.endswith(b"\n"):
        raise http.client.IncompleteRead(b"")
    return str(found.decode("latin-1").rstrip("\r\n"))


def _body(coming: Any, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_chunks(coming))
    length = headers.get("content-length", "")
    if not length.isdigit() or int(length) > _MOST:
        raise http.client.IncompleteRead(b"")
    found: bytes = coming.read(int(length))
    if len(found) < int(length):
        raise http.client.IncompleteRead(b"")
    return found


def _chunks(coming: Any) -> Any:
    total = 0
    while size := int(_line(coming).partition(";")[0] or "x", 16):
        total += size
        found = coming.read(size)
        if len(found) < size or total > _MOST:
            raise http.client.IncompleteRead(b"")
        yield found
        _line(coming)
    while _line(coming):
        pass
