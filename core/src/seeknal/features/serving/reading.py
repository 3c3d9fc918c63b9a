"""Features of entities from an online store, as `seeknal features materialize` keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.features.groups import meant_group
from seeknal.features.serving.kept import EXPIRES, kept_of
from seeknal.features.serving.keys import key_value
from seeknal.features.serving.materializing import open_store
from seeknal.features.wanted import Wanted, column_names, in_order, wanted_of
from seeknal.host import clock
from seeknal.host.files import scratch_folder
from seeknal.kernel.plugin_types import OnlineTable
from seeknal.values.errors import DeliveryError, UsageError, column_help

if TYPE_CHECKING:
    from seeknal.features.serving.kept import Kept
    from seeknal.plan.session import Loaded
    from seeknal.values.names import NodeId

Entity = Mapping[str, object]
_MOST = 500
"""Questions that are remembered: callers may ask for features in any order."""


@frozen(kw_only=True)
class _Reads:
    """What one question is: tables with columns, the types of its keys, the names of features."""

    wanted: tuple[Wanted, ...]
    asked: tuple[tuple[OnlineTable, tuple[str, ...]], ...]
    keys: Mapping[str, str]
    names: Mapping[tuple[NodeId, str], str]


class OnlineFeatures:
    """Looks up the newest features of entities by their keys. Any thread may ask.

    Closed by ``close()``, or at the end of a ``with``.
    """

    def __init__(self, loaded: Loaded, connection: str, environment: str) -> None:
        self._project = loaded.project.name
        self._environment = environment
        self._nodes = loaded.project.nodes
        with ExitStack() as opening:
            folder = opening.enter_context(scratch_folder())
            self._store = open_store(loaded, connection, environment, None, folder)
            opening.callback(self._store.close)
            self._close = opening.pop_all().close
        self._known: dict[NodeId, Kept] = {}
        self._plans: dict[tuple[object, ...], _Reads] = {}
        self._lock = threading.Lock()

    def get(
        self,
        features: str | Iterable[str],
        entities: Entity | Sequence[Entity],
        *,
        full_names: bool = False,
    ) -> list[dict[str, Any]]:
        """A mapping for each of ``entities``, in order: its keys, then the features.

        ``features`` are written as for `seeknal.get_historical_features`. A feature is NULL
        (None) where no row is kept of the entity, or its ttl is over. One query is asked, whatever
        the number of groups and entities. Raises UsageError for features that are not kept or
        entities without a key, ConnectionFailed where the store does not answer.
        """
        names = (features,) if isinstance(features, str) else tuple(features)
        rows = [entities] if isinstance(entities, Mapping) else entities
        if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
            raise UsageError(
                f"entities cannot be a {type(entities).__name__}",
                code="SK1802",
                help="give a mapping of keys, or a list of them: [{'customer_id': 1}]",
            )
        try:
            return self._answers(self._plan(names, full_names), rows)
        except (DeliveryError, UsageError):
            # What is kept may have other columns and keys than a moment ago.
            self._forget()
            return self._answers(self._plan(names, full_names), rows)

    def _answers(self, reads: _Reads, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        values = [_values(entity, reads.keys) for entity in entities]
        if not values:
            return []
        keys = tuple(reads.keys)
        now = clock.now().astimezone(UTC).replace(tzinfo=None)
        found = self._store.lookup(reads.asked, keys, values)
        return [
            {**dict(zip(keys, row, strict=True)), **_features(reads, answer, now)}
            for row, answer in zip(values, found, strict=True)
        ]

    def _plan(self, names: tuple[str, ...], full_names: bool) -> _Reads:
        key = (names, full_names)
        with self._lock:
            if key not in self._plans:
                if len(self._plans) >= _MOST:
                    self._plans.clear()
                self._plans[key] = self._reads(names, full_names)
            return self._plans[key]

    def _forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._plans.clear()

    def _reads(self, asked: Iterable[str], full_names: bool) -> _Reads:
        wanted = wanted_of(lambda name: self._kept(name).wanted.group, asked)
        keys = {key: str(each.group.node) for each in wanted for key in each.group.rows.keys}
        names = column_names(wanted, keys, full=full_names)
        tables = [self._known[each.group.node] for each in wanted]
        return _Reads(
            wanted=tuple(wanted),
            asked=tuple(
                (kept.table(self._environment, self._project), (*each.features, EXPIRES))
                for kept, each in zip(tables, wanted, strict=True)
            ),
            keys={key: each.group.types[key] for each in wanted for key in each.group.rows.keys},
            names=dict(zip(in_order(wanted), names, strict=True)),
        )

    def _kept(self, name: str) -> Kept:
        node = meant_group(name, self._nodes)
        if node not in self._known:
            table = OnlineTable(
                node=node, environment=self._environment, project=self._project, keys=(), columns=()
            )
            mark = self._store.mark(table)
            if mark is None:
                raise UsageError(
                    f"nothing of {node} is kept online in environment {self._environment}",
                    code="SK1811",
                    help=f"seeknal features materialize {node.name} --to CONNECTION",
                )
            self._known[node] = kept_of(mark)
        return self._known[node]

    def close(self) -> None:
        """Close the connection."""
        self._close()

    def __enter__(self) -> OnlineFeatures:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _values(entity: Entity, types: Mapping[str, str]) -> tuple[object, ...]:
    folded = {str(name).lower(): value for name, value in entity.items()}
    for key in types:
        if key.lower() not in folded:
            raise UsageError(
                f"an entity has no key {key!r}",
                code="SK1802",
                help=column_help(key, [str(name) for name in entity]),
            )
    return tuple(key_value(folded[key.lower()], type, key) for key, type in types.items())


def _features(reads: _Reads, answer: Sequence[object], now: datetime) -> dict[str, object]:
    """The features of one entity: of each group whether there is a row, its values, its end."""
    found: dict[tuple[NodeId, str], object] = {}
    place = 0
    for each in reads.wanted:
        has_row, *values, end = answer[place : place + len(each.features) + 2]
        holds = has_row and (end is None or now <= end)  # type: ignore[operator]
        for feature, value in zip(each.features, values, strict=True):
            found[each.group.node, feature] = value if holds else None
        place += len(each.features) + 2
    return {name: found[feature] for feature, name in reads.names.items()}
