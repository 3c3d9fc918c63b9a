"""All that is wrong with feature groups of an environment, as features of entities or not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.features.entities import read_entities
from seeknal.features.findings import of_group, same_zones
from seeknal.features.groups import find_group
from seeknal.features.leaks import of_entities
from seeknal.features.opened import Opened
from seeknal.features.targets import Origins
from seeknal.features.wanted import wanted_of
from seeknal.query.stored import lineage_of
from seeknal.values.column_lineage import ColumnRef

if TYPE_CHECKING:
    from seeknal.features.findings import Finding
    from seeknal.features.leaks import Labels
    from seeknal.features.training import Asked
    from seeknal.plan.session import Loaded


def findings_of(
    loaded: Loaded,
    environment: str,
    names: Sequence[str],
    entities: object,
    asked: Asked,
    labels: Labels,
) -> tuple[int, list[Finding]]:
    """How many groups were looked at, and what is wrong with them.

    ``names`` are written as for training sets. Raises UsageError for what cannot be looked at.
    """
    wanted = wanted_of(partial(find_group, loaded, environment), names)
    snapshots = loaded.snapshots(environment)
    opened = Opened(loaded.project.root, snapshots)
    try:
        opened.define(each.group.node for each in wanted)
        groups = [each.group for each in wanted]
        found = [
            finding
            for group in groups
            for finding in of_group(opened.connection, group, snapshots[group.node])
        ]
        found += same_zones(groups)
        if entities is not None:
            given = read_entities(opened, entities, groups)
            if given.node is not None and labels.label is not None:
                # Lineage tells of the label where entities are a node's rows.
                label = ColumnRef(given.node, labels.label)
                origins = Origins(lineage=lineage_of(loaded, environment), label=label)
                labels = evolve(labels, origins=origins)
            found += of_entities(opened.connection, wanted, given, asked, labels)
        return len(groups), found
    finally:
        opened.close()
