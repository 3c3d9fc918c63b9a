"""What lineage needs to know of DuckDB's functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.keywords import words
from seeknal.sql.lineage.tree import connection, walk
from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    from seeknal.sql.lineage.tree import Tree

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
    approx_count_distinct bit_and bit_or bit_xor bitstring_agg bool_and bool_or count count_if
    count_star countif regr_count
    """
)
"""Aggregates that give the same for the same rows in any order."""

ORDER_FREE_IF_EXACT = words(
    """
    avg histogram histogram_exact mad max mean median min quantile quantile_cont quantile_disc sum
    sum_no_overflow
    """
)
"""Those that do so where equal values are one value and sums do not round."""

KEEPING_EXACT = words(
    """
    + - * // % || abs coalesce concat date_trunc datetrunc greatest if ifnull least list_value
    mod nullif row struct_pack
    """
)
"""What they give is exact where all that they are given is."""

_INEXACT = re.compile(
    r"float|double|real|interval|variant|timetz|time with time zone|time_tz|any|unknown"
    r"|template|^t$|^null$",
    re.IGNORECASE,
)


def is_exact(type: str) -> bool:
    """Whether equal values of a type, by its name, are one value, and sums do not round.

    ``0.0`` and ``-0.0`` are equal, as are 30 days and a month; sums of floats round.
    """
    return _INEXACT.search(type) is None


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
    """With the macros over them."""
    rows_making: frozenset[str]
    with_lambda: frozenset[str]
    exact: frozenset[str]
    """Whatever they are given, what they give is exact."""


@cache
def functions() -> Functions:
    """The functions that this DuckDB has of its own, without macros that somebody made."""
    rows = connection().execute(
        "SELECT lower(function_name), function_type, list_contains(parameter_types, 'LAMBDA'),"
        " return_type, macro_definition FROM duckdb_functions()"
        " WHERE internal OR function_type NOT IN ('macro', 'table_macro')"
    )
    found = rows.fetchall()
    known = {name for name, *_ in found} - _TEXT_RUNNING
    bodies = {name: _called(body) for name, kind, _, _, body in found if kind == "macro"}
    rounding = {name for name, _, _, type, _ in found if not type or not is_exact(type)}
    aggregates = {name for name, kind, *_ in found if kind == "aggregate"}
    return Functions(
        known=frozenset(known | _UNLISTED | ROWS_MAKING),
        aggregates=_with_macros(aggregates, bodies),
        rows_making=_with_macros(ROWS_MAKING, bodies),
        with_lambda=frozenset(name for name, _, has, *_ in found if has),
        exact=frozenset(known - rounding),
    )


def _called(body: str) -> frozenset[str]:
    """The names that a macro's definition calls."""
    tokens = tokenize(body)
    return frozenset(token.name.lower() for token, after in pairwise(tokens) if after.key == "(")


def _with_macros(names: Collection[str], bodies: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """``names`` and the macros that call one of them, however deep."""
    found = set(names)
    while grown := {name for name, body in bodies.items() if body & found} - found:
        found |= grown
    return frozenset(found)


def is_system_schema(name: str) -> bool:
    """Whether a function of this schema is DuckDB's own."""
    return name.lower() in _SYSTEM_SCHEMAS


def makes_rows(item: Tree) -> bool:
    """Whether an item of a select list may become several rows, or of a struct several columns."""
    return any(
        part["class"] == "FUNCTION" and part["function_name"].lower() in functions().rows_making
        for part in walk(item)
    )
