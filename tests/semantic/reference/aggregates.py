"""Aggregates over plain lists of values."""

import math
from decimal import Decimal

from tests.semantic.reference.refusal import Reason, Unjudged, refuse


def aggregate(agg: str, values: list, options: dict, rows: int):
    """What ``agg`` gives; ``rows`` counts them for a ``count`` without expression."""
    present = [one for one in values if one is not None]
    if agg == "count":
        return rows if "expr" not in options else len(present)
    if agg == "count_distinct":
        return len(set(present))
    if not present:
        return None
    match agg:
        case "sum":
            return total(present)
        case "average":
            return mean(present)
        case "min":
            return min(present)
        case "max":
            return max(present)
        case "sum_boolean":
            return sum(1 for one in present if one)
    if options.get("approximate"):
        raise Unjudged("an approximate percentile")
    where = 0.5 if agg == "median" else float(options["percentile"])
    if agg == "percentile" and options.get("discrete"):
        return discrete(present, where)
    return continuous(present, where)


def total(values):
    return math.fsum(values) if isinstance(values[0], float) else sum(values)


def mean(values) -> float:
    return float(math.fsum(values) if isinstance(values[0], float) else sum(values)) / len(values)


def discrete(values, where: float):
    """The first value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(where * len(ordered)) - 1, 0)]


def continuous(values, where: float) -> float:
    """Between the two values that stand around this share of the way."""
    ordered = sorted(float(one) for one in values)
    at = where * (len(ordered) - 1)
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    return low + (high - low) * (at - math.floor(at))


def divide(numerator, denominator):
    """A ratio: never of integers, NULL over zero."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return float(numerator) / float(denominator)


def check_options(name: str, agg: str, options: dict) -> None:
    if agg == "percentile" and not (
        isinstance(options.get("percentile"), int | float | Decimal)
        and 0 <= options["percentile"] <= 1
    ):
        refuse(Reason.BAD_DEFINITION, f"measure {name!r}: percentile is a number from 0 to 1")
