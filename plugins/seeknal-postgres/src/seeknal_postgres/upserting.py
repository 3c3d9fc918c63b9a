"""The statements that bring staged rows into a table by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.plugin import quote_identifier
from seeknal_postgres.tables import TableColumn
from seeknal_postgres.writetypes import Writing, cast_to

if TYPE_CHECKING:
    from seeknal_postgres.delivering import Work

_NO_EQUALITY = ("json", "xml", "point", "polygon", "box", "lseg", "path", "circle")


def insert_on_conflict(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """Correct with any number of writers at once: the server's own index decides.

    Rows that are equal to what is there are not written again.
    """
    names = ", ".join(writing.quoted for writing in work.writings)
    values = ", ".join(cast_to(types[writing.name].type, writing) for writing in work.writings)
    keys = ", ".join(map(quote_identifier, work.keys))
    insert = f"INSERT INTO {work.table.quoted} AS t ({names}) SELECT {values} FROM {stage}"
    rest = _rest(work)
    if not rest:
        return f"{insert} ON CONFLICT ({keys}) DO NOTHING"
    sets = ", ".join(f"{writing.quoted} = excluded.{writing.quoted}" for writing in rest)
    old = ", ".join(_comparable(f"t.{writing.quoted}", types[writing.name]) for writing in rest)
    new = ", ".join(
        _comparable(f"excluded.{writing.quoted}", types[writing.name]) for writing in rest
    )
    differ = f"({old}) IS DISTINCT FROM ({new})"
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {sets} WHERE {differ}"


def update_changed(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """For a table without a unique index, under a lock."""
    values = _cast(work, types)
    rest = _rest(work)
    if not rest:
        return "SELECT WHERE false"
    sets = ", ".join(f"{writing.quoted} = s.{writing.quoted}" for writing in rest)
    old = ", ".join(_comparable(f"t.{writing.quoted}", types[writing.name]) for writing in rest)
    new = ", ".join(_comparable(f"s.{writing.quoted}", types[writing.name]) for writing in rest)
    return (
        f"UPDATE {work.table.quoted} AS t SET {sets} FROM (SELECT {values} FROM {stage}) AS s"
        f" WHERE {_same_key(work)} AND ({old}) IS DISTINCT FROM ({new})"
    )


def insert_new(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """The rows whose key is not there."""
    names = ", ".join(writing.quoted for writing in work.writings)
    wanted = ", ".join(f"s.{writing.quoted}" for writing in work.writings)
    return (
        f"INSERT INTO {work.table.quoted} ({names})"
        f" SELECT {wanted} FROM (SELECT {_cast(work, types)} FROM {stage}) AS s"
        f" WHERE NOT EXISTS (SELECT FROM {work.table.quoted} AS t WHERE {_same_key(work)})"
    )


def _cast(work: Work, types: Mapping[str, TableColumn]) -> str:
    return ", ".join(
        f"{cast_to(types[writing.name].type, writing)} AS {writing.quoted}"
        for writing in work.writings
    )


def _same_key(work: Work) -> str:
    return " AND ".join(
        f"t.{quote_identifier(key)} = s.{quote_identifier(key)}" for key in work.keys
    )


def _rest(work: Work) -> list[Writing]:
    return [writing for writing in work.writings if writing.name not in work.keys]


def _comparable(value: str, column: TableColumn) -> str:
    return f"{value}::text" if column.type in _NO_EQUALITY else value
