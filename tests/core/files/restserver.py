"""An API on this machine that behaves as a test tells it to, in every bad way that servers have."""

import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen


@frozen(kw_only=True)
class Request:
    """What a server was asked."""

    method: str
    path: str
    params: dict
    headers: object
    body: bytes
    number: int


@frozen(kw_only=True)
class Reply:
    """What a server answers. ``cut``: bytes after which it hangs up."""

    status: int = 200
    body: bytes = b""
    headers: tuple = ()
    chunked: bool = False
    cut: int | None = None
    said_length: int | None = None
    hang_up: bool = False


def page(value, status=200, **headers):
    """A reply of JSON; names of headers have _ for -."""
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Reply(status=status, body=body, headers=(("Content-Type", "application/json"), *named))


class Api:
    """A server; ``on(path)`` says who answers there. ``requests`` are all that came."""

    def __init__(self, certificate=None, host="127.0.0.1"):
        self.routes = {}
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                request = Request(
                    method=self.command,
                    path=parts.path,
                    params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                    headers=self.headers,
                    body=self.rfile.read(length),
                    number=sum(each.path == parts.path for each in outer.requests) + 1,
                )
                outer.requests.append(request)
                answer = outer.routes.get(parts.path, lambda request: page({}, status=404))
                self.reply(answer(request))

            do_POST = do_GET

            def reply(self, reply):
                if reply.hang_up:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                if reply.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                elif reply.said_length != -1:
                    size = len(reply.body) if reply.said_length is None else reply.said_length
                    self.send_header("Content-Length", str(size))
                else:
                    self.close_connection = True
                for name, text in reply.headers:
                    self.send_header(name, text)
                self.end_headers()
                sent = reply.body
                if reply.chunked:
                    half = len(sent) // 2
                    parts = [part for part in (sent[:half], sent[half:]) if part]
                    framed = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
                    sent = b"".join([*framed, b"0\r\n\r\n"])
                if reply.cut is not None or reply.said_length not in (None, len(reply.body)):
                    sent = sent[: reply.cut]
                    self.close_connection = True
                self.wfile.write(sent)

            def log_message(self, *arguments):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Quiet((host, 0), Handler)
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.file, certificate.key)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.scheme = "https"
        self.port = self.server.server_port
        self.url = f"{self.scheme}://{host}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def on(self, path, answer):
        """Answer ``path`` by a function of the request, or with replies in turn; the last stays."""
        replies = answer if isinstance(answer, list) else [answer]
        if callable(answer):
            self.routes[path] = answer
        else:
            self.routes[path] = lambda request: replies[min(request.number, len(replies)) - 1]

    def asked(self, path):
        return [request for request in self.requests if request.path == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@frozen(kw_only=True)
class Certificate:
    """A certificate that its own key has signed."""

    file: str
    key: str


def make_certificate(folder, host):
    """One for a host's name, or for 127.0.0.1."""
    key, file = folder / f"{host}.key", folder / f"{host}.pem"
    named = f"IP:{host}" if host[0].isdigit() else f"DNS:{host}"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName={named}"),
            *("-keyout", str(key), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    return Certificate(file=str(file), key=str(key))
