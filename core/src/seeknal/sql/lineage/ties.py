"""Whether the ORDER BY of a grouped query leaves no ties: its LIMIT picks the same rows then.

GROUP BY gives one row for each combination of what it groups by. Where ORDER BY names all of
that, no two rows are equal in it, and the order of the rows that were read does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.lineage.expressions import is_aggregated
from seeknal.sql.lineage.functions import makes_rows
from seeknal.sql.lineage.tree import bare_name, is_many, key_of, ordinal, walk

if TYPE_CHECKING:
    from seeknal.sql.lineage.tree import Tree


def leaves_no_ties(node: Tree, is_column: Callable[[str], bool]) -> bool:
    """Whether no two rows are equal in what a SELECT sorts by.

    ``is_column``: whether a column may have a name in FROM.
    Expressions are compared as they are written: what is only equal in meaning counts as a tie.
    """
    items: list[Tree] = node["select_list"]
    if not node["group_expressions"] and node["aggregate_handling"] != "FORCE_AGGREGATES":
        return False
    distinct = any(modifier["type"] == "DISTINCT_MODIFIER" for modifier in node["modifiers"])
    if distinct or len(node["group_sets"]) > 1 or any(map(_is_beyond_groups, items)):
        return False
    return set(_groups(node, items, is_column)) <= set(_sorted(node, items))


def _is_beyond_groups(item: Tree) -> bool:
    windows = any(part["class"] == "WINDOW" for part in walk(item))
    return windows or is_many(item) or makes_rows(item)


def _groups(node: Tree, items: list[Tree], is_column: Callable[[str], bool]) -> Iterator[str]:
    if node["aggregate_handling"] == "FORCE_AGGREGATES":
        yield from (key_of(item) for item in items if not is_aggregated(item))
    for expression in node["group_expressions"]:
        name = bare_name(expression)
        alias = None if name is None or is_column(name) else _called(name, items)
        yield key_of(_numbered(expression, items) or alias or expression)


def _sorted(node: Tree, items: list[Tree]) -> Iterator[str]:
    for modifier in node["modifiers"]:
        for entry in modifier.get("orders", ()):
            expression = entry["expression"]
            if expression["class"] == "STAR":
                yield from map(key_of, items)
            name = bare_name(expression)
            alias = None if name is None else _called(name, items)
            yield key_of(_numbered(expression, items) or alias or expression)


def _numbered(expression: Tree, items: Sequence[Tree]) -> Tree | None:
    """The item of the select list that a number stands for."""
    number = ordinal(expression)
    return items[number - 1] if number is not None and 0 < number <= len(items) else None


def _called(name: str, items: Sequence[Tree]) -> Tree | None:
    """The item of the select list that has the name for its alias."""
    return next((item for item in items if item["alias"].lower() == name), None)
