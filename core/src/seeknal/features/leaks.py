"""What is wrong with features of given entities: what leaks, and what would be missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.features.clocks import clock_of
from seeknal.features.entities import check_keys, store_entities, timestamp_of
from seeknal.features.findings import Finding
from seeknal.features.joining import ENTITIES, clocks_of, parts_of, same_keys
from seeknal.features.training import moments_of
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from seeknal.features.clocks import Moments
    from seeknal.features.entities import Given
    from seeknal.features.groups import Group
    from seeknal.features.joining import Compared, Part
    from seeknal.features.targets import Origins
    from seeknal.features.training import Asked
    from seeknal.features.wanted import Wanted
    from seeknal.values.names import NodeId

_SURE = 10
"""Rows of each label from which on it is no chance that each has a feature of its own."""
_SEEN = "seeknal_seen"
"""The table of the label, as ``l``, and of a group's features, as ``f0`` and so on."""
_NAMES = {"SK1804": "key-types", "SK1805": "mixed-zones"}
"""What cannot be asked at all, by the code of why."""


@frozen(kw_only=True)
class Labels:
    """Which columns of entities are the label, and when it was seen; and what that is from."""

    label: str | None = None
    time: str | None = None
    origins: Origins | None = None


def of_entities(
    connection: duckdb.DuckDBPyConnection,
    wanted: Sequence[Wanted],
    given: Given,
    asked: Asked,
    labels: Labels,
) -> Iterator[Finding]:
    """What is wrong with features for these entities. Raises UsageError for columns they lack."""
    if labels.label is not None:
        given.column(labels.label)
    if labels.time is not None:
        timestamp_of(given, labels.time, ())
    fitting = []
    for each in wanted:
        finding = _unfit(each, given, asked)
        if finding is None:
            fitting.append(each)
        else:
            yield finding
    if not fitting:
        return
    timestamp, moments = moments_of(given, [each.group for each in fitting], asked)
    clocks = clocks_of(fitting, moments)
    rows = store_entities(connection, given, clocks)
    look = _Look(connection=connection, given=given, rows=rows, labels=labels)
    for each, clock, part in zip(fitting, clocks, parts_of(fitting, clocks), strict=True):
        yield from look.of_group(each, clock, part)
    if timestamp is not None and moments is not None:
        yield from look.after_label(fitting[0].group, moments)


def _unfit(wanted: Wanted, given: Given, asked: Asked) -> Finding | None:
    """Why a group cannot be asked for these entities at all."""
    try:
        check_keys(given, [wanted.group])
        _, moments = moments_of(given, [wanted.group], asked)
        if moments is not None and wanted.group.rows.event_time is not None:
            clock_of(moments, wanted.group)
    except UsageError as error:
        name = _NAMES.get(error.code)
        if name is None:
            raise
        return Finding(
            name=name, node=wanted.group.node, message=error.message, help=error.help or ""
        )
    return None


