"""What an online store keeps of a group: which columns, of which rows, as of when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.features.encoding import decoded, encoded, needed
from seeknal.kernel.plugin_types import OnlineTable
from seeknal.state.codec import decode_snapshot, encode_snapshot
from seeknal.values.columns import Column
from seeknal.values.errors import RunError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.features.wanted import Wanted
    from seeknal.values.snapshot import Snapshot

FORMAT = 1
EXPIRES = "seeknal_expires_at"
"""The column that says until when a row holds, in UTC."""


@frozen(kw_only=True)
class Kept:
    """The rows of a group in an online store: of ``wanted``, its snapshots, and of which moment.

    ``columns`` are those of the rows there.
    """

    wanted: Wanted
    moment: datetime
    snapshots: tuple[Snapshot, ...]
    columns: tuple[Column, ...]

    def table(self, environment: str, project: str) -> OnlineTable:
        """Where the rows are."""
        group = self.wanted.group
        return OnlineTable(
            node=group.node,
            environment=environment,
            project=project,
            keys=tuple(Column(key, group.types[key]) for key in group.rows.keys),
            columns=self.columns,
        )

    @property
    def definition(self) -> dict[str, Any]:
        """How rows are chosen and made: with another one, all of them are."""
        found = dict(encoded(self.wanted, self.snapshots[-1]))
        for name in ("output", "definition", "stored_at", "run"):
            del found[name]
        return {**found, "columns": [[column.name, column.type] for column in self.columns]}


def mark_of(kept: Kept) -> str:
    """Rows as the text that an online store notes beside them."""
    return json.dumps(
        {
            "format": FORMAT,
            "moment": kept.moment.isoformat(),
            "group": encoded(kept.wanted, kept.snapshots[-1]),
            "columns": [[column.name, column.type] for column in kept.columns],
            "snapshots": [encode_snapshot(needed(snapshot)) for snapshot in kept.snapshots],
        }
    )


def kept_of(mark: str) -> Kept:
    """What a text of `mark_of` says. Raises RunError for another one."""
    try:
        found: Mapping[str, Any] = json.loads(mark)
        if found["format"] != FORMAT:
            raise ValueError(found["format"])
        return Kept(
            wanted=decoded(found["group"]),
            moment=datetime.fromisoformat(found["moment"]),
            snapshots=tuple(decode_snapshot(data) for data in found["snapshots"]),
            columns=_columns(found["columns"]),
        )
    except (KeyError, TypeError, ValueError, StateError) as error:
        raise RunError(
            f"what the online store notes of its rows is not understood: {error!r}",
            code="SK1811",
            help="seeknal features materialize --full makes them anew",
        ) from None


def _columns(found: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    return tuple(Column(name, type) for name, type in found)
