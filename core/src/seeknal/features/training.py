"""Training sets: features as they were known at each row's moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.features.clocks import ZONED, Moments
from seeknal.features.entities import check_keys, read_entities, store_entities, timestamp_of
from seeknal.features.groups import find_group
from seeknal.features.joining import ENTITIES, ROW, clocks_of, parts_of
from seeknal.features.latest import all_keys
from seeknal.features.opened import Opened
from seeknal.features.wanted import column_names, in_order, wanted_of
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from seeknal.features.entities import Given
    from seeknal.features.groups import Group
    from seeknal.features.wanted import Wanted
    from seeknal.values.names import NodeId
    from seeknal.values.snapshot import Snapshot

_FEW = 20
"""Of so many times fewer entities than rows, the rows of others are left out first."""


@frozen(kw_only=True)
class Asked:
    """What is asked of groups besides features: when, by which names.

    ``as_of`` is one moment for all rows, instead of the column ``timestamp``.
    """

    timestamp: str | None = None
    as_of: datetime | None = None
    timezone: str | None = None
    full_names: bool = False


class TrainingSet:
    """A row for each of entities, in their order: their columns, then the features.

    Rows are computed when they are asked for, from rows as they are stored now. Closed by
    ``close()``, or at the end of a ``with``.
    """

    def __init__(self, opened: Opened, made: Made, manifest: Mapping[str, Any]) -> None:
        self._opened = opened
        self._made = made
        self.manifest = manifest
        """From what it is made, so that `recreate_training_set` can make it again."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB that has the stored rows and the entities."""
        return self._opened.connection

    @property
    def query(self) -> str:
        """The rows as SQL, on ``connection``."""
        return self._made.query

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The rows as a lazy DuckDB relation."""
        return self.connection.sql(self.query)

    @property
    def columns(self) -> list[str]:
        return list(self.relation.columns)

    def df(self) -> Any:
        """The rows as a pandas frame."""
        return self.relation.df()

    def pl(self) -> Any:
        """The rows as a polars frame."""
        return self.relation.pl()

    def arrow(self) -> Any:
        """The rows as an Arrow table."""
        return self.relation.to_arrow_table()

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows as tuples."""
        return self.relation.fetchall()

    def write(self, path: str | Path) -> Path:
        """Write the rows to a Parquet file, with a manifest and the entities beside it.

        ``train.parquet`` has ``train.manifest.json`` and ``train.entities.parquet``; gives the
        path of the manifest. Raises UsageError for a path that is none of a Parquet file.
        """
        from seeknal.features.manifest import write_training_set

        return write_training_set(self.connection, self._made, self.manifest, Path(path))

    def close(self) -> None:
        """Close the connection."""
        self._opened.close()

    def __enter__(self) -> TrainingSet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def training_set(
    root: Path,
    environment: str,
    features: str | Iterable[str],
    entities: object,
    asked: Asked,
) -> TrainingSet:
    """Features of entities at their moments, from an environment's rows as they are now.

    ``entities`` None: of all keys that groups have.

    Raises UsageError for what cannot be asked, RunError for rows that have no answer.
    """
    from seeknal.plan.session import Request, load
    from seeknal.query.database import snapshots_of

    snapshots = snapshots_of(root, environment)
    loaded = load(root, Request(command="features", environment=environment))
    wanted = wanted_of(partial(find_group, loaded, environment), features)
    opened = Opened(root, snapshots)
    try:
        opened.define(each.group.node for each in wanted)
        groups = [each.group for each in wanted]
        given = all_keys(groups) if entities is None else read_entities(opened, entities, groups)
        check_keys(given, groups)
        made = make(opened, wanted, given, asked)
    except BaseException:
        opened.close()
        raise
    from seeknal.features.manifest import manifest_of

    return TrainingSet(opened, made, manifest_of(loaded, environment, opened, wanted, made, asked))


@frozen(kw_only=True)
class Made:
    """The query of a training set, and what it was resolved to."""

    query: str
    entities: str
    """The query of the entities alone."""
    given: Given
    timestamp: str | None
    names: tuple[str, ...]
    """The features' columns."""


def make(opened: Opened, wanted: Sequence[Wanted], given: Given, asked: Asked) -> Made:
    """The query of entities with their features; entities are read, once, into a table."""
    others = {column.name: given.said for column in given.columns}
    names = column_names(wanted, others, full=asked.full_names)
    timestamp, moments = moments_of(given, [each.group for each in wanted], asked)
    clocks = clocks_of(wanted, moments)
    for each in wanted:
        opened.check(each)
    rows = store_entities(opened.connection, given, clocks)
    parts = parts_of(wanted, clocks, few=_are_few(rows, opened.snapshots, wanted))
    own = [f"{ENTITIES}.{quote_identifier(column.name)}" for column in given.columns]
    by_group = {each.group.node: part for each, part in zip(wanted, parts, strict=True)}
    values = [by_group[node].features[feature] for node, feature in in_order(wanted)]
    told = [f"{sql} AS {quote_identifier(name)}" for sql, name in zip(values, names, strict=True)]
    order = f"ORDER BY {ENTITIES}.{quote_identifier(ROW)}"
    joins = " ".join(part.join for part in parts)
    return Made(
        query=f"SELECT {', '.join([*own, *told])} FROM {ENTITIES} {joins} {order}",
        entities=f"SELECT {', '.join(own)} FROM {ENTITIES} {order}",
        given=given,
        timestamp=timestamp,
        names=tuple(names),
    )


def moments_of(
    given: Given, groups: Sequence[Group], asked: Asked
) -> tuple[str | None, Moments | None]:
    """The column that says when, and the moments that groups are compared with.

    Both are None where no group has times. Raises UsageError where nothing says when.
    """
    if asked.as_of is not None:
        if asked.timestamp is not None:
            raise UsageError(
                "a timestamp of each row and one moment for all rows exclude each other",
                code="SK1802",
                help="leave out --timestamp (timestamp=) or --as-of (as_of=)",
            )
        at = f"CAST({quote_literal(asked.as_of.isoformat())} AS TIMESTAMP WITH TIME ZONE)"
        return None, Moments(sql=at, type=ZONED, said="the moment asked for", others="UTC")
    if all(group.rows.event_time is None for group in groups):
        return None, None
    keys = [key for group in groups for key in group.rows.keys]
    name = timestamp_of(given, asked.timestamp, keys)
    found = Moments(
        sql=quote_identifier(name),
        type=given.type_of(name),
        timezone=asked.timezone,
        said=f"{name} of {given.said}",
    )
    return name, found


def _are_few(rows: int, snapshots: Mapping[NodeId, Snapshot], wanted: Sequence[Wanted]) -> bool:
    """Whether so few rows of entities leave out most rows of groups."""
    artifacts = [snapshots[each.group.node].artifact for each in wanted]
    most = max((artifact.rows for artifact in artifacts if artifact), default=0)
    return rows * _FEW < most
