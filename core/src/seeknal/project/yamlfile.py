"""YAML documents as plain values, with the place of each key and value.

Stricter than YAML 1.1: only ``true``/``false`` are booleans, dates and times stay text, keys are
text and stand once, aliases and depth are limited, and no tag makes an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from seeknal.marks import Marks
from seeknal.model import Location, Problem

MAX_DEPTH = 100
MAX_VALUES = 100_000

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_HEX_OR_OCTAL = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_AMBIGUOUS = frozenset(
    spelling
    for word in ("yes", "no", "on", "off")
    for spelling in (word, word.title(), word.upper())
)
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_QUOTED = ("'", '"', "|", ">")
_TAGS = {
    "tag:yaml.org,2002:" + name
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "value", "merge")
}


@frozen(kw_only=True)
class Document:
    """One document of a file."""

    data: Any
    marks: Marks
    location: Location


def read_documents(text: str, file: str) -> tuple[list[Document], list[Problem]]:
    """The documents of ``text`` (empty ones left out), and what is wrong with it.

    A file with a syntax error gives the documents before it.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents: list[Document] = []
    problems: list[Problem] = []
    try:
        for root in _compose(yaml, text.removeprefix("\ufeff"), loader):
            reader = _Reader(file, problems)
            data = reader.read(root)
            location = Location(file, root.start_mark.line + 1, root.start_mark.column + 1)
            if data is not None:
                marks = Marks(file, reader.values, reader.keys)
                documents.append(Document(data=data, marks=marks, location=location))
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, file))
    except (RecursionError, _TooLarge) as error:
        message = str(error) if isinstance(error, _TooLarge) else "nested too deeply"
        problems.append(Problem(code="SK0104", message=message, location=Location(file)))
    return documents, problems


def _compose(yaml: Any, text: str, loader: Any) -> Iterator[Any]:
    for node in yaml.compose_all(text, Loader=loader):
        if node is not None:
            yield node


class _TooLarge(Exception):
    """A document that would not end, or that no person wrote."""


class _Reader:
    """Constructs the values of one document and notes where they stand."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.values: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.keys: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.count = 0

    def read(self, node: Any) -> Any:
        return self.value(node, ())

    def value(self, node: Any, path: tuple[str | int, ...]) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooLarge(f"more than {MAX_VALUES:,} values, aliases counted as often as used")
        if len(path) > MAX_DEPTH:
            raise _TooLarge(f"nested deeper than {MAX_DEPTH} levels")
        mark = node.start_mark
        self.values[path] = (mark.line + 1, mark.column + 1)
        if node.tag not in _TAGS:
            self.problem("SK0105", f"tag {node.tag!r} is not allowed", node, "leave the tag out")
        if node.id == "mapping":
            return self.mapping(node, path)
        if node.id == "sequence":
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge" and key.value == "<<":
                merged |= self.merge(value, path)
                continue
            name = key.value if key.id == "scalar" else None
            if name is None:
                self.problem("SK0106", "a key must be text", key, None)
                continue
            if name in found:
                self.problem("SK0103", f"key {name!r} stands twice", key, "keep one of them")
                continue
            self.keys[(*path, name)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            found[name] = self.value(value, (*path, name))
        return merged | found

    def merge(self, node: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        parts = node.value if node.id == "sequence" else [node]
        result: dict[str, Any] = {}
        for part in reversed(parts):
            value = self.value(part, (*path, "<<"))
            result |= value if isinstance(value, dict) else {}
        return result

    def scalar(self, node: Any) -> Any:
        text = node.value
        if node.style in _QUOTED:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text in _AMBIGUOUS or _LEADING_ZERO.fullmatch(text):
            help = (
                f"quote it: '{text}'"
                if text not in _AMBIGUOUS
                else (f"quote it: '{text}', or write true or false")
            )
            self.problem(
                "SK0107", f"{text} means different things to different readers", node, help
            )
            return text
        return _number(text)

    def problem(self, code: str, message: str, node: Any, help: str | None) -> None:
        place = Location(self.file, node.start_mark.line + 1, node.start_mark.column + 1)
        self.problems.append(Problem(code=code, message=message, location=place, help=help))


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _HEX_OR_OCTAL.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _syntax_problem(error: Any, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    words = [getattr(error, "problem", None) or str(error), getattr(error, "context", None)]
    return Problem(
        code="SK0102",
        message=f"not valid YAML: {' '.join(word for word in words if word)}",
        location=location,
        help="check the indentation, and quote text that holds ': ' or '#'",
    )
