"""A shop's API on this machine, which now and then is too busy to answer."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CITIES = ("Bern", "Bolzano", "Lyon", "Turin")
CUSTOMERS = [
    {"id": n, "name": f"Customer {n}", "address": {"city": CITIES[n % 4], "zip": 1000 + n}}
    for n in range(1, 41)
]
ORDERS = [
    {"id": n, "customer_id": 1 + n * 7 % 40, "amount": f"{n * 37 % 5000 / 100:.2f}"}
    for n in range(1, 1001)
]


class Shop(BaseHTTPRequestHandler):
    """Answers who has the token."""

    protocol_version = "HTTP/1.1"
    token = ""
    asked = 0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query))
        Shop.asked += 1
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self.answer(401, {"error": "who are you?"})
        elif Shop.asked % 7 == 3:
            self.answer(503, {"error": "busy"}, {"Retry-After": "0"})
        elif parts.path == "/v1/orders":
            self.orders(int(params.get("after", 0)))
        elif parts.path == "/v1/customers":
            self.customers(int(params.get("page", 1)))
        else:
            self.answer(404, {"error": "there is nothing here"})

    def orders(self, after: int) -> None:
        found = ORDERS[after : after + 100]
        more = after + 100 if after + 100 < len(ORDERS) else None
        self.answer(200, {"data": found, "meta": {"next": more}})

    def customers(self, page: int) -> None:
        found = CUSTOMERS[page * 15 - 15 : page * 15]
        link = f'</v1/customers?page={page + 1}>; rel="next"'
        self.answer(200, found, {"Link": link} if page * 15 < len(CUSTOMERS) else {})

    def answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing of each request."""


def serve(token: str) -> ThreadingHTTPServer:
    """A server that lets in who has ``token``, on a free port."""
    Shop.token = token
    return ThreadingHTTPServer(("127.0.0.1", 0), Shop)
