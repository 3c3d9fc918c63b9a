"""Stand-ins for values that nobody is to see: of the same shape, the same for the same value."""

from __future__ import annotations

import calendar
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.sql.typetree import type_tree
from seeknal.unittests.literals import INTEGERS
from seeknal.values.errors import StateError

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree

_KEY = Path(".seeknal") / "fakes.key"
_TRIES = 200
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
"""A day as people write it; which number is the month differs, so that both could be it."""
_DIGITS = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_JSON, _TEXT = type_tree("JSON"), type_tree("VARCHAR")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MEMBER = re.compile(r"'((?:[^']|'')*)'")
_LOWER, _UPPER, _HEX = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789abcdef",
)


def key_of(root: Path) -> bytes:
    """The project's own key, which is made when it is first asked for and stands in no repository.

    Without it nobody can try out which value has which fake. Raises StateError where it can
    neither be read nor written.
    """
    path = root / _KEY
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        pass
    except OSError as error:
        raise _refused(path, "read", error) from None
    key = secrets.token_bytes(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_from_git(path)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.hex())
    except OSError as error:
        raise _refused(path, "written", error) from None
    return key


def _keep_from_git(path: Path) -> None:
    """Let git take the file for one that is not there, where nobody has said what it is to do."""
    ignoring = path.with_name(".gitignore")
    if not ignoring.exists():
        ignoring.write_text(f"{path.name}\n", "utf-8")


def _refused(path: Path, what: str, error: OSError) -> StateError:
    return StateError(
        f"{path} cannot be {what}: {error.strerror or error}",
        code="SK0804",
        help="fakes of private values are made with it: let this user read and write that folder",
    )


class Fakes:
    """Gives each value a fake, and no two values of one type the same one while there are others.

    ``kept`` are texts of the project's own SQL, which stay where they stand in a value, so that
    what is compared with them still is; numbers among them only where no digit is beside them.
    """

    def __init__(self, key: bytes, kept: Sequence[str] = ()) -> None:
        self._key = key
        self._taken: set[str] = set()
        words = sorted(
            {word for word in kept if len(word) > 1}, key=lambda word: (-len(word), word)
        )
        self._kept = re.compile("|".join(map(_whole, words))) if words else None
        self._given: dict[tuple[str, str], str] = {}
        self._used: set[tuple[str, str]] = set()

    def avoid(self, real: Iterable[str]) -> None:
        """Let no fake be one of these values, while there are others."""
        self._taken.update(real)

    def fake(self, text: str, type: str) -> str:
        """A fake of a value of DuckDB's ``type``, both as DuckDB writes them as text."""
        family = _family(type)
        known = self._given.get((family, text))
        if known is None:
            known = self._given[family, text] = self._new(text, family, type)
            self._used.add((family, known))
        return known

    def _new(self, text: str, family: str, type: str) -> str:
        spare, shared = "", ""
        for attempt in range(_TRIES):
            made = self._attempt(text, family, type, attempt)
            if not fits(made, type):
                continue
            if (family, made) in self._used:
                shared = shared or made
            elif made in self._taken:
                spare = spare or made
            else:
                return made
        # Where all of so short a shape are real, another's value is taken before two share one.
        return spare or shared

    def _attempt(self, text: str, family: str, type: str, attempt: int) -> str:
        return self._made(text, family, type, _Stream(self._key, f"{attempt}:{family}:{text}"))

    def _made(self, text: str, family: str, type: str, stream: _Stream) -> str:
        if family == "nested":
            return json.dumps(self._within(json.loads(text), type_tree(type)), ensure_ascii=False)
        if family == "text" and text[:1] in ("{", "[") and (inside := _parsed(text)) is not None:
            return json.dumps(self._within(inside, _JSON), ensure_ascii=False)
        if family == "boolean":
            return ("true", "false")[stream.below(2)]
        if family == "enum":
            members: list[str] = _MEMBER.findall(type)
            return members[stream.below(len(members))].replace("''", "'")
        if family == "uuid" or (family == "text" and _UUID.fullmatch(text)):
            return "".join(
                _HEX[stream.below(16)] if each in _HEX else each for each in text.lower()
            )
        if family == "time" or (family == "text" and _MOMENT.fullmatch(text)):
            return _TIME.sub(lambda found: _time(found, stream), _dated(text, stream))
        if family == "text" and (day := _DAY.fullmatch(text)):
            return f"{stream.below(12) + 1:02}{day[2]}{stream.below(12) + 1:02}{day[2]}{day[4]}"
        if family == "text" and (day := _DIGITS.fullmatch(text)):
            return f"{day[1]}{stream.below(12) + 1:02}{stream.below(28) + 1:02}"
        if family == "interval":
            return _TIME.sub(lambda found: _time(found, stream), _alike(text, stream, number=True))
        if family == "bit":
            return "".join(str(stream.below(2)) for _ in text)
        if family == "blob":
            return "".join(f"\\x{stream.below(256):02X}" for _ in range(_bytes_in(text)))
        return self._shaped(text, stream, number=family == "number")

    def _within(self, value: Any, type: TypeTree) -> Any:
        """The value with fakes in place of all in it. Keys are data, but for fields of structs."""
        if isinstance(value, dict) and type.name in ("STRUCT", "UNION"):
            fields = {str(name).lower(): part for name, part in type.fields}
            return {
                name: self._within(each, fields.get(name.lower(), _JSON))
                for name, each in value.items()
            }
        if isinstance(value, dict):
            key, part = type.parts if type.name == "MAP" else (_TEXT, _JSON)
            return {self.fake(name, key.text): self._within(v, part) for name, v in value.items()}
        if isinstance(value, list):
            parts = type.parts if type.name == "TUPLE" else (type.parts or (_JSON,)) * len(value)
            return [self._within(each, part) for each, part in zip(value, parts, strict=True)]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            number = type.text if type.name not in ("JSON", "VARCHAR") else "DOUBLE"
            return json.loads(self.fake(json.dumps(value), number) or "null")
        return self.fake(value, "VARCHAR" if type.name == "JSON" else type.text)

    def _shaped(self, text: str, stream: _Stream, *, number: bool) -> str:
        if number or self._kept is None:
            return _alike(text, stream, number=number)
        made, end = "", 0
        for found in self._kept.finditer(text):
            made += _alike(text[end : found.start()], stream) + found[0]
            end = found.end()
        return made + _alike(text[end:], stream)


