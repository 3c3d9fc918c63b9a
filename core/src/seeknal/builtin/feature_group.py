"""Feature groups: rows by entity key and event time, checked and cast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from seeknal.plugin import NodeError, column_help, hookimpl, quote_identifier, quote_literal

if TYPE_CHECKING:
    import duckdb

    from seeknal.builtin.options.feature_group import FeatureGroupOptions
    from seeknal.plugin import (
        Column,
        Context,
        Misfit,
        Node,
        NodeContext,
        NodeInputs,
        Problem,
        Project,
        Rows,
        Scan,
    )

_KIND = "feature_group"


@hookimpl
def validate_project(project: Project) -> list[Problem]:
    """Features whose type is none, and a ttl that counts from no time."""
    return [*_wrong_types(project), *_without_times(project)]


def _without_times(project: Project) -> Iterator[Problem]:
    from seeknal.plugin import Problem, find_word

    for node in project.nodes.values():
        if node.kind != _KIND:
            continue
        options = _options(node)
        if options.ttl and options.event_time is None and options.created_time is None:
            yield Problem(
                code="SK0799",
                message=f"ttl: {options.ttl} counts from no time: rows hold for ever",
                location=find_word(project.root, node.location, "ttl"),
                help="event_time: the column that says since when a row holds",
                node=node.id,
                severity="warn",
            )


def _wrong_types(project: Project) -> list[Problem]:
    declared = [
        (node, feature, dtype)
        for node in project.nodes.values()
        if node.kind == _KIND
        for feature, dtype in _options(node).types.items()
        if dtype is not None
    ]
    if not declared:
        return []
    import duckdb

    with duckdb.connect() as connection:
        found = [_wrong_type(project, *entry, connection) for entry in declared]
    return [problem for problem in found if problem is not None]


def _options(node: Node) -> FeatureGroupOptions:
    return cast("FeatureGroupOptions", node.options)


def _wrong_type(
    project: Project, node: Node, feature: str, dtype: str, connection: duckdb.DuckDBPyConnection
) -> Problem | None:
    from seeknal.plugin import Problem, find_word

    try:
        _sql_type(dtype, connection)
    except ValueError as error:
        return Problem(
            code="SK0735",
            message=f"feature {feature!r}: {error}",
            location=find_word(project.root, node.location, dtype, feature, "features"),
            help="write int, double, varchar, boolean, timestamp, decimal(18, 2) or the like",
            node=node.id,
        )
    return None


def _sql_type(text: str, connection: duckdb.DuckDBPyConnection) -> str:
    """A type as DuckDB writes it. Raises ValueError when it knows none of that name."""
    import duckdb

    try:
        return str(connection.sqltype(text))
    except duckdb.Error:
        raise ValueError(f"{text!r} is no type") from None


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    if node.kind != _KIND:
        return None
    from seeknal.plugin import Scan, to_scan

    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, columns = to_scan(context.duckdb, body, f"body_of_{node.name}")
    group = _Group(node, _options(node), columns, context)
    if inputs.body is None and group.required:
        group.count_nulls(scan)
    return Scan(f"SELECT {', '.join(group.select())} FROM ({scan.sql}\n)")


@hookimpl
def node_misfits(node: Node, columns: Sequence[Column]) -> list[Misfit] | None:
    """Keys, times and features that are no columns of the rows."""
    if node.kind != _KIND:
        return None
    known = [column.name for column in columns]
    folded = {name.lower() for name in known}
    return [
        _missing(node, known, *named)
        for named in _named(_options(node))
        if named[0].lower() not in folded
    ]


def _named(options: FeatureGroupOptions) -> Iterator[tuple[str, str, str]]:
    """Each column that is named, as what, and by which option."""
    from seeknal.builtin.options.feature_group import Entity

    if isinstance(options.entity, Entity):
        for name in options.entity.join_keys:
            yield name, "key", "entity"
    if options.event_time is not None:
        yield options.event_time, "event time", "event_time"
    if options.created_time is not None:
        yield options.created_time, "created time", "created_time"
    for name in options.types:
        yield name, "feature", "features"


def _missing(node: Node, known: Sequence[str], name: str, what: str, key: str) -> Misfit:
    from seeknal.plugin import Misfit

    return Misfit(
        code="SK0730",
        message=f"{what} {name!r} of {node.id} is not a column of its rows",
        help=column_help(name, known),
        key=key,
        word=name,
    )


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
        self.types = {
            name.lower(): None if dtype is None else _sql_type(dtype, context.duckdb)
            for name, dtype in options.types.items()
        }
        keys = [self.existing(name, "key") for name in self.keys()]
        self.required = [*keys, *self.time(options.event_time, "event time")]
        self.fixed = [*self.required, *self.time(options.created_time, "created time")]

    def select(self) -> list[str]:
        names = [self.existing(name, "feature") for name in self.options.types]
        listed = dict.fromkeys([*self.fixed, *(names or self.columns.values())])
        return [f"{self.value(name)} AS {quote_identifier(name)}" for name in listed]

    def keys(self) -> tuple[str, ...]:
        found = self.options.keys(self.columns)
        if not found:
            name = self.options.entity_name
            self.context.log.warning(
                "entity %s has no join_keys and there is no column %s_id: keys are not checked",
                name,
                name,
            )
        return found

    def time(self, name: str | None, what: str) -> list[str]:
        return [] if name is None else [self.existing(name, what)]

    def existing(self, name: str, what: str) -> str:
        found = self.columns.get(name.lower())
        if found is None:
            missing = _missing(self.node, [*self.columns.values()], name, what, "")
            raise NodeError(
                missing.message,
                code=missing.code,
                location=self.node.location,
                help=missing.help,
            )
        return found

    def count_nulls(self, scan: Scan) -> None:
        """What stored rows lack; of Parquet that costs next to nothing."""
        counts = [f"count(*) - count({quote_identifier(name)})" for name in self.required]
        query = f"SELECT {', '.join(['count(*)', *counts])} FROM ({scan.sql}\n)"
        ((rows, *nulls),) = self.context.duckdb.execute(query).fetchall()
        lacking = [
            f"{name} is NULL in {count:,} of {rows:,} rows"
            for name, count in zip(self.required, nulls, strict=True)
            if count
        ]
        if lacking:
            raise NodeError(
                ", ".join(lacking),
                code="SK0737",
                location=self.node.location,
                help="keys and the event time may not be NULL: leave such rows out upstream",
            )

    def value(self, name: str) -> str:
        quoted = quote_identifier(name)
        dtype = self.types.get(name.lower())
        value = f"CAST({quoted} AS {dtype})" if dtype else quoted
        if name not in self.required:
            return value
        # The rows of a query are looked at while they are written, for a scan of their own
        # would compute them twice: the first NULL stops the node.
        text = f"{name} of {self.node.id} is NULL in some rows: it must not be"
        return f"CASE WHEN {quoted} IS NULL THEN error({quote_literal(text)}) ELSE {value} END"
