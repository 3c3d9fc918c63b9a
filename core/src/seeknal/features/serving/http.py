"""Features as JSON over HTTP."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from seeknal.features.serving.answers import as_json
from seeknal.values.errors import SeeknalError, UsageError
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.features.serving.reading import OnlineFeatures
    from seeknal.values.secret import Secret

_log = logging.getLogger("seeknal.features")

PATH = "/features"
HEALTH = "/health"
_LARGEST = 1 << 20
"""Bytes of a question."""
_MOST = 1000
"""Entities of one question."""
_SECONDS = 30
"""How long a client may be silent within a question."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, address: Any) -> None:
        """A client that went away is nothing to tell of; all else is a fault of ours."""
        error = sys.exception()
        if not isinstance(error, OSError):
            _log.error("a question could not be answered: %s", type(error).__name__)


class _Refused(Exception):
    """A question that is not answered: the status and the text of the answer."""

    def __init__(self, status: int, text: str, help: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.answer = {"error": text, **({"help": help} if help else {})}


class FeatureServer:
    """Answers ``POST /features`` with features of entities, and ``GET /health``.

    Reached by this machine alone there is no ``token`` needed; else each question has it in
    ``Authorization: Bearer TOKEN``.
    """

    def __init__(
        self, features: OnlineFeatures, host: str, port: int, token: Secret | None
    ) -> None:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = _SECONDS
            server_version = "seeknal"
            sys_version = ""
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                owner.answer(self, lambda: owner.health(self.path))

            def do_POST(self) -> None:
                owner.answer(self, lambda: owner.features_for(self))

            def do_other(self) -> None:
                owner.answer(self, owner.refuse_method)

            do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_other

            def send_error(
                self, code: int, message: str | None = None, explain: str | None = None
            ) -> None:
                """What is no question at all is answered as JSON too."""
                self.command = self.command or ""
                owner.write(self, code, {"error": message or "the question is none"})

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing: keys of entities are nothing for a log."""

        self.features = features
        self.token = token
        self.is_open = is_loopback(host)
        self._server = _Server((host, port), Handler)
        self.port = self._server.server_port
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self.port}"

    def serve(self) -> None:
        """Answer until the process is interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """End `serve`, from another thread."""
        self._server.shutdown()

    def __enter__(self) -> FeatureServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, found: Any) -> None:
        """Write what ``found`` gives, or why there is nothing, as JSON."""
        status, answer = 200, None
        try:
            self._check(request)
            answer = found()
        except _Refused as refused:
            status, answer = refused.status, refused.answer
        except UsageError as error:
            status, answer = 400, {"error": error.message, "code": error.code, "help": error.help}
        except SeeknalError as error:
            # What a database says is for its owners: who asks learns that it did not answer.
            _log.warning("%s: %s", error.code, scrub(error.kept))
            status, answer = 503, {"error": "the features cannot be read now", "code": error.code}
        except OSError:
            raise
        except Exception as error:
            _log.error("a question could not be answered: %s", type(error).__name__)
            status, answer = 500, {"error": "this is a defect of seeknal"}
        self.write(request, status, answer)

    def write(self, request: BaseHTTPRequestHandler, status: int, answer: object) -> None:
        """Send an answer as JSON."""
        body = json.dumps(answer, ensure_ascii=False).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        if status >= 400 or request.command != "POST":
            # What is left of a question that was not read is no next question.
            request.send_header("Connection", "close")
            request.close_connection = True
        if status == 401:
            request.send_header("WWW-Authenticate", "Bearer")
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def _check(self, request: BaseHTTPRequestHandler) -> None:
        if self.token is not None:
            given = request.headers.get("Authorization", "").partition(" ")
            right = compare_digest(given[2].strip().encode(), self.token.reveal().encode())
            if given[0].lower() != "bearer" or not right:
                raise _Refused(401, "the token is missing or wrong")
            return
        # Another site whose name leads to this machine must not read what is served here.
        host = request.headers.get("Host", "")
        name = host.rpartition(":")[0] or host
        if not is_loopback(name.strip("[]").lower()):
            raise _Refused(403, f"{name or 'no name'} is not this machine")

    def refuse_method(self) -> Mapping[str, object]:
        raise _Refused(405, f"there are POST {PATH} and GET {HEALTH}")

    def health(self, path: str) -> Mapping[str, object]:
        if path.partition("?")[0] != HEALTH:
            raise _Refused(404, f"there is no {path}: POST {PATH}, GET {HEALTH}")
        return {"status": "ok"}

    def features_for(self, request: BaseHTTPRequestHandler) -> Mapping[str, object]:
        if request.path.partition("?")[0] != PATH:
            raise _Refused(404, f"there is no {request.path}: POST {PATH}, GET {HEALTH}")
        question = _question(request)
        rows = self.features.get(
            question["features"],
            question["entities"],
            full_names=question.get("full_names", False),
        )
        return {"rows": [as_json(row) for row in rows]}


def _question(request: BaseHTTPRequestHandler) -> dict[str, Any]:
    help = '{"features": ["group:feature"], "entities": [{"key": 1}]}'
    try:
        if request.headers.get("Transfer-Encoding") is not None:
            raise ValueError
        (length,) = map(int, request.headers.get_all("Content-Length") or ())
    except ValueError:
        raise _Refused(411, "how long the question is has to be said (Content-Length)") from None
    if not 0 <= length <= _LARGEST:
        raise _Refused(413, f"a question has at most {_LARGEST:,} bytes")
    try:
        text = request.rfile.read(length)
        if len(text) != length:
            raise _Refused(400, "the question ends too early")
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _Refused(400, "the question is no JSON", help) from None
    if not isinstance(found, dict) or set(found) - {"features", "entities", "full_names"}:
        raise _Refused(400, "a question has features, entities and perhaps full_names", help)
    features, entities = found.get("features"), found.get("entities")
    if not _is_list_of(features, str):
        raise _Refused(400, "features is a list of texts", help)
    if not _is_list_of(entities, dict):
        raise _Refused(400, "entities is a list of objects with the keys", help)
    if not isinstance(found.get("full_names", False), bool):
        raise _Refused(400, "full_names is true or false", help)
    if len(entities or ()) > _MOST:
        raise _Refused(413, f"a question is about at most {_MOST:,} entities")
    return found


def _is_list_of(found: object, kind: type) -> bool:
    return isinstance(found, list) and all(isinstance(each, kind) for each in found)


def feature_server(
    features: OnlineFeatures, host: str, port: int, token: Secret | None
) -> FeatureServer:
    """A server at a free port for 0.

    Raises UsageError where others can reach the address and there is no token, and where the
    address cannot be taken.
    """
    if token is None and not is_loopback(host):
        raise UsageError(
            f"other machines reach {host}, and there is no token",
            code="SK1813",
            help="--token-env NAME: the environment variable that has it",
        )
    try:
        return FeatureServer(features, host, port, token)
    except OSError as error:
        raise UsageError(
            f"{host}:{port} cannot be served at: {error.strerror or error}",
            code="SK1813",
            help="name another port, or 0 for a free one",
        ) from None
