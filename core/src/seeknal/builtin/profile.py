"""Profiles: statistics of a node's columns, one row for each column and metric."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from seeknal.plugin import (
    Column,
    Context,
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


@frozen(kw_only=True)
class ProfileParams:
    """``profile.params:``"""

    max_top_values: int = 5


@frozen(kw_only=True)
class ProfileKeys:
    """``profile:``"""

    columns: tuple[str, ...] = option((), summary="all when absent")
    params: ProfileParams = option(factory=ProfileParams)


@frozen(kw_only=True)
class ProfileOptions:
    """The keys of a profile."""

    profile: ProfileKeys = option(factory=ProfileKeys)


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: Context) -> Rows | None:
    """Rows (column_name, metric, value, detail); the table's own are of column ``_table_``."""
    options = node.options
    if not isinstance(options, ProfileOptions):
        return None
    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, columns = to_scan(context.duckdb, body, f"body_of_{node.name}")
    chosen = _chosen(node, options.profile.columns, columns)
    parts = ["SELECT '_table_', 'row_count', CAST(count(*) AS VARCHAR), NULL FROM seeknal_rows"]
    for column in chosen:
        parts += _metrics(column, options.profile.params.max_top_values)
    named = "AS profile(column_name, metric, value, detail)"
    union = " UNION ALL ".join(parts)
    return Scan(f"WITH seeknal_rows AS MATERIALIZED ({scan.sql}\n) SELECT * FROM ({union}) {named}")


def _chosen(node: Node, wanted: tuple[str, ...], columns: tuple[Column, ...]) -> list[Column]:
    known = {column.name.lower(): column for column in columns}
    for name in wanted:
        if name.lower() not in known:
            raise NodeError(
                f"{node.id} profiles column {name!r}, which is not there",
                code="SK0734",
                location=node.location,
                help=did_you_mean(name, [column.name for column in columns]),
            )
    return [known[name.lower()] for name in wanted] if wanted else list(columns)


def _metrics(column: Column, most: int) -> Iterator[str]:
    name = quote_identifier(column.name)
    measures = {
        "null_count": f"count(*) - count({name})",
        "null_percent": f"coalesce(100.0 * (count(*) - count({name})) / nullif(count(*), 0), 0)",
    }
    if not column.type.startswith(_UNORDERED):
        measures["distinct_count"] = f"count(DISTINCT {name})"
    if column.type.startswith(_NUMBERS) and not column.type.endswith("]"):
        measures |= _of_numbers(name)
    elif column.type.startswith(_TIMES) and not column.type.endswith("]"):
        measures |= {"min": f"min({name})", "max": f"max({name})"}
    for metric, expression in measures.items():
        yield (
            f"SELECT {quote_literal(column.name)}, {quote_literal(metric)}, "
            f"CAST({expression} AS VARCHAR), NULL FROM seeknal_rows"
        )
    if column.type in ("VARCHAR", "BOOLEAN", "UUID") or column.type.startswith("ENUM"):
        yield _top_values(column.name, most)


def _of_numbers(name: str) -> dict[str, str]:
    return {
        "min": f"min({name})",
        "max": f"max({name})",
        "avg": f"avg({name})",
        "sum": f"CAST(sum({name}) AS DOUBLE)",
        "stddev": f"stddev({name})",
        "p25": f"approx_quantile({name}, 0.25)",
        "p50": f"approx_quantile({name}, 0.5)",
        "p75": f"approx_quantile({name}, 0.75)",
    }


def _top_values(column: str, most: int) -> str:
    name = quote_identifier(column)
    counted = (
        f"SELECT {name} AS v, count(*) AS n, "
        f"round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS p FROM seeknal_rows "
        f"WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY n DESC, CAST({name} AS VARCHAR) "
        f"LIMIT {int(most)}"
    )
    listed = (
        "CAST(to_json(list({'value': CAST(v AS VARCHAR), 'count': n, 'percent': p})) AS VARCHAR)"
    )
    return f"SELECT {quote_literal(column)}, 'top_values', NULL, (SELECT {listed} FROM ({counted}))"
