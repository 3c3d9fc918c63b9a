"""What dialects call the results that a query gives no name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import parse_with_spans, span_of, written_for
from seeknal.sql.tokens import on_one_line, tokenize

if TYPE_CHECKING:
    from seeknal.sql.spans import Span
    from seeknal.sql.translating.results import Origin
    from seeknal.sql.translating.rules import Pair

Unnamed = Callable[[Any, str, int], "str | None"]
"""The name of a result by its tree, as it is written, and by how many others have none before it;
None where that is not sure."""


def name_results(tree: Any, origin: Origin, pair: Pair) -> None:
    """Give the results of a query the names that they have where it is written."""
    from sqlglot import exp

    items = tree.selects
    unnamed = [place for place, item in enumerate(items) if _has_no_name(item)]
    if not unnamed or pair.unnamed is None:
        return
    names = [item.output_name for item in items]
    read = parse_with_spans(origin.sql, origin.dialect)
    for number, place in enumerate(unnamed if read is not None else ()):
        item = read.selects[place]
        text = _with_comments(origin.sql, span_of(item) or (0, 0))
        names[place] = pair.unnamed(item, text, number) or ""
    counted = Counter(name.lower() for name in names)
    for place in unnamed:
        # Of two columns of one name none is to be had by it.
        if names[place] and counted[names[place].lower()] == 1:
            alias = exp.to_identifier(names[place], quoted=True)
            new = exp.Alias(this=items[place].copy(), alias=alias)
            items[place].replace(written_for(new, items[place]))


def _with_comments(sql: str, span: Span) -> str:
    """A part as it is written, with the comments behind it."""
    start, end = span
    rest = tokenize(sql[end:])
    return sql[start : end + rest[0].start if rest else None].strip()


def _has_no_name(item: Any) -> bool:
    from sqlglot import exp

    inner = item.unnest() if isinstance(item, exp.Paren) else item
    named = exp.Alias | exp.Aliases | exp.Column | exp.Star | exp.Columns
    return not isinstance(inner, named)


def by_text(item: Any, text: str, number: int) -> str | None:
    """MySQL and SQLite: the text itself."""
    from sqlglot import exp

    is_plain = text == on_one_line(text) and "#" not in text and len(text) <= 64
    return text if is_plain and not isinstance(item, exp.Literal | exp.Null | exp.Boolean) else None


def in_capitals(item: Any, text: str, number: int) -> str | None:
    """Snowflake: the text in capitals, which is sure of a function of a column."""
    return text.upper() if re.fullmatch(r"\w+\((\*|\w+(\.\w+)?)\)", text, re.ASCII) else None


def numbered(item: Any, text: str, number: int) -> str | None:
    """BigQuery: ``f0_``, ``f1_``..."""
    return f"f{number}_"


def by_tree(item: Any, text: str, number: int) -> str | None:
    """Spark: the tree, written out."""
    from sqlglot import exp

    if isinstance(item, exp.Paren):
        return by_tree(item.this, text, number)
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Identifier):
        return str(item.name)
    if isinstance(item, exp.Literal) and item.is_int:
        return str(item.name)
    if isinstance(item, exp.Add | exp.Sub | exp.Mul):
        sign = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}[type(item)]
        sides = [by_tree(side, "", 0) for side in (item.this, item.expression)]
        return None if None in sides else f"({sides[0]} {sign} {sides[1]})"
    if isinstance(item, exp.Count) and isinstance(item.this, exp.Star):
        return "count(1)"
    if isinstance(item, exp.Count | exp.Sum | exp.Min | exp.Max | exp.Avg):
        given, word = item.this, ""
        if isinstance(given, exp.Distinct) and len(given.expressions) == 1:
            given, word = given.expressions[0], "DISTINCT "
        operand = by_tree(given, "", 0)
        alone = not item.expressions
        return f"{item.key}({word}{operand})" if operand is not None and alone else None
    return None


_NOT_NAMED = "?column?"


def by_outermost(item: Any, text: str, number: int) -> str | None:
    """PostgreSQL: the outermost function, or what stands for one."""
    return _outermost(item, on_one_line(text))[0]


def _outermost(item: Any, text: str) -> tuple[str | None, bool]:
    """A name, and whether nothing that stands within knows a better one."""
    from sqlglot import exp

    if isinstance(item, exp.Paren):
        return _outermost(item.this, text.strip()[1:-1])
    if isinstance(item, exp.Column):
        is_quoted = item.this.args.get("quoted")
        return (item.name if is_quoted else item.name.lower()), True
    if isinstance(item, exp.Cast):
        return _of_cast(item, text)
    if isinstance(item, exp.Case):
        return _of_case(item, text)
    if isinstance(item, exp.Interval):
        return "interval", False
    return _of_words(item, text)


def _of_cast(item: Any, text: str) -> tuple[str | None, bool]:
    inner = re.fullmatch(r"(?is)cast\s*\((.*)\bas\b[^()]*\)|(.*)::\s*\w+", text)
    if inner is None and not re.fullmatch(r"\w+\s+'[^']*'", text, re.ASCII):
        return None, False
    if inner is not None:
        found = _outermost(item.this, (inner[1] or inner[2]).strip())
        if found[0] is None or found[1]:
            return found
    return _TYPES.get(item.to.this.name if not item.to.expressions else ""), False


_TYPES = {
    **{"INT": "int4", "BIGINT": "int8", "SMALLINT": "int2", "DOUBLE": "float8", "TEXT": "text"},
    **{"DECIMAL": "numeric", "BOOLEAN": "bool", "DATE": "date", "TIMESTAMP": "timestamp"},
    **{"TIMESTAMPTZ": "timestamptz", "VARCHAR": "varchar", "UUID": "uuid"},
}
"""What PostgreSQL calls types."""


def _of_case(item: Any, text: str) -> tuple[str | None, bool]:
    from sqlglot import exp

    default = item.args.get("default")
    if default is None or isinstance(default, exp.Literal | exp.Null | exp.Neg):
        return "case", False
    return _outermost(default, "") if isinstance(default, exp.Column) else (None, False)


def _of_words(item: Any, text: str) -> tuple[str | None, bool]:
    from sqlglot import exp

    within = item
    while isinstance(within, exp.Window | exp.Filter | exp.WithinGroup):
        within = within.this
    called = re.match(r"([A-Za-z_]\w*)\s*\(", text, re.ASCII)
    operators = exp.Binary | exp.Connector | exp.Unary | exp.Predicate
    if isinstance(within, exp.Func) and called and not _goes_on(text):
        word = called[1].lower()
        return (None, False) if word in _OTHERWISE else (word, True)
    if isinstance(item, exp.Literal | exp.Null | exp.Between | exp.In | exp.Not):
        return _NOT_NAMED, False
    is_operator = isinstance(item, operators) and not isinstance(item, exp.Func | exp.Dot)
    return (_NOT_NAMED, False) if is_operator else (None, False)


_OTHERWISE = frozenset(
    ("trim", "extract", "row", "cast", "xmlelement", "xmlforest", "json_object", "json_array")
)
"""Words before brackets that PostgreSQL has other names for, or has had."""


def _goes_on(text: str) -> bool:
    """Whether something but OVER and the like stands behind the brackets of a function."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0:
            rest = text[place + 1 :].strip()
            return bool(rest) and not re.match(r"(?i)(over|filter|within\s+group)\b", rest)
    return True
