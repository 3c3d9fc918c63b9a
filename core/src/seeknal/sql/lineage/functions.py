"""What lineage needs to know of DuckDB's functions."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from seeknal.sql.keywords import words
from seeknal.sql.lineage.tree import Tree, connection, walk

ROWS_MAKING = frozenset({"unnest", "unlist"})
"""In a select list they turn one row into several, or one column into several."""

PICKING = words(
    """
    arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null arg_min_nulls_last argmax argmin
    max_by min_by
    """
)
"""Aggregates that give their first argument's value where the second is largest."""

SORTING = words("mode quantile quantile_cont quantile_disc")
"""Aggregates whose value is one of those that ``WITHIN GROUP (ORDER BY ...)`` sorts."""

ORDER_FREE = words(
    """
    approx_count_distinct approx_quantile avg bit_and bit_or bit_xor bool_and bool_or corr count
    count_if count_star countif covar_pop covar_samp entropy favg fsum histogram histogram_exact
    kahan_sum kurtosis kurtosis_pop mad max mean median min product quantile quantile_cont
    quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
    regr_sxy regr_syy sem skewness stddev stddev_pop stddev_samp sum sum_no_overflow sumkahan
    var_pop var_samp variance
    """
)
"""Aggregates that give the same for the same rows in any order (but for rounding)."""

PEERS_ALIKE = words("cume_dist dense_rank percent_rank rank rank_dense")
"""Window functions that give equal rows equal numbers."""

UNNAMED_VALUES = words(
    """
    current_catalog current_date current_role current_schema current_time current_timestamp
    current_user localtime localtimestamp session_user user
    """
)
"""Words that are values when no column has the name."""

_SYSTEM_SCHEMAS = frozenset({"", "main", "pg_catalog", "system", "information_schema"})
_UNLISTED = frozenset({"coalesce", "grouping", "grouping_id", "if", "ifnull", "nullif"})
_TEXT_RUNNING = words("query query_table json_execute_serialized_sql")


@frozen(kw_only=True)
class Functions:
    """DuckDB's functions by what they do with their arguments."""

    known: frozenset[str]
    aggregates: frozenset[str]
    with_lambda: frozenset[str]


@cache
def functions() -> Functions:
    """The functions that this DuckDB has of its own, without macros that somebody made."""
    rows = connection().execute(
        "SELECT lower(function_name), function_type, list_contains(parameter_types, 'LAMBDA')"
        " FROM duckdb_functions() WHERE internal OR function_type NOT IN ('macro', 'table_macro')"
    )
    found = rows.fetchall()
    known = {name for name, _, _ in found} - _TEXT_RUNNING
    return Functions(
        known=frozenset(known | _UNLISTED | ROWS_MAKING),
        aggregates=frozenset(name for name, kind, _ in found if kind == "aggregate"),
        with_lambda=frozenset(name for name, _, has in found if has),
    )


def is_system_schema(name: str) -> bool:
    """Whether a function of this schema is DuckDB's own."""
    return name.lower() in _SYSTEM_SCHEMAS


def makes_rows(item: Tree) -> bool:
    """Whether an item of a select list may become several rows, or of a struct several columns."""
    return any(
        part["class"] == "FUNCTION" and part["function_name"].lower() in ROWS_MAKING
        for part in walk(item)
    )
