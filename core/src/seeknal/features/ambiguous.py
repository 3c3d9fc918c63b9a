"""Rows of a group of which nobody can say which one counts, or from when on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import RunError

if TYPE_CHECKING:
    import duckdb

    from seeknal.features.groups import Group
    from seeknal.features.wanted import Wanted


def refuse_ambiguous(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> bool:
    """Raise RunError where rows of one key and time differ in what is asked for.

    Also where a row does not say when it became known, though the group's rows do. Gives whether
    no two rows have one key and time at all, so that they differ in nothing else either.
    """
    group = wanted.group
    if missing := missing_created(connection, group):
        raise RunError(
            f"{group.rows.created_time} of {group.node} is NULL in {missing:,} rows: nobody knows"
            " from when on they were known",
            code="SK1807",
            help="fill it in the node, or leave such rows out",
        )
    twice = several(connection, group)
    if twice and (count := differing(connection, wanted)):
        raise RunError(
            f"{group.node} has rows of the same {told_columns(group)} that differ,"
            f" {count:,} {'times' if count > 1 else 'time'}: which one counts, nobody can say",
            code="SK1806",
            help=how_to_tell_apart(group),
        )
    return not twice


def how_to_tell_apart(group: Group) -> str:
    """What to do about rows of which nobody can say which one counts."""
    if group.rows.created_time is not None or group.rows.event_time is None:
        return "keep one of them in the node"
    return "keep one of them in the node, or tell them apart: created_time: loaded_at"


def told_columns(group: Group) -> str:
    """The columns that tell rows of a group apart, for people."""
    return ", ".join((*group.rows.keys, *group.rows.times))


def missing_created(connection: duckdb.DuckDBPyConnection, group: Group) -> int:
    """The rows that do not say when they became known."""
    if group.rows.created_time is None:
        return 0
    name = quote_identifier(group.rows.created_time)
    return _number(connection, f"SELECT count(*) - count({name}) FROM {group.table}")


def several(connection: duckdb.DuckDBPyConnection, group: Group) -> int:
    """How many keys and times have more than one row."""
    return _number(connection, f"SELECT count(*) FROM ({_twice(group)})")


def differing(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> int:
    """How many keys and times have rows that differ in what is asked for."""
    group = wanted.group
    # The few that matter first: to look at all features of all rows would cost much more.
    told = ", ".join(map(quote_identifier, dict.fromkeys((*_apart(group), *wanted.features))))
    same = ", ".join(map(quote_identifier, _apart(group)))
    rows = f"SELECT DISTINCT {told} FROM {group.table} SEMI JOIN ({_twice(group)}) USING ({same})"
    count = f"SELECT {same} FROM ({rows}) GROUP BY {same} HAVING count(*) > 1"
    return _number(connection, f"SELECT count(*) FROM ({count})")


def _apart(group: Group) -> tuple[str, ...]:
    return (*group.rows.keys, *group.rows.times)


def _twice(group: Group) -> str:
    same = ", ".join(map(quote_identifier, _apart(group)))
    return f"SELECT {same} FROM {group.table} GROUP BY {same} HAVING count(*) > 1"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    ((found,),) = connection.execute(query).fetchall()
    return int(found)
