"""Features by the texts that ask for them: of which groups, in which order, by which names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.values.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.features.groups import Group
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Wanted:
    """Features of one group that are asked for.

    ``places`` are theirs among all features, where these have an order.
    """

    group: Group
    features: tuple[str, ...]
    places: tuple[int, ...] = ()


def wanted_of(find: Callable[[str], Group], asked: str | Iterable[str]) -> list[Wanted]:
    """What texts such as ``customers:orders,ltv`` ask for: features by their groups.

    ``customers`` and ``customers:*`` mean all. ``find`` gives the group of a name. Raises
    UsageError for a name that is none.
    """
    groups: dict[NodeId, Group] = {}
    places: dict[tuple[NodeId, str], int] = {}
    for text in (asked,) if isinstance(asked, str) else asked:
        name, _, listed = text.partition(":")
        group = find(name.strip())
        groups[group.node] = group
        for feature in _features(group, listed):
            places.setdefault((group.node, feature), len(places))
    if not groups:
        raise UsageError(
            "no features are asked for", code="SK1801", help="customer_features:orders,spent"
        )
    return [
        Wanted(
            group=group,
            features=tuple(feature for owner, feature in places if owner == node),
            places=tuple(place for (owner, _), place in places.items() if owner == node),
        )
        for node, group in groups.items()
    ]


def _features(group: Group, listed: str) -> tuple[str, ...]:
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if names in ([], ["*"]):
        return group.rows.features
    known = {name.lower(): name for name in group.rows.features}
    for name in names:
        if name.lower() not in known:
            near = did_you_mean(name, group.rows.features)
            raise UsageError(
                f"{group.node} has no feature {name!r}",
                code="SK1801",
                help=near or f"it has {', '.join(group.rows.features)}",
            )
    return tuple(known[name.lower()] for name in names)


def in_order(wanted: Sequence[Wanted]) -> list[tuple[NodeId, str]]:
    """All features as they were asked for, one after the other, each with its group's node."""
    found = {
        place: (each.group.node, feature)
        for each in wanted
        for place, feature in zip(each.places, each.features, strict=True)
    }
    return [found[place] for place in sorted(found)]


def column_names(wanted: Sequence[Wanted], others: Mapping[str, str], *, full: bool) -> list[str]:
    """What the features' columns are called, in order.

    ``others`` are names that are taken, each with whose it is. Raises UsageError where two
    columns would have one name.
    """
    asked = in_order(wanted)
    found = [f"{node.name}__{feature}" if full else feature for node, feature in asked]
    taken = {name.lower(): owner for name, owner in others.items()}
    for name, (node, _) in zip(found, asked, strict=True):
        if name.lower() in taken:
            raise UsageError(
                f"{name} is a column of {taken[name.lower()]} and a feature of {node}",
                code="SK1803",
                help="--full-names (full_names=True) calls features group__feature",
            )
        taken[name.lower()] = str(node)
    return found
