"""Finding secrets in a profile and in ``.env`` before anything else looks at them.

A message about a profile may show the line that it is about. So whatever looks like a secret is
registered to be masked as soon as a file is read, however wrong the file is, and whichever of its
connections a command opens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from seeknal.values.credentials import NAME, credentials_of
from seeknal.values.credentials import is_secret_name as is_secret_name
from seeknal.values.patterns import Pattern
from seeknal.values.secret import Secret

_LINE = Pattern(
    rf"""(?<![\w.-])(?:{NAME})["']?[ \t]*[:=][ \t]*(?=(?P<value>[^\n]+))""", re.IGNORECASE
)
_QUOTED = Pattern(r""""(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^']|'')*)'""")
_VARIABLE = Pattern(r"\$\{(?P<name>\w+)(?::(?P<default>[^}]*))?\}")
_BEGUN = Pattern(r"\$\{\w*(?::|$)")
_HEADER = Pattern(r"(?:\w+:\s*)?(?:Basic|Bearer|Token|ApiKey|Digest)\s+(?P<token>.+)", re.I | re.S)
_PAIR = Pattern(r"[\w.@-]+:(?P<second>[^\s/].{5,})")
_PUBLIC_HEADERS = Pattern(
    r"accept(-.*)?|cache-control|content-type|from|host|if-none-match|origin|range|referer|user-agent",
    re.IGNORECASE,
)
_FOLDERS = ("PWD", "OLDPWD")
_PLAIN = frozenset(("true", "false", "null", "none", "yes", "no", "on", "off"))
_PLAIN_NAME = Pattern(
    r"(?:^|_)(?:host(?:name)?|port|user(?:name)?|name|db|database|dbname|schema|catalog|warehouse|"
    r"region|zone|env|environment|mode|level|path|dir|home|file|folder|tz|timezone|locale|lang|"
    r"debug|verbose|size|count|limit|timeout|threads|workers|memory|version|format|date|day|type|"
    r"owner|table|bucket|prefix|domain|project|stage|enabled)$",
    re.IGNORECASE,
)


def note_secrets(text: str) -> None:
    """Register what looks like a secret in the lines of a text, which need not be valid."""
    if is_secret_name(text):
        for match in _LINE.finditer(text):
            _note_line(match["value"].strip())
    note_urls_in(text)


def note_urls_in(text: str) -> None:
    """Register the passwords of the URLs in a file's text: each string is looked at alone."""
    if not any(sign in text for sign in ("//", "=", "\\")):
        # No URL and no setting is in it, not even one whose characters are escaped.
        return
    for quoted in _QUOTED.finditer(text):
        for meant in _unquoted(quoted):
            note_urls(meant)
    for line in text.splitlines():
        bare = _QUOTED.sub("", line)
        note_urls(line if set(bare) & set("'\"") else bare)


def note_values(value: object, environment: Mapping[str, str], secret: bool = False) -> None:
    """Register every secret in what a file was read as, its variables filled in."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            note_values(entry, environment, secret or is_secret_name(str(key)))
    elif isinstance(value, list):
        for entry in value:
            note_values(entry, environment, secret)
    elif isinstance(value, str):
        filled = _VARIABLE.sub(
            lambda match: environment.get(match["name"], match["default"] or ""), value
        )
        note_urls(filled)
        if secret:
            _note(value)
            note_filled(filled)
    elif secret and isinstance(value, int | float) and not isinstance(value, bool):
        Secret(str(value))


def note_headers(value: object) -> None:
    """Register the headers of requests that nodes say, and that may let somebody in."""
    if not isinstance(value, Mapping):
        return
    for key, entry in value.items():
        if key == "headers" and isinstance(entry, Mapping):
            for name, text in entry.items():
                if isinstance(text, str) and not _PUBLIC_HEADERS.fullmatch(str(name)):
                    note_filled(text)
        else:
            note_headers(entry)


def note_env_file(values: Mapping[str, str], plain: Collection[str]) -> None:
    """Register what ``.env`` says: it is there for secrets, whatever their names are.

    Spared are the names of ``plain``, and those that say that they are none.
    """
    for name, value in values.items():
        if is_secret_name(name):
            note_filled(value)
        elif name not in plain and not _PLAIN_NAME.search(name) and not _is_plain(value):
            Secret(value)
        note_urls(value)


def note_variables(values: Mapping[str, str]) -> None:
    """Register the environment variables that are secrets by their name."""
    for name, value in values.items():
        if names_secret(name):
            note_filled(value)
        note_urls(value)


def names_secret(name: str) -> bool:
    """Whether a variable of that name holds a secret, and not where one is or whose it is."""
    return is_secret_name(name) and name not in _FOLDERS and not _PLAIN_NAME.search(name)


def _unquoted(quoted: re.Match[str]) -> Iterator[str]:
    """What a quoted text means, as far as it is written as in JSON, and as it stands."""
    import json

    yield quoted["double"] or (quoted["single"] or "").replace("''", "'")
    with suppress(ValueError):
        yield json.loads(quoted[0])


def note_urls(text: str) -> None:
    """Register the passwords of the URLs in a text."""
    if "//" in text or "=" in text:
        for found in credentials_of(text):
            _note(found)


def _note_line(value: str) -> None:
    """The value may end at a comma, a bracket or a comment, or hold them."""
    if quoted := _QUOTED.match(value):
        for meant in _unquoted(quoted):
            _note(meant)
    for end in (r"\s#", r"[,}]"):
        _note(re.split(end, value, maxsplit=1)[0].strip())
    _note(value)


def _note(value: str) -> None:
    """A value as it stands in a file."""
    for match in _VARIABLE.finditer(value):
        Secret(match["default"] or "")
    value = value.strip("'\" ")
    # A variable is none itself, nor is a piece of one.
    if not _BEGUN.search(value) and value[:1] not in "{[":
        note_filled(value)


def note_filled(value: str) -> None:
    """Register a secret, unless it is a switch."""
    if value.strip().lower() not in _PLAIN:
        for part in (value, *_inside(value)):
            Secret(part)


def _inside(value: str) -> Iterator[str]:
    """The secret in a header's value, and the second half of ``id:secret``."""
    from base64 import b64decode

    if header := _HEADER.fullmatch(value):
        yield header["token"]
        with suppress(ValueError):
            text = b64decode(header["token"], validate=True).decode()
            yield from (text, text.partition(":")[2])
    elif pair := _PAIR.fullmatch(value):
        yield pair["second"]


def _is_plain(value: str) -> bool:
    """Whether a value of ``.env`` is a number, a switch, a word, or a place without a password."""
    return (
        len(value) < 8
        or value.lower() in _PLAIN
        or value.isdigit()
        or re.fullmatch(r"[a-z]+|[./~][\w./ -]*|\w+://[^@?]*|[\d.:-]+", value) is not None
    )
