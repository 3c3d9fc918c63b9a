"""Conditions from project files: parsed as one expression and written anew, never pasted."""

from __future__ import annotations

from seeknal.sql.check import SqlRefused, check_query
from seeknal.sql.functions import effects_of
from seeknal.sql.tokens import tokenize


def check_condition(text: str, *, clocks: bool = True, one_row: bool = False) -> str:
    """``text`` as DuckDB SQL that may stand after WHERE.

    Raises SqlRefused unless it is one boolean expression over columns: no subquery, no second
    statement, no function that reads or writes elsewhere; without ``clocks`` none of the clock
    or of random numbers either, with ``one_row`` no aggregate and no window.
    """
    from sqlglot import ErrorLevel, exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(text, read="duckdb", error_level=ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        raise SqlRefused(f"{text!r} is no condition") from error
    if not isinstance(tree, exp.Condition) or tree.find(exp.Query, exp.Select, exp.Command):
        raise SqlRefused(f"{text!r} is no condition over columns")
    if one_row and tree.find(exp.AggFunc, exp.Window):
        raise SqlRefused(f"{text!r} looks at more than one row")
    rendered = tree.sql(dialect="duckdb", comments=False)
    check_query(f"SELECT 1 WHERE {rendered}")
    effects = effects_of(tokenize(rendered))
    if not clocks and (effects.volatile or effects.time_dependent):
        raise SqlRefused(f"{text!r} reads the clock or dice: compare columns with each other")
    return rendered
