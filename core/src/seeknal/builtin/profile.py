"""Profiles: statistics of a node's columns, one row for each column and metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from seeknal.plugin import NodeError, column_help, hookimpl, quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.options.profile import ProfileOptions
    from seeknal.plugin import (
        Column,
        Misfit,
        Node,
        NodeContext,
        NodeInputs,
        Rows,
    )

_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_TIMES = ("DATE", "TIMESTAMP")
_UNORDERED = ("STRUCT", "MAP", "BLOB", "UNION")
_KIND = "profile"
_LARGEST = "1e150"
"""The square of more than that is no DOUBLE."""


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    """Rows (column_name, metric, value, detail); the table's own are of column ``_table_``."""
    if node.kind != _KIND:
        return None
    from seeknal.plugin import Scan, to_scan

    options = cast("ProfileOptions", node.options)
    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, columns = to_scan(context.duckdb, body, f"body_of_{node.name}")
    chosen = _chosen(node, options.profile.columns, columns)
    most = options.profile.params.max_top_values
    # What the node computes itself is computed once; stored rows are cheaper read again.
    kept = "" if inputs.body is None else "MATERIALIZED "
    return Scan(
        f"WITH seeknal_rows AS {kept}({scan.sql}\n) "
        f"SELECT unnest([{', '.join(_metrics(chosen, most))}], max_depth := 2) FROM seeknal_rows"
    )


@hookimpl
def node_misfits(node: Node, columns: Sequence[Column]) -> list[Misfit] | None:
    """Profiled columns that are not there."""
    if node.kind != _KIND:
        return None
    options = cast("ProfileOptions", node.options)
    known = {column.name.lower() for column in columns}
    return [
        _missing(node, name, columns)
        for name in options.profile.columns
        if name.lower() not in known
    ]


def _missing(node: Node, name: str, columns: Sequence[Column]) -> Misfit:
    from seeknal.plugin import Misfit

    names = [column.name for column in columns]
    return Misfit(
        code="SK0734",
        message=f"{node.id} profiles column {name!r}, which is not there",
        help=column_help(name, names),
        key="columns",
        word=name,
    )


def _chosen(node: Node, wanted: tuple[str, ...], columns: tuple[Column, ...]) -> list[Column]:
    known = {column.name.lower(): column for column in columns}
    for name in wanted:
        if name.lower() not in known:
            missing = _missing(node, name, columns)
            raise NodeError(
                missing.message, code=missing.code, location=node.location, help=missing.help
            )
    return [known[name.lower()] for name in wanted] if wanted else list(columns)


def _metrics(columns: Sequence[Column], most: int) -> Iterator[str]:
    """Every row of the profile as a struct. Counts of values apart, one scan gives them all."""
    yield _row("_table_", "row_count", "count(*)")
    for column in columns:
        for metric, expression in _measures(column).items():
            yield _row(column.name, metric, expression)
        if column.type in ("VARCHAR", "BOOLEAN", "UUID") or column.type.startswith("ENUM"):
            yield _row(column.name, "top_values", "NULL", _top_values(column.name, most))


def _row(column: str, metric: str, value: str, detail: str = "NULL") -> str:
    return (
        f"{{'column_name': {quote_literal(column)}, 'metric': {quote_literal(metric)}, "
        f"'value': CAST({value} AS VARCHAR), 'detail': CAST({detail} AS VARCHAR)}}"
    )


def _measures(column: Column) -> dict[str, str]:
    name = quote_identifier(column.name)
    measures = {
        "null_count": f"count(*) - count({name})",
        "null_percent": f"coalesce(100.0 * (count(*) - count({name})) / nullif(count(*), 0), 0)",
    }
    if not column.type.startswith(_UNORDERED):
        measures["distinct_count"] = f"(SELECT count(DISTINCT {name}) FROM seeknal_rows)"
    if column.type.endswith("]"):
        return measures
    if column.type.startswith(_NUMBERS):
        measures |= _of_numbers(name)
    elif column.type.startswith(_TIMES):
        measures |= {"min": f"min({name})", "max": f"max({name})"}
    return measures


def _of_numbers(name: str) -> dict[str, str]:
    # Very large numbers have a sum and a deviation as DOUBLE only, and infinity has neither.
    number = f"CAST({name} AS DOUBLE)"
    finite = f"FILTER (WHERE abs({number}) < {_LARGEST})"
    return {
        "min": f"min({name})",
        "max": f"max({name})",
        "avg": f"avg({number})",
        "sum": f"sum({number})",
        "stddev": f"stddev({number}) {finite}",
        "p25": f"approx_quantile({name}, 0.25)",
        "p50": f"approx_quantile({name}, 0.5)",
        "p75": f"approx_quantile({name}, 0.75)",
    }


def _top_values(column: str, most: int) -> str:
    name = quote_identifier(column)
    counted = (
        f"SELECT CAST({name} AS VARCHAR) AS v, count(*) AS n, "
        f"round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS p FROM seeknal_rows "
        f"WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY n DESC, v LIMIT {int(most)}"
    )
    value = "{'value': v, 'count': n, 'percent': p}"
    return f"(SELECT to_json(list({value} ORDER BY n DESC, v)) FROM ({counted}))"
