"""One page, served to the browsers of this machine."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from seeknal.values.errors import UsageError

_HOST = "127.0.0.1"
_OURS = (_HOST, "localhost")


class PageServer:
    """Answers ``/`` with a page; nothing else is there, and no file is read."""

    def __init__(self, page: str, port: int) -> None:
        body = page.encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                # Another site whose name leads to this machine must not read what is served here.
                name = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host")
                found = name in _OURS and self.path.partition("?")[0] in ("/", "/index.html")
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body) if found else 0))
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                if found and self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing: what is asked for is in the browser to see."""

        self._server = ThreadingHTTPServer((_HOST, port), Handler)
        self.url = f"http://{_HOST}:{self._server.server_port}/"

    def serve(self) -> None:
        """Answer until the process is interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def __enter__(self) -> PageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()


def page_server(page: str, port: int) -> PageServer:
    """A server of a page, at a free port for 0. Raises UsageError where the port is taken."""
    try:
        return PageServer(page, port)
    except OSError as error:
        raise UsageError(
            f"the page cannot be served at port {port}: {error.strerror}",
            code="SK0002",
            help="name another port, or 0 for a free one",
        ) from None
