"""What an edit inside of a query's parts does: its CTEs, and the subqueries in its FROM.

Each part is held against what it was, as if it were a node, and what changed in it is followed
through the lineage of what reads it. A part that nothing reads decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.lineage.model import NodeLineage
from seeknal.plan.effects import ALL, Effect, inherited
from seeknal.sql.differences import Difference, difference_of
from seeknal.sql.lineage.trace import trace_tree
from seeknal.sql.lineage.tree import Tree, parse
from seeknal.values.column_lineage import ColumnRef, QueryLineage, Untraceable
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from seeknal.sql.lineage.trace import Names
    from seeknal.values.column_lineage import ColumnLineage


def difference_in_parts(
    old: str,
    new: str,
    old_columns: Sequence[str],
    new_columns: Sequence[str],
    tables: Names,
    inexact: frozenset[ColumnRef],
) -> Difference:
    """What ``new`` does differently from ``old`` over ``tables``, whose columns are known.

    Raises Untraceable where a part cannot be told from others or its columns are not known.
    """
    before = _taken_apart(parse(old))
    after = _named_alike(before, _taken_apart(parse(new)))
    comparison = _Comparison(before, after, tables, inexact)
    return comparison.query(before.root, after.root, list(old_columns), list(new_columns))


@frozen(kw_only=True)
class _Part:
    """A CTE or subquery; ``names`` are those that it gives its columns."""

    body: Tree
    names: tuple[str, ...] = ()
    hint: str = ""


@frozen(kw_only=True)
class _Parts:
    """A query whose parts stand beside it, by their names in lower case."""

    root: Tree
    parts: Mapping[str, _Part] = field(factory=dict)


def _taken_apart(node: Tree) -> _Parts:
    found: dict[str, _Part] = {}
    root = _alone(node, found)
    return _Parts(root=root, parts=found)


def _alone(node: Tree, found: dict[str, _Part]) -> Tree:
    """A query node without its parts, which are added to ``found``."""
    for entry in node["cte_map"]["map"]:
        cte = entry["value"]
        body = cte["query_node"] if "query_node" in cte else cte["query"]["node"]
        hint = str(cte.get("materialized")).replace("CTE_MATERIALIZE_DEFAULT", "")
        _put(found, entry["key"], body, cte["aliases"], hint)
    alone = {**node, "cte_map": {"map": []}}
    if node["type"] == "SELECT_NODE":
        alone["from_table"] = _without_subqueries(node["from_table"], found)
    return alone


def _put(
    found: dict[str, _Part], name: str, body: Tree, names: Sequence[str], hint: str = ""
) -> None:
    alone = _alone(body, found)
    if name.lower() in found:
        raise Untraceable(f"two parts of it are called {name}")
    found[name.lower()] = _Part(body=alone, names=tuple(names), hint=hint)


def _without_subqueries(ref: Tree, found: dict[str, _Part]) -> Tree:
    if ref["type"] == "JOIN":
        sides = {side: _without_subqueries(ref[side], found) for side in ("left", "right")}
        return {**ref, **sides}
    if ref["type"] != "SUBQUERY" or not ref["alias"] or ref.get("sample") is not None:
        return ref
    _put(found, ref["alias"], ref["subquery"]["node"], ref.get("column_name_alias", ()))
    table: Tree = _renamed(_a_table(), "part", ref["alias"])
    return table


@cache
def _a_table() -> Tree:
    """How a table that stands in FROM looks in this version of DuckDB."""
    table: Tree = parse("FROM part")["from_table"]
    return table


def _named_alike(before: _Parts, after: _Parts) -> _Parts:
    """``after`` with the names of ``before`` for parts that only have other names."""
    gone = [name for name in before.parts if name not in after.parts]
    come = [name for name in after.parts if name not in before.parts]
    if len(gone) != len(come):
        return after
    for old, new in zip(gone, come, strict=True):
        trees = [after.root, *(part.body for part in after.parts.values())]
        # A name that stands for anything else as well cannot be exchanged.
        others = {text for tree in trees for text in _other_names(tree, new)}
        if not {old, new} & others:
            after = _exchanged(after, new, old)
    return after


def _exchanged(parts: _Parts, name: str, by: str) -> _Parts:
    return _Parts(
        root=_renamed(parts.root, name, by),
        parts={
            by if key == name else key: evolve(part, body=_renamed(part.body, name, by))
            for key, part in parts.parts.items()
        },
    )


def _is_table(value: Mapping[str, Any], name: str) -> bool:
    return _table_name(value) == name


def _table_name(value: Mapping[str, Any]) -> str | None:
    """The name of a table that has no schema, in lower case."""
    if value.get("type") != "BASE_TABLE" or value["schema_name"] or value["catalog_name"]:
        return None
    return str(value["table_name"]).lower()


def _is_qualified(value: Mapping[str, Any], name: str) -> bool:
    names = value.get("column_names", ())
    return value.get("class") == "COLUMN_REF" and len(names) > 1 and names[0].lower() == name


def _renamed(value: Any, name: str, by: str) -> Any:
    """A tree in which a table has another name."""
    if isinstance(value, list):
        return [_renamed(part, name, by) for part in value]
    if not isinstance(value, Mapping):
        return value
    changed = {key: _renamed(part, name, by) for key, part in value.items()}
    if _is_table(value, name):
        changed["table_name"] = by
        if "qualified_name" in changed:
            changed["qualified_name"] = {"path": [by]}
    elif _is_qualified(value, name):
        changed["column_names"] = [by, *value["column_names"][1:]]
    elif value.get("class") == "STAR" and str(value["relation_name"]).lower() == name:
        changed["relation_name"] = by
    return changed


def _other_names(value: Any, name: str) -> Iterator[str]:
    """Every text of a tree in lower case, but where it is the name of this table."""
    if isinstance(value, str):
        yield value.lower()
    elif isinstance(value, list):
        for part in value:
            yield from _other_names(part, name)
    elif isinstance(value, Mapping):
        skipped: set[str] = set()
        if _is_table(value, name):
            skipped = {"table_name", "qualified_name"}
        elif _is_qualified(value, name):
            yield from (text.lower() for text in value["column_names"][1:])
            skipped = {"column_names"}
        elif value.get("class") == "STAR":
            skipped = {"relation_name"} if str(value["relation_name"]).lower() == name else set()
        for key, part in value.items():
            if key not in skipped:
                yield from _other_names(part, name)


def _tables_read(value: Any) -> Iterator[str]:
    """The names without schema that stand for tables, in subqueries too."""
    if isinstance(value, list):
        for part in value:
            yield from _tables_read(part)
    elif isinstance(value, Mapping):
        if (name := _table_name(value)) is not None:
            yield name
        for part in value.values():
            yield from _tables_read(part)


@frozen(kw_only=True)
class _Side:
    """A part as one version has it."""

    columns: tuple[str, ...]
    query: QueryLineage
    inexact: frozenset[str]


@frozen(kw_only=True)
class _Change:
    """What a part gives now that it did not give before. ``told``: of its order, what is sure."""

    effect: Effect
    told: bool = False
    why: tuple[str, ...] = ()


class _Version:
    """One version of a query, with the lineage of its parts."""

    def __init__(self, parts: _Parts, tables: Names, inexact: frozenset[ColumnRef]) -> None:
        self.parts = parts.parts
        self.tables = tables
        self.inexact = inexact
        self.sides: dict[str, _Side] = {}

    def read_by(self, tree: Tree, own: str = "") -> list[str]:
        """The parts that a query reads."""
        names = dict.fromkeys(_tables_read(tree))
        return [name for name in names if name in self.parts and name != own]

    def side(self, name: str) -> _Side:
        if name not in self.sides:
            part = self.parts[name]
            query, inexact = self.lineage(part.body, name)
            columns = [column.name for column in query.columns]
            given = (*part.names, *columns[len(part.names) :])
            names = dict(zip(columns, given, strict=False))
            self.sides[name] = _Side(
                columns=given,
                query=evolve(
                    query,
                    columns=tuple(evolve(c, name=names[c.name]) for c in query.columns),
                ),
                inexact=frozenset(names[column] for column in inexact),
            )
        return self.sides[name]

    def lineage(
        self, tree: Tree, own: str = "", columns: Sequence[str] | None = None
    ) -> tuple[QueryLineage, frozenset[str]]:
        tables, inexact = dict(self.tables), set(self.inexact)
        for name in self.read_by(tree, own):
            side = self.side(name)
            tables[(name,)] = (_relation(name), side.columns)
            inexact |= {ColumnRef(_relation(name), column) for column in side.inexact}
        return trace_tree(tree, tables, columns, inexact=frozenset(inexact))

    def explicit(self, tree: Tree) -> Tree:
        """A query whose star, over one table, is written out."""
        if tree["type"] != "SELECT_NODE":
            return tree
        ref = tree["from_table"]
        known = self.columns_of(ref)
        if known is None:
            return tree
        called = {"", str(ref["alias"] or ref["table_name"]).lower()}
        items = [
            part
            for item in tree["select_list"]
            for part in (_columns(known) if _is_plain_star(item, called) else [item])
        ]
        return {**tree, "select_list": items}

    def columns_of(self, ref: Tree) -> Sequence[str] | None:
        if ref["type"] != "BASE_TABLE" or ref.get("at_clause") or ref["column_name_alias"]:
            return None
        name = _table_name(ref)
        if name is not None and name in self.parts:
            return self.side(name).columns
        path = (ref["catalog_name"], ref["schema_name"], ref["table_name"])
        found = self.tables.get(tuple(part.lower() for part in path if part))
        return found[1] if found else None


def _is_plain_star(item: Tree, called: set[str]) -> bool:
    if item["class"] != "STAR" or str(item["relation_name"]).lower() not in called:
        return False
    more = ("exclude_list", "qualified_exclude_list", "replace_list", "rename_list", "expr")
    return not (item["alias"] or item["columns"] or any(item.get(key) for key in more))


def _columns(names: Sequence[str]) -> list[Tree]:
    shape = {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": ""}
    return [{**shape, "column_names": [name]} for name in names]


class _Comparison:
    """Two versions of a query, part by part."""

    def __init__(
        self, before: _Parts, after: _Parts, tables: Names, inexact: frozenset[ColumnRef]
    ) -> None:
        self.before = _Version(before, tables, inexact)
        self.after = _Version(after, tables, inexact)
        self.changes: dict[str, _Change] = {}

    def change(self, name: str) -> _Change:
        if name not in self.changes:
            self.changes[name] = self.compared(name)
        return self.changes[name]

    def compared(self, name: str) -> _Change:
        if name not in self.before.parts:
            return _Change(effect=ALL, told=True, why=(f"WITH {name}",))
        one, other = self.before.parts[name], self.after.parts[name]
        sides = self.before.side(name), self.after.side(name)
        if one.names != other.names:
            return _Change(effect=ALL, told=True, why=(f"columns of {name}",))
        old_names, new_names = (list(side.columns) for side in sides)
        found = self.query(one.body, other.body, old_names, new_names, own=name)
        if found.rows:
            words = tuple(word if " of " in word else f"{word} of {name}" for word in found.rows)
            return _Change(effect=ALL, told=True, why=words)
        told = found.order or one.hint != other.hint
        order = told or (bool(found.columns) and not found.steady)
        effect = Effect(order=order, positions=found.moved, columns=found.columns)
        return _Change(effect=effect, told=told)

    def query(
        self,
        one: Tree,
        other: Tree,
        old_names: list[str],
        new_names: list[str],
        own: str = "",
    ) -> Difference:
        one, other = self.before.explicit(one), self.after.explicit(other)
        found = difference_of(one, other, old_names, new_names)
        if found.rows:
            return found
        was, _ = self.before.lineage(one, own, old_names)
        now, _ = self.after.lineage(other, own, new_names)
        if was.rows != now.rows or (one["type"] != "SELECT_NODE" and old_names != new_names):
            return Difference(rows=("WITH",))
        return self.with_inherited(found, was, now, other, own, limited=_picks_any(other))

    def with_inherited(
        self,
        found: Difference,
        was: QueryLineage,
        now: QueryLineage,
        tree: Tree,
        own: str,
        *,
        limited: bool,
    ) -> Difference:
        changes = {name: self.change(name) for name in self.after.read_by(tree, own)}
        effects = {name: change.effect for name, change in changes.items()}
        all_of_it = _inherited(now, effects)
        if all_of_it.rows:
            why = [word for change in changes.values() for word in change.why]
            return Difference(rows=tuple(dict.fromkeys(why)) or ("order of rows of a part",))
        told = _inherited(
            now, {name: evolve(e, order=changes[name].told) for name, e in effects.items()}
        )
        before = {column.name.lower(): column for column in was.columns}
        meant = {
            column.name.lower()
            for column in now.columns
            if column.name.lower() in before
            and not _depends_alike(before[column.name.lower()], column)
        }
        fresh = {*found.added, *found.changed}
        changed = (*found.changed, *sorted((all_of_it.columns | meant) - fresh))
        unsteady = all_of_it.order and not told.order
        result = evolve(
            found,
            changed=changed,
            order=found.order or told.order or (unsteady and not (found.columns or changed)),
            steady=found.steady and not unsteady,
            renamed={
                new: old for new, old in found.renamed.items() if new not in all_of_it.columns
            },
        )
        if limited and result.columns:
            return Difference(rows=("LIMIT without ORDER BY",))
        return result


def _depends_alike(one: ColumnLineage, other: ColumnLineage) -> bool:
    return (one.values, one.influences) == (other.values, other.influences)


def _picks_any(tree: Tree) -> bool:
    kinds = {modifier["type"] for modifier in tree["modifiers"]}
    limited = "ORDER_MODIFIER" not in kinds and any(kind.startswith("LIMIT") for kind in kinds)
    return tree.get("sample") is not None or limited


def _inherited(query: QueryLineage, effects: Mapping[str, Effect]) -> Effect:
    """As a node inherits from its inputs; which SQL means what is seen to elsewhere."""
    given = {NodeId(_relation(name)): effect for name, effect in effects.items()}
    return inherited(
        NodeLineage(node=NodeId("with.query"), query=query), given, other_meaning=False
    )


def _relation(part: str) -> str:
    """What a part is called in lineage, beside the ids of nodes."""
    return f"with.{part}"
