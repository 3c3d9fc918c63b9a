"""The parameters of every audit type."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any, Literal

from attrs import frozen

from seeknal.plugin import Duration, option
from seeknal_audits.statements import without_refs

Value = str | int | float | bool | None


def _not_empty(instance: object, attribute: Any, value: object) -> None:
    if not value:
        raise ValueError(f"{attribute.name} is empty")


def _columns(summary: str) -> Any:
    return option(aliases=("column",), role="column", summary=summary, validator=_not_empty)


@frozen(kw_only=True)
class NotNull:
    """``not_null``"""

    columns: tuple[str, ...] = _columns("columns that may not be NULL")


@frozen(kw_only=True)
class Unique:
    """``unique``"""

    columns: tuple[str, ...] = _columns("the key: one column or several together")
    nulls: Literal["distinct", "equal"] = option(
        "distinct", summary="equal: a NULL counts as a value of the key"
    )


@frozen(kw_only=True)
class AcceptedValues:
    """``accepted_values``"""

    columns: tuple[str, ...] = _columns("the column that is checked")
    values: tuple[Value, ...] = option(
        summary="what it may hold; NULL always passes", validator=_not_empty
    )


@frozen(kw_only=True)
class RowCount:
    """``row_count``"""

    min: int | None = option(None, summary="fewest rows")
    max: int | None = option(None, summary="most rows")

    def __attrs_post_init__(self) -> None:
        _some_bound("row_count", self.min, self.max)


@frozen(kw_only=True)
class CustomSql:
    """``custom_sql``"""

    sql: str = option(aliases=("query",), role="sql", summary="selects failing rows FROM __THIS__")
    inputs: Mapping[str, str] = option(
        factory=dict, summary="further names in the SQL and the nodes that they mean"
    )
    columns: tuple[str, ...] = option(
        (),
        aliases=("column",),
        role="column",
        summary="columns that it is about, which have to be there",
    )

    @property
    def text(self) -> str:
        """The query with names for what it names by ref()."""
        return without_refs(self.sql)[0]

    @property
    def nodes(self) -> dict[str, str]:
        """Every name in `text` with the node that it means."""
        return {**self.inputs, **{node: node for node in without_refs(self.sql)[1]}}


@frozen(kw_only=True)
class Relationships:
    """``relationships``"""

    columns: tuple[str, ...] = _columns("the column that refers to another node")
    to: str = option(summary="the node that is referred to: kind.name")
    field: tuple[str, ...] = option(
        (), aliases=("fields",), summary="its column there, when it has another name"
    )

    def __attrs_post_init__(self) -> None:
        if self.field and len(self.field) != len(self.columns):
            raise ValueError("relationships needs as many fields as columns")

    @property
    def fields(self) -> tuple[str, ...]:
        return self.field or self.columns


@frozen(kw_only=True)
class Expression:
    """``expression``"""

    expression: str = option(
        aliases=("condition",),
        role="condition",
        summary="SQL that is true for a good row; NULL passes",
    )


@frozen(kw_only=True)
class Freshness:
    """``freshness``"""

    column: str = option(
        role="column", summary="a date or timestamp column (UTC when it has no zone)"
    )
    max_age: Duration = option(summary="how old the newest row may be, as in 2d")


@frozen(kw_only=True)
class Between:
    """``between``"""

    columns: tuple[str, ...] = _columns("the column that is checked")
    min: str | int | float | None = option(
        None, aliases=("min_value", "min_val"), summary="smallest good value; NULL passes"
    )
    max: str | int | float | None = option(
        None, aliases=("max_value", "max_val"), summary="largest good value; NULL passes"
    )

    def __attrs_post_init__(self) -> None:
        _some_bound("between", self.min, self.max)


@frozen(kw_only=True)
class Regex:
    """``regex``"""

    columns: tuple[str, ...] = _columns("the column that is checked")
    pattern: str = option(summary="what a good value contains; ^ and $ anchor it; NULL passes")


@frozen(kw_only=True)
class Anomaly:
    """``anomaly``"""

    sigmas: float = option(3.0, summary="usual deviations from the usual row count that are normal")
    tolerance: float = option(10.0, summary="percent of the usual row count that is always normal")
    runs: int = option(30, summary="earlier runs that are looked at")
    min_runs: int = option(5, summary="with fewer earlier runs it passes")


def sql_key(options: object) -> str | None:
    """The key of an audit whose value is SQL that is asked as it is written; None without one."""
    return {CustomSql: "sql", Expression: "expression"}.get(type(options))


def _some_bound(name: str, low: Any, high: Any) -> None:
    if low is None and high is None:
        raise ValueError(f"{name} needs min, max or both")
    if any(isinstance(bound, float) and isnan(bound) for bound in (low, high)):
        raise ValueError(f"{name} has a bound that is no number")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        raise ValueError(f"{name} has a min that is greater than its max")
