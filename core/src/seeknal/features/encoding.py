"""Features that were asked for as JSON holds them, with the snapshots that they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.features.groups import Group
from seeknal.features.wanted import Wanted
from seeknal.values.durations import Duration
from seeknal.values.features import FeatureRows
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.values.snapshot import Snapshot


def needed(snapshot: Snapshot) -> Snapshot:
    """A snapshot with what its rows are read by, and nothing of audits and targets."""
    return evolve(
        snapshot, audits=(), deliveries={}, backlog=(), unfinished=(), source_version=None
    )


def encoded(wanted: Wanted, snapshot: Snapshot) -> dict[str, Any]:
    """Features of a group that is stored as a snapshot; `decoded` takes that back."""
    group, rows = wanted.group, wanted.group.rows
    return {
        "node": group.node,
        "features": list(wanted.features),
        "places": list(wanted.places),
        "output": snapshot.output_id,
        "definition": snapshot.fingerprint.short,
        "stored_at": snapshot.made_at,
        "run": snapshot.made_by,
        "entity": rows.entity,
        "keys": list(rows.keys),
        "event_time": rows.event_time,
        "created_time": rows.created_time,
        "ttl": str(rows.ttl) if rows.ttl else None,
        "timezone": group.timezone,
        "types": dict(group.types),
    }


def decoded(found: Mapping[str, Any]) -> Wanted:
    """What `encoded` gave. Raises KeyError, TypeError or ValueError for anything else."""
    features = tuple(found["features"])
    ttl = found["ttl"]
    rows = FeatureRows(
        entity=found["entity"],
        keys=tuple(found["keys"]),
        features=features,
        event_time=found["event_time"],
        created_time=found["created_time"],
        ttl=None if ttl is None else Duration.parse(ttl),
    )
    group = Group(
        node=NodeId(found["node"]),
        rows=rows,
        types=found["types"],
        timezone=found["timezone"],
    )
    return Wanted(group=group, features=features, places=tuple(found["places"]))
