"""The SQL that a node's rows are of its inputs, as far as it is known: a test's rows follow it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.intervals.clocks import in_utc
from seeknal.plan.ranges import node_calendar, tracking_of
from seeknal.run.intervals.batch import condition, time_column, with_ends
from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.sql.tokens import tokenize
from seeknal.values.errors import NodeError
from seeknal.values.relations import Interval
from seeknal.values.tracking import Reach

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.plan.session import Loaded
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node

Schemas = Mapping["NodeId", Sequence["Column"]]
LONG_AGO = -62_135_596_800
"""The first moment that Python knows, in seconds since 1970."""
_PIECE = re.compile(r"[\w@+:/.-]{2,}")
"""What stands between wildcards of patterns and steps of paths."""


@frozen(kw_only=True)
class Question:
    """A node over inputs with these columns, itself among them where it goes on from its rows.

    ``query`` is how a metric is asked.
    """

    node: Node
    columns: Schemas
    environment: str
    moment: datetime
    interval: Interval | None = None
    query: Mapping[str, object] | None = None

    @property
    def inputs(self) -> Schemas:
        """The columns of what it reads of others."""
        return {id: columns for id, columns in self.columns.items() if id != self.node.id}


def query_of(loaded: Loaded, asked: Question) -> str | None:
    """A SELECT over ``"kind"."name"`` tables, in DuckDB's dialect; None where nobody can tell.

    Of a tracked node it is that of one range, which its tracked inputs are cut to. Raises
    NodeError for SQL in another dialect that may mean something else in DuckDB's.
    """
    sql = _whole(loaded, asked)
    return sql if asked.interval is None or sql is None else _of_range(loaded, asked, sql)


def _whole(loaded: Loaded, asked: Question) -> str | None:
    goes_on = asked.node.id in asked.columns
    node = asked.node.increment if goes_on else asked.node
    if node.does == "describes":
        return _answer(loaded, asked)
    if node.python is not None:
        return _traced(loaded, node, asked.environment)
    body = None
    if node.sql is not None:
        from seeknal.project.translated import in_duckdb

        found = in_duckdb(node, asked.inputs, loaded.project, loaded.plugins)
        found.raise_problems(NodeError)
        assert found.node.sql is not None
        body = found.node.sql.executable
    if node.merges_by:
        return _merged(node, body) if goes_on and body is not None else body
    own = node.rows_of_body or node.does == "delivers"
    return body if own else _generated(loaded, asked, body)


def _merged(node: Node, body: str) -> str:
    """The rows that a query gives, and those of before whose key it gives no row of."""
    table = quote_name(node.id.kind, node.id.name)
    keys = map(quote_identifier, node.merges_by)
    same = " AND ".join(f"b.{key} IS NOT DISTINCT FROM t.{key}" for key in keys)
    return (
        f"WITH seeknal_batch AS ({body}\n) FROM seeknal_batch UNION ALL BY NAME"
        f" SELECT t.* FROM {table} t"
        f" WHERE NOT EXISTS (SELECT 1 FROM seeknal_batch b WHERE {same})"
    )


def _answer(loaded: Loaded, asked: Question) -> str | None:
    """What answers a question for a metric."""
    return loaded.plugins.hooks.compile_metric(
        query=question_of(asked.node, asked.query),
        project=loaded.project,
        columns_of=lambda id: asked.columns[id],
        dialect="duckdb",
        duckdb=None,
    )


def question_of(metric: Node, asked: Mapping[str, object] | None) -> dict[str, object]:
    """How a metric is asked, by the keys of a saved query."""
    return {**(asked or {}), "metrics": [metric.name]}


def _traced(loaded: Loaded, node: Node, environment: str) -> str | None:
    """What the function's rows were when it last ran, if it is still the same."""
    snapshot = loaded.snapshots(environment).get(node.id)
    if snapshot is None or not node.rows_of_body:
        return None
    same = snapshot.fingerprint.content == loaded.fingerprints()[node.id].content
    return snapshot.query if same else None


def _generated(loaded: Loaded, asked: Question, body: str | None) -> str | None:
    """What the node's kind makes of its options."""
    from seeknal.lineage.binding import Binder, Unbound

    with closing(Binder(loaded.project, loaded.plugins)) as binder:
        for id, columns in asked.columns.items():
            binder.define(id, columns)
        try:
            return binder.generated(
                asked.node,
                body,
                list(asked.inputs),
                earlier=asked.node.id in asked.columns,
                moment=asked.moment,
            )
        except Unbound:
            return None


def _of_range(loaded: Loaded, asked: Question, sql: str) -> str | None:
    """The query over its inputs as a range of the node sees them."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    assert asked.interval is not None
    start, end = asked.interval.seconds
    tracking = tracking_of(asked.node)
    try:
        tree = parse_one(with_ends(sql, asked.interval), read="duckdb")
    except (SqlglotError, RecursionError):
        return None
    for id, columns in asked.columns.items():
        parent = loaded.project.nodes[id]
        if parent.tracking is None:
            continue
        reach = tracking.cuts.get(id, Reach()).of(start, end)
        if id == asked.node.id:
            reach = LONG_AGO, start
        inside = condition(parent.tracking, time_column(parent, columns), *reach)
        name = quote_name(id.kind, id.name)
        for table in list(tree.find_all(exp.Table)):
            if (table.db.lower(), table.name.lower()) == (id.kind.lower(), id.name.lower()):
                cut = parse_one(f"SELECT * FROM {name} WHERE {inside}", read="duckdb")
                alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(id.name))
                table.replace(exp.Subquery(this=cut, alias=alias.copy()))
    return _own_rows(loaded, asked, tree.sql(dialect="duckdb"), start, end)


def _own_rows(loaded: Loaded, asked: Question, sql: str, start: int, end: int) -> str:
    """The rows of the range alone, where the type of their time is known from stored ones."""
    snapshot = loaded.snapshots(asked.environment).get(asked.node.id)
    columns = (snapshot.columns if snapshot is not None else None) or ()
    tracking = tracking_of(asked.node)
    if tracking.column.lower() not in {column.name.lower() for column in columns}:
        return sql
    inside = condition(tracking, time_column(asked.node, columns), start, end)
    return f"SELECT * FROM ({sql}\n) WHERE {inside}"


def last_range(loaded: Loaded, node: Node, environment: str) -> Interval | None:
    """The newest ranges of a tracked node that were done together and have rows; of one that reads
    its own the last of them. None of other nodes, and without any."""
    snapshot = loaded.snapshots(environment).get(node.id)
    if node.tracking is None or snapshot is None or snapshot.artifact is None:
        return None
    parts = [part for part in snapshot.artifact.parts if part.rows]
    if not parts:
        return None
    newest, calendar = max(parts, key=lambda part: part.end), node_calendar(node)
    last = newest.end - 1
    start = calendar.begin(last if node.tracking.reads_itself else newest.start)
    return Interval(start=in_utc(start), end=in_utc(calendar.end(last)))


def texts_in(query: str | None) -> list[str]:
    """Texts and numbers that a query compares with, and those in its patterns and paths."""
    if query is None:
        return []
    tokens = tokenize(query)
    numbers = [token.text for token in tokens if token.kind == "number" and token.text.isdecimal()]
    texts = [token.value for token in tokens if token.kind == "string" and token.value]
    inside = (part for text in texts for part in _PIECE.findall(text.replace("\\", "")))
    return [*numbers, *texts, *inside]
