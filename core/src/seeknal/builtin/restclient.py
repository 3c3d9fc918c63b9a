"""Requests to an API: sent again where that may help, never where it must not be sent."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from attrs import evolve, frozen

from seeknal.builtin.options.rest import RestConnection
from seeknal.builtin.restauth import Credentials
from seeknal.builtin.resturls import is_downgrade, is_same_server, origin, shown, split
from seeknal.builtin.restwire import BrokenOff, Unusable, Wire
from seeknal.plugin import ConnectionFailed, SeeknalError, scrub

if TYPE_CHECKING:
    from logging import Logger

    from seeknal.builtin.restwire import Answer

_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 5
_FIRST_WAIT = 0.5
_MOST_WAIT = 30.0
_WORDS = ("message", "error_description", "detail", "error", "title", "reason")


class Pace:
    """Keeps requests apart, those of several sources of one connection too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def turn(self, per_second: float) -> float:
        """The seconds to wait for the next turn, which is then taken."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + 1 / per_second
            return at - now


_paces: dict[tuple[str, str, int], Pace] = {}


@frozen(kw_only=True)
class Patience:
    """How long and how often a server is asked."""

    timeout: float
    retries: int
    longest_wait: float
    per_second: float | None
    authorities: str | None


def patience_of(options: RestConnection | None) -> Patience:
    """What a connection says of it, or would say without a word about it."""
    if options is None:
        options = RestConnection(base_url="")
    return Patience(
        timeout=options.timeout.seconds,
        retries=options.retries,
        longest_wait=options.longest_wait.seconds,
        per_second=options.requests_per_second,
        authorities=options.ca_file,
    )


class Client:
    """Asks one API. ``stop`` may be called in another thread, and ends what is waited for."""

    def __init__(
        self, options: RestConnection | None, headers: Mapping[str, str], log: Logger | None
    ) -> None:
        self.credentials = Credentials(options)
        self.headers = together(options.headers if options is not None else {}, headers)
        self.patience = patience_of(options)
        self.log = log
        self._wire = Wire(self.patience.timeout, self.patience.authorities)
        self._tokens = Wire(self.patience.timeout, self.patience.authorities)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()
        self.close()

    def close(self) -> None:
        self._wire.close()
        self._tokens.close()

    def get(self, url: str, accepted: frozenset[int] = frozenset((200, 204))) -> Answer:
        """The answer to a request for ``url``, whole and of a status that is ``accepted``.

        Raises ConnectionFailed where the server, or what lies between, gives none.
        """
        renewed = False
        while True:
            answer = self._answered(url)
            if answer.status == 401 and self.credentials.renewable and not renewed:
                # A token may end, or be taken back, before its time.
                renewed = True
                self.credentials.forget()
                continue
            if answer.status in accepted:
                return answer
            raise _refusal(answer, url)

    def _answered(self, url: str) -> Answer:
        """The answer after redirects, of whatever status."""
        at = url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._persistent(at)
            to = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or to is None:
                return answer
            to = self.credentials.public(urljoin(at, to))
            self.check_way(at, to, "it is redirected to")
            at = to
        raise ConnectionFailed(
            f"{shown(url)} is redirected more than {_MOST_REDIRECTS} times", code="SK0792"
        )

    def check_way(self, before: str, after: str, what: str) -> None:
        """Refuse a way to where credentials, or what was sent within TLS, must not go."""
        try:
            split(after)
        except ValueError:
            raise ConnectionFailed(
                f"{shown(before)}: {what} an address that cannot be", code="SK0797"
            ) from None
        if is_same_server(before, after):
            return
        if not self.credentials.secret and not is_downgrade(before, after):
            return
        scheme, host, port = origin(after)
        raise ConnectionFailed(
            scrub(
                f"{shown(before)}: {what} another server, {scheme}://{host}:{port}; what lets one"
                " in is not sent there"
            ),
            code="SK0797",
            help="say that server's address as base_url, if it is the API's own",
        )

    def _persistent(self, url: str) -> Answer:
        """The answer of a server that was asked again while it was in trouble."""

        def send() -> Answer:
            self._turn(url)
            address, headers = self.credentials.added(url, self._post)
            answer = self._wire.send(address, together(self.headers, headers))
            # The address that goes on to others has no key in it.
            return evolve(answer, url=url)

        return self._tried(url, send)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the server of tokens answers to a form."""

        def send() -> Answer:
            try:
                return self._tokens.send(url, headers, "POST", body)
            finally:
                self._tokens.close()

        answer = self._tried(url, send)
        if answer.status == 200:
            return answer
        if answer.status in _REDIRECTS:
            raise ConnectionFailed(
                f"{shown(url)} leads elsewhere; client_secret is not sent there",
                code="SK0797",
                help="token_url: is the very address that gives tokens",
            )
        raise _refusal(answer, url)

    def _tried(self, url: str, send: Callable[[], Answer]) -> Answer:
        """The first answer of which a status says that it stays so."""
        most = self.patience.retries
        for attempt in range(most + 1):
            wait, status = None, 0
            try:
                answer = send()
            except Exception as error:
                self._check_stopped()
                if not _may_pass(error):
                    raise _unreadable(url, error) from error
                said = _said(error)
            else:
                if answer.status not in _PASSING:
                    return answer
                said, wait, status = _status(answer), waited_for(answer), answer.status
            if wait is not None and wait > self.patience.longest_wait:
                raise _too_long(url, said, wait, self.patience.longest_wait)
            if attempt < most:
                self._pause(backoff(attempt) if wait is None else wait, url, said)
        raise _given_up(url, said, status, most + 1)

    def _turn(self, url: str) -> None:
        if self.patience.per_second is not None:
            pace = _paces.setdefault(origin(url), Pace())
            self._wait(pace.turn(self.patience.per_second))

    def _pause(self, seconds: float, url: str, said: str) -> None:
        if self.log is not None:
            self.log.info(scrub(f"{shown(url)}: {said}; again in {seconds:.1f} s"))
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._stopped.wait(seconds)
        self._check_stopped()

    def _check_stopped(self) -> None:
        if self._stopped.is_set():
            raise ConnectionFailed("it was stopped while it waited for a server", code="SK0792")


