"""Nodes that a kind's own keys name: its options of type `NodeId`, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

import attrs

from seeknal.kernel.options import fields_of
from seeknal.values.names import NodeId

T = TypeVar("T")
Path = tuple[str | int, ...]
Resolve = Callable[[NodeId, Path], NodeId]
"""Given a name as it is written and the path of keys to it: the id that it means."""


def resolved(value: T, written: object, resolve: Resolve, path: Path = ()) -> T:
    """``value``, options or a part of them, with each name of a node in full.

    ``written`` are the keys and values that it was read from, whose aliases make the path.
    """
    kind: Any = type(value)
    if not may_name_nodes(kind):
        return value
    found: T = _resolved(value, written, resolve, path)
    return found


@cache
def may_name_nodes(type: Any) -> bool:
    """Whether a value of a type, such as an options class, is or holds a name of a node."""
    seen: set[Any] = set()
    waiting: list[Any] = [type]
    while waiting:
        hint = waiting.pop()
        if hint is NodeId:
            return True
        if hint not in seen:
            seen.add(hint)
            inside = fields_of(hint) if attrs.has(hint) else ()
            waiting += [*get_args(hint), *(entry.type for entry in inside)]
    return False


def _resolved(value: Any, written: object, resolve: Resolve, path: Path) -> Any:
    if isinstance(value, NodeId):
        return resolve(value, path)
    if attrs.has(type(value)):
        return _of_class(value, written, resolve, path)
    if isinstance(value, tuple):
        # One entry may stand without its list.
        many = isinstance(written, list | tuple)
        return tuple(
            _resolved(entry, _at(written, n) if many else written, resolve, (*path, n))
            for n, entry in enumerate(value)
        )
    if isinstance(value, Mapping):
        return {
            key: _resolved(entry, _at(written, key), resolve, (*path, key))
            for key, entry in value.items()
        }
    return value


def _of_class(value: Any, written: object, resolve: Resolve, path: Path) -> Any:
    changed: dict[str, Any] = {}
    for entry, attribute in zip(fields_of(type(value)), attrs.fields(type(value)), strict=True):
        keys = (entry.key, *entry.aliases)
        given = written if isinstance(written, Mapping) else {}
        key = next((key for key in keys if key in given), entry.key)
        before = getattr(value, entry.name)
        after = _resolved(before, _at(written, key), resolve, (*path, key))
        if after != before:
            changed[attribute.alias] = after
    return attrs.evolve(value, **changed) if changed else value


def _at(written: object, key: str | int) -> object:
    if isinstance(written, Mapping):
        return written.get(key)
    if isinstance(written, list | tuple) and isinstance(key, int) and key < len(written):
        return written[key]
    return None
