"""Every snapshot that is kept: those that are current, and those of earlier generations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.intervals.spans import touches
from seeknal.state.codec import decode_snapshot
from seeknal.state.sealed import unseal
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.state.generations import Generations
    from seeknal.state.ledger import EnvironmentState
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot
    from seeknal.values.tracking import Spans


class Pool:
    """Looks for snapshots by node and definition. Nothing is read before something is sought."""

    def __init__(
        self, environments: Mapping[str, EnvironmentState], generations: Generations
    ) -> None:
        self._environments = environments
        self._generations = generations
        self._texts: list[tuple[str, str]] | None = None

    def candidates(self, node: NodeId, definition: str) -> Iterator[tuple[Snapshot, str]]:
        """Snapshots of ``node`` at ``definition`` and where they are, current ones first."""
        for name, environment in self._environments.items():
            snapshot = environment.snapshots.get(node)
            if snapshot is not None and snapshot.fingerprint.content == definition:
                yield snapshot, name
        for where, encoded in self._earlier(definition):
            if encoded["node"] == node and encoded["fingerprint"][0] == definition:
                yield decode_snapshot(encoded), where

    def ranged(self, node: NodeId, spans: Spans) -> Iterator[tuple[Snapshot, str]]:
        """Snapshots of a tracked ``node`` that have anything of ``spans``, current ones first."""
        for name, environment in self._environments.items():
            if (snapshot := environment.snapshots.get(node)) is not None:
                yield snapshot, name
        for where, encoded in self._earlier(f'"{node}"'):
            # Most have nothing of it, and many parts to be decoded.
            if encoded["node"] == node and _has_any(encoded, spans):
                yield decode_snapshot(encoded), where

    def last(self, node: NodeId, environment: str) -> Snapshot | None:
        """What an environment had last of a node that it has no more, as long as that is kept.

        None where it was gone back to before the node. Of one that never had it, what that had
        which it was made from.
        """
        known = self._environments.get(environment)
        origin = known.origin if known is not None else PRODUCTION
        for name in (environment, origin):
            if name is not None and name in self._environments:
                newest = self._environments[name].generation
                if (found := self._generations.last(name, newest, node)) is not None:
                    return found
        return None

    def output(self, node: NodeId, output_id: str) -> Snapshot | None:
        """The snapshot that made an output of ``node``, as long as any of it is kept."""
        for environment in self._environments.values():
            snapshot = environment.snapshots.get(node)
            if snapshot is not None and snapshot.output_id == output_id:
                return snapshot
        for _, encoded in self._earlier(output_id):
            if encoded["node"] == node:
                snapshot = decode_snapshot(encoded)
                if snapshot.output_id == output_id:
                    return snapshot
        return None

    def _earlier(self, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if self._texts is None:
            self._texts = list(self._lines())
        for where, line in self._texts:
            # Most lines are of other nodes: a search in the text spares decoding them.
            if text in line and (entry := unseal(line)) and entry.get("before"):
                yield where, entry["before"]

    def _lines(self) -> Iterator[tuple[str, str]]:
        for name, environment in self._environments.items():
            for number in self._generations.numbers(name):
                if number <= environment.generation:
                    for line in self._generations.lines(name, number):
                        yield f"{name}@{number - 1}", line
            for line in self._generations.spared(name):
                yield name, line


def _has_any(encoded: Mapping[str, Any], spans: Spans) -> bool:
    """Whether anything of spans is done, or under way, by a snapshot that is not decoded yet."""
    done = encoded.get("covered", {}).get("done", ())
    return "unfinished" in encoded or any(touches(spans, start, end) for start, end in done)
