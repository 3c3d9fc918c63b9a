"""Finding secrets in a profile before anything else looks at it.

A message about a profile may show the line that it is about. So whatever looks like a secret is
registered to be masked as soon as a file is read, however wrong the file is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from seeknal.secret import Secret

_WORDS = (
    r"pass(?:w|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|authorization|"
    r"credential|private"
)
_KEY = re.compile(_WORDS, re.IGNORECASE)
_LINE = re.compile(
    rf"""["']?[\w.-]*(?:{_WORDS})[\w.-]*["']?[ \t]*[:=][ \t]*(?P<value>[^\n]+)""", re.IGNORECASE
)
_QUOTED = re.compile(r"""(["'])(?P<inner>.*?)\1""")
_DEFAULT = re.compile(r"\$\{\w+:(?P<default>[^}]*)\}")
_VARIABLE = re.compile(r"\$\{\w+\}")
_URL = re.compile(r"\w://[^\s:/@]*:(?P<password>[^\s/@]+)@")
_PLAIN = frozenset(("true", "false", "null", "none"))


def is_secret_name(name: str) -> bool:
    """Whether a key or variable of that name holds a secret."""
    return _KEY.search(name) is not None


def note_secrets(text: str) -> None:
    """Register what looks like a secret in the lines of a text, which need not be valid."""
    for match in _LINE.finditer(text):
        _note_line(match["value"].strip())
    _note_urls(text)


def note_values(value: object, secret: bool = False) -> None:
    """Register every secret in what a file was read as."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            note_values(entry, secret or is_secret_name(str(key)))
    elif isinstance(value, list):
        for entry in value:
            note_values(entry, secret)
    elif isinstance(value, str) and secret:
        for line in (value, *value.splitlines()):
            _note(line)


def note_variables(values: Mapping[str, str]) -> None:
    """Register the environment variables that are secrets by their name."""
    for name, value in values.items():
        if is_secret_name(name):
            _note(value)
        _note_urls(value)


def _note_line(value: str) -> None:
    """The value may end at a comma, a bracket or a comment, or hold them."""
    if quoted := _QUOTED.match(value):
        _note(quoted["inner"])
    for end in (r"\s#", r"[,}]"):
        _note(re.split(end, value, maxsplit=1)[0].strip())
    _note(value)


def _note_urls(text: str) -> None:
    for match in _URL.finditer(text):
        _note(match["password"])
        _note(unquote(match["password"]))


def _note(value: str) -> None:
    for match in _DEFAULT.finditer(value):
        Secret(match["default"])
    value = value.strip("'\" ")
    if value.lower() not in _PLAIN and not _VARIABLE.search(value) and value[:1] not in "{[":
        Secret(value)
