"""What the examples load from: a database's statements, and an API on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ORDERS = [{"id": n, "total": n * 37 % 5000 / 100, "paid": n % 3 > 0} for n in range(1, 251)]


def psql(sql: str) -> None:
    """Carry out statements in the shop's database."""
    quiet = f"SET client_min_messages = warning; {sql}"
    command = [sys.executable, "-m", "seeknal", "postgres", "psql", "-qc", quiet]
    subprocess.run(command, check=True)


class Api(BaseHTTPRequestHandler):
    """Gives orders to who has the token, 100 at a time, with where the next ones are."""

    token = ""

    def do_GET(self) -> None:
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        allowed = self.headers.get("Authorization") == f"Bearer {self.token}"
        found = ORDERS[page * 100 - 100 : page * 100]
        body = json.dumps(found if allowed else {"error": "who are you?"}).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if allowed and page * 100 < len(ORDERS):
            self.send_header("Link", f'</orders?page={page + 1}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


def serve(token: str) -> ThreadingHTTPServer:
    """A server that lets in who has ``token``, on a free port."""
    Api.token = token
    return ThreadingHTTPServer(("127.0.0.1", 0), Api)
