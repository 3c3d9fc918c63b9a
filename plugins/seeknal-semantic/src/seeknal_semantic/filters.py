"""From a filter's text to its tree: what is not known to be harmless is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from seeknal.plugin import SqlRefused
from seeknal_semantic.conditions import (
    And,
    Between,
    Call,
    Comparison,
    Constant,
    In,
    Is,
    Like,
    MetricOf,
    Name,
    Not,
    Or,
    leaves,
)
from seeknal_semantic.expressions import parsed, place_of

if TYPE_CHECKING:
    from seeknal_semantic.conditions import Condition, Operator, Value

FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Lower": ("lower", ("this",)),
    "Upper": ("upper", ("this",)),
    "Trim": ("trim", ("this",)),
    "Length": ("length", ("this",)),
    "Abs": ("abs", ("this",)),
    "Coalesce": ("coalesce", ("this", "expressions")),
    "Nullif": ("nullif", ("this", "expression")),
}
"""What filters may call, by the parser's class: the name, and the arguments in order."""
_COMPARISONS: dict[str, Operator] = {
    "EQ": "=",
    "NEQ": "<>",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
}
_TYPES = {
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "DATETIME": "timestamp",
    "TIMESTAMPNTZ": "timestamp",
}
_DATE = r"\d{4}-\d\d-\d\d"
_READ: dict[str, tuple[str, Callable[[str], date]]] = {
    "date": (_DATE, date.fromisoformat),
    "timestamp": (rf"{_DATE}([ T]\d\d:\d\d(:\d\d(\.\d{{1,6}})?)?)?", datetime.fromisoformat),
}
"""The one form of dates and moments that engines read alike, and what reads it."""
_INTERNAL = {"safe", "coerce", "null_zero", "is_null"}
"""Arguments by which the parser remembers how dialects differ, and which no text gave."""


@lru_cache(maxsize=8192)
def parse_filter(text: str) -> Condition:
    """The tree of a filter, which is one condition in DuckDB's SQL.

    Raises SqlRefused, with line and column where these are known, for anything but names of
    dimensions and entities, ``metric('name', 'entity')``, literals, AND, OR, NOT, comparisons,
    IN, BETWEEN, LIKE, IS and the functions of `FUNCTIONS`.
    """
    _check_tokens(text)
    return condition_of(parsed(text))


def leaves_in(filters: Iterable[str]) -> Iterator[Name | MetricOf]:
    """What filters name; nothing of a text that is none, which is told where it is checked."""
    for text in filters:
        try:
            yield from leaves(parse_filter(text))
        except SqlRefused:
            continue


def _check_tokens(text: str) -> None:
    """Refuse what leaves no trace in the tree: comments, and casts other than DATE '...'."""
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    try:
        tokens = tokenize(text, read="duckdb")
    except SqlglotError:
        raise SqlRefused("a string, quoted name or bracket is not closed") from None
    for token in tokens:
        spot = (token.line, max(1, token.col - len(token.text) + 1))
        if token.comments:
            raise SqlRefused("a filter takes no comment", *spot)
        casts = token.token_type.name == "VAR" and token.text.lower() in ("cast", "try_cast")
        if casts or token.token_type.name in ("DCOLON", "SEMICOLON"):
            raise SqlRefused(f"a filter takes no {token.text!r}", *spot)


def condition_of(tree: Any) -> Condition:
    """What is true or false. Raises SqlRefused for what no filter says."""
    from sqlglot import exp

    kind = type(tree).__name__
    if isinstance(tree, exp.Paren):
        return condition_of(tree.this)
    if isinstance(tree, exp.And):
        return And(parts=_flat(tree, exp.And))
    if isinstance(tree, exp.Or):
        return Or(parts=_flat(tree, exp.Or))
    if isinstance(tree, exp.Not):
        return Not(part=condition_of(tree.this))
    if kind in _COMPARISONS:
        _only(tree, "this", "expression")
        left, right = _value(tree.this), _value(tree.expression)
        return Comparison(operator=_COMPARISONS[kind], left=left, right=right)
    if isinstance(tree, exp.In):
        return _in(tree)
    if isinstance(tree, exp.Between):
        _only(tree, "this", "low", "high")
        low, high = _value(tree.args["low"]), _value(tree.args["high"])
        return Between(value=_value(tree.this), low=low, high=high)
    if isinstance(tree, exp.Like):
        _only(tree, "this", "expression", "negate")
        like = Like(value=_value(tree.this), pattern=_value(tree.expression))
        return Not(part=like) if tree.args.get("negate") else like
    if isinstance(tree, exp.Is):
        return _is(tree)
    value = _value(tree)
    truth = isinstance(value, Constant) and value.type in ("boolean", "null")
    if isinstance(value, Name | Call) or truth:
        return value  # type: ignore[return-value]
    raise _refused(tree, "a condition is needed here, such as region = 'north'")


