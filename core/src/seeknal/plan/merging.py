"""Nodes whose rows are made from those that they have: what else these follow from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.values.digests import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot


def inputs_digest(inputs: Mapping[NodeId, str]) -> str:
    """Names what was merged: the outputs that were read."""
    return digest(*(f"{id}={output}" for id, output in sorted(inputs.items())))[:16]


def merges_into(node: Node, snapshot: Snapshot | None, *, anew: bool) -> str | None:
    """The output that a node's new rows are made from: empty where it starts over.

    None for a node that is computed as a whole.
    """
    if not node.goes_on:
        return None
    return "" if anew or snapshot is None or snapshot.artifact is None else snapshot.output_id


def notes_of(
    node: Node, snapshot: Snapshot | None, *, anew: bool, lost: bool = False
) -> tuple[str, ...]:
    """What a plan says of such a node: it is no function of its inputs alone.

    ``lost``: the rows that it has are gone or damaged.
    """
    if node.from_earlier and lost:
        return ("will fail: the rows that it goes on from are lost",)
    if node.from_earlier:
        return () if anew else ("goes on from the rows that it has, which stay",)
    if not node.merges_by:
        return ()
    keys = ", ".join(node.merges_by)
    if snapshot is None or snapshot.artifact is None:
        return (f"new rows are merged by {keys} into those that it makes now",)
    if anew:
        merges = snapshot.merged.times + 1 if snapshot.merged else 1
        many = "what was merged before" if merges == 1 else f"what {merges:,} runs have merged"
        return (f"starts over from its inputs as they are: {many} is left behind",)
    return (f"new rows are merged by {keys} into those that it has",)


def is_merged_into(found: Snapshot, into: str | None) -> bool:
    """Whether an output was made from the rows that a node has now."""
    return into is None or (found.merged is not None and found.merged.into == into)


def goes_on_from(found: Snapshot, output: str) -> bool:
    """Whether an output is one of a node that goes on from its rows, or was made from it."""
    if found.merged is None:
        return False
    earlier = {id for _, id in found.merged.earlier}
    return output in {found.output_id, found.merged.into, *earlier}


def with_inputs_in(
    snapshot: Snapshot, inputs: Mapping[NodeId, str], candidates: Iterable[Snapshot]
) -> Snapshot | None:
    """Of the outputs that a merged one was made from, that in which ``inputs`` came last.

    None where they are not in it. Raises LookupError where they are, and it is no longer kept.
    """
    assert snapshot.merged is not None
    output = dict(snapshot.merged.earlier).get(inputs_digest(inputs))
    if output is None:
        return None
    for found in candidates:
        same = found.fingerprint.content == snapshot.fingerprint.content
        if same and found.output_id == output and dict(found.inputs) == inputs:
            return found
    raise LookupError(output)
