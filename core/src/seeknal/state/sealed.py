"""Lines of JSON that carry their own checksum, so that each can be trusted or left out alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

Entry = Mapping[str, Any]

_PREFIX = '{"check":"'
_MIDDLE = '","entry":'
_CHECK_LENGTH = 16
_encoded = json.JSONEncoder(separators=(",", ":")).encode
"""One encoder for all lines: `json.dumps` would make one for each."""

_ENTRY_AT = len(_PREFIX) + _CHECK_LENGTH + len(_MIDDLE)


def seal(entry: Entry) -> str:
    """``entry`` as one line, without its newline. Raises TypeError for what JSON cannot hold."""
    text = _encoded(entry)
    return f"{_PREFIX}{_check(text)}{_MIDDLE}{text}}}"


def unseal(line: str) -> Entry | None:
    """The entry that ``line`` holds, or None when it is not exactly what was written."""
    text = line[_ENTRY_AT:-1]
    if line != f"{_PREFIX}{_check(text)}{_MIDDLE}{text}}}":
        return None
    return parse_object(text)


def parse_object(text: str) -> dict[str, Any] | None:
    """A JSON object, or None for any other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _check(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_CHECK_LENGTH]
