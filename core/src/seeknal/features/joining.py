"""The query that gives each row of entities the features of its moment.

For one row and a group, of those rows of the group that have its keys, happened at its moment or
before and were known then, the newest counts, where it still holds. That is DuckDB's ASOF join: a
row for each of entities, whatever matches. Rows that became known later than they happened are
first cut to those that were the newest at any time, each from when it was known on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.features.clocks import clock_of, ends
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.features.clocks import Clock, Moments
    from seeknal.features.groups import Group
    from seeknal.features.wanted import Wanted

OURS = "seeknal "
"""What names of columns that we put beside others begin with."""
ROW = f"{OURS}row"
"""The column of the table of entities that numbers its rows."""
_TIME = quote_identifier(f"{OURS}time")
_CREATED = quote_identifier(f"{OURS}created")
_KNOWN = quote_identifier(f"{OURS}known")
ENTITIES = "seeknal_entities"
"""The table of entities."""


def refuse_our_names(owner: str, names: Iterable[str]) -> None:
    """Raise UsageError for columns that are called as those that we put beside them."""
    for name in names:
        if name.lower().startswith(OURS):
            raise UsageError(
                f"{owner} has a column {name!r}: names that begin with {OURS!r} are seeknal's own",
                code="SK1803",
                help="give it another name",
            )


@frozen(kw_only=True)
class Part:
    """What a group adds to the query: its join, and each feature that is asked for as SQL."""

    join: str
    features: Mapping[str, str]
    time: str | None
    """SQL of the event time of the row that was found, in the group's own type."""
    expired: str | None
    """SQL that is true where a row was found that holds no more."""


@frozen(kw_only=True)
class Compared:
    """The clock of a group, and the column of entities that has its moment."""

    clock: Clock
    moment: str


def clocks_of(wanted: Sequence[Wanted], moments: Moments | None) -> list[Compared | None]:
    """How each group's times are compared with moments; None for a group without times.

    Groups with one clock share its column. Raises UsageError for times that cannot be compared.
    """
    names: dict[str, str] = {}

    def column(sql: str) -> str:
        return names.setdefault(sql, f"{OURS}moment {len(names)}")

    found: list[Compared | None] = []
    for each in wanted:
        if each.group.rows.event_time is None or moments is None:
            found.append(None)
            continue
        clock = clock_of(moments, each.group)
        found.append(Compared(clock=clock, moment=column(clock.moment)))
    return found


def parts_of(
    wanted: Sequence[Wanted], clocks: Sequence[Compared | None], *, few: bool = False
) -> list[Part]:
    """What each group adds to a query over entities.

    ``few``: rows of groups whose keys no row of entities has are worth leaving out first.
    """
    return [
        _always(each, number) if clock is None else _as_of(each, number, clock, few=few)
        for number, (each, clock) in enumerate(zip(wanted, clocks, strict=True))
    ]


def same_keys(group: Group, left: str, right: str) -> str:
    """The condition that two tables, by what they are called, have the keys of one entity."""
    pairs = (quote_identifier(key) for key in group.rows.keys)
    return " AND ".join(f"{left}.{key} = {right}.{key}" for key in pairs)


def _always(wanted: Wanted, number: int) -> Part:
    """Of a group without times: its only row of each key."""
    name, group = f"g{number}", wanted.group
    needed = ", ".join(map(quote_identifier, (*group.rows.keys, *wanted.features)))
    # Rows that are the same in what is asked for are one.
    rows = f"(SELECT DISTINCT {needed} FROM {group.table})"
    return Part(
        join=f"LEFT JOIN {rows} AS {name} ON {same_keys(group, ENTITIES, name)}",
        features={feature: f"{name}.{quote_identifier(feature)}" for feature in wanted.features},
        time=None,
        expired=None,
    )


def _as_of(wanted: Wanted, number: int, compared: Compared, *, few: bool) -> Part:
    name, group = f"g{number}", wanted.group
    clock, event = compared.clock, group.rows.event_time
    assert event is not None
    moment = quote_identifier(compared.moment)
    since = _TIME if group.rows.created_time is None else _KNOWN
    found = f"{name}.{_TIME}"
    features = {feature: f"{name}.{quote_identifier(feature)}" for feature in wanted.features}
    expired = None
    if group.rows.ttl is not None:
        condition = f"{ends(clock, group.rows.ttl, found)} >= {ENTITIES}.{moment}"
        expired = f"NOT ({condition})"
        features = {
            feature: f"CASE WHEN {condition} THEN {sql} END" for feature, sql in features.items()
        }
    rows = _rows_in_time(wanted, clock, few=few)
    return Part(
        join=(
            f"ASOF LEFT JOIN ({rows}) AS {name}"
            f" ON {same_keys(group, ENTITIES, name)} AND {ENTITIES}.{moment} >= {name}.{since}"
        ),
        features=features,
        time=f"{name}.{quote_identifier(event)}",
        expired=expired,
    )


def _rows_in_time(wanted: Wanted, clock: Clock, *, few: bool) -> str:
    """The rows of a group with their times by the clock, each from a moment on the newest."""
    group = wanted.group
    event, created = group.rows.event_time, group.rows.created_time
    assert event is not None
    names = dict.fromkeys((*group.rows.keys, event, *wanted.features))
    listed = ", ".join(map(quote_identifier, names))
    times = f"{clock.times[event]} AS {_TIME}"
    if created is not None:
        times += f", {clock.times[created]} AS {_CREATED}"
    known = f"SEMI JOIN {ENTITIES} ON {same_keys(group, 'rows', ENTITIES)}" if few else ""
    rows = f"SELECT {listed}, {times} FROM {group.table} AS rows {known}"
    return rows if created is None else _known_since(rows, group)


def _known_since(rows: str, group: Group) -> str:
    """Those of the rows that are the newest of their keys as soon as they are known.

    In the order in which rows of a key become known, such a row is as new as all before it. Of
    rows that become known at once the last counts; of one time, that is the one created last.
    """
    keys = ", ".join(map(quote_identifier, group.rows.keys))
    order = f"PARTITION BY {keys} ORDER BY {_KNOWN}, {_TIME}, {_CREATED}"
    before = f"max({_TIME}) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return (
        f"SELECT * FROM (SELECT *, greatest({_TIME}, {_CREATED}) AS {_KNOWN} FROM ({rows}))"
        f" QUALIFY {_TIME} >= coalesce({before}, {_TIME})"
        f" AND {_KNOWN} IS DISTINCT FROM lead({_KNOWN}) OVER ({order})"
    )
