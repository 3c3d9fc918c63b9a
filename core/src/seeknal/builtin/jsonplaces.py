"""A look at JSON files of our own: how they begin, and on which line a record stands."""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import islice
from pathlib import Path
from typing import Any

_LARGEST = 256 * 2**20
_SPACE = " \t\r\n,["


def is_marked_array(file: str) -> bool | None:
    """Whether the file is a list behind a byte order mark, for which DuckDB does not see it.

    None for any other list.
    """
    start = _start(file)
    text = start.removeprefix(_MARK).lstrip()
    if not text.startswith(b"["):
        return False
    return True if start.startswith(_MARK) else None


_MARK = b"\xef\xbb\xbf"


def _start(file: str) -> bytes:
    if "://" in file:
        return b""
    opener: Any = gzip.open if file.endswith(".gz") else open
    try:
        with opener(file, "rb") as opened:
            return bytes(opened.read(4096))
    except (OSError, EOFError, zlib.error):
        return b""


def may_hold_long_number(file: str) -> bool:
    """Whether 16 digits stand in a row somewhere, points among them. Fast: nothing is parsed."""
    if "://" in file or not file.endswith((".json", ".jsonl", ".ndjson", ".gz")):
        return True
    opener: Any = gzip.open if file.endswith(".gz") else open
    before = b""
    try:
        with opener(file, "rb") as opened:
            while block := opened.read(2**20):
                digits = before + block.translate(_DIGITS)
                if b"0" * 16 in digits:
                    return True
                before = digits[-15:]
    except (OSError, EOFError, zlib.error):
        # DuckDB is to say what is wrong with it.
        return True
    return False


_DIGITS = bytes(48 if chr(byte) in "0123456789." else 32 for byte in range(256))
"""Digits and points as zeros, all else as spaces."""


def line_of_text(file: str, record: str) -> int | None:
    """The line on which a record with this very text begins."""
    text = _text(file)
    place = -1 if text is None else text.find(record)
    return None if text is None or place < 0 else text.count("\n", 0, place) + 1


def line_of_record(file: str, number: int) -> int | None:
    """The line on which the record of this number, from 1, begins."""
    text = _text(file)
    if text is None:
        return None
    decoder, place = json.JSONDecoder(), 0
    for _ in range(number):
        place = _after_space(text, place)
        start = place
        try:
            _, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return None
    return text.count("\n", 0, start) + 1


def line_of_broken(file: str, number: int) -> int | None:
    """The line on which the record of this number begins, which is no JSON: none before it is."""
    text = _text(file, errors="replace")
    if text is None:
        return None
    decoder, place = json.JSONDecoder(), _after_space(text, 0)
    for _ in range(number - 1):
        try:
            _, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return None
        place = _after_space(text, place)
    return text.count("\n", 0, place) + 1


def line_with_text(file: str, number: int) -> int | None:
    """The number, blank lines counted, of the line that is the ``number``th with something."""
    text = _text(file, errors="replace")
    lines = enumerate(text.split("\n") if text is not None else (), 1)
    full = (line for line, content in lines if content.strip())
    return next(islice(full, number - 1, None), None)


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _text(file: str, errors: str = "strict") -> str | None:
    opener: Any = gzip.open if file.endswith(".gz") else open
    path = Path(file)
    if "://" in file or not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    try:
        with opener(file, "rt", encoding="utf-8-sig", errors=errors, newline="") as opened:
            return str(opened.read())
    except (OSError, UnicodeDecodeError, EOFError, zlib.error):
        return None
