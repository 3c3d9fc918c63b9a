"""What feature groups say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import Duration, FeatureRows, option

if TYPE_CHECKING:
    from seeknal.plugin import Column

_DTYPES = {
    "str": "VARCHAR",
    "int": "BIGINT",
    "integer": "BIGINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "DOUBLE",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "bytes": "BLOB",
}
"""Names of types as Python and seeknal 2.x have them; every other is DuckDB's."""


@frozen(kw_only=True)
class Entity:
    """What a feature describes, and the columns that identify it."""

    name: str = option(summary="what it is called")
    join_keys: tuple[str, ...] = option(
        (), aliases=("keys", "join_key"), summary="the columns that identify one"
    )
    description: str | None = option(None, functional=False, summary="what it is, for people")


@frozen(kw_only=True)
class Feature:
    """One feature of a group."""

    name: str | None = option(None, summary="the column, where the features are a list")
    dtype: str | None = option(
        None, aliases=("type", "data_type"), summary="the type that it is cast to"
    )
    description: str | None = option(None, functional=False, summary="what it means, for people")
    tags: tuple[str, ...] = option((), functional=False, summary="words for people")


@frozen(kw_only=True)
class FeatureGroupOptions:
    """The keys of a feature group."""

    entity: str | Entity = option(summary="what the features describe: {name, join_keys}")
    event_time: str | None = option(
        None, aliases=("event_time_col",), summary="since when a row holds"
    )
    created_time: str | None = option(None, summary="when a row became known")
    ttl: Duration | None = option(None, summary="how long a row holds")
    features: Mapping[str, Feature | str | None] | tuple[Feature | str, ...] = option(
        factory=dict, summary="name: {dtype, description}; absent: every other column"
    )
    version: int | str | None = option(None, summary="another one builds the group anew")

    def __attrs_post_init__(self) -> None:
        if "" in self.types:
            raise ValueError("each feature needs its name")

    @property
    def types(self) -> dict[str, str | None]:
        """The declared features with their types; empty when every column is one."""
        features = self.features
        if isinstance(features, Mapping):
            return {name: _dtype(feature) for name, feature in features.items()}
        return {
            feature if isinstance(feature, str) else feature.name or "": _dtype(
                None if isinstance(feature, str) else feature
            )
            for feature in features
        }

    @property
    def entity_name(self) -> str:
        """What the features describe."""
        return self.entity.name if isinstance(self.entity, Entity) else self.entity

    def keys(self, names: Collection[str]) -> tuple[str, ...]:
        """The columns that identify an entity, as they are declared.

        An entity that is only a name has ``<name>_id`` for its key, where ``names`` has that; all
        in lower case. Empty where no key is known.
        """
        if isinstance(self.entity, Entity) and self.entity.join_keys:
            return self.entity.join_keys
        guess = f"{self.entity_name}_id"
        return (guess,) if guess.lower() in names else ()

    def feature_rows(self, columns: Sequence[Column]) -> FeatureRows:
        """How the group's rows are features: see `NodeKind`."""
        known = {column.name.lower(): column.name for column in columns}
        keys = tuple(known[name.lower()] for name in self.keys(known))
        event, created = (
            None if name is None else known[name.lower()]
            for name in (self.event_time, self.created_time)
        )
        if event is None:
            # A row that only says when it became known holds from then on.
            event, created = created, None
        named = [known[name.lower()] for name in self.types] or known.values()
        return FeatureRows(
            entity=self.entity_name,
            keys=keys,
            features=tuple(
                dict.fromkeys(name for name in named if name not in (*keys, event, created))
            ),
            event_time=event,
            created_time=created,
            ttl=self.ttl,
        )


def _dtype(feature: Feature | str | None) -> str | None:
    text = feature.dtype if isinstance(feature, Feature) else feature
    return None if text is None else _DTYPES.get(text.lower(), text)
