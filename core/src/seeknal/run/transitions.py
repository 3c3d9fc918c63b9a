"""What a step has made of what it read: layers, rows and columns on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.host.file_version import names_in
from seeknal.run.provenance import place_of
from seeknal.values.results import Read, Transition

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope
    from seeknal.values.plan import Step
    from seeknal.values.snapshot import Snapshot


def transition_of(scope: StepScope, step: Step, snapshot: Snapshot | None) -> Transition | None:
    """From where the step's node took its rows; None for a step that took none.

    ``snapshot`` is what it made of them, None for one that failed.
    """
    if step.action != "run":
        return None
    node, nodes = scope.node, scope.services.project.nodes
    if node.source is not None:
        return Transition(files=names_in(step.source_version) or (place_of(scope),))
    reads = []
    given: dict[str, str] = {}
    for parent in node.parents:
        known = scope.outputs.snapshots.get(parent)
        artifact = known.artifact if known else None
        reads.append(
            Read(
                node=parent,
                layer=known.layer_among(nodes[parent].layer) if known else nodes[parent].layer,
                rows=artifact.rows if artifact else None,
                artifact=artifact.path if artifact else None,
            )
        )
        columns = (known.columns if known else None) or ()
        given |= {column.name.lower(): column.name for column in columns}
    made = snapshot.columns if snapshot else None
    if made is None:
        return Transition(reads=tuple(reads))
    kept = {column.name.lower() for column in made}
    return Transition(
        reads=tuple(reads),
        added=tuple(column.name for column in made if column.name.lower() not in given),
        removed=tuple(name for lower, name in given.items() if lower not in kept),
    )
