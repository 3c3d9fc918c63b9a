"""Expressions of entities, dimensions, measures and derived metrics: one each, over columns."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from seeknal.plugin import SqlRefused, check_query, quote_identifier

if TYPE_CHECKING:
    from sqlglot import exp


@lru_cache(maxsize=8192)
def parse_expression(text: str) -> exp.Expression:
    """The tree of an expression, in DuckDB's SQL. It is shared: copy it before it is changed.

    Fields of structs stand in it as ``exp.Dot``, so that every ``exp.Column`` is a bare name, which
    is quoted: ``end`` is a column.
    Raises SqlRefused, with line and column where these are known, for what is not one expression
    over columns of one row: a second one, a statement, a subquery, an aggregate, a window.
    """
    from sqlglot import exp

    tree = parsed(text)
    for node in tree.walk():
        if isinstance(node, exp.Query | exp.DML | exp.DDL | exp.Table | exp.Subquery | exp.Exists):
            raise SqlRefused("an expression takes no subquery", *place_of(node))
        if isinstance(node, exp.Window):
            raise SqlRefused("an expression looks at one row: no window", *place_of(node))
        if isinstance(node, exp.AggFunc):
            name = node.sql_name().lower()
            message = f"an expression looks at one row: no {name}(), agg: says how"
            raise SqlRefused(message, *place_of(node))
        if isinstance(node, exp.Star):
            raise SqlRefused("an expression takes no *", *place_of(node))
    return _with_fields(tree)


def check_expression(text: str) -> None:
    """Raise SqlRefused unless `parse_expression` and DuckDB both take ``text`` as one expression.

    Functions that read or change anything outside of the row are refused, too.
    """
    from sqlglot import exp

    tree = parse_expression(text)
    constant = isinstance(tree, exp.Column | exp.Boolean | exp.Null)
    if is_word(text) and not constant:
        raise SqlRefused(f"{text} is no column here but a value that all rows share", 1, 1)
    check_query(f"SELECT {tree.sql(dialect='duckdb', comments=False)}")


def is_word(text: str) -> bool:
    """Whether a text is one word, as a column's name without quotes is."""
    return re.fullmatch(r"[^\W\d]\w*", text.strip()) is not None


def expression_help(text: str) -> str:
    """What to write instead of an expression that is none."""
    if is_word(text):
        return f"the column of that name is quoted: expr: '{quote_identifier(text.strip())}'"
    return "one expression over columns"


_IN_FORMULAS = (
    *("Add", "Sub", "Mul", "Div", "Mod", "Neg", "Paren", "Literal", "Column", "Identifier", "Null"),
    *("Case", "If", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "And", "Or", "Not", "Is", "Boolean"),
    *("Coalesce", "Nullif", "Abs", "Round", "Floor", "Ceil", "Greatest", "Least"),
)


def check_formula(text: str) -> None:
    """Raise SqlRefused unless ``text`` computes with names and numbers, and nothing else."""
    for node in parse_expression(text).walk():
        if type(node).__name__ not in _IN_FORMULAS:
            known = "+ - * / %, comparisons, CASE, coalesce, nullif, abs, round, floor, ceil,"
            part = node.sql(dialect="duckdb", comments=False)
            message = f"no {part} in an expression over metrics: {known} greatest and least"
            raise SqlRefused(message, *place_of(node))
    check_expression(text)


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that an expression reads, each once."""
    from sqlglot import exp

    tree = parse_expression(text)
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def columns_in(text: str) -> tuple[str, ...]:
    """`columns_of`; none of a text that is no expression, which is told where it is checked."""
    try:
        return columns_of(text)
    except SqlRefused:
        return ()


def parsed(text: str) -> Any:
    """The tree of a text that holds one expression and nothing else. Raises SqlRefused."""
    from sqlglot import ErrorLevel, exp, parse
    from sqlglot.errors import ParseError, SqlglotError

    # What is no expression is told below, and not by a line that the parser logs.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    if not text.strip():
        raise SqlRefused("there is no expression here", 1, 1)
    try:
        found = parse(text, read="duckdb", error_level=ErrorLevel.RAISE)
    except ParseError as error:
        first: dict[str, Any] = error.errors[0] if error.errors else {}
        marked = str(first.get("highlight") or "")
        column = max(1, int(first.get("col") or 1) - len(marked) + 1)
        where = f" at or near {marked!r}" if marked else ""
        shown = text if len(text) < 60 else f"{text[:57]}..."
        raise SqlRefused(
            f"{shown!r}: syntax error{where}", int(first.get("line") or 1), column
        ) from None
    except (SqlglotError, RecursionError):
        raise SqlRefused("a string, quoted name or bracket is not closed") from None
    trees = [tree for tree in found if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1 or len(found) > 1:
        raise SqlRefused("one expression is needed here, and nothing after it", 1, 1)
    tree = trees[0]
    if not isinstance(tree, exp.Condition) or isinstance(tree, exp.Query | exp.Alias):
        raise SqlRefused(f"{text!r} is no expression", 1, 1)
    return tree


def place_of(node: Any) -> tuple[int, int]:
    """Where a part of a tree begins, as far as the parser noted it; (0, 0) where it did not."""
    spots = [
        (int(part.meta["line"]), max(1, int(part.meta["col"]) - _width(part.meta)))
        for part in node.walk()
        if "line" in part.meta
    ]
    return min(spots, default=(0, 0))


def _width(meta: Mapping[str, Any]) -> int:
    width: int = meta.get("end", 0) - meta.get("start", 0)
    return width


def _with_fields(tree: Any) -> exp.Expression:
    """``a.b`` as the field b of a column: an expression knows no tables."""
    from sqlglot import exp

    def field(node: Any) -> Any:
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return node
        found: Any = exp.column(exp.to_identifier(node.parts[0].name, quoted=True))
        found.this.update_positions(node.parts[0])
        for part in node.parts[1:]:
            found = exp.Dot(this=found, expression=part.copy())
        return found

    found: exp.Expression = tree.transform(field)
    return found
