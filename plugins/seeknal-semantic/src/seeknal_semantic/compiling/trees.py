"""Small pieces of SQL as trees, so that no text is ever pasted together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from sqlglot import exp


def name(word: str) -> exp.Identifier:
    """A name of the project's, quoted: reserved words and mixed case are names as others are."""
    return exp.to_identifier(word, quoted=True)


def column(word: str, table: str = "") -> exp.Column:
    """A column, of a table where one is said."""
    return exp.Column(this=name(word), table=name(table) if table else None)


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def number(value: float) -> exp.Expr:
    """A number, negative ones too."""
    literal = exp.Literal.number(abs(value))
    return exp.Neg(this=literal) if value < 0 else literal


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of DuckDB's functions."""
    return exp.func(function, *arguments, dialect="duckdb")


def as_date(moment: exp.Expr) -> exp.Expr:
    return exp.cast(moment.copy(), "DATE")


def as_double(value: exp.Expr) -> exp.Expr:
    return exp.cast(value.copy(), "DOUBLE")


def divided(numerator: exp.Expr, denominator: exp.Expr) -> exp.Expr:
    """One by the other as a DOUBLE; NULL where that is 0."""
    return exp.Div(
        this=as_double(numerator),
        expression=exp.Nullif(this=denominator.copy(), expression=exp.Literal.number(0)),
    )


def remainder(value: exp.Expr, divisor: exp.Expr) -> exp.Expr:
    """What is left of a value, exact where both are; NULL where the divisor is 0."""
    zero = exp.Nullif(this=divisor.copy(), expression=exp.Literal.number(0))
    if divisor.is_int:
        return exp.Mod(this=value.copy(), expression=zero)
    # Of a HUGEINT, as sums are, and a DECIMAL DuckDB would take both for DOUBLEs.
    return exp.Mod(this=_as_beside(value, divisor), expression=_as_beside(zero, value))


def _as_beside(value: exp.Expr, other: exp.Expr) -> exp.Expr:
    """The value in the type that holds those of both exactly."""
    return exp.Case(ifs=[exp.If(this=exp.true(), true=value.copy())], default=other.copy())


def equal(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Whether both are the same; two NULLs are."""
    return exp.NullSafeEQ(this=one, expression=other)


def both(conditions: Iterable[exp.Expr]) -> exp.Expr | None:
    """All of them; each in parentheses where it is an OR."""
    found = [_wrapped(each) for each in conditions]
    return reduce(lambda one, other: exp.And(this=one, expression=other), found) if found else None


def either(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """One of them at least."""
    return reduce(lambda one, other: exp.Or(this=one, expression=other), conditions)


def _wrapped(condition: exp.Expr) -> exp.Expr:
    return exp.Paren(this=condition) if isinstance(condition, exp.Or) else condition


def aliased(value: exp.Expr, word: str) -> exp.Expr:
    """The value under a name, which a column of that name has already."""
    if isinstance(value, exp.Column) and value.name == word:
        return value
    return exp.Alias(this=value, alias=name(word))


def grouped(select: exp.Select, count: int) -> exp.Select:
    """Grouped by its first ``count`` columns."""
    if not count:
        return select
    return select.group_by(*(exp.Literal.number(at + 1) for at in range(count)))


def where(query: exp.Select, conditions: Iterable[exp.Expr]) -> exp.Select:
    """The query with all of these conditions, where there are any."""
    condition = both(conditions)
    return query if condition is None else query.where(condition)


NTH = "nth"
"""The column that numbers rows of which the first counts."""


def is_first(nth: str = NTH) -> exp.Expr:
    """Whether a row is the first of those that a column numbers."""
    return exp.EQ(this=column(nth), expression=exp.Literal.number(1))


def table(word: str, alias: str = "") -> exp.Table:
    """A table or a CTE."""
    found = exp.Table(this=name(word))
    if alias and alias != word:
        found.set("alias", exp.TableAlias(this=name(alias)))
    return found


def with_ctes(select: exp.Select, ctes: Sequence[tuple[str, exp.Query]]) -> exp.Select:
    """The query with these named before it, in this order."""
    for word, query in ctes:
        select = select.with_(name(word), as_=query, copy=False)
    return select
