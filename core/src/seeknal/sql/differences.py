"""What two versions of a query do differently, by DuckDB's own syntax trees.

The rows that a query gives are decided by its row skeleton: everything but the select list, and
of that what can make or drop rows. Where two skeletons are equal, the versions give the same rows
with columns that can be compared one by one. Names are resolved before anything is compared: a
number or ``ALL`` stands for columns, and a name may stand for another column of the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.sql.lineage.expressions import is_aggregated
from seeknal.sql.lineage.functions import makes_rows
from seeknal.sql.lineage.tree import is_many, key_of, ordinal, parse, walk, without_places
from seeknal.values.column_lineage import Untraceable

if TYPE_CHECKING:
    from seeknal.sql.lineage.tree import Tree

_CLAUSES = {
    "cte_map": "WITH",
    "from_table": "FROM",
    "where_clause": "WHERE",
    "groups": "GROUP BY",
    "group_sets": "GROUP BY",
    "having": "HAVING",
    "qualify": "QUALIFY",
    "sample": "SAMPLE",
    "modifiers": "DISTINCT, ORDER BY or LIMIT",
    "aggregated": "aggregates",
    "unnested": "UNNEST",
}


@frozen(kw_only=True)
class Difference:
    """What a new version changes. Column names are lower case.

    ``rows``: which clauses may give other rows; then nothing else counts. ``order``: the same
    rows may come in another order. ``moved``: columns stand in other places.
    ``steady``: both read one table row by row, so that their rows come in the table's order.
    """

    rows: tuple[str, ...] = ()
    order: bool = False
    moved: bool = False
    steady: bool = True
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(factory=dict)
    """New names of columns that are computed as another was, which is gone."""

    @property
    def columns(self) -> frozenset[str]:
        return frozenset((*self.added, *self.removed, *self.changed))


def difference(
    old: str, new: str, old_columns: Sequence[str], new_columns: Sequence[str]
) -> Difference:
    """What ``new`` does differently from ``old``; the columns are what each really gives.

    Raises Untraceable where that cannot be told.
    """
    return difference_of(parse(old), parse(new), old_columns, new_columns)


def difference_of(
    old: Tree, new: Tree, old_columns: Sequence[str], new_columns: Sequence[str]
) -> Difference:
    """As `difference`, of two syntax trees."""
    before, after = _Query(old, old_columns), _Query(new, new_columns)
    clauses = [
        word
        for part, word in _CLAUSES.items()
        if before.skeleton.get(part) != after.skeleton.get(part)
    ]
    if clauses or before.skeleton != after.skeleton:
        return Difference(rows=tuple(dict.fromkeys(clauses)) or ("query",))
    found = _of_columns(before, after)
    if found.columns and after.picks_any:
        return Difference(rows=("LIMIT without ORDER BY",))
    return found


def _of_columns(before: _Query, after: _Query) -> Difference:
    one, other = before.columns, after.columns
    added = [name for name in other if name not in one]
    removed = [name for name in one if name not in other]
    by_key = {one[name]: name for name in removed}
    return Difference(
        order=before.order != after.order,
        steady=before.steady and after.steady,
        moved=[name for name in one if name in other] != [name for name in other if name in one],
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(name for name in other if name in one and one[name] != other[name]),
        renamed={name: by_key[other[name]] for name in added if other[name] in by_key},
    )


class _Query:
    """A query as rows and columns that can be compared with another's."""

    def __init__(self, node: Tree, names: Sequence[str]) -> None:
        if node["type"] != "SELECT_NODE":
            self.skeleton: dict[str, Any] = {"query": without_places(node)}
            self.columns: dict[str, str] = {}
            self.order: Any = None
            self.picks_any = False
            self.steady = False
            return
        self.items: list[Tree] = node["select_list"]
        self.aliases = {
            item["alias"].lower(): key_of(item) for item in self.items if _is_alias(item)
        }
        self.keys = [self.resolved(item, own=True) for item in self.items]
        modifiers = node["modifiers"]
        kinds = {modifier["type"] for modifier in modifiers}
        counts = bool(kinds - {"ORDER_MODIFIER"})
        # Which rows it gives is up to the engine, which may do otherwise for other columns.
        self.picks_any = node.get("sample") is not None or (
            "ORDER_MODIFIER" not in kinds and any(kind.startswith("LIMIT") for kind in kinds)
        )
        self.order = [] if counts else self.modified(modifiers)
        self.skeleton = {
            "cte_map": without_places(node["cte_map"]),
            "from_table": without_places(node["from_table"]),
            "sample": without_places(node.get("sample")),
            "where_clause": self.resolved(node.get("where_clause")),
            "having": self.resolved(node.get("having")),
            "qualify": self.resolved(node.get("qualify")),
            "groups": self.grouped(node),
            "group_sets": without_places(node.get("group_sets")),
            "modifiers": self.modified(modifiers) if counts else [],
            "aggregated": any(map(is_aggregated, self.items)),
            "unnested": sorted(
                key for key, item in zip(self.keys, self.items, strict=True) if makes_rows(item)
            ),
        }
        self.steady = (
            node["from_table"]["type"] == "BASE_TABLE"
            and not (self.skeleton["aggregated"] or self.skeleton["groups"])
            and not any(map(_reorders, self.items))
        )
        self.columns = self.named(names)

    def named(self, names: Sequence[str]) -> dict[str, str]:
        """Each output column with what it is computed by."""
        stars = [place for place, item in enumerate(self.items) if is_many(item)]
        missing = len(names) - len(self.items)
        if not stars and not missing:
            keys = list(self.keys)
        elif len(stars) == 1 and missing >= -1:
            at = stars[0]
            keys = [*self.keys[:at], *[self.keys[at]] * (missing + 1), *self.keys[at + 1 :]]
        else:
            raise Untraceable("its select list has several stars")
        # A star gives a column by its name: two of one star are two columns.
        many = {self.keys[place] for place in stars}
        return {
            name.lower(): f"{key} {name.lower()}" if key in many else key
            for name, key in zip(names, keys, strict=True)
        }

    def grouped(self, node: Tree) -> list[str]:
        """What the rows are grouped by; with GROUP BY ALL, each column that is no aggregate."""
        if node.get("aggregate_handling") == "FORCE_AGGREGATES":
            return sorted(
                key
                for key, item in zip(self.keys, self.items, strict=True)
                if not is_aggregated(item)
            )
        return [self.at(expression) for expression in node.get("group_expressions", ())]

    def modified(self, modifiers: Sequence[Tree]) -> list[Any]:
        """What is done to the rows at the end: ordered, made distinct, limited."""
        found: list[Any] = []
        for modifier in modifiers:
            if modifier["type"] == "ORDER_MODIFIER":
                found.append([self.ordered(entry) for entry in modifier["orders"]])
            elif modifier["type"] == "DISTINCT_MODIFIER":
                targets = modifier.get("distinct_on_targets")
                on = [self.at(target) for target in targets] if targets else sorted(self.keys)
                found.append(["distinct", *on])
            else:
                found.append(without_places(modifier))
        return found

    def ordered(self, entry: Tree) -> list[Any]:
        expression = entry["expression"]
        by = self.keys if is_many(expression) else [self.at(expression)]
        return [entry["type"], entry["null_order"], *by]

    def at(self, expression: Tree) -> str:
        """An expression, or the column that a number stands for."""
        number = ordinal(expression)
        if number is not None and 1 <= number <= len(self.keys):
            return self.keys[number - 1]
        return self.resolved(expression)

    def resolved(self, expression: Tree | None, *, own: bool = False) -> str:
        """The expression with what each of its names may stand for in the select list."""
        if expression is None:
            return ""
        mine = expression["alias"].lower() if own else None
        used = set(_bare_names(expression))
        meant = {
            name: self.aliases[name]
            for name in sorted(used)
            if name in self.aliases and name != mine
        }
        text = key_of(expression)
        return f"{text} with {json.dumps(meant)}" if meant else text


def _bare_names(value: Any) -> Iterator[str]:
    """Names that no table stands before, also those in subqueries."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Mapping):
            if current.get("class") == "COLUMN_REF" and len(current["column_names"]) == 1:
                yield current["column_names"][0].lower()
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _is_alias(item: Tree) -> bool:
    """Whether an item has a name by which others may call it, other than its column's own."""
    alias = item["alias"]
    if not alias or is_many(item):
        return False
    own = item["class"] == "COLUMN_REF" and item["column_names"][-1].lower() == alias.lower()
    return not own


def _reorders(item: Tree) -> bool:
    """Whether computing it may change the order in which rows come out."""
    return any(part["class"] in ("WINDOW", "SUBQUERY") for part in walk(item))
