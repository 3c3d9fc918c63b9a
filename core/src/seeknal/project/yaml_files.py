"""YAML documents as plain values, with the place of each key and value.

Stricter than YAML 1.1: only ``true``/``false`` are booleans, dates and times stay text, keys are
text and stand once, aliases and depth are limited, and no tag makes an object.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from seeknal.kernel.options import MISREAD
from seeknal.project.text_files import read_text
from seeknal.values.errors import ProjectError
from seeknal.values.location import Location
from seeknal.values.marks import Marks
from seeknal.values.problems import Problem, Problems

MAX_DEPTH = 100
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_ENDLESS = "an alias stands within what it is an alias of"
MAX_VALUES = 100_000

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*)")
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
_FORBIDDEN = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIX = "tag:yaml.org,2002:"
_TEXT = _PREFIX + "str"
_PLAIN = ""
"""The tag of a scalar that stands without quotes and without a tag."""
_TAGS = {
    _PREFIX + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
} | {_PLAIN}


@frozen(kw_only=True)
class Document:
    """One document of a file."""

    data: Any
    marks: Marks
    location: Location


@frozen
class Plain:
    """A scalar that stands without quotes, by its own text."""

    text: str

    @property
    def value(self) -> Any:
        """What it means: true, false, a number, or its text."""
        return _WORDS[self.text] if self.text in _WORDS else _number(self.text)


def read_documents(text: str, file: str) -> tuple[list[Document], Problems]:
    """The documents of ``text`` (empty ones left out), and what is wrong with it.

    A file with a syntax error gives the documents before it.
    """
    return _read(text, file, _Reader)


def read_texts(text: str, file: str) -> tuple[list[Document], Problems]:
    """The same with a `Plain` for each scalar without quotes but for null, which is None.

    So 12.50 is not 12.5, and no is no word for false: a reader knows better what is meant.
    """
    return _read(text, file, _TextReader)


def composed(text: str) -> list[Any]:
    """The documents of ``text`` as YAML's nodes, with their places. Raises YAMLError."""
    import yaml

    return [*yaml.compose_all(text, Loader=_loader())]


def _read(text: str, file: str, reader: type[_Reader]) -> tuple[list[Document], Problems]:
    import yaml

    documents: list[Document] = []
    problems = Problems()
    try:
        for root in yaml.compose_all(text.removeprefix("\ufeff"), Loader=_loader()):
            if (document := _document(root, reader(file, problems))) is not None:
                documents.append(document)
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, text, file))
    except _TooLarge as error:
        place = Location(file, *_place(error.mark))
        problems.add("SK0104", str(error), place)
    return documents, problems


def read_foreign(path: Path, file: str) -> list[Document]:
    """The documents of another program's file, which messages call ``file``.

    What readers differ over, such as ``yes``, is text. Raises ProjectError with what is wrong.
    """
    problems = Problems()
    text = read_text(path, file, problems)
    documents, found = read_documents(text or "", file)
    problems += (problem for problem in found if problem.code != MISREAD)
    if problems:
        raise ProjectError(problems)
    return documents


def _document(root: Any, reader: _Reader) -> Document | None:
    data = reader.value(root, ())
    if data is None:
        return None
    marks = Marks(reader.file, reader.values, reader.keys)
    return Document(data=data, marks=marks, location=reader.at(root))


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


@cache
def _loader() -> Any:
    """Composes nodes without guessing types; refuses depth before it can exhaust the stack."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        depth = 0

        def descend_resolver(self, parent: Any, index: Any) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise _TooLarge(_TOO_DEEP, parent.start_mark)

        def ascend_resolver(self) -> None:
            self.depth -= 1

        def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
            if kind is yaml.ScalarNode:
                return _PLAIN if implicit[0] else _TEXT
            return _PREFIX + ("seq" if kind is yaml.SequenceNode else "map")

    return Loader


class _TooLarge(Exception):
    """A document that would not end, or that no person wrote; ``mark`` is where."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.mark = mark


