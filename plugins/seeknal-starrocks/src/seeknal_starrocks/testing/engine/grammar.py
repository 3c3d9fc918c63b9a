"""Which queries are StarRocks', as far as is known here: what is not listed is refused.

sqlglot takes much that StarRocks does not. So a query is looked through node by node, and what
none of these tables has is an error, whether or not a StarRocks somewhere would take it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from seeknal_starrocks.testing.ddl.words import words_of
from seeknal_starrocks.testing.engine.strictness import check_written
from seeknal_starrocks.testing.refusing import analysis, syntax

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal_starrocks.testing.refusing import Refused

_PARTS = words_of(
    """
    Select From Join Where Group Having Order Ordered Limit Offset Qualify Union Except
    Intersect Subquery CTE With Table TableAlias Column Identifier Star Literal Boolean Null
    Alias Paren Hint Distinct Window WindowSpec Var Interval Tuple Rollup Cube GroupingSets
    HexString And Or Not EQ NEQ GT GTE LT LTE NullSafeEQ Is Between In Like RegexpLike Exists
    Add Sub Mul Div IntDiv Mod Neg Case If Cast TryCast Values DataType DataTypeParam Array
    SessionParameter Unnest
    """
)
_FUNCTIONS = words_of(
    """
    Count Sum Avg Min Max Coalesce Nullif Greatest Least Abs Round Ceil Floor Sqrt Pow Exp Ln
    Sign Concat Upper Lower Length Substring Trim Replace Left Right ConcatWs StartsWith MD5
    Repeat Year Month Day Hour Minute Second Quarter DateTrunc TimestampTrunc DateAdd DateSub
    DateDiff TimestampDiff CurrentDate CurrentTimestamp TimeToStr StrToDate TsOrDsToTimestamp
    TsOrDsToDate DayOfWeek DayOfMonth DayOfYear RowNumber Rank DenseRank Ntile Lag Lead
    FirstValue LastValue ArrayAgg ApproxDistinct Stddev StddevPop Variance VariancePop
    CurrentSchema CurrentUser CurrentVersion
    """
)
_NAMED = words_of(
    """
    now curdate catalog database schema connection_id current_version user session_user ifnull nvl
    array_length any_value days_add months_add date_trunc to_date
    """
)
"""Functions that sqlglot has no name for."""
_RANDOM = frozenset(("rand", "random", "uuid", "uuid_numeric", "sleep"))
_TYPES = words_of(
    """
    BOOLEAN TINYINT SMALLINT INT BIGINT INT128 FLOAT DOUBLE DECIMAL DATE DATETIME TIMESTAMP
    CHAR VARCHAR TEXT JSON VARBINARY ARRAY
    """
)
_OF_SELECT = words_of(
    """
    hint distinct expressions limit offset from_ joins where group having qualify order with_
    laterals windows kind operation_modifiers
    """
)
_SIDES = ("", "LEFT", "RIGHT", "FULL")
_KINDS = ("", "INNER", "OUTER", "CROSS", "SEMI", "ANTI")


def read_query(sql: str, version: tuple[int, ...]) -> exp.Query:
    """Raises Refused for what is no query, or one with anything that is not listed here."""
    from sqlglot import errors, exp

    check_written(sql)
    try:
        trees = _dialect()().parse(sql)
    except errors.SqlglotError as error:
        raise _unread(error) from None
    if len(trees) != 1 or not isinstance(tree := trees[0], exp.Query):
        raise syntax(1, 0, "Unexpected input, one query is expected")
    check(tree, version)
    return tree


@lru_cache(maxsize=1)
def _dialect() -> Any:
    """sqlglot's, without names that it gives other functions than StarRocks does."""
    from sqlglot.dialects.starrocks import StarRocks

    class Written(StarRocks):
        class Parser(StarRocks.Parser):  # type: ignore[misc, valid-type]
            FUNCTIONS: ClassVar = {
                name: build
                for name, build in StarRocks.Parser.FUNCTIONS.items()
                if name not in ("CURRENT_VERSION", "DATABASE", "SCHEMA", "SESSION_USER")
            }

    return Written


def _unread(error: Exception) -> Refused:
    found = getattr(error, "errors", None) or [{}]
    line, column = found[0].get("line") or 1, found[0].get("col") or 0
    word = found[0].get("highlight") or ""
    return syntax(line, column, f"Unexpected input '{word}', {found[0].get('description', error)}")