def _flat(tree: Any, kind: Any) -> tuple[Condition, ...]:
    """The parts of a chain of one operator, from left to right."""
    parts: list[Any] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) is kind:
            waiting += [node.expression, node.this]
        else:
            parts.append(node)
    return tuple(map(condition_of, parts))


def _in(tree: Any) -> In:
    _only(tree, "this", "expressions")
    options = tuple(each for each in map(_value, tree.expressions) if isinstance(each, Constant))
    if not options or len(options) < len(tree.expressions):
        raise _refused(tree, "IN takes a list of values, such as ('north', 'south')")
    return In(value=_value(tree.this), options=options)


def _is(tree: Any) -> Is:
    from sqlglot import exp

    what = tree.expression
    if isinstance(what, exp.Null):
        return Is(value=_value(tree.this), what="null")
    if isinstance(what, exp.Boolean):
        return Is(value=condition_of(tree.this), what="true" if what.this else "false")
    raise _refused(tree, "IS takes NULL, TRUE or FALSE")


def _value(tree: Any) -> Value:
    from sqlglot import exp

    if isinstance(tree, exp.Paren):
        return _value(tree.this)
    if isinstance(tree, exp.Column):
        return _name(tree)
    if isinstance(tree, exp.Boolean):
        return Constant(value=bool(tree.this), type="boolean")
    if isinstance(tree, exp.Null):
        return Constant(value=None, type="null")
    if isinstance(tree, exp.Literal):
        return _literal(tree)
    if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal):
        found = _literal(tree.this)
        if isinstance(found.value, int | Decimal):
            return Constant(value=-found.value, type="number")
    if type(tree) is exp.Cast and isinstance(tree.this, exp.Literal) and tree.this.is_string:
        return _moment(tree)
    if isinstance(tree, exp.Anonymous):
        return _metric(tree)
    if type(tree).__name__ in FUNCTIONS:
        return _call(tree)
    raise _refused(tree)


def _name(tree: Any) -> Name:
    if len(tree.parts) > 1:
        name = ".".join(part.name for part in tree.parts)
        end = tree.parts[-1].name
        message = f"{name}: what lies behind a join is named by entities, as in customer__{end}"
        raise _refused(tree, message)
    line, column = place_of(tree)
    return Name(text=tree.name, line=line, column=column)


def _literal(tree: Any) -> Constant:
    if tree.is_string:
        return Constant(value=tree.this, type="text")
    try:
        return Constant(value=int(tree.this), type="number")
    except ValueError:
        pass
    try:
        number = Decimal(tree.this)
    except InvalidOperation:
        raise _refused(tree, f"{tree.this} is no number") from None
    return Constant(value=number, type="number")


def _moment(tree: Any) -> Constant:
    """A date or a time that is written as one: ``DATE '2026-01-31'``."""
    wanted = tree.to
    name = wanted.this.name if hasattr(wanted.this, "name") else str(wanted.this)
    kind: Any = _TYPES.get(name)
    if kind is None or wanted.expressions:
        raise _refused(tree, "only dates and times may be cast, as in DATE '2026-01-31'")
    text = tree.this.this
    if read_moment(text, kind) is None:
        raise _refused(tree, f"{text!r} is no {kind}")
    return Constant(value=text, type=kind)


def read_moment(text: str, kind: Literal["date", "timestamp"]) -> date | None:
    """The date, or the moment, that a text says; None where it says none."""
    form, read = _READ[kind]
    if re.fullmatch(form, text, re.ASCII) is None:
        return None
    try:
        return read(text)
    except ValueError:
        return None


def _metric(tree: Any) -> MetricOf:
    from sqlglot import exp

    arguments = tree.expressions
    texts = all(isinstance(each, exp.Literal) and each.is_string for each in arguments)
    if str(tree.this).lower() != "metric":
        raise _refused(tree)
    if len(arguments) < 2 or not texts:
        raise _refused(tree, "metric() takes a metric and an entity: metric('bookings', 'listing')")
    line, column = place_of(tree)
    name, *entities = (each.this for each in arguments)
    return MetricOf(metric=name, entities=tuple(entities), line=line, column=column)


def _call(tree: Any) -> Call:
    name, keys = FUNCTIONS[type(tree).__name__]
    _only(tree, *keys)
    given = [tree.args.get(key) for key in keys]
    flat = [each for part in given for each in (part if isinstance(part, list) else [part])]
    return Call(function=name, arguments=tuple(_value(each) for each in flat if each is not None))


def _only(tree: Any, *keys: str) -> None:
    """Refuse what has more to it than these arguments."""
    more = [key for key, value in tree.args.items() if value and key not in (*keys, *_INTERNAL)]
    if more:
        raise _refused(tree)


def _refused(tree: Any, message: str | None = None) -> SqlRefused:
    text = tree.sql(dialect="duckdb", comments=False)
    text = text if len(text) < 60 else f"{text[:57]}..."
    known = f"functions: metric, {', '.join(sorted(name for name, _ in FUNCTIONS.values()))}"
    return SqlRefused(message or f"a filter takes no {text}; {known}", *place_of(tree))