class _Reader:
    """Constructs the values of one document and notes where they stand."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.values: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.keys: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.count = 0
        self.open: dict[Any, None] = {}
        """The mappings and lists that are being read, from the outermost to the innermost."""

    def at(self, node: Any) -> Location:
        return Location(self.file, *_place(node.start_mark))

    def value(self, node: Any, path: tuple[str | int, ...]) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            text = f"more than {MAX_VALUES:,} values, aliases counted as often as used"
            raise _TooLarge(text, node.start_mark)
        if node in self.open:
            raise _TooLarge(_ENDLESS, node.start_mark)
        # Merge keys go deeper without a longer path.
        if len(self.open) > MAX_DEPTH:
            raise _TooLarge(_TOO_DEEP, node.start_mark)
        self.values[path] = _place(node.start_mark)
        if node.tag not in _TAGS:
            tag = node.tag.replace(_PREFIX, "!!")
            self.problems.add(
                "SK0105", f"tag {tag!r} is not allowed", self.at(node), "leave the tag out"
            )
        if node.id == "scalar":
            return self.scalar(node)
        self.open[node] = None
        found = self.mapping(node, path) if node.id == "mapping" else self.sequence(node, path)
        del self.open[node]
        return found

    def sequence(self, node: Any, path: tuple[str | int, ...]) -> list[Any]:
        return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]

    def mapping(self, node: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _PLAIN and key.value == "<<":
                merged |= self.merge(value, path)
            elif key.id != "scalar":
                self.problems.add("SK0106", "a key must be text", self.at(key), "quote it")
            elif (name := key.value) in found:
                line = self.keys[(*path, name)][0]
                message = f"key {name!r} stands twice: also in line {line}"
                self.problems.add("SK0103", message, self.at(key), "keep one of them")
            else:
                self.keys[(*path, name)] = _place(key.start_mark)
                found[name] = self.value(value, (*path, name))
        return merged | found

    def merge(self, node: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        parts = node.value if node.id == "sequence" else [node]
        result: dict[str, Any] = {}
        for part in reversed(parts):
            if part.id != "mapping":
                self.problems.add(
                    "SK0106", "<<: takes a mapping", self.at(part), "an alias of one: <<: *name"
                )
                continue
            result |= self.value(part, path)
        return result

    def scalar(self, node: Any) -> Any:
        text = node.value
        if node.tag == _TEXT:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text in _AMBIGUOUS or _LEADING_ZERO.fullmatch(text):
            otherwise = ", or write true or false" if text in _AMBIGUOUS else ""
            message = f"{text} means different things to different readers"
            self.problems.add("SK0107", message, self.at(node), f"quote it: '{text}'{otherwise}")
            return text
        return _number(text)


class _TextReader(_Reader):
    """Leaves what scalars mean to others."""

    def scalar(self, node: Any) -> Any:
        if node.tag == _TEXT:
            return node.value
        return None if _WORDS.get(node.value, "") is None else Plain(node.value)


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _HEX_OR_OCTAL.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _syntax_problem(error: Any, text: str, file: str) -> Problem:
    if getattr(error, "character", None) is not None:
        return _character_problem(error, text, file)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(file, *_place(mark)) if mark else Location(file)
    if "nesting depth" in (getattr(error, "problem", None) or ""):
        # The scanner reads ahead, and has a limit of its own that it meets before ours.
        return Problem(code="SK0104", message=_TOO_DEEP, location=location)
    words = [getattr(error, "problem", None) or str(error), getattr(error, "context", None)]
    message = f"not valid YAML: {' '.join(word for word in words if word)}"
    lines = text.splitlines()
    if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        help = "indent with spaces: YAML takes no tab there"
    else:
        help = "check the indentation, and quote text that holds ': ' or '#'"
    return Problem(code="SK0102", message=message, location=location, help=help)


def _character_problem(error: Any, text: str, file: str) -> Problem:
    """A character that YAML forbids: the reader counts characters, not lines."""
    found = _FORBIDDEN.search(text)
    before = text[: found.start()] if found else ""
    location = Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    message = f"not valid YAML: the character U+{ord(found[0]):04X}" if found else str(error)
    return Problem(code="SK0102", message=message, location=location, help="remove it")