def check(tree: Any, version: tuple[int, ...]) -> None:
    """Raises Refused for the first thing in a query that is not listed."""
    for node in tree.walk():
        name = type(node).__name__
        if name == "Anonymous":
            if (called := node.name.lower()) not in _NAMED | _RANDOM and not _is_hint(node):
                raise _no_function(called)
        elif name in ("Rand", "Uuid"):
            continue
        elif name not in _PARTS | _FUNCTIONS:
            raise _no_function(name) if _is_function(node) else _unexpected(node)
        if (look := _LOOKS.get(name)) is not None:
            look(node, version)


def _is_hint(node: Any) -> bool:
    return type(node.parent).__name__ == "Hint"


def _is_function(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Func) and not isinstance(node, exp.Binary | exp.Struct)


def _no_function(name: str) -> Refused:
    return analysis(f"No matching function with signature: {name}(...)")


def _unexpected(node: Any) -> Refused:
    written = node.sql(dialect="starrocks")
    return syntax(1, 0, f"Unexpected input '{written[:80]}' ({type(node).__name__})")


def _look_at_select(node: Any, version: tuple[int, ...]) -> None:
    given = {name for name, value in node.args.items() if value}
    if given - _OF_SELECT or node.args.get("laterals") or node.args.get("windows"):
        raise _unexpected(node)
    if node.args.get("kind") or node.args.get("operation_modifiers"):
        raise _unexpected(node)
    if any(type(item).__name__ == "Unnest" for item in node.expressions):
        raise analysis("Table function cannot be used in expression: unnest")


def _look_at_join(node: Any, version: tuple[int, ...]) -> None:
    if node.args.get("method") or node.side not in _SIDES or node.kind not in _KINDS:
        raise _unexpected(node)


def _look_at_group(node: Any, version: tuple[int, ...]) -> None:
    if node.args.get("all") or node.args.get("totals"):
        raise syntax(1, 0, "Unexpected input 'ALL' after GROUP BY")


def _look_at_order(node: Any, version: tuple[int, ...]) -> None:
    only = node.expressions[0].this if len(node.expressions) == 1 else None
    quoted = only is not None and getattr(only.this, "args", {}).get("quoted")
    if only is not None and only.name.upper() == "ALL" and not quoted:
        raise syntax(1, 0, "Unexpected input 'ALL' after ORDER BY")


def _look_at_star(node: Any, version: tuple[int, ...]) -> None:
    if any(node.args.get(name) for name in ("replace", "rename", "except_", "except")):
        raise _unexpected(node)


def _look_at_set(node: Any, version: tuple[int, ...]) -> None:
    if node.args.get("by_name") or node.args.get("on"):
        raise syntax(1, 0, "Unexpected input 'BY' after UNION")


def _look_at_with(node: Any, version: tuple[int, ...]) -> None:
    if node.args.get("recursive") and version < (4, 1):
        raise syntax(1, 0, "Unexpected input 'RECURSIVE'")


def _look_at_type(node: Any, version: tuple[int, ...]) -> None:
    if node.this.name not in _TYPES:
        raise syntax(1, 0, f"Unexpected input '{node.sql()}', the most similar input is {{a type}}")


def _look_at_window(node: Any, version: tuple[int, ...]) -> None:
    if node.args.get("alias") is not None or node.args.get("first") is not None:
        raise _unexpected(node)


def _look_at_table(node: Any, version: tuple[int, ...]) -> None:
    given = {name for name, value in node.args.items() if value}
    if given - {"this", "db", "catalog", "alias"}:
        raise _unexpected(node)
    # A word that other engines give a meaning, and StarRocks takes for an alias.
    if node.alias.upper() in ("ASOF", "POSITIONAL") and not node.args["alias"].this.args["quoted"]:
        raise syntax(1, 0, f"'{node.alias}' is an alias here, and nothing else")


def _look_at_tuple(node: Any, version: tuple[int, ...]) -> None:
    around = type(node.parent).__name__
    if around not in ("In", "GroupingSets", "Rollup", "Cube", "Values"):
        raise _unexpected(node)


_LOOKS = {
    "Tuple": _look_at_tuple,
    "Select": _look_at_select,
    "Join": _look_at_join,
    "Group": _look_at_group,
    "Order": _look_at_order,
    "Star": _look_at_star,
    "Union": _look_at_set,
    "Except": _look_at_set,
    "Intersect": _look_at_set,
    "With": _look_at_with,
    "DataType": _look_at_type,
    "Window": _look_at_window,
    "Table": _look_at_table,
}


def is_random(tree: Any) -> str | None:
    """The first function of a query that gives something else each time it is asked."""
    for node in tree.walk():
        name = node.name if type(node).__name__ == "Anonymous" else type(node).__name__
        if name.lower() in _RANDOM:
            return name.lower()
    return None
