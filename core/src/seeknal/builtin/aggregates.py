"""The aggregates that features may use, and what each is in SQL."""

from __future__ import annotations

_FUNCTIONS = {
    "sum": "sum",
    "count": "count",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
    "median": "median",
}
_SPELLINGS = {"mean": "avg", "std": "stddev"}


def aggregate_names() -> tuple[str, ...]:
    """Every accepted name."""
    return (*_FUNCTIONS, "count_distinct", "last", *_SPELLINGS)


def is_aggregate(name: str) -> bool:
    return name.lower() in aggregate_names()


def canonical_name(name: str) -> str:
    """The one name of an aggregate that has several."""
    lower = name.lower()
    return _SPELLINGS.get(lower, lower)


def aggregate_sql(name: str, column: str, time: str | None) -> str:
    """An aggregate of ``column``; ``last`` is the value at the latest ``time``."""
    aggregate = canonical_name(name)
    if aggregate == "count_distinct":
        return f"count(DISTINCT {column})"
    if aggregate == "last":
        return f"arg_max({column}, {time})"
    return f"{_FUNCTIONS[aggregate]}({column})"