def together(*several: Mapping[str, str]) -> dict[str, str]:
    """Headers of which the later ones count, however their names are written."""
    found: dict[str, tuple[str, str]] = {}
    for headers in several:
        found |= {name.lower(): (name, value) for name, value in headers.items()}
    return dict(found.values())


def backoff(attempt: int) -> float:
    """Seconds before the next try: twice as long each time, and not the same for all clients."""
    return min(_FIRST_WAIT * 2.0**attempt, _MOST_WAIT) * random.uniform(0.75, 1.25)


def waited_for(answer: Answer) -> float | None:
    """The seconds that a server asks to wait; None where it says nothing that can be read."""
    said = (answer.headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", said):
        return float(said)
    until = _date(said)
    if until is None:
        return None
    # By the server's own clock, where it tells it.
    now = _date(answer.headers.get("Date") or "")
    return max(0.0, until - (time.time() if now is None else now))


def _date(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _may_pass(error: Exception) -> bool:
    """Whether another try may go better."""
    from http.client import HTTPException, InvalidURL
    from ssl import SSLCertVerificationError

    if isinstance(error, InvalidURL | SSLCertVerificationError):
        return False
    return isinstance(error, OSError | HTTPException | BrokenOff)


def _said(error: Exception) -> str:
    from http.client import IncompleteRead

    if isinstance(error, IncompleteRead | BrokenOff):
        return f"the answer breaks off ({error})"
    if isinstance(error, TimeoutError):
        return "the server does not answer in time"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _status(answer: Answer) -> str:
    words = _server_words(answer)
    return f"the server answers {answer.status} {answer.reason}".strip() + (
        f": {words}" if words else ""
    )


def _server_words(answer: Answer) -> str | None:
    """What an answer in JSON says of why, in one line."""
    try:
        found: Any = json.loads(answer.body) if len(answer.body) < 65_536 else None
    except (ValueError, RecursionError):
        return None
    for _ in range(3):
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            found = next((found[word] for word in _WORDS if found.get(word)), None)
    if not isinstance(found, str):
        return None
    text = " ".join(found.split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def _unreadable(url: str, error: Exception) -> Exception:
    from ssl import SSLCertVerificationError

    if isinstance(error, SeeknalError):
        return error
    if isinstance(error, SSLCertVerificationError):
        return ConnectionFailed(
            f"{shown(url)}: the server's certificate cannot be trusted: {error.verify_message}",
            code="SK0792",
            help="ca_file: of the connection names a file of further authorities to trust",
        )
    if isinstance(error, Unusable):
        return ConnectionFailed(scrub(f"{shown(url)}: the answer {error}"), code="SK0793")
    return ConnectionFailed(scrub(f"{shown(url)} could not be read: {_said(error)}"), code="SK0792")


def _refusal(answer: Answer, url: str) -> ConnectionFailed:
    """What a status means that is no success."""
    text = scrub(f"{shown(url)}: {_status(answer)}")
    if answer.status in (401, 403):
        return ConnectionFailed(
            text,
            code="SK0790",
            help="check what lets one in: token, username and password, api_key or client_secret"
            " of the connection, and what it may read",
        )
    if answer.status == 404:
        return ConnectionFailed(text, code="SK0792", help="check table: and the base_url")
    return ConnectionFailed(text, code="SK0792", help="check table: and query_params:")


def _given_up(url: str, said: str, status: int, times: int) -> ConnectionFailed:
    text = scrub(f"{shown(url)}: {said} ({times:,} {'tries' if times > 1 else 'try'})")
    if status == 429:
        help = "requests_per_second: of the connection keeps requests apart; retries: is how often"
        return ConnectionFailed(text, code="SK0791", help=help)
    return ConnectionFailed(
        text, code="SK0792", help="check that the server is up; --retries tries the node again"
    )


def _too_long(url: str, said: str, wait: float, longest: float) -> ConnectionFailed:
    return ConnectionFailed(
        scrub(f"{shown(url)}: {said}; it asks to wait {wait:,.0f} s"),
        code="SK0791",
        help=f"run later, or longest_wait: of the connection waits longer than {longest:,.0f} s",
    )
