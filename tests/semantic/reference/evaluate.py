"""What a tree of the language gives for one row: SQL's three-valued logic in Python."""

import math
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from tests.semantic.reference.language import as_datetime, moment
from tests.semantic.reference.refusal import Reason, refuse


def evaluate(tree, lookup, metric=None):
    """The value of ``tree``; ``lookup(name)`` gives names, ``metric(name, entity)`` metrics."""

    def value(node):
        return evaluate(node, lookup, metric)

    match tree:
        case ("lit", literal):
            return literal
        case ("name", name):
            return lookup(name)
        case ("and", left, right):
            return conjunction(value(left), value(right))
        case ("or", left, right):
            return negation(conjunction(negation(value(left)), negation(value(right))))
        case ("not", part):
            return negation(value(part))
        case ("cmp", op, left, right):
            return compare(op, value(left), value(right))
        case ("in", part, listed, negated):
            return maybe_not(negated, among(value(part), [value(one) for one in listed]))
        case ("between", part, low, high, negated):
            middle = value(part)
            both = conjunction(
                compare(">=", middle, value(low)), compare("<=", middle, value(high))
            )
            return maybe_not(negated, both)
        case ("like", part, pattern, negated):
            return maybe_not(negated, like(value(part), value(pattern)))
        case ("is", part, what, negated):
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}[what]
            return (value(part) is wanted) is not negated
        case ("neg", part):
            return arithmetic("-", 0, value(part))
        case ("bin", op, left, right):
            return arithmetic(op, value(left), value(right))
        case ("case", branches, otherwise):
            for condition, result in branches:
                if value(condition) is True:
                    return value(result)
            return value(otherwise)
        case ("call", "metric", [(_, name), (_, entity)]):
            return metric(name, entity)
        case ("call", function, arguments):
            return call(function, [value(one) for one in arguments])
    raise AssertionError(tree)


def conjunction(left, right):
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def negation(value):
    return None if value is None else not value


def maybe_not(negated, value):
    return negation(value) if negated else value


def among(value, listed):
    answers = [compare("=", value, one) for one in listed]
    if any(answer is True for answer in answers):
        return True
    return None if None in answers else False


def like(value, pattern):
    if value is None or pattern is None:
        return None
    expression = "".join(
        ".*" if one == "%" else "." if one == "_" else re.escape(one) for one in pattern
    )
    return re.fullmatch(expression, value, re.DOTALL) is not None


def compare(op, left, right):
    if left is None or right is None:
        return None
    left, right = alike(left, right)
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[op]


def alike(left, right):
    """Two values as SQL compares them: text beside a time is a time, numbers are numbers."""
    left, right = read(left, right), read(right, left)
    if isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) or isinstance(right, datetime):
            return as_datetime(left), as_datetime(right)
        return left, right
    if is_number(left) and is_number(right):
        return (float(left), float(right)) if floating(left, right) else (left, right)
    if type(left) is not type(right):
        refuse(Reason.BAD_FILTER, f"{left!r} and {right!r} cannot be compared")
    return left, right


def read(value, beside):
    """Text beside a time as the time it says."""
    if not (isinstance(value, str) and isinstance(beside, date)):
        return value
    found = moment(value)
    return refuse(Reason.BAD_FILTER, f"{value!r} is no date") if found is None else found


def is_number(value) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def floating(left, right) -> bool:
    return isinstance(left, float) or isinstance(right, float)


def arithmetic(op, left, right):
    """Numbers as DuckDB calculates them; a zero divisor gives NULL, division a float."""
    if left is None or right is None:
        return None
    if not (is_number(left) and is_number(right)):
        refuse(Reason.BAD_EXPRESSION, f"{left!r} {op} {right!r} is no calculation")
    if op in "/%" and right == 0:
        return None
    if op == "/" or floating(left, right):
        left, right = float(left), float(right)
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    if isinstance(left, float):
        return math.fmod(left, right)
    remainder = abs(left) % abs(right)
    return remainder if left >= 0 else -remainder


def call(function, arguments):
    if function == "coalesce":
        return next((one for one in arguments if one is not None), None)
    if function in ("greatest", "least"):
        present = [one for one in arguments if one is not None]
        return (max if function == "greatest" else min)(present, default=None)
    if function == "nullif":
        first, second = arguments
        return None if compare("=", first, second) is True else first
    first, *rest = arguments
    if first is None:
        return None
    match function:
        case "lower":
            return first.lower()
        case "upper":
            return first.upper()
        case "trim":
            return first.strip(" ")
        case "length":
            return len(first)
        case "abs":
            return abs(first)
        case "floor":
            return float(math.floor(first)) if isinstance(first, float) else math.floor(first)
        case "ceil":
            return float(math.ceil(first)) if isinstance(first, float) else math.ceil(first)
        case "round":
            return rounded(first, rest[0] if rest else 0)
    raise AssertionError(function)


def rounded(value, digits):
    if isinstance(value, int):
        return value
    exact = Decimal(value) if isinstance(value, Decimal) else Decimal(repr(value))
    result = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return float(result) if isinstance(value, float) else result
