"""What a source's plugin says that is wrong, with the place where that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, fields

from seeknal.lineage.beside import place_of_key
from seeknal.lineage.schemas import named_files, paths_of
from seeknal.values.errors import SeeknalError
from seeknal.values.location import Location
from seeknal.values.problems import Problem
from seeknal.values.spots import find_word

if TYPE_CHECKING:
    from seeknal.host.makers import FileMakers
    from seeknal.values.node import Node
    from seeknal.values.sources import Source

DECLARED = ("SK0740", "SK0741")
"""What a source says of columns that its file declares."""

_OPTION = re.compile(r"params: (\w+) is ")
_NAMED = re.compile(r"'([^']+)'|\"([^\"]+)\"|: ([\w.]+)$")
_QUOTED = re.compile(r"'([^']+)'")


def wrong_option(error: BaseException | None, source: Source) -> str | None:
    """The option whose value an error refuses."""
    found = _OPTION.match(error.message) if isinstance(error, SeeknalError) else None
    return found[1] if found and hasattr(source.options, found[1]) else None


def without_option(node: Node, name: str) -> Node:
    """The source as if it did not say ``name``."""
    assert node.source is not None
    options: Any = node.source.options
    defaults = {entry.name: entry.default for entry in fields(type(options))}
    return evolve(
        node, source=evolve(node.source, options=evolve(options, **{name: defaults[name]}))
    )


def absent_file(node: Node, root: Path) -> Path | None:
    """The first file that a source names and that is not there."""
    found = named_files(node, root) or ()
    return next((path for path in found if not path.exists()), None)


def told(root: Path, node: Node, error: SeeknalError, makers: FileMakers) -> Problem:
    """An error of a source as a problem; a file that may still come is a warning."""
    absent = absent_file(node, root) if wrong_option(error, _source(node)) is None else None
    maker = makers.of(absent.as_posix(), node.location.file) if absent is not None else None
    return Problem(
        code=error.code,
        message=error.message,
        location=place_of(root, node, error),
        help=maker or _help(node, error),
        node=node.id,
        severity="error" if absent is None else "warn",
    )


def _help(node: Node, error: SeeknalError) -> str | None:
    """A seed has no keys that could say how it is written."""
    is_seed = node.location.file in paths_of(_source(node))
    if is_seed and error.help and error.help.startswith("params: "):
        return f"save the file as UTF-8 with commas, or declare a source of it with {error.help}"
    return error.help


def place_of(root: Path, node: Node, error: SeeknalError) -> Location:
    """Where that is written which an error of a source is about; else where the source begins."""
    source, start = _source(node), line_of_file(error, node)
    spots = chain(
        (place_of_key(node, name, root, "columns", "schema") for name in _declared(error)),
        (find_word(root, start, word, *keys) for word, keys in _words(source, error)),
    )
    return next((spot for spot in spots if spot != start), start)


def line_of_file(error: SeeknalError, node: Node) -> Location:
    """Where an error of a node's stands; a seed has no file but that of its rows."""
    if error.location is not None:
        return error.location
    named = re.match(rf"{re.escape(node.location.file)}, line ([\d,]+)", error.message)
    if named is None:
        return node.location
    return Location(node.location.file, int(named[1].replace(",", "")), 0)


def _declared(error: SeeknalError) -> list[str]:
    """The columns that an error of a declaration names."""
    return _QUOTED.findall(error.message)[::-1] if error.code in DECLARED else []


def _words(source: Source, error: SeeknalError) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Words to look for, and the keys that they stand behind, the likeliest first."""
    if option := wrong_option(error, source):
        for word in _spellings(source, option):
            yield word, ("params",)
    said = set(_said(source))
    for word in _QUOTED.findall(error.message)[::-1]:
        if word in said and error.code not in DECLARED:
            yield word, ("params", "table", "path")
    yield from _in_query(source, error)
    for path in paths_of(source):
        yield path, ("table", "path")
    yield "table", ()


def _in_query(source: Source, error: SeeknalError) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that a message has of a query, and the query's first word for what is said of it."""
    if source.query is None:
        return
    for found in [*_NAMED.finditer(error.message)][::-1]:
        word = next(filter(None, found.groups()))
        if word in source.query:
            yield word, ("query",)
    if error.message.startswith("query: "):
        yield next(iter(source.query.split()), ""), ("query",)


def _spellings(source: Source, option: str) -> tuple[str, ...]:
    options: Any = type(source.options)
    found = next(entry for entry in fields(options) if entry.name == option)
    return (option, *found.metadata.get("aliases", ()))


def _said(source: Source) -> Iterator[str]:
    yield from source.table
    options: Any = source.options
    for value in asdict(options).values():
        yield from (value,) if isinstance(value, str) else ()


def _source(node: Node) -> Source:
    assert node.source is not None
    return node.source
