"""What an environment and the one that it was made from, its origin, had last in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seeknal.model import NodeId, Snapshot
from seeknal.state.ledger import EnvironmentState, definitions_of, short

MOST_REPLACED = 30
"""Definitions of one node that are remembered as replaced by promotions."""


def moved_since(
    environment: EnvironmentState, origin: Mapping[NodeId, Snapshot]
) -> tuple[NodeId, ...]:
    """Nodes whose definition in the origin is another one than was last taken note of."""
    now, base = definitions_of(origin), common_base(environment, origin)
    return tuple(
        id
        for id in sorted({*now, *base})
        if now.get(id, "") != environment.seen.get(id, base.get(id, ""))
    )


def common_base(
    environment: EnvironmentState, origin: Mapping[NodeId, Snapshot]
) -> dict[NodeId, str]:
    """Each node's definition that an environment and its origin had last in common.

    What is equal in both now is the newest they have in common.
    """
    base = dict(environment.base)
    for node, snapshot in environment.snapshots.items():
        mine, theirs = snapshot.fingerprint.content, origin.get(node)
        if theirs is not None and theirs.fingerprint.content == mine:
            base[node] = short(mine)
    return base


def agreement(
    environment: EnvironmentState,
    before: Mapping[NodeId, Snapshot],
    changes: Mapping[NodeId, Snapshot | None],
) -> dict[str, Any]:
    """What an environment knows of its origin once it has made ``changes`` to it.

    Both have in common what was promoted: later changes start from there.
    """
    after = {id: found for id, found in {**before, **changes}.items() if found is not None}
    known = definitions_of(after)
    base = common_base(environment, after)
    replaced = {id: list(texts) for id, texts in environment.replaced.items()}
    for id in changes:
        old = short(before[id].fingerprint.content) if id in before else ""
        if old != known.get(id, ""):
            others = [text for text in replaced.get(id, ()) if text != old]
            replaced[id] = [old, *others][:MOST_REPLACED]
    seen = {id: text for id, text in environment.seen.items() if known.get(id) != base.get(id)}
    base = {id: text for id, text in base.items() if id in known or id in environment.snapshots}
    return {"base": base, "seen": seen, "replaced": replaced}
