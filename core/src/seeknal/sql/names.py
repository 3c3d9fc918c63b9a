"""Which node a name means."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from seeknal.values.names import NodeId

_index: tuple[Collection[NodeId], int, dict[str, tuple[NodeId, ...]]] | None = None


def named(name: str, known: Collection[NodeId]) -> tuple[NodeId, ...]:
    """The known nodes with that name, in any kind."""
    return _by_name(known).get(name.lower(), ())


def find(text: str, known: Collection[NodeId]) -> NodeId | None:
    """The known node that ``kind.name`` names; upper and lower case do not matter."""
    id = NodeId(text)
    if id in known:
        return id
    wanted = text.lower()
    for candidate in named(id.name, known):
        if candidate.lower() == wanted:
            return candidate
    return None


def help_for_node(text: str, known: Collection[NodeId]) -> str:
    """Help for a name that is no node's; where none is near, what there is."""
    if near := suggestions(text, known):
        return near
    if "." not in text:
        return "write it as 'kind.name'"
    kind = NodeId(text).kind
    ids = sorted(known, key=lambda id: (id.kind != kind, id))
    more = ", ..." if len(ids) > _MOST_LISTED else ""
    return f"nodes: {', '.join(ids[:_MOST_LISTED]) or 'none'}{more}"


_MOST_LISTED = 6


def suggestions(text: str, known: Collection[NodeId]) -> str | None:
    """Help for a name that is no node's: the same name in another kind, or the nearest ones."""
    from seeknal.values.errors import nearest

    wanted = NodeId(text)
    # By name alone: kinds are long and equal, so whole ids are all near to each other.
    name = wanted.name or text
    names = [name] if named(name, known) else nearest(name, _by_name(known))
    found = [id for near in names for id in named(near, known)]
    found.sort(key=lambda id: id.kind != wanted.kind)
    return f"did you mean {' or '.join(found[:3])}?" if found else None


def _by_name(known: Collection[NodeId]) -> dict[str, tuple[NodeId, ...]]:
    """The nodes by name. The last one built is kept: a project asks for each of its nodes."""
    global _index
    if _index is None or _index[0] is not known or _index[1] != len(known):
        _index = (known, len(known), _group(known))
    return _index[2]


def _group(known: Iterable[NodeId]) -> dict[str, tuple[NodeId, ...]]:
    groups: dict[str, tuple[NodeId, ...]] = {}
    for id in sorted(known):
        key = id.partition(".")[2].lower()
        groups[key] = (*groups.get(key, ()), NodeId(id))
    return groups
