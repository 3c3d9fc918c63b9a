"""What is a secret by where it stands in a text, though nobody has said so before.

A node may put an address together that no profile knows, and a driver may quote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, unquote_plus

from seeknal.values.patterns import Pattern

MASK = "***"
_WORDS = (
    r"pass(?:w|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|"
    r"private|encryption[_-]?key|signing[_-]?key|shared[_-]?key|authorization|credential|bearer|"
    r"signature|connection[_-]?string|webhook|(?<![A-Za-z])(?:pw|sas|sig|jwt|dsn|pin)(?![A-Za-z])"
)
_ABOUT = r"(?:token[_-]?(?:ur[il]|endpoint)|api[_-]?key[_-]?(?:name|in))(?![\w-])"
"""Such a name says where a secret comes from or goes to, and not what it is."""
NAME = rf"(?![\w.-]*{_ABOUT})[\w.-]*(?:{_WORDS})[\w.-]*"
_NAME = Pattern(_WORDS, re.IGNORECASE)
_NAME_ABOUT = Pattern(_ABOUT, re.IGNORECASE)
_STORES = frozenset(("file", "s3", "s3a", "s3n", "gs", "gcs", "r2", "hf", "hdfs", "az", "azure"))
_CONTAINERS = frozenset(("abfs", "abfss", "wasb", "wasbs"))
"""Their addresses are ``scheme://container@account``."""
_named = {"mysql", "mariadb"}
"""With these a user without a password is a name; elsewhere it may be a token."""
_USER = Pattern(r"[\w.-]+")

_URL = Pattern(
    r"""
    (?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*:|(?<![^\s'"(=]))//
    (?P<userinfo>
        (?:(?!\w://)[^\s"<>\\]|\\.)*               # a word up to its last @
        |
        [^\s:/@"<>]*:                              # user: and then whatever is on the line,
        (?:(?!\w://|["'][ ]*[,}\]:])[^\n])*        # but not beyond a string of JSON
    )@
    """,
    re.VERBOSE,
)
_QUERY = Pattern(rf"(?P<before>[?&;](?:{NAME})=)(?P<value>[^&\s\"'<>#;]+)", re.IGNORECASE)
_KEYWORD = Pattern(
    r"""
    (?P<before>(?<![\w.])(?:ssl)?password[ ]?=[ ]?)
    (?P<value>'(?:[^'\\\n]|\\.|'')*'|"(?:[^"\\\n]|\\.)*"|(?!\*\*\*|["'])[^\s,;&)'"]+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ENTRY = Pattern(
    r"""
    (?P<before>(?P<open>["'])(?:ssl)?password(?P=open)\s*:\s*)
    (?P<value>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HEADER = Pattern(
    r"""
    (?P<before>authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token|digest|negotiate)\s+)?
        |\bbearer\s+(?=[\w.~+/=-]*\d))
    (?P<value>(?!\*\*\*)[^\s"',}]{4,})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_STATEMENT = Pattern(
    r"""
    (?P<before>\b(?:secret|password|token|key_id|session_token|bearer_token|client_secret
        |connection_string|account_key|refresh_token)\s+)
    (?P<value>'(?:[^']|'')*')
    """,
    re.IGNORECASE | re.VERBOSE,
)
_KEY_FILE = Pattern(
    r"(?P<before>-----BEGIN [A-Z ]*PRIVATE KEY-----)(?P<value>.+?)(?=-----END|\Z)", re.DOTALL
)
_PLACES = (_QUERY, _KEYWORD, _ENTRY, _HEADER, _STATEMENT, _KEY_FILE)
_MARKED = Pattern(rf"{_WORDS}|key_id", re.IGNORECASE)
"""Such a word is in every text that one of the places is in."""


def is_secret_name(name: str) -> bool:
    """Whether a key or variable of that name holds a secret."""
    return _NAME.search(name) is not None and _NAME.search(_NAME_ABOUT.sub("", name)) is not None


def secret_parameter(text: str) -> str | None:
    """The name of the first parameter of an address that says by it that its value is a secret."""
    found = _QUERY.search(text)
    return found["before"][1:-1] if found else None


def shown_word(word: str) -> str:
    """A word that should name something, as it may be told.

    One with an ``@`` in it may be a URL that lacks its scheme: only what is behind that is shown.
    """
    before, _, behind = word.rpartition("@")
    return f"{MASK}@{behind}" if before else word


def without_credentials(text: str) -> str:
    """``text`` with everything masked that its place in it says to be a secret."""
    if "//" in text:
        text = _URL.sub(_masked_url, text)
    for place in _PLACES if _MARKED.search(text) else ():
        text = place.sub(_masked_value, text)
    return text


def _masked_value(match: re.Match[str]) -> str:
    value = match["value"]
    quote = value[0] if value[0] in "'\"" and value[0] == value[-1] and len(value) > 1 else ""
    return f"{match['before']}{quote}{MASK}{quote}"


def _masked_url(match: re.Match[str]) -> str:
    scheme = match["scheme"].rstrip(":").lower()
    if _is_user(match["scheme"], match["userinfo"]):
        return match[0]
    plain = ":" not in match["userinfo"]
    if plain and (scheme in _STORES or scheme in _CONTAINERS or not scheme):
        return match[0]
    return f"{match['scheme']}//{MASK}@"


def users_are_names(schemes: Iterable[str]) -> None:
    """From now on a user without a password is no secret in URLs of these ``schemes``."""
    _named.update(schemes)


def _is_user(scheme: str, userinfo: str) -> bool:
    """Whether nothing but the name of a user stands before the host."""
    named = scheme.rstrip(":").lower() in _named
    return named and _USER.fullmatch(userinfo) is not None


def credentials_of(text: str) -> Iterator[str]:
    """The passwords and tokens in a URL's text, wherever its reader takes them to end."""
    for start in re.finditer(r"\b([A-Za-z][A-Za-z0-9+.-]*:)//|\w://", text):
        rest = text[start.end() :].split("://", 1)[0]
        ends = [place.start() for place in re.finditer("@", rest)]
        if ends and _is_user(start[1] or "", rest[: ends[-1]]):
            continue
        for end in ends:
            user, colon, password = rest[:end].partition(":")
            yield from _decoded(password if colon else user)
    if not is_secret_name(text):
        # Both begin with a name.
        return
    for match in (*_QUERY.finditer(text), *_KEYWORD.finditer(text)):
        yield from _decoded(match["value"].strip("'\""))


def _decoded(value: str) -> Iterator[str]:
    # What is found of a text decoded is found of it encoded.
    yield from dict.fromkeys((unquote(value), unquote_plus(value)))