class _Stream:
    """Numbers that follow from a key and a text alone."""

    def __init__(self, key: bytes, text: str) -> None:
        self._bytes = _digests(key, text)

    def below(self, limit: int) -> int:
        drawn = int.from_bytes(bytes(next(self._bytes) for _ in range(4)), "big")
        return drawn % limit


def _digests(key: bytes, text: str) -> Iterator[int]:
    number = 0
    while True:
        yield from hmac.digest(key, f"{number}:{text}".encode("utf-8", "surrogatepass"), "sha256")
        number += 1


def _alike(text: str, stream: _Stream, *, number: bool = False) -> str:
    """Digits for digits and letters for letters; all else stays."""
    made = []
    for at, each in enumerate(text):
        if each.isdecimal():
            leads = number and each != "0" and not any(c.isdecimal() for c in text[:at])
            made.append(str(stream.below(9) + 1 if leads else stream.below(10)))
        elif number or not each.isalpha():
            made.append(each)
        else:
            letters = _UPPER if each.isupper() else _LOWER
            made.append(letters[stream.below(26)])
    return "".join(made)


def _dated(text: str, stream: _Stream) -> str:
    """Another day of the same year for each date."""

    def other(found: re.Match[str]) -> str:
        year, month = int(found[1]), stream.below(12) + 1
        day = stream.below(calendar.monthrange(max(year, 1), month)[1]) + 1
        return f"{found[1]}-{month:02}-{day:02}"

    return _DATE.sub(other, text)


def _time(found: re.Match[str], stream: _Stream) -> str:
    made = f"{stream.below(24):02}:{stream.below(60):02}"
    return made if found[3] is None else f"{made}:{stream.below(60):02}"


def _bytes_in(text: str) -> int:
    return len(re.sub(r"\\x[0-9A-Fa-f]{2}", ".", text))


_FAMILIES = {"BOOLEAN": "boolean", "UUID": "uuid", "BLOB": "blob", "INTERVAL": "interval"}
_FAMILIES |= {"BIT": "bit"}
_NUMBERS = ("INT", "DECIMAL", "FLOAT", "DOUBLE", "REAL", "NUMERIC", "BIGNUM")


def holds_others(type: str) -> bool:
    """Whether values of a type have others in them: lists, structs and their like."""
    return type.endswith("]") or type.startswith(("STRUCT", "MAP", "UNION", "TUPLE"))


def _family(type: str) -> str:
    """Types whose values have one shape."""
    if holds_others(type) or type == "JSON":
        return "nested"
    if type.startswith(("DATE", "TIME", "TIMESTAMP")):
        return "time"
    if type.startswith("ENUM"):
        return "enum"
    if any(word in type for word in _NUMBERS) and type != "INTERVAL":
        return "number"
    return _FAMILIES.get(type, "text")


def _whole(word: str) -> str:
    """A pattern of the word, whole where it is a number."""
    pattern = re.escape(word)
    return rf"(?<!\d){pattern}(?!\d)" if word.isdecimal() else pattern


def _parsed(text: str) -> Any:
    """What JSON says, None for other text."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def fits(text: str, type: str) -> bool:
    """Whether a number lies within what its type can hold; other types always do."""
    if type not in INTEGERS:
        return True
    low, high = INTEGERS[type]
    return low <= int(text) <= high
