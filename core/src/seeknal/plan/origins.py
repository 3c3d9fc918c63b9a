"""What an environment and the one that it was made from, its origin, had last in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.state.ledger import definitions_of
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.snapshot import Snapshot

MOST_REPLACED = 30
"""Definitions of one node that are remembered as replaced by promotions."""


Definitions = Mapping[NodeId, str]
"""Each node's definition, short, as `definitions_of` gives them."""


def changed_since(environment: EnvironmentState, origin: Definitions) -> tuple[NodeId, ...]:
    """Nodes whose definition in the origin is another one than was last taken note of."""
    base = common_base(environment, origin)
    return tuple(
        id
        for id in sorted({*origin, *base})
        if origin.get(id, "") != environment.seen.get(id, base.get(id, ""))
    )


def common_base(environment: EnvironmentState, origin: Definitions) -> dict[NodeId, str]:
    """Each node's definition that an environment and its origin had last in common.

    What is equal in both now is the newest they have in common.
    """
    mine = definitions_of(environment.snapshots)
    same = {node: text for node, text in mine.items() if origin.get(node) == text}
    return {**environment.base, **same}


def agreement(
    environment: EnvironmentState,
    before: Definitions,
    changes: Mapping[NodeId, Snapshot | None],
) -> dict[str, Any]:
    """What an environment knows of its origin once it has made ``changes`` to it.

    Both have in common what was promoted: later changes start from there.
    """
    known = {id: text for id, text in before.items() if id not in changes}
    known |= definitions_of({id: found for id, found in changes.items() if found is not None})
    base = common_base(environment, known)
    replaced = {id: list(texts) for id, texts in environment.replaced.items()}
    for id in changes:
        old = before.get(id, "")
        if old != known.get(id, ""):
            others = [text for text in replaced.get(id, ()) if text != old]
            replaced[id] = [old, *others][:MOST_REPLACED]
    seen = {id: text for id, text in environment.seen.items() if known.get(id) != base.get(id)}
    base = {id: text for id, text in base.items() if id in known or id in environment.snapshots}
    return {"base": base, "seen": seen, "replaced": replaced}
