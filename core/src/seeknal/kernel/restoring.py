"""Options as they were kept in a cache, made again without looking for what could be wrong."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs

from seeknal.kernel.options import fields_of, structure
from seeknal.values.durations import Duration
from seeknal.values.names import NodeId

T = TypeVar("T")
Read = Callable[[Any], Any]

_made: dict[Any, Read] = {}


def restored(cls: type[T], data: Mapping[str, object]) -> T:
    """What `structure` gives for what `unstructure` gave. Raises ValueError for other data."""
    try:
        instance: T = _reader(cls)(data)
    except (_Unlike, LookupError, TypeError, ValueError, AttributeError):
        return structure(cls, data)
    return instance


class _Unlike(Exception):
    """A value is not as it was kept."""


def _reader(hint: Any) -> Read:
    try:
        return _made[hint]
    except KeyError:
        found = _made[hint] = _make(hint)
        return found


def _make(hint: Any) -> Read:
    origin = get_origin(hint)
    if hint in (object, Any):
        return lambda value: value
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint))
    if origin is Literal:
        return _choice(get_args(hint))
    if origin in (tuple, list) or origin is Sequence:
        return _list(_reader(get_args(hint)[0]))
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        return _mapping(_reader(get_args(hint)[1]))
    if hint in (NodeId, Duration):
        return _text(NodeId if hint is NodeId else Duration.parse)
    return _instance(hint) if attrs.has(hint) else _scalar(hint)


def _instance(cls: type) -> Read:
    names = {attribute.name: attribute.alias for attribute in attrs.fields(cls)}
    known = {
        entry.key: (names[entry.name], entry.required, _reader(entry.type))
        for entry in fields_of(cls)
    }

    def read(value: Any) -> Any:
        given = {}
        for key, kept in value.items():
            name, required, part = known[key]
            if kept is not None or required:
                given[name] = part(kept)
        return cls(**given)

    return read


def _one_of(members: tuple[Any, ...]) -> Read:
    readers = [_reader(member) for member in members if member is not type(None)]
    optional = type(None) in members

    def read(value: Any) -> Any:
        if value is None and optional:
            return None
        for reader in readers:
            try:
                return reader(value)
            except (_Unlike, LookupError, TypeError, ValueError, AttributeError):
                continue
        raise _Unlike

    return read


def _choice(choices: tuple[Any, ...]) -> Read:
    known = {(type(choice), choice) for choice in choices}

    def read(value: Any) -> Any:
        if (type(value), value) not in known:
            raise _Unlike
        return value

    return read


def _list(item: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise _Unlike
        return tuple(map(item, value))

    return read


def _mapping(item: Read) -> Read:
    def read(value: Any) -> Any:
        return {key: item(each) for key, each in value.items()}

    return read


def _text(made: Callable[[str], Any]) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not str:
            raise _Unlike
        return made(value)

    return read


def _scalar(wanted: Any) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not wanted:
            raise _Unlike
        return value

    return read
