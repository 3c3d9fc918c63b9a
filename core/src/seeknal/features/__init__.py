"""Features at points in time, for training and serving.

``get_historical_features``, ``get_latest_features`` and ``recreate_training_set`` are names of
``seeknal`` itself as well; ``online`` reads what ``seeknal features materialize`` keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal.features.serving.reading import OnlineFeatures
    from seeknal.features.training import TrainingSet

__all__ = (
    "get_historical_features",
    "get_latest_features",
    "online",
    "recreate_training_set",
)


def get_historical_features(
    features: str | Iterable[str],
    entities: object,
    *,
    timestamp: str | None = None,
    as_of: str | date | datetime | None = None,
    timezone: str | None = None,
    full_names: bool = False,
    project: str | Path = ".",
    env: str = "prod",
) -> TrainingSet:
    """Features as they were known at the moment of each row of ``entities``: a training set.

    ``features``: ``customers:orders,spent``, ``customers`` for all of a group, or a list of these.
    ``entities``: the path of a Parquet or CSV file, a node, SQL over the project's tables, a
    pandas or polars frame, Arrow, a DuckDB relation, or a list of dicts, with the keys of the
    groups. ``timestamp`` is its column of moments, by default the only one of a date or time type;
    ``as_of`` is one moment for all rows instead (UTC where it has no zone). ``timezone``: the zone
    of moments without one. ``full_names`` calls a feature ``group__feature``.

    Gives one row for each of ``entities``, in their order. A feature is NULL where no row was known
    at the moment, or its ttl was over. Raises UsageError for what cannot be asked, RunError where
    rows of a group have no order.
    """
    from seeknal.features.training import Asked, training_set
    from seeknal.values.errors import UsageError

    if entities is None:
        raise UsageError(
            "there are no entities",
            code="SK1802",
            help="get_latest_features gives the newest features of all keys",
        )
    asked = Asked(
        timestamp=timestamp, as_of=moment_of(as_of), timezone=timezone, full_names=full_names
    )
    return training_set(_root(project), env, features, entities, asked)


def get_latest_features(
    features: str | Iterable[str],
    entities: object = None,
    *,
    as_of: str | date | datetime | None = None,
    full_names: bool = False,
    project: str | Path = ".",
    env: str = "prod",
) -> TrainingSet:
    """The newest features of each key, as they are known at ``as_of``, which is now by default.

    Without ``entities`` there is a row for each key that any of the groups has, in order of the
    keys. All else is as for `get_historical_features`.
    """
    from seeknal.features.training import Asked, training_set
    from seeknal.host import clock

    asked = Asked(as_of=moment_of(as_of) or clock.now(), full_names=full_names)
    return training_set(_root(project), env, features, entities, asked)


def recreate_training_set(
    manifest: str | Path | Mapping[str, Any], *, project: str | Path = "."
) -> TrainingSet:
    """The training set that a manifest is of, from the very snapshots that it was made from.

    ``manifest``: the path of the file that `TrainingSet.write` has written, or what it holds.
    Raises RunError that names a snapshot that is gone, UsageError for what is no manifest.
    """
    from seeknal.features.manifest import made_again, read_manifest

    found = manifest if isinstance(manifest, Mapping) else read_manifest(Path(manifest))
    return made_again(_root(project), found)


def online(connection: str, *, project: str | Path = ".", env: str = "prod") -> OnlineFeatures:
    """The features that ``seeknal features materialize --to CONNECTION`` keeps, to be looked up.

    ``connection`` is a name in profiles.yml. Raises UsageError where no plugin has an online store
    for it, ConnectionFailed where it does not answer.
    """
    from seeknal.features.serving.reading import OnlineFeatures
    from seeknal.plan.environments import existing
    from seeknal.plan.session import Request, load

    loaded = load(_root(project), Request(command="features", environment=env))
    if loaded.state.environments:
        existing(loaded.state.environments, env)
    return OnlineFeatures(loaded, connection, env)


def _root(project: str | Path) -> Path:
    from seeknal.project.loader import find_root

    return find_root(Path(project))


def moment_of(given: str | date | datetime | None) -> datetime | None:
    """A moment with its zone, which is UTC where none is said."""
    if given is None:
        return None
    if isinstance(given, str):
        from seeknal.values.errors import UsageError

        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise UsageError(
                f"{given!r} is no moment", code="SK1802", help="as in 2026-03-31T12:00:00Z"
            ) from None
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    return given if given.tzinfo is not None else given.replace(tzinfo=UTC)
