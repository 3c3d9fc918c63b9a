"""The newest values of columns that say when stored rows are from."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.values.errors import column_help
from seeknal.values.freshness import is_moment
from seeknal.values.pii import without_values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import duckdb

    from seeknal.values.freshness import Freshness
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot

_PLAIN = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
"""Types whose greatest value the footers of files have, and that have dates of all years."""


@frozen(kw_only=True)
class Newest:
    """A moment from which the age of rows counts, or why there is none.

    ``of`` says what the moment is of. ``age`` is known where the moment has no place in a calendar
    of ours: infinite for one before all others, and 0 for one after them. ``tells``: ``why`` may
    hold values of rows.
    """

    why: str
    of: str = ""
    moment: datetime | None = None
    age: float | None = None
    tells: bool = False


def newest_values(
    root: Path,
    snapshots: Mapping[NodeId, Snapshot],
    limits: Mapping[NodeId, Freshness],
    private: Mapping[NodeId, Collection[str]],
) -> dict[NodeId, Newest]:
    """The greatest value of each node's column: what footers of files tell, and else a query.

    ``private`` are columns of nodes whose values no message may hold.
    """
    if not limits:
        return {}
    from seeknal.query.database import Views, connected, lock

    with connected(root) as connection:
        told = _of_footers(connection, root, snapshots, limits)
        asked = {id: each for id, each in limits.items() if id not in told}
        views = Views(root, snapshots, connection)
        views.define_nodes(asked)
        lock(connection, views.paths)
        return told | {
            id: _of_rows(connection, snapshots[id], each, views.defined, private.get(id, ()))
            for id, each in asked.items()
        }


def _of_footers(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    snapshots: Mapping[NodeId, Snapshot],
    limits: Mapping[NodeId, Freshness],
) -> dict[NodeId, Newest]:
    """What footers say exactly; nothing of a node of which a query has to be asked."""
    import duckdb

    from seeknal.run.catalog import footers_tell
    from seeknal.state.artifacts import Artifacts
    from seeknal.state.column_statistics import of_footers

    artifacts, tables, names = Artifacts(root / "target"), {}, {}
    for id, each in limits.items():
        artifact, column = snapshots[id].artifact, _column(snapshots[id], each)
        if artifact is None or column is None or each.filter is not None:
            continue
        name, type = column
        paths = artifacts.paths(artifact)
        there = bool(paths) and all(path.is_file() for path in paths)
        if type in _PLAIN and there and footers_tell(artifact):
            tables[id], names[id] = (paths, artifact.columns), name
    try:
        statistics = of_footers(connection, tables)
    except duckdb.Error:
        return {}
    found = {}
    for id, name in names.items():
        with suppress(TypeError, ValueError):
            value = statistics[id].get(name, {}).get("max")
            found[id] = _of_value(_read(value), limits[id])
    return found


def _of_rows(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    limits: Freshness,
    defined: Collection[NodeId],
    private: Collection[str],
) -> Newest:
    """The greatest value by a query of the node's rows."""
    import duckdb

    id, column = snapshot.node, _column(snapshot, limits)
    if column is None:
        names = [each.name for each in snapshot.columns or ()]
        near = column_help(limits.column or "", names)
        return Newest(why=f"its stored rows have no column {limits.column}: {near}")
    name, type = column
    if not is_moment(type):
        return Newest(why=f"{name} is {type}, and no DATE or TIMESTAMP")
    if id not in defined:
        return Newest(why=rows_are_gone(id))
    try:
        (found,) = connection.execute(_query(id, name, type, limits)).fetchall()
        rows, text, after, before = found
        if text is not None and not (after or before):
            return _of_value(_read(text), limits)
    except (duckdb.Error, ValueError) as error:
        reason = without_values(error, private).partition("\n")[0]
        return Newest(why=f"its rows cannot be read: {reason}", tells=True)
    if text == "infinity":
        why = f"the newest {name} is infinity, which is no time: filter: leaves such rows out"
        return Newest(why=why, tells=True)
    if after:
        why = f"{name} is in the future, {text}: its age counts as 0"
        return Newest(why=why, age=0.0, tells=True)
    if before:
        return Newest(why=f"the newest {name} is {text}", age=inf, tells=True)
    of_these = " that filter: is true for" if limits.filter else ""
    none = f"{name} is NULL in all rows" if rows else "there are no rows"
    return Newest(why=f"{none}{of_these}")


def rows_are_gone(id: NodeId) -> str:
    """Why nothing is known of a node whose file is not there any more, and what to do."""
    return f"its stored rows are gone: seeknal run --select +{id}"


def _query(id: NodeId, name: str, type: str, limits: Freshness) -> str:
    """A SELECT of how many rows there are, the greatest value, and whether it is of no year that
    Python has."""
    from seeknal.sql.quote import quote_identifier, quote_name

    newest = f"max({quote_identifier(name)})"
    if type not in _PLAIN:
        # Of seconds, milliseconds or nanoseconds.
        newest, type = f"CAST({newest} AS TIMESTAMP)", "TIMESTAMP"
    where = f" WHERE {limits.filter}" if limits.filter else ""
    rows = f"SELECT {newest} AS newest, count(*) AS rows FROM {quote_name(id.kind, id.name)}{where}"
    after = f"newest > CAST('9999-12-31' AS {type})"
    before = f"newest < CAST('0001-01-02' AS {type})"
    return f"SELECT rows, CAST(newest AS VARCHAR), {after}, {before} FROM ({rows})"


def _of_value(value: date, limits: Freshness) -> Newest:
    """A value as a moment: the day or the time of a clock is that of the node's zone."""
    from seeknal.intervals.clocks import clock_of, in_utc, midnight, reading_of

    of, why = limits.column or "", f"the newest {limits.column}"
    if not isinstance(value, datetime):
        moment = in_utc(clock_of(limits.timezone).first(midnight(value)))
        why = f"{why} is the day that begins then"
    elif value.tzinfo is None:
        moment = in_utc(clock_of(limits.timezone).first(reading_of(value)))
        moment += timedelta(microseconds=value.microsecond)
    else:
        moment = value.astimezone(UTC)
    return Newest(why=why, of=of, moment=moment, tells=True)


def _column(snapshot: Snapshot, limits: Freshness) -> tuple[str, str] | None:
    """The stored column as it is written, with its type."""
    wanted = (limits.column or "").lower()
    found = next((each for each in snapshot.columns or () if each.name.lower() == wanted), None)
    return None if found is None else (found.name, found.type)


def _read(text: Any) -> date:
    """A value as DuckDB writes it. Raises ValueError or TypeError for what is none."""
    if len(text) == len("2024-01-31"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text)
