"""DuckDB's own syntax tree of a query.

Its parser is the one that will run the text, so there is no second opinion about what a name or
a clause means, and its classes of expressions are few enough to know them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from seeknal.sql.own import own_duckdb
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    import duckdb

Tree = Mapping[str, Any]

_lock = RLock()


def parse(sql: str) -> Tree:
    """The query node of ``sql``. Raises Untraceable when DuckDB gives no tree for it."""
    import duckdb

    try:
        sql.encode()
    except UnicodeEncodeError:
        raise Untraceable("DuckDB does not parse it: it is not Unicode text") from None
    try:
        answer = json.loads(_serialized(sql))
    except duckdb.Error as error:
        raise Untraceable(f"DuckDB does not parse it: {error}") from None
    if answer["error"]:
        raise Untraceable(_why(answer["error_message"]))
    if len(answer["statements"]) != 1:
        raise Untraceable("it is not one statement")
    node: Tree = answer["statements"][0]["node"]
    return node


def _why(message: str) -> str:
    if "Only SELECT" in message:
        return "a PIVOT without IN (...) takes its columns from the data"
    return f"DuckDB does not parse it: {message}"


def matched_names(expression: Tree, names: list[str]) -> list[str]:
    """The names that a ``COLUMNS(...)`` or ``* LIKE`` picks, as DuckDB itself picks them."""
    from seeknal.sql.quote import quote_identifier

    listed = ", ".join(f"1 AS {quote_identifier(name)}" for name in names)
    text = selecting(expression, f"(SELECT {listed})")
    import duckdb

    with _lock:
        try:
            return list(connection().sql(text).columns)
        except duckdb.Error as error:
            raise Untraceable(f"COLUMNS() cannot be told: {error}") from None


def selecting(expression: Tree, source: str = "(SELECT 1)") -> str:
    """A query that selects an expression from ``source``. Raises Untraceable."""
    import duckdb

    shell = json.loads(_serialized(f"SELECT 1 FROM {source}"))
    shell["statements"][0]["node"]["select_list"] = [_without_relation(expression) | {"alias": ""}]
    with _lock:
        try:
            sql = connection().execute("SELECT json_deserialize_sql($1)", [json.dumps(shell)])
            return str(sql.fetchall()[0][0])
        except duckdb.Error as error:
            raise Untraceable(f"DuckDB does not write it: {error}") from None


def _serialized(sql: str) -> str:
    with _lock:
        (row,) = connection().execute("SELECT json_serialize_sql($1)", [sql]).fetchall()
    return str(row[0])


def _without_relation(value: Any) -> Any:
    if isinstance(value, dict):
        changed = {name: _without_relation(part) for name, part in value.items()}
        return changed | {"relation_name": ""} if "relation_name" in changed else changed
    return [_without_relation(part) for part in value] if isinstance(value, list) else value


@cache
def connection() -> duckdb.DuckDBPyConnection:
    return own_duckdb()


def arguments(function: Tree) -> list[Tree]:
    """A function's arguments; DuckDB 2 puts each under its name, 1.x none."""
    if "arguments" in function:
        return [entry["expression"] for entry in function["arguments"]]
    return list(function.get("children", ()))


def constant(expression: Tree | None) -> tuple[str, str] | None:
    """A constant's type and text; None for anything else."""
    if expression is None or expression["class"] != "CONSTANT":
        return None
    if "literal" in expression:
        return expression["literal"]["kind"], str(expression["literal"].get("text"))
    value = expression["value"]
    return value["type"]["id"], str(value.get("value"))


def ordinal(expression: Tree) -> int | None:
    """The number that stands for a column of the select list in GROUP BY and ORDER BY."""
    found = constant(expression)
    if found is None or "INT" not in found[0] or not found[1].isdigit():
        return None
    return int(found[1])


def bare_name(expression: Tree) -> str | None:
    """A name that stands alone, in lower case: an alias may be meant by it."""
    names: list[str] = expression.get("column_names", [])
    return names[0].lower() if len(names) == 1 else None


_PLACES = frozenset({"query_location", "query_location_length"})
# Parts of an expression that hold no expressions of the same query.
_ASIDE = frozenset({"subquery", "type_expr", "cast_type", "column_names", "literal", "value"})


def children(expression: Tree) -> list[Tree]:
    """The expressions right below one; queries inside it are not looked into."""
    found: list[Tree] = []
    waiting = [value for name, value in expression.items() if name not in _ASIDE]
    while waiting:
        value = waiting.pop()
        if type(value) is list:
            waiting.extend(value)
        elif type(value) is dict:
            if "class" in value:
                found.append(value)
            else:
                waiting.extend(value.values())
    return found


def walk(expression: Tree) -> Iterator[Tree]:
    """An expression and all below it."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def is_many(item: Tree) -> bool:
    """Whether an item of a select list may be several columns."""
    return any(part["class"] == "STAR" for part in walk(item))


def key_of(expression: Tree) -> str:
    """A text that two expressions share when they are written alike, whatever their aliases."""
    return json.dumps(without_places({**expression, "alias": ""}), sort_keys=True)


def without_places(value: Any) -> Any:
    """A tree without where its parts stand in the text."""
    if isinstance(value, Mapping):
        return {name: without_places(part) for name, part in value.items() if name not in _PLACES}
    return [without_places(part) for part in value] if isinstance(value, list) else value
