"""Takes requests apart, and lets them go wrong at each of their moments."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import hmac
import json
import shutil
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from seeknal_starrocks.testing.armed import Dropped
from seeknal_starrocks.testing.engine.sessions import Session
from seeknal_starrocks.testing.http.loading import Loading
from seeknal_starrocks.testing.http.options import BadLoad
from seeknal_starrocks.testing.log import Asked, Log
from seeknal_starrocks.testing.refusing import Refused

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.http.answers import Answer

_PIECE = 1 << 18


@frozen(kw_only=True)
class Node:
    """What the requests to a frontend or a backend share."""

    name: Literal["fe", "be"]
    loading: Loading
    users: Mapping[str, str]
    log: Log
    backend: str = ""
    """``host:port`` that a frontend sends to."""


class Request(BaseHTTPRequestHandler):
    """One request. Subclasses say what becomes of it."""

    protocol_version = "HTTP/1.1"
    node: ClassVar[Node]

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed: the log has it."""

    def handle_expect_100(self) -> bool:
        """Whether the body is to come is decided once the head is understood."""
        return True

    def do_PUT(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def answer(self) -> None:
        """Answers this request. Raises Dropped where the connection ends."""
        raise NotImplementedError

    def _handle(self) -> None:
        # As StarRocks does it, so that a body that was not asked for disturbs nothing.
        self.close_connection = True
        self.node.log.add(
            Asked(
                how="request",
                text=f"{self.command} {self.path}",
                user=self.user or "",
                node=self.node.name,
                headers=dict(self.headers.items()),
            )
        )
        try:
            self.answer()
            self.wfile.flush()
        except (Dropped, OSError):
            with suppress(OSError):
                self.connection.shutdown(2)

    @property
    def user(self) -> str | None:
        """Who asks, if the password is right."""
        kind, _, coded = self.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        expected = self.node.users.get(user)
        right = expected is not None and hmac.compare_digest(expected.encode(), password.encode())
        return user if kind == "Basic" and right else None

    @property
    def given(self) -> dict[str, str]:
        """The headers, with their names in small letters. They are read as UTF-8."""
        return {
            name.lower(): value.encode("latin-1").decode(errors="replace")
            for name, value in self.headers.items()
        }

    def meet(self, point: str) -> str | None:
        """The message of an error that is to be told here. Raises Dropped."""
        fault = self.node.loading.world.faults.armed.meet(f"{self.node.name} {point}")
        return fault.message if fault is not None else None

    def may_load(self, place: Place) -> str | None:
        """Why not."""
        session = Session(self.node.loading.world, user=self.user or "")
        try:
            session.check_right("INSERT", place)
        except Refused as refused:
            return refused.message
        return None

    def send(self, answer: Answer, operation: str | None = None) -> None:
        """Sends an answer; of an operation, a half of it where the connection ends there."""
        body = json.dumps(answer.body, indent=4).encode()
        self.send_response(answer.status)
        if answer.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm=""')
        self.send_header("Content-Type", "text/html; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self._send_body(body, operation)

    def _send_body(self, body: bytes, operation: str | None) -> None:
        if operation is not None:
            try:
                self.meet(f"{operation} half answered")
            except Dropped:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                raise
        self.wfile.write(body)

    def send_on(self, operation: str) -> None:
        """Tells the client to ask the backend."""
        faults = self.node.loading.world.faults
        backend = faults.redirect_to or self.node.backend
        place = f"http://{backend}{self.path}"
        try:
            self.meet(f"{operation} half answered")
        except Dropped:
            # Half an address is one, too.
            self.wfile.write(f"HTTP/1.1 307 \r\nLocation: {place[: len(place) // 2]}".encode())
            self.wfile.flush()
            raise
        self.send_response(307)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def receive(self, folder: Path) -> Path:
        """The body, in a file. Raises BadLoad for one that is less than it should be."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        path = folder / "body"
        with path.open("wb") as file:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                self._receive_chunks(file)
            else:
                self._receive_all(file, int(self.headers.get("Content-Length", "0")))
        return path

    def _receive_all(self, file: object, length: int) -> None:
        received, half = 0, False
        while received < length:
            if not half and received * 2 >= length:
                half = True
                self.half()
            most = length - received if half else (length + 1) // 2 - received
            part = self.rfile.read(min(most, _PIECE))
            if not part:
                raise BadLoad("the body ended early")
            file.write(part)  # type: ignore[attr-defined]
            received += len(part)

    def _receive_chunks(self, file: object) -> None:
        first = True
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            file.write(self.rfile.read(size))  # type: ignore[attr-defined]
            self.rfile.readline()
            if first:
                self.half()
            first = False
        self.rfile.readline()

    def half(self) -> None:
        """Half of the body has come."""


def unpacked(path: Path, compression: str | None) -> Path:
    """The file that another is when it is no longer compressed. Raises BadLoad."""
    if compression is None:
        return path
    opened = gzip.open if compression == "gzip" else bz2.open
    plain = path.with_name("plain")
    try:
        with opened(path, "rb") as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (OSError, EOFError) as error:
        raise BadLoad(f"the body is not {compression}: {error}") from None
    return plain


class Served:
    """A frontend or a backend that listens."""

    def __init__(self, host: str, port: int, kind: type[Request]) -> None:
        self._server = _Server((host, port), kind)
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()
        self.port: int = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no error of the server's."""


def scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="standin-")
