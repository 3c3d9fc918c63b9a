"""Names of queries as they may be read: entities to join by, then a dimension and its grain."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import frozen

from seeknal_semantic.grains import EXTRACT, PARTS, is_grain

SEPARATOR = "__"
METRIC_TIME = "metric_time"


@frozen(kw_only=True)
class Reading:
    """One way to read a name: ``customer__region__name``, ``ordered_at__month``.

    ``hops`` are entities, or models, that lie between the metric's model and that of ``name``.
    """

    hops: tuple[str, ...]
    name: str
    grain: str | None = None
    part: str | None = None


def readings(text: str, custom_grains: Collection[str] = ()) -> Iterator[Reading]:
    """Every way to read a name, the one that takes all of it for a path first."""
    parts = text.split(SEPARATOR)
    if not all(parts):
        return
    yield Reading(hops=tuple(parts[:-1]), name=parts[-1])
    if len(parts) == 1:
        return
    last = parts[-1].lower()
    hops, name = tuple(parts[:-2]), parts[-2]
    own = next((grain for grain in custom_grains if grain.lower() == last), None)
    if is_grain(last) or own is not None:
        yield Reading(hops=hops, name=name, grain=last if own is None else own)
    if last.startswith(EXTRACT) and last.removeprefix(EXTRACT) in PARTS:
        yield Reading(hops=hops, name=name, part=last.removeprefix(EXTRACT))
