"""Feature groups: rows by entity key and event time, checked and cast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from seeknal.plugin import (
    Column,
    Context,
    Duration,
    Node,
    NodeError,
    NodeInputs,
    Rows,
    Scan,
    did_you_mean,
    hookimpl,
    option,
    quote_identifier,
    quote_literal,
    to_scan,
)

_DTYPES = {
    "str": "VARCHAR",
    "string": "VARCHAR",
    "int": "BIGINT",
    "integer": "BIGINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "DOUBLE",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "bytes": "BLOB",
    "datetime": "TIMESTAMP",
}


@frozen(kw_only=True)
class Entity:
    """What a feature describes, and the columns that identify it."""

    name: str
    join_keys: tuple[str, ...] = option((), aliases=("keys", "join_key"))
    description: str | None = None


@frozen(kw_only=True)
class Feature:
    """One feature of a group."""

    name: str | None = None
    dtype: str | None = option(None, aliases=("type", "data_type"))
    description: str | None = None
    tags: tuple[str, ...] = ()


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
    version: int | str | None = None


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: Context) -> Rows | None:
    options = node.options
    if not isinstance(options, FeatureGroupOptions):
        return None
    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, columns = to_scan(context.duckdb, body, f"body_of_{node.name}")
    group = _Group(node, options, columns, context)
    return Scan(f"SELECT {', '.join(group.select())} FROM ({scan.sql}\n)")


class _Group:
    """Which columns a group has and what becomes of each."""

    def __init__(
        self,
        node: Node,
        options: FeatureGroupOptions,
        columns: Sequence[Column],
        context: Context,
    ) -> None:
        self.node = node
        self.options = options
        self.columns = {column.name.lower(): column.name for column in columns}
        self.context = context

    def select(self) -> list[str]:
        keys = [self.existing(name, "key") for name in self.keys()]
        times = [
            self.existing(name, what) for what, name in self.times().items() if name is not None
        ]
        declared = self.declared()
        fixed = list(dict.fromkeys([*keys, *times]))
        others = list(declared) if declared else [*self.columns.values()]
        features = [self.existing(name, "feature") for name in others]
        rest = [name for name in features if name not in fixed]
        required = {*keys, *times[:1]} if self.options.event_time else set(keys)
        checked = [self.checked(name) if name in required else self.quoted(name) for name in fixed]
        return [*checked, *(self.cast(name, declared) for name in rest)]

    def keys(self) -> tuple[str, ...]:
        entity = self.options.entity
        if isinstance(entity, Entity) and entity.join_keys:
            return entity.join_keys
        name = entity.name if isinstance(entity, Entity) else entity
        guess = f"{name}_id"
        if guess.lower() in self.columns:
            return (guess,)
        self.context.log.warning(
            "entity %s has no join_keys and there is no column %s: keys are not checked",
            name,
            guess,
        )
        return ()

    def times(self) -> dict[str, str | None]:
        return {"event time": self.options.event_time, "created time": self.options.created_time}

    def declared(self) -> dict[str, str | None]:
        """The declared features with their types; empty when every column is one."""
        features = self.options.features
        if isinstance(features, Mapping):
            return {name: _dtype(feature) for name, feature in features.items()}
        return {
            feature if isinstance(feature, str) else feature.name or "": _dtype(
                None if isinstance(feature, str) else feature
            )
            for feature in features
        }

    def existing(self, name: str, what: str) -> str:
        found = self.columns.get(name.lower())
        if found is None:
            raise NodeError(
                f"{what} {name!r} of {self.node.id} is not a column of its rows",
                code="SK0730",
                location=self.node.location,
                help=did_you_mean(name, self.columns.values())
                or f"columns: {', '.join(self.columns.values())}",
            )
        return found

    def quoted(self, name: str) -> str:
        return quote_identifier(name)

    def checked(self, name: str) -> str:
        """The column, or an error that stops the node at the first NULL: no scan of its own."""
        quoted = quote_identifier(name)
        text = quote_literal(f"{name} of {self.node.id} is NULL in some rows: it must not be")
        return f"CASE WHEN {quoted} IS NULL THEN error({text}) ELSE {quoted} END AS {quoted}"

    def cast(self, name: str, declared: Mapping[str, str | None]) -> str:
        types = {feature.lower(): dtype for feature, dtype in declared.items()}
        dtype = types.get(name.lower())
        quoted = quote_identifier(name)
        return f"CAST({quoted} AS {dtype}) AS {quoted}" if dtype else quoted


def _dtype(feature: Feature | str | None) -> str | None:
    text = feature.dtype if isinstance(feature, Feature) else feature
    return None if text is None else _DTYPES.get(text.lower(), text)
