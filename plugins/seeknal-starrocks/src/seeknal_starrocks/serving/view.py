"""A view as it is wanted, whole and checked."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from attrs import field, frozen

from seeknal_starrocks.marks import comment_of, said_by
from seeknal_starrocks.serving.properties import CHANGEABLE
from seeknal_starrocks.serving.schedule import Schedule
from seeknal_starrocks.tablename import Table


@frozen(kw_only=True)
class Mark:
    """What the comment of a view says of who made it, and of what.

    It is swapped together with the rows. ``properties`` are the names of those that it was made
    with.
    """

    project: str
    environment: str
    node: str
    fingerprint: str
    properties: tuple[str, ...] = ()

    def written(self, beside: str) -> str:
        """The comment; what else it says stands before."""
        given = {
            "view": self.fingerprint,
            "project": self.project,
            "environment": self.environment,
            "node": self.node,
            "properties": ",".join(self.properties),
        }
        return comment_of(given, beside)

    def is_of(self, other: Mark) -> bool:
        """Whether both are of one project and environment."""
        return (self.project, self.environment) == (other.project, other.environment)


def mark_of(comment: str) -> Mark | None:
    """What a comment says; None for that of somebody else."""
    given = said_by(comment) or {}
    if not {"view", "project", "environment", "node"} <= given.keys():
        return None
    return Mark(
        project=given["project"],
        environment=given["environment"],
        node=given["node"],
        fingerprint=given["view"],
        properties=tuple(filter(None, given.get("properties", "").split(","))),
    )


@frozen(kw_only=True)
class View:
    """``columns`` are the names of what the query gives, which ends without a semicolon.

    ``partition_by`` and ``distributed_by`` are written as StarRocks has them.
    """

    place: Table
    query: str
    columns: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()
    distributed_by: str = "RANDOM"
    order_by: tuple[str, ...] = ()
    schedule: Schedule = field(factory=Schedule)
    properties: Mapping[str, str] = field(factory=dict)
    project: str
    environment: str
    node: str
    description: str = ""

    @property
    def fingerprint(self) -> str:
        """Names all of it that nothing changes but a view in its place."""
        fixed = sorted((key, value) for key, value in self.properties.items() if is_fixed(key))
        parts = (self.query, self.columns, self.partition_by, self.distributed_by, self.order_by)
        return sha256(repr((*parts, fixed)).encode()).hexdigest()[:16]

    @property
    def mark(self) -> Mark:
        return Mark(
            project=self.project,
            environment=self.environment,
            node=self.node,
            fingerprint=self.fingerprint,
            properties=tuple(sorted(self.properties)),
        )

    @property
    def comment(self) -> str:
        """Its description on one line, and its mark."""
        return self.mark.written(" ".join(self.description.split()))


def is_fixed(key: str) -> bool:
    """Whether ``ALTER ... SET`` does not change a property."""
    return key not in CHANGEABLE and not key.startswith("session.")
