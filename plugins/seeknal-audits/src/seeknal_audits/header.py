"""The header of an audit file: ``-- params: column, min = 0`` and ``-- description: ...``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import evolve, field, frozen

from seeknal.plugin import SqlRefused, did_you_mean, option

KEYS = ("params", "description")
_LINE = re.compile(r"--\s*(?P<key>[A-Za-z_]+)\s*:(?!:)(?P<text>.*)")
_TEXT = r"'(?:[^']|'')*'|\"[^\"]*\""
_PARAMETER = re.compile(
    rf"\s*(?P<name>[A-Za-z][A-Za-z0-9_]*)\s*(?::\s*(?P<type>\w+)\s*)?"
    rf"(?:=\s*(?P<default>{_TEXT}|\[[^\]]*\]|[^,\s'\"\[\]]+)\s*)?(?P<end>,|$)"
)
_ITEM = re.compile(rf"\s*({_TEXT}|[^,'\"]+?)\s*(?:,|$)")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}

Plain = str | int | float | bool
TYPES: dict[str, Any] = {
    "column": str,
    "columns": tuple[str, ...],
    "name": str,
    "text": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "list": tuple[Plain, ...],
    "value": Plain,
}
_SUMMARIES = {"column": "a column", "columns": "columns", "list": "several values"}


@frozen(kw_only=True)
class Parameter:
    """One parameter. ``default`` is what it is when an audit leaves it out."""

    name: str
    type: str
    required: bool = True
    default: Any = None
    line: int = 0
    """Where it is declared."""

    @property
    def is_name(self) -> bool:
        """Whether it stands for names, and not for values."""
        return self.type in ("column", "columns", "name")

    def columns_in(self, value: Any) -> tuple[str, ...]:
        """The columns of the audited node that a value of it names."""
        if self.type not in ("column", "columns") or value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def field(self) -> Any:
        """It as a field of an options class."""
        summary = _SUMMARIES.get(self.type, f"a {self.type}" if self.type != "value" else "")
        made = option(summary=summary) if self.required else option(self.default, summary=summary)
        hint = TYPES[self.type]
        made.type = hint if self.required or self.default is not None else hint | None
        return made


@frozen(kw_only=True)
class Header:
    """What the comments at the top of a file say."""

    parameters: tuple[Parameter, ...] = ()
    description: str = field(default="")


def read_header(text: str) -> Header:
    """The header of a file. Raises SqlRefused with the line of what cannot be read."""
    header = Header()
    for number, key, said in _lines(text):
        if key == "params":
            found = (*header.parameters, *_parameters(said, number))
            header = evolve(header, parameters=_distinct(found, number))
        elif key == "description":
            header = evolve(header, description=said.strip().rstrip("."))
        elif did_you_mean(key, KEYS) is not None:
            raise SqlRefused(f"the header says {key!r}: {did_you_mean(key, KEYS)}", number)
    return header


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, key and text of the lines ``-- key: text`` above the query."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if inside or stripped.startswith("/*"):
            inside = "*/" not in stripped
            _refuse_key(stripped, number)
            if not inside and stripped.partition("*/")[2].strip():
                return
        elif stripped and not stripped.startswith("--"):
            return
        elif found := _LINE.fullmatch(stripped):
            yield number, found["key"].lower(), found["text"]


def _refuse_key(line: str, number: int) -> None:
    """A block such as that of a node's file says nothing of an audit."""
    key = line.partition(":")[0].removeprefix("/*").strip()
    if key in KEYS and ":" in line:
        raise SqlRefused(f"{key} stands in a line of its own: -- {line}", number)


def _parameters(text: str, line: int) -> Iterator[Parameter]:
    position, end = 0, ","
    while position < len(text) or end == ",":
        found = _PARAMETER.match(text, position)
        if found is None:
            rest = text[position:].strip() or "nothing"
            raise SqlRefused(
                f"params cannot be read at {rest!r}: write column, min: number = 0", line
            )
        yield _parameter(found, line)
        position, end = found.end(), found["end"]


def _parameter(found: re.Match[str], line: int) -> Parameter:
    name, type = found["name"], found["type"] or _type_of(found["name"])
    if type not in TYPES:
        near = did_you_mean(type, TYPES) or f"types: {', '.join(TYPES)}"
        raise SqlRefused(f"parameter {name}: {type!r} is no type; {near}", line)
    if name.endswith("_"):
        raise SqlRefused(f"parameter {name} ends in _", line)
    if found["default"] is None:
        return Parameter(name=name, type=type, line=line)
    default = _value(found["default"], line)
    if default is not None and not fits(default, type):
        raise SqlRefused(f"parameter {name}: {found['default']} is no {type}", line)
    return Parameter(name=name, type=type, required=False, default=default, line=line)


def _type_of(name: str) -> str:
    """The type of a parameter that says none: ``column`` and ``columns`` are what they say."""
    last = name.lower().rpartition("_")[2]
    return last if last in ("column", "columns") else "value"


def _value(text: str, line: int) -> Any:
    if text.startswith("["):
        return tuple(_value(item, line) for item in _ITEM.findall(text[1:-1]))
    if text[0] in "'\"":
        quote = text[0]
        return text[1:-1].replace(quote * 2, quote)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    raise SqlRefused(f"the default {text} is no number: quote a text, as in '{text}'", line)


def fits(value: Any, type: str) -> bool:
    """Whether a parameter of a type may have a value."""
    if type in ("columns", "list"):
        return isinstance(value, tuple)
    if type in ("column", "name", "text"):
        return isinstance(value, str)
    if type == "boolean":
        return isinstance(value, bool)
    if type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return not isinstance(value, tuple)


def _distinct(found: tuple[Parameter, ...], line: int) -> tuple[Parameter, ...]:
    names = [entry.name.lower() for entry in found]
    for entry in found:
        if names.count(entry.name.lower()) > 1:
            raise SqlRefused(f"parameter {entry.name} stands twice", line)
    return found
