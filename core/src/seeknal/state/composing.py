"""Artifacts that are made of parts: what names one, and the files that it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.values.digests import digest
from seeknal.values.snapshot import Artifact

if TYPE_CHECKING:
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Part

NO_STAT = (0, 0, 0, 0, 0)


def composed(
    node: NodeId,
    *,
    fingerprint: str,
    columns: Sequence[Column],
    parts: Iterable[Part],
    time_column: str,
    timezone: str,
) -> Artifact:
    """The artifact that these parts are, which no file has to be made for.

    Raises ValueError for parts of which some share a moment.
    """
    ordered = tuple(sorted(parts, key=lambda part: part.start))
    for one, following in pairwise(ordered):
        if one.end > following.start:
            raise ValueError(f"parts of {node} overlap at {following.start}")
    sizes = {part.path: part.size for part in ordered if part.path}
    hashed = _hash(ordered, columns, time_column, timezone)
    return Artifact(
        path=f"cache/{node.kind}/{node.name}/{fingerprint}-{hashed[:16]}",
        size=sum(sizes.values()),
        sha256=hashed,
        rows=sum(part.rows for part in ordered),
        columns=tuple(columns),
        stat=NO_STAT,
        time_column=time_column,
        timezone=timezone,
        parts=ordered,
    )


def _hash(parts: Sequence[Part], columns: Sequence[Column], time_column: str, timezone: str) -> str:
    """A hash of what the parts are, and of all that says which of their rows count as what."""
    said = [
        [time_column, timezone],
        [[column.name, column.type, column.nullable] for column in columns],
        [[part.start, part.end, part.sha256, part.whole, *part.gaps] for part in parts],
    ]
    return digest(json.dumps(said))


def one_of_each_file(artifact: Artifact) -> list[Part]:
    """A part for each file that an artifact has."""
    return list({part.path: part for part in artifact.parts if part.path}.values())


def with_stats(artifact: Artifact, stats: Mapping[str, tuple[int, int, int, int, int]]) -> Artifact:
    """The artifact whose files have another time; the very ``artifact`` where none has."""
    if all(stats.get(part.path, part.stat) == part.stat for part in artifact.parts):
        return artifact
    parts = (evolve(part, stat=stats.get(part.path, part.stat)) for part in artifact.parts)
    return evolve(artifact, parts=tuple(parts))
