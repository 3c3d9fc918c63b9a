"""The newest features of each key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.features.entities import Given
from seeknal.sql.quote import quote_identifier
from seeknal.values.columns import Column
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.features.groups import Group


def all_keys(groups: Sequence[Group]) -> Given:
    """A row for each key that any of the groups has, in order of the keys.

    Raises UsageError for groups of other keys, or of keys of other types.
    """
    first = groups[0]
    names = {key.lower(): key for key in first.rows.keys}
    for group in groups[1:]:
        same = {key.lower(): group.types[key] for key in group.rows.keys}
        if same != {key.lower(): first.types[key] for key in first.rows.keys}:
            raise UsageError(
                f"{first.node} has the keys {_told(first)}, and {group.node} {_told(group)}",
                code="SK1804",
                help="say for which: --entities (entities=)",
            )
    selects = [
        f"SELECT {', '.join(quote_identifier(name) for name in names.values())} FROM {group.table}"
        for group in groups
    ]
    listed = ", ".join(map(quote_identifier, names.values()))
    return Given(
        select=f"SELECT DISTINCT {listed} FROM ({' UNION ALL '.join(selects)}) ORDER BY {listed}",
        columns=tuple(Column(name, first.types[name]) for name in names.values()),
        said="the keys of all rows",
    )


def _told(group: Group) -> str:
    return ", ".join(f"{key} ({group.types[key]})" for key in group.rows.keys)
