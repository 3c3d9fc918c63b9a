"""What lets one in to an API, and where it is sent along."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode

from attrs import evolve

from seeknal.builtin.resturls import is_here, is_secret, shown, split, with_params, without_param
from seeknal.plugin import ConnectionFailed, Secret, SeeknalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seeknal.builtin.options.rest import RestConnection
    from seeknal.builtin.restwire import Answer

    Post = Callable[[str, Mapping[str, str], bytes], Answer]

_EARLY = 30.0
"""Seconds before its end at which a token is no longer sent."""
_HEADER_LETTERS = frozenset(map(chr, (9, *range(32, 127), *range(160, 256))))


def usable(name: str, options: RestConnection, root: Path) -> RestConnection:
    """A connection's options, checked, with files as they are found from anywhere.

    Raises SeeknalError for options with which nobody could connect.
    """
    check_connection(name, options)
    if options.ca_file is None:
        return options
    return evolve(options, ca_file=str(root / options.ca_file))


def check_connection(name: str, options: RestConnection) -> None:
    """Raises SeeknalError for options with which nobody could connect."""
    message = _fault(options)
    if message is not None:
        raise ConnectionFailed(f"connection {name!r}: {message[0]}", code="SK0798", help=message[1])


def _fault(options: RestConnection) -> tuple[str, str] | None:
    """What cannot be, and what to do."""
    try:
        parts = split(options.base_url)
    except ValueError:
        return "base_url is no http(s) address", "base_url: https://api.example.com/v1"
    if "@" in parts.netloc:
        return "base_url holds a user or a password", "username: and password: hold them"
    if parts.query or parts.fragment:
        return "base_url has parameters", "query_params: of a source are for them"
    methods = _methods(options)
    if len(methods) > 1:
        return f"it says {' and '.join(methods)}, and one lets in", "keep one of them"
    if (options.password is None) != (options.username is None):
        lacks = "password" if options.password is None else "username"
        return f"{lacks} is missing", "basic authentication takes username: and password:"
    if methods == ["client_secret"]:
        for key in ("token_url", "client_id", "client_secret"):
            if getattr(options, key) is None:
                return f"{key} is missing", "OAuth2 takes token_url, client_id and client_secret"
    for key in ("headers", "secret_headers"):
        for header in getattr(options, key):
            if key == "headers" and is_secret(header):
                return f"headers name {header}", f"secret_headers: {{{header}: ...}} hides it"
    if lets_in(options) and not options.plain_http:
        for key in ("base_url", "token_url"):
            address = getattr(options, key)
            if address is not None and not _is_private(address):
                return (
                    f"{key} is no https:// address, and what lets one in would be sent openly",
                    "https://..., or plain_http: true where the way there is safe",
                )
    return None


def _is_private(address: str) -> bool:
    try:
        return split(address).scheme == "https" or is_here(address)
    except ValueError:
        return False


def _methods(options: RestConnection) -> list[str]:
    said = {
        "token": options.token,
        "username": options.username or options.password,
        "api_key": options.api_key,
        "client_secret": options.client_id or options.client_secret or options.token_url,
    }
    return [name for name, value in said.items() if value is not None]


def lets_in(options: RestConnection | None) -> bool:
    """Whether requests carry anything that nobody else may see."""
    return options is not None and bool(_methods(options) or options.secret_headers)


class Credentials:
    """What is added to each request; OAuth2's token is asked for when one is needed."""

    def __init__(self, options: RestConnection | None) -> None:
        self.options = options
        self._token: Secret | None = None
        self._until = 0.0

    @property
    def secret(self) -> bool:
        """Whether there are any."""
        return lets_in(self.options)

    @property
    def renewable(self) -> bool:
        """Whether another token may be let in where one was refused."""
        return self.options is not None and self.options.token_url is not None

    def forget(self) -> None:
        """Ask for another token the next time."""
        self._token = None

    def added(self, url: str, post: Post) -> tuple[str, dict[str, str]]:
        """The address and headers that let one in. ``post`` sends a form and gives the answer."""
        options = self.options
        if options is None:
            return url, {}
        headers = {name: value.reveal() for name, value in options.secret_headers.items()}
        if options.token is not None:
            headers["Authorization"] = f"Bearer {options.token.reveal()}"
        elif options.username is not None and options.password is not None:
            headers["Authorization"] = _basic(options.username, options.password)
        elif options.api_key is not None and options.api_key_in == "header":
            headers[options.api_key_name] = options.api_key.reveal()
        elif options.api_key is not None:
            url = with_params(url, [(options.api_key_name, options.api_key.reveal())])
        elif options.token_url is not None:
            headers["Authorization"] = f"Bearer {self._current(options, post).reveal()}"
        _check_headers(headers)
        return url, headers

    def public(self, url: str) -> str:
        """An address as a server gave it, without a key of ours that it repeats."""
        options = self.options
        if options is None or options.api_key is None or options.api_key_in == "header":
            return url
        return without_param(url, options.api_key_name)

    def _current(self, options: RestConnection, post: Post) -> Secret:
        if self._token is None or time.monotonic() >= self._until:
            self._token, lasts = _asked(options, post)
            self._until = time.monotonic() + max(lasts - _EARLY, lasts / 2)
        return self._token


def _basic(user: str, password: Secret) -> str:
    pair = b64encode(f"{user}:{password.reveal()}".encode()).decode()
    # A server that quotes the header is not to give it away.
    return f"Basic {Secret(pair).reveal()}"


def _asked(options: RestConnection, post: Post) -> tuple[Secret, float]:
    """A token by client credentials, and the seconds for which it is good."""
    assert options.token_url
    assert options.client_id
    assert options.client_secret
    form = {"grant_type": "client_credentials"}
    form |= {
        name: value
        for name, value in (("scope", options.scope), ("audience", options.audience))
        if value is not None
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if options.client_auth == "body":
        form |= {"client_id": options.client_id, "client_secret": options.client_secret.reveal()}
    else:
        secret = Secret(quote_plus(options.client_secret.reveal()))
        headers["Authorization"] = _basic(quote_plus(options.client_id), secret)
    answer = post(options.token_url, headers, urlencode(form).encode())
    return _token_of(answer)


def _token_of(answer: Answer) -> tuple[Secret, float]:
    try:
        found = json.loads(answer.body)
        token, kind = found["access_token"], str(found.get("token_type", "bearer"))
        lasts = float(found.get("expires_in") or 3600)
    except (ValueError, KeyError, TypeError, AttributeError):
        token, kind, lasts = None, "", 0.0
    if not isinstance(token, str) or not token:
        raise ConnectionFailed(
            f"{shown(answer.url)} gives no access_token",
            code="SK0790",
            help="token_url: is where the API's OAuth2 gives tokens to clients",
        )
    if kind.lower() != "bearer":
        raise ConnectionFailed(
            f"{shown(answer.url)} gives a token of type {kind[:40]!r}, not a bearer token",
            code="SK0790",
        )
    return Secret(token), lasts


def _check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what no header can hold before it is quoted by who fails to send it."""
    for name, value in headers.items():
        if not set(value) <= _HEADER_LETTERS:
            raise SeeknalError(
                f"the value of the header {name} holds a line break or a letter that no header has",
                code="SK0798",
                help="look for a line break at the end of the variable or file that it comes from",
            )
