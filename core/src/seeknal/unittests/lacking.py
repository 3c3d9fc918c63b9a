"""Columns that a query reads of tables of which not all columns are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.sql.check import quiet
from seeknal.unittests.choosing.choose import parsed
from seeknal.values.errors import nearest

if TYPE_CHECKING:
    from seeknal.values.names import NodeId

_VERY_LIKE = 0.75


def lacking(
    sql: str, known: Mapping[NodeId, Collection[str]], whole: Collection[NodeId]
) -> dict[NodeId, list[str]]:
    """Columns that ``sql`` reads by name and no table is ``known`` to have, by the table that may.

    The ``whole`` tables have no others. What is very like a known column that is not read is a
    slip of the pen, and none of them. Where several tables may have one it is of the first.
    """
    quiet()
    tree = parsed(sql)
    if tree is None:
        return {}
    names = _Names(tree, known, whole)
    for name, selects, aliases in _read(tree):
        names.look(name, selects, aliases)
    for join, used in _used(tree):
        names.look_at_both_sides(join, used)
    return {id: names.without_slips(id, found) for id, found in names.found.items() if found}


def _read(tree: Any) -> Iterator[tuple[Any, list[Any], Collection[str]]]:
    """Columns, the queries around each from within, and what else its name may mean there."""
    from sqlglot import exp

    for column in tree.find_all(exp.Column):
        if not column.name or column.is_star or column.find_ancestor(exp.Lambda):
            continue
        selects = _selects_around(column)
        if selects:
            yield column, selects, _aliases_before(column, selects[0])


def _selects_around(column: Any) -> list[Any]:
    """The queries whose tables a column may be of, from within; what is in FROM sees no others."""
    from sqlglot import exp

    found, node = [], column.parent
    while node is not None:
        if isinstance(node, exp.Select):
            found.append(node)
        elif found and isinstance(node, exp.From | exp.Join | exp.CTE):
            break
        node = node.parent
    return found


def _aliases_before(column: Any, select: Any) -> frozenset[str]:
    """The names that items of a select list have, as far as ``column`` may mean them."""
    found = set()
    for item in select.selects:
        if any(part is column for part in item.walk()):
            break
        if type(item).__name__ == "Alias":
            found.add(item.alias.lower())
    return frozenset(found)


def _used(tree: Any) -> Iterator[tuple[Any, str]]:
    from sqlglot import exp

    for join in tree.find_all(exp.Join):
        for name in join.args.get("using") or ():
            yield join, name.name


class _Names:
    """What stands in the FROM of each query, and which columns are missing there."""

    def __init__(
        self, tree: Any, known: Mapping[NodeId, Collection[str]], whole: Collection[NodeId]
    ) -> None:
        from sqlglot.errors import SqlglotError
        from sqlglot.optimizer.scope import traverse_scope

        self.known = {id: {name.lower() for name in names} for id, names in known.items()}
        self.spelled = known
        self.whole = whole
        self.found: dict[NodeId, dict[str, str]] = {id: {} for id in known}
        self.read: set[str] = set()
        self._by_lower = {id.lower(): id for id in known}
        try:
            scopes = traverse_scope(tree)
        except (SqlglotError, AttributeError, KeyError, RecursionError):
            scopes = []
        self._scopes = {id(scope.expression): scope for scope in scopes}

    def look(self, column: Any, selects: list[Any], aliases: Collection[str]) -> None:
        """Note a column that no table is known to have."""
        sources = [self._sources(select) for select in selects]
        table, name = column.table, column.name
        if table:
            for each in sources:
                if table.lower() in each:
                    self.ask(name, [each[table.lower()]])
                    return
            # A field of a column.
            first = column.args.get("db") or column.args.get("table")
            name = first.name
        if any(name.lower() in each for each in sources):
            # A whole row.
            return
        if any(
            self._has(one, name, told=around > 0)
            for around, each in enumerate(sources)
            for one in each.values()
        ):
            self.read.add(name.lower())
        elif name.lower() not in aliases:
            self.ask(name, [one for each in sources for one in each.values()])

    def look_at_both_sides(self, join: Any, name: str) -> None:
        """Note what USING names where the one side or the other is not known to have it."""
        select = join.parent
        sources = self._sources(select)
        right = sources.pop(join.this.alias_or_name.lower(), None)
        before = []
        for other in [(select.args.get("from_") or select.args.get("from")), *select.args["joins"]]:
            if other is join:
                break
            one = sources.get(other.this.alias_or_name.lower()) if other is not None else None
            before.append(one)
        self.ask(name, [right])
        if not any(self._has(one, name) for one in before):
            self.ask(name, before)

    def ask(self, name: str, sources: list[Any]) -> None:
        """Let the first of these that may have a column have it."""
        self.read.add(name.lower())
        for source in sources:
            if source is None or self._has(source, name):
                return
            for id in self._may_have(source, name):
                self.found[id].setdefault(name.lower(), name)
                self.known[id].add(name.lower())
                return

    def without_slips(self, id: NodeId, found: Mapping[str, str]) -> list[str]:
        unread = [name for name in self.spelled[id] if name.lower() not in self.read]
        return [name for name in found.values() if not nearest(name, unread, likeness=_VERY_LIKE)]

    def _sources(self, select: Any) -> dict[str, Any]:
        scope = self._scopes.get(id(select))
        return {alias.lower(): one for alias, one in scope.sources.items()} if scope else {}

    def _node(self, source: Any) -> NodeId | None:
        if type(source).__name__ != "Table" or not source.db:
            return None
        return self._by_lower.get(f"{source.db}.{source.name}".lower())

    def _has(self, source: Any, name: str, *, told: bool = False) -> bool:
        """Whether what stands there is known to have a column; ``told``: not only found here."""
        node = self._node(source)
        if node is not None:
            found = told and name.lower() in self.found[node]
            return name.lower() in self.known[node] and not found
        if named := getattr(source, "outer_columns", None):
            return name.lower() in map(str.lower, named)
        return any(
            name.lower() == item.alias_or_name.lower()
            if not item.is_star
            else any(self._has(inner, name, told=told) for inner in self._starred(select, item))
            for select in _selects(source)
            for item in select.selects
        )

    def _may_have(self, source: Any, name: str) -> Iterator[NodeId]:
        """The tables that may have a column which what stands there would have of them."""
        node = self._node(source)
        if node is not None:
            if node not in self.whole:
                yield node
            return
        if getattr(source, "outer_columns", None):
            return
        for select in _selects(source):
            for item in select.selects:
                for inner in self._starred(select, item) if item.is_star else ():
                    yield from self._may_have(inner, name)

    def _starred(self, select: Any, item: Any) -> list[Any]:
        """What a star stands for."""
        sources = self._sources(select)
        within = item.args.get("table")
        if within is None:
            return list(sources.values())
        return [one for alias, one in sources.items() if alias == within.name.lower()]


def _selects(source: Any) -> Iterator[Any]:
    """The SELECTs whose rows those of a scope are."""
    from sqlglot import exp

    waiting = [getattr(source, "expression", None)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.Select):
            yield one
        elif isinstance(one, exp.SetOperation):
            waiting += [one.this, one.expression]
        elif isinstance(one, exp.Subquery):
            waiting.append(one.this)
