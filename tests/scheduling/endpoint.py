"""A webhook's far side: what it is sent it checks by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BAD = ("down", "slow", "hangs", "fails", "lies", "redirects", "trickles")
"""What an endpoint may be besides good. One that lies breaks off what it has announced."""


class Endpoint:
    """Listens on a port that stays the same, also while nobody answers there."""

    def __init__(self, secret: str) -> None:
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.mode = "good"
        self.requests: list[dict] = []
        self.server: ThreadingHTTPServer | None = None
        self.port = 0
        self.up()

    def turn(self, mode: str) -> None:
        if mode == "down":
            self.down()
        elif self.server is None:
            self.up()
        self.mode = mode

    def up(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None: ...

            def do_GET(self) -> None:
                outer.requests.append({"real": time.time(), "fault": "a GET"})
                self.send_error(405)

            def do_POST(self) -> None:
                with contextlib.suppress(OSError):
                    outer.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        # A connection that its client has given up is nothing to tell of.
        self.server.handle_error = lambda *arguments: None  # type: ignore[method-assign]
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        begun, mode = time.time(), self.mode
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        heard = {
            "real": begun,
            "mode": mode,
            "id": handler.headers.get("webhook-id"),
            "timestamp": handler.headers.get("webhook-timestamp"),
            "body": body.decode(errors="replace"),
            "fault": self.wrong(handler, body),
            # Nobody knows whether who asks has waited for a slow one.
            "accepted": mode in ("good", "slow"),
        }
        self.requests.append(heard)
        if mode == "slow":
            time.sleep(1)
        if mode == "hangs":
            time.sleep(45)
            return
        if mode == "lies":
            handler.wfile.write(b"HTTP/1.1 500 Fine\r\nContent-Length: 100000\r\n\r\nall is well")
            handler.close_connection = True
            return
        if mode == "redirects":
            handler.send_response(302)
            handler.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if mode == "trickles":
            handler.wfile.write(b"HTTP/1.1 503 Slow\r\n")
            for _second in range(60):
                handler.wfile.write(b"X-More: more\r\n")
                handler.wfile.flush()
                time.sleep(0.5)
            return
        handler.send_response(503 if mode == "fails" else 204)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def wrong(self, handler: BaseHTTPRequestHandler, body: bytes) -> str | None:
        """What is wrong about a message, by its headers."""
        given = {name: handler.headers.get(f"webhook-{name}") for name in ("id", "timestamp")}
        if None in given.values():
            return "a header is missing"
        signed = f"{given['id']}.{given['timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()
        signatures = (handler.headers.get("webhook-signature") or "").split()
        if f"v1,{expected}" not in signatures:
            return "its signature is another one"
        if not handler.headers.get("Content-Type", "").startswith("application/json"):
            return "its content type is another one"
        return None
