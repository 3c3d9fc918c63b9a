"""The statements that bring staged rows into a table by their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import quote_identifier
from seeknal_postgres.fitting import cast_to

if TYPE_CHECKING:
    from seeknal_postgres.tables import TableColumn
    from seeknal_postgres.work import Work
    from seeknal_postgres.writetypes import Writing


def insert_on_conflict(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """Correct with any number of writers at once: the server's own index decides.

    Rows that are the same as what is there are not written again.
    """
    names = ", ".join(writing.quoted for writing in work.writings)
    values = ", ".join(cast_to(types[writing.name].type, writing) for writing in work.writings)
    keys = ", ".join(map(quote_identifier, work.keys))
    insert = (
        f"INSERT INTO {work.table.quoted} AS t ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM {stage}"
    )
    sets = _sets(work, types, "excluded")
    differ = _differ(work.writings, "excluded")
    return f"{insert} ON CONFLICT ({keys}) DO UPDATE SET {sets} WHERE {differ}"


def update_changed(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """For a table without a unique index, under a lock."""
    values = _cast(work, types)
    sets = _sets(work, types, "s")
    return (
        f"UPDATE {work.table.quoted} AS t SET {sets} FROM (SELECT {values} FROM {stage}) AS s"
        f" WHERE {_same_key(work)} AND {_differ(work.writings, 's')}"
    )


def insert_new(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """The rows whose key is not there."""
    names = ", ".join(writing.quoted for writing in work.writings)
    wanted = ", ".join(f"s.{writing.quoted}" for writing in work.writings)
    return (
        f"INSERT INTO {work.table.quoted} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {wanted} FROM (SELECT {_cast(work, types)} FROM {stage}) AS s"
        f" WHERE NOT EXISTS (SELECT FROM {work.table.quoted} AS t WHERE {_same_key(work)})"
    )


def missing(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """How many staged rows have a key that is not there."""
    return (
        f"SELECT count(*) FROM (SELECT {_cast(work, types)} FROM {stage}) AS s"
        f" WHERE NOT EXISTS (SELECT FROM {work.table.quoted} AS t WHERE {_same_key(work)})"
    )


def outdated(work: Work, types: Mapping[str, TableColumn], stage: str) -> str:
    """How many rows of the table the staged ones would change."""
    return (
        f"SELECT count(*) FROM {work.table.quoted} AS t"
        f" JOIN (SELECT {_cast(work, types)} FROM {stage}) AS s"
        f" ON {_same_key(work)} WHERE {_differ(work.writings, 's')}"
    )


def _sets(work: Work, types: Mapping[str, TableColumn], new: str) -> str:
    """A number that the server gives itself is no other one where it is the key."""
    numbers = {key for key in work.keys if types[key].numbered}
    changed = [writing for writing in work.writings if writing.name not in numbers]
    sets = [f"{writing.quoted} = {new}.{writing.quoted}" for writing in changed or work.writings]
    return ", ".join([*sets, *([f"{quote_identifier(work.stamp)} = now()"] if work.stamp else [])])


def _cast(work: Work, types: Mapping[str, TableColumn]) -> str:
    return ", ".join(
        f"{cast_to(types[writing.name].type, writing)} AS {writing.quoted}"
        for writing in work.writings
    )


def _same_key(work: Work) -> str:
    return " AND ".join(
        f"t.{quote_identifier(key)} = s.{quote_identifier(key)}" for key in work.keys
    )


def _differ(writings: Sequence[Writing], new: str) -> str:
    """Whether rows differ in any bit: one month equals 30 days, and 0 equals -0, but is another."""
    old = ", ".join(f"t.{writing.quoted}" for writing in writings)
    wanted = ", ".join(f"{new}.{writing.quoted}" for writing in writings)
    # Without the casts the server would take the rows apart and look for each column's operator.
    return f"ROW({old})::record OPERATOR(pg_catalog.*<>) ROW({wanted})::record"
