"""SQL in another dialect where it means the same there; everything else is refused by name.

Dialects differ in more than syntax: `/` of whole numbers, the order of texts and of NULL, names of
results. What is known to mean the same whatever the types are is a table; what is not in it, or
is written in another way than it says, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.sql.check import SqlRefused, parse_query
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

KNOWN = ("duckdb", "postgres")
"""The dialects of which it is known what means the same."""

SPELLINGS = {"postgresql": "postgres"}

SAME = {
    "Add": "this expression",
    "Alias": "this alias",
    "And": "this expression",
    "Between": "this low high",
    "Boolean": "this",
    "Case": "this ifs default",
    "Coalesce": "this expressions",
    "Column": "this table db catalog",
    "Count": "this big_int",
    "CTE": "this alias",
    "Distinct": "expressions",
    "EQ": "this expression",
    "Except": "this expression distinct with with_",
    "Exists": "this",
    "From": "this",
    "Group": "expressions",
    "GT": "this expression",
    "GTE": "this expression",
    "Having": "this",
    "Identifier": "this quoted",
    "If": "this true false",
    "In": "this expressions query",
    "Intersect": "this expression distinct with with_",
    "Is": "this expression",
    "Join": "this on side kind",
    "Like": "this expression",
    "Literal": "this is_string",
    "LT": "this expression",
    "LTE": "this expression",
    "Mul": "this expression",
    "Neg": "this",
    "NEQ": "this expression",
    "Not": "this",
    "Null": "",
    "Nullif": "this expression",
    "NullSafeEQ": "this expression",
    "NullSafeNEQ": "this expression",
    "Or": "this expression",
    "Paren": "this",
    "Select": "expressions from from_ joins where group having distinct with with_",
    "Star": "",
    "Sub": "this expression",
    "Subquery": "this alias",
    "Sum": "this",
    "Table": "this db catalog alias",
    "TableAlias": "this",
    "Union": "this expression distinct with with_",
    "Where": "this",
    "With": "expressions",
}
"""What means the same in all of them, by sqlglot's names, with the parts that it may have."""

_ORDERED = ("Between", "GT", "GTE", "LT", "LTE")
_SIDES = ("", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER")


def transpile(sql: str, from_dialect: str, to_dialect: str) -> str:
    """A query that gives in ``to_dialect`` what ``sql`` gives in ``from_dialect``, name by name.

    Tables are taken to have the same columns there. Raises SqlRefused, with the place, for what is
    not known to mean the same, for what is no query, and for an unknown dialect.
    """
    start, end = _known(from_dialect), _known(to_dialect)
    tree: Any = parse_query(sql, start)
    for node in tree.walk():
        _check(node, end)
    for column in tree.selects:
        if type(column).__name__ not in ("Alias", "Column", "Star"):
            raise _refused(column, "a result without a name has another one", end)
    _spell_out_names(tree, start)
    text: str = tree.sql(dialect=end, identify=True, comments=False)
    return text


def _known(dialect: str) -> str:
    name = SPELLINGS.get(dialect, dialect)
    if name not in KNOWN:
        known = (*KNOWN, *SPELLINGS)
        help = did_you_mean(dialect, known) or f"known: {', '.join(KNOWN)}"
        raise SqlRefused(f"it is not known what differs in the dialect {dialect!r}; {help}")
    return name


def _check(node: exp.Expression, to: str) -> None:
    name = type(node).__name__
    given = {part for part, value in node.args.items() if value}
    if name not in SAME:
        raise _refused(node, f"{_written(node)} may mean something else", to)
    if others := sorted(given.difference(SAME[name].split())):
        raise _refused(node, f"{name.upper()} with {', '.join(others)} may mean something else", to)
    if name in _ORDERED and not any(map(_is_number, node.iter_expressions())):
        raise _refused(node, f"{_written(node)} may compare texts, which have another order", to)
    if name == "Like" and not _is_plain_pattern(node.expression):
        raise _refused(node, f"{_written(node)} may have a backslash, which is read otherwise", to)
    if name == "Join":
        _check_join(node, to)
    if name == "Select":
        for column in _named_as_results(node):
            raise _refused(column, f"{column.name} may be the column or the result of it", to)


def _check_join(join: exp.Expression, to: str) -> None:
    words = {str(join.args.get(part) or "") for part in ("side", "kind")}
    if not words <= set(_SIDES) or not ("CROSS" in words or join.args.get("on")):
        raise _refused(join, f"{_written(join)} may mean something else", to)


def _is_number(node: exp.Expression) -> bool:
    from sqlglot import exp

    inner = node.this if isinstance(node, exp.Neg) else node
    return isinstance(inner, exp.Literal) and not inner.is_string


def _is_plain_pattern(node: exp.Expression) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Literal) and node.is_string and "\\" not in node.name


def _named_as_results(select: Any) -> Iterator[exp.Column]:
    """Columns without a table that have the name of a result that is something else."""
    from sqlglot import exp

    results = {
        column.alias.lower(): column
        for column in select.expressions
        if isinstance(column, exp.Alias)
        and not (isinstance(column.this, exp.Column) and column.this.name == column.alias)
    }
    for column in select.find_all(exp.Column):
        result = results.get(column.name.lower())
        # What computes a result cannot mean the result itself.
        if not column.table and result is not None and not _is_part(column, result):
            yield column


def _is_part(node: Any, whole: Any) -> bool:
    while node is not None and node is not whole:
        node = node.parent
    return node is whole


def _spell_out_names(tree: exp.Expression, dialect: str) -> None:
    """Let names say in quotes what they mean without: PostgreSQL reads these in lower case."""
    from sqlglot import exp

    for name in tree.find_all(exp.Identifier):
        if dialect == "postgres" and not name.args.get("quoted"):
            name.set("this", name.name.lower())


def _written(node: exp.Expression) -> str:
    text = " ".join(node.sql(comments=False).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def _refused(node: exp.Expression, why: str, to: str) -> SqlRefused:
    places = (part.meta for part in node.walk() if "line" in part.meta)
    place: dict[str, Any] = min(places, key=lambda meta: int(meta["start"]), default={})
    # sqlglot counts to where a word ends.
    length = int(place.get("end", 0)) - int(place.get("start", 0))
    line, column = int(place.get("line", 0)), int(place.get("col", 0)) - length
    return SqlRefused(f"{why} in {to}", line, column)
