"""The parts of a tracked node's output: new ones take the place of old ones, many become few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.intervals.holding import done_of
from seeknal.intervals.spans import common, minus
from seeknal.run.content import added, digest_of
from seeknal.run.engine import write_rows
from seeknal.values.relations import Scan
from seeknal.values.snapshot import Part

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope
    from seeknal.values.snapshot import Artifact

MOST = 96
"""How many parts an output may have before some of them become one."""
TOGETHER = 16
"""How many become one at a time."""
_ROWS = 20_000
"""What joining a part costs beside its rows, in rows."""

Digests = tuple[int, int]
Narrow = Callable[[Part, int, int], Part]
"""What a part is of a shorter span."""


def with_part(parts: Iterable[Part], new: Part, narrow: Narrow) -> tuple[Part, ...]:
    """The parts with a new one in place of what they have of its span."""
    kept: list[Part] = [new]
    for part in parts:
        if part.end <= new.start or new.end <= part.start:
            kept.append(part)
            continue
        if part.start < new.start:
            kept += _piece(part, part.start, new.start, narrow)
        if new.end < part.end:
            kept += _piece(part, new.end, part.end, narrow)
    return tuple(sorted(kept, key=lambda part: part.start))


def _piece(part: Part, start: int, end: int, narrow: Narrow) -> list[Part]:
    gaps = common(part.gaps, ((start, end),))
    if not minus(((start, end),), gaps):
        return []
    return [evolve(narrow(part, start, end), gaps=gaps)]


class PartStore:
    """Counts, cuts and joins the parts of one step's node, in its own columns."""

    def __init__(self, scope: StepScope, artifact: Callable[[Sequence[Part]], Artifact]) -> None:
        self._scope = scope
        self._artifact = artifact
        """The output that some parts are."""

    def narrow(self, part: Part, start: int, end: int) -> Part:
        """What a part is of a shorter span: the same file, of which other rows do not count."""
        if not part.path or not part.rows:
            return evolve(part, start=start, end=end)
        cut = evolve(part, start=start, end=end, whole=False)
        rows, digest = self.counted(cut)
        if not rows:
            return _without_file(cut)
        return evolve(cut, rows=rows, digest=digest, whole=rows == part.rows and part.whole)

    def counted(self, part: Part) -> tuple[int, Digests | None]:
        """How many rows a part has, and the sums of their hashes."""
        import duckdb

        artifact = self._artifact([part])
        scan = self._scope.services.artifacts.scan_of_part(artifact, part)
        try:
            found = digest_of(scan, artifact.columns, self._scope.cursor())
            return found[0], found[1:]
        except duckdb.Error:
            count = self._scope.cursor().execute(f"SELECT count(*) FROM {scan}").fetchall()
            return int(count[0][0]), None

    def bounded(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """As many parts as an output may have; those that are least work become one."""
        while len(parts) > MOST:
            group = next(filter(None, (_cheapest(parts, key) for key in _keys(len(parts)))), None)
            if group is None:
                return parts
            start, end = group
            parts = (*parts[:start], self._joined(parts[start:end]), *parts[end:])
        return parts

    def _joined(self, parts: Sequence[Part]) -> Part:
        """One part of the rows of several that follow each other."""
        first, last = parts[0], parts[-1]
        rows = sum(part.rows for part in parts)
        hull = ((first.start, last.end),)
        gaps = minus(hull, done_of(parts))
        written = (
            self._written(parts, first.start, last.end)
            if rows
            else Part(start=first.start, end=last.end, columns=first.columns)
        )
        return evolve(
            written,
            inputs=first.inputs if all(p.inputs == first.inputs for p in parts) else None,
            number=min(part.number for part in parts),
            digest=_added(parts),
            gaps=gaps,
            definition=first.definition,
        )

    def _written(self, parts: Sequence[Part], start: int, end: int) -> Part:
        scope, services = self._scope, self._scope.services
        path = services.artifacts.candidate(scope.node.id, services.run_id)
        artifact = self._artifact(parts)
        select = Scan(f"FROM {services.artifacts.scan(artifact)}", repeatable=True)
        try:
            rows, columns = write_rows(scope.cursor(), select, path)
            return services.artifacts.publish_part(
                scope.node.id,
                path,
                fingerprint=services.plan.fingerprints[scope.node.id].short,
                rows=rows,
                columns=columns,
                start=start,
                end=end,
            )
        finally:
            path.unlink(missing_ok=True)


def _keys(count: int) -> Iterator[Callable[[Part], object]]:
    """What parts must have in common to become one, where there are so many: less and less.

    First they lose nothing by it; then nobody else adopts them where they were done once more
    since; at last it is forgotten what they were computed from.
    """
    yield lambda part: (part.definition, part.number, _inputs(part))
    if count > 2 * MOST:
        yield lambda part: (part.definition, _inputs(part))
    if count > 3 * MOST:
        yield lambda part: part.definition


def _inputs(part: Part) -> object:
    return None if part.inputs is None else dict(part.inputs)


def _cheapest(parts: Sequence[Part], key: Callable[[Part], object]) -> tuple[int, int] | None:
    """Neighbours of one key that are least work to join, as a slice."""
    best: tuple[int, tuple[int, int]] | None = None
    for start, end in _runs([key(part) for part in parts]):
        for low in range(start, max(start + 1, end - TOGETHER + 1)):
            high = min(low + TOGETHER, end)
            if high - low < 2:
                continue
            work = sum(part.rows + _ROWS for part in parts[low:high]) // (high - low)
            if best is None or work <= best[0]:
                best = work, (low, high)
    return best[1] if best else None


def _runs(keys: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Slices of neighbours that are equal."""
    start = 0
    for index in range(1, len(keys) + 1):
        if index == len(keys) or keys[index] != keys[start]:
            yield start, index
            start = index


def _without_file(part: Part) -> Part:
    return evolve(
        part, path="", size=0, sha256="", rows=0, stat=(0, 0, 0, 0, 0), whole=True, digest=(0, 0)
    )


def _added(parts: Sequence[Part]) -> Digests | None:
    """The sums over all of them, where they are known of each."""
    total = (0, 0, 0)
    for part in parts:
        if part.rows and part.digest is None:
            return None
        total = added(total, (part.rows, *(part.digest or (0, 0))))
    return total[1:]
