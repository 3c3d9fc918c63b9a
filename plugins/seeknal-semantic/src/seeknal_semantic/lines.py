"""Queries in a file, one in JSON on each line: each is answered with a line, whatever is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from seeknal.plugin import SeeknalError
from seeknal_semantic.asking import query_of
from seeknal_semantic.compiling.refusing import refused

if TYPE_CHECKING:
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.definitions import SemanticLayer

    Answer = Callable[[Query], tuple[list[str], list[tuple[Any, ...]]]]


def answers(
    layer: SemanticLayer, answer: Answer, lines: Iterable[bytes]
) -> Iterator[dict[str, Any]]:
    """What each line is answered with; lines with nothing in them are passed over."""
    for line in lines:
        if line.strip():
            try:
                names, rows = answer(query_of(_given(line), layer))
            except SeeknalError as error:
                yield _error(error)
            except RecursionError:
                yield _error(refused("SK1515", "the query is nested too deep"))
            else:
                plain = [list(map(_plain, row)) for row in rows]
                yield {"status": "success", "columns": names, "rows": plain}


def _given(line: bytes) -> dict[str, Any]:
    """The query that a line says. Raises QueryRefused for what is no object in JSON."""
    try:
        found = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_keys_once)
        # Half of a surrogate pair can be escaped in JSON, and is no text.
        json.dumps(found, ensure_ascii=False).encode()
    except ValueError as error:
        raise refused("SK1515", f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise refused("SK1515", "a query in JSON is an object")
    return found


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise refused("SK1515", f"{key!r} stands twice", help="leave one of them out")
        found[key] = value
    return found


def _error(error: SeeknalError) -> dict[str, Any]:
    help = {"help": error.help} if error.help else {}
    return {"status": "error", "code": error.code, "message": error.message, **help}


def _plain(value: object) -> object:
    """The value as JSON has it; what that has no type for as text, which says it exactly."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_plain, value))
    return value if value is None or isinstance(value, bool | int) else str(value)