@frozen(kw_only=True)
class _Look:
    """A look at entities, which are in their table, and what groups have for them."""

    connection: duckdb.DuckDBPyConnection
    given: Given
    rows: int
    labels: Labels

    def of_group(self, wanted: Wanted, clock: Compared | None, part: Part) -> Iterator[Finding]:
        if not self.rows:
            return
        known = self.number(f"SELECT count(*) FROM {ENTITIES} SEMI JOIN {self._keys(wanted)}")
        if known < self.rows / 2:
            yield Finding(
                name="no-such-keys",
                node=wanted.group.node,
                message=f"of {self.rows:,} rows of {self.given.said}, {known:,} have keys that it"
                " knows",
                help="look at how keys are written on both sides: blanks, zeros, upper case",
            )
        if clock is not None and part.time is not None:
            yield from self.in_time(wanted, part, known)
        yield from self.targets(wanted, part)

    def _keys(self, wanted: Wanted) -> str:
        keys = ", ".join(map(quote_identifier, wanted.group.rows.keys))
        same = same_keys(wanted.group, ENTITIES, "known")
        return f"(SELECT DISTINCT {keys} FROM {wanted.group.table}) AS known ON {same}"

    def in_time(self, wanted: Wanted, part: Part, known: int) -> Iterator[Finding]:
        """What of the rows whose key is known is newer than their moments, or too old."""
        group, ttl = wanted.group, wanted.group.rows.ttl
        expired = f"count(*) FILTER (WHERE {part.expired})" if part.expired else "0"
        query = f"SELECT count({part.time}), {expired} FROM {ENTITIES} {part.join}"
        ((found, gone),) = self.connection.execute(query).fetchall()
        if known and found < known / 2:
            yield Finding(
                name="features-newer",
                node=group.node,
                message=f"of {known:,} rows whose key it knows, {known - found:,} are before all"
                " of its rows of that key",
                help=f"{group.rows.event_time} is to say since when a row holds, not when it was"
                " loaded",
            )
        if gone > found / 2:
            yield Finding(
                name="ttl-drops",
                node=group.node,
                message=f"of {found:,} rows that have features, {gone:,} lose them by ttl: {ttl}",
                help="a longer ttl, or rows of the group that are renewed more often",
            )

    def targets(self, wanted: Wanted, part: Part) -> Iterator[Finding]:
        """Features that are the label."""
        if self.labels.label is None:
            return
        label = self.given.column(self.labels.label)
        features = list(part.features)
        if not features:
            return
        # Joined once, whatever is asked of each feature.
        listed = ", ".join(f"{sql} AS f{n}" for n, sql in enumerate(part.features.values()))
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_SEEN} AS SELECT"
            f" {ENTITIES}.{quote_identifier(label)} AS l, {listed} FROM {ENTITIES} {part.join}"
        ).fetchall()
        for number, feature in enumerate(features):
            why = self._why(wanted.group.node, feature, f"f{number}", label)
            if why is None:
                continue
            yield Finding(
                name="target-among-features",
                node=wanted.group.node,
                feature=feature,
                message=f"{feature} {why}",
                help=f"leave it out: {wanted.group.node.name}:... names those that are wanted",
            )

    def _why(self, node: NodeId, feature: str, column: str, label: str) -> str | None:
        """Why a feature is the label; None where it is not. ``column`` has its values."""
        origins = self.labels.origins
        if feature.lower() == label.lower():
            return "is called as the label is"
        if self._is_label(column):
            return f"has the value of {label} in each row"
        shared = origins.shared(node, feature) if origins else None
        # What a model may learn of the past is of the same columns: only what gives the label away.
        if shared is not None and self._decides(column):
            return f"tells {label}: {shared.relation}.{shared.column} decides both"
        if self._renames(column):
            return f"tells {label}: each value of one goes with one of the other"
        return None

    def _renames(self, column: str) -> bool:
        """Whether a feature has another value for each of the label, and no more of them."""
        labels, features, pairs, rows = self._counts(column)
        return 1 < labels == features == pairs and rows >= _SURE * labels

    def _counts(self, value: str) -> tuple[int, int, int, int]:
        """How many labels, values and pairs of them there are, and rows that have both."""
        query = (
            f"SELECT count(DISTINCT l), count(DISTINCT {value}), count(DISTINCT ({value}, l)),"
            f" count(*) FROM {_SEEN} WHERE l IS NOT NULL AND {value} IS NOT NULL"
        )
        ((labels, values, pairs, rows),) = self.connection.execute(query).fetchall()
        return labels, values, pairs, rows

    def _decides(self, column: str) -> bool:
        """Whether the label follows from a feature: by its value, whether it is large, or there."""
        presence = self._counts(f"({column} IS NOT NULL)")
        if presence[:3] == (2, 2, 2):
            return True
        labels, features, pairs, rows = self._counts(column)
        if labels < 2 or pairs > features:
            return False
        if features <= rows / 2:
            return True
        ranges = (
            f"SELECT l, min({column}) AS low, max({column}) AS high FROM {_SEEN}"
            f" WHERE l IS NOT NULL AND {column} IS NOT NULL GROUP BY l"
        )
        meet = (
            f"SELECT count(*) FROM ({ranges}) AS one JOIN ({ranges}) AS other ON one.l < other.l"
            " AND one.low <= other.high AND other.low <= one.high"
        )
        return labels == 2 and self.number(meet) == 0

    def _is_label(self, column: str) -> bool:
        """Whether a feature has the label's value wherever it has one, and there are several."""
        same = f"CAST({column} AS VARCHAR) = CAST(l AS VARCHAR)"
        number = f"TRY_CAST({column} AS DOUBLE) = TRY_CAST(l AS DOUBLE)"
        query = (
            f"SELECT count({column}), count(*) FILTER (WHERE {column} IS NOT NULL AND"
            f" ({same} OR {number})), count(DISTINCT l) FILTER (WHERE {column} IS NOT NULL)"
            f" FROM {_SEEN} WHERE l IS NOT NULL"
        )
        ((has, equal, values),) = self.connection.execute(query).fetchall()
        return bool(values > 1 and has == equal)

    def after_label(self, group: Group, moments: Moments) -> Iterator[Finding]:
        """Rows whose moment is after their label was seen: all features up to it would count."""
        if self.labels.time is None:
            return
        time = self.given.column(self.labels.time)
        name = quote_identifier(time)
        query = f"SELECT count(*) FROM {ENTITIES} WHERE {moments.sql} > {name}"
        count = self.number(query)
        if count:
            yield Finding(
                name="after-label",
                node=group.node,
                message=f"the moment of {count:,} rows is after {time}, when the label was seen",
                help="features are to be known before: take the moment of the decision",
            )

    def number(self, query: str) -> int:
        ((found,),) = self.connection.execute(query).fetchall()
        return int(found)
