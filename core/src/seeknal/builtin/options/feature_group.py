"""What feature groups say."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.plugin import Duration, option

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


def _dtype(feature: Feature | str | None) -> str | None:
    text = feature.dtype if isinstance(feature, Feature) else feature
    return None if text is None else _DTYPES.get(text.lower(), text)
