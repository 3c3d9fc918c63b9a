"""What the tests of a project show of its nodes, gathered from one test after another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.rows.scans import columns_of
from seeknal.sql.positions import place_in
from seeknal.sql.quote import quote_name
from seeknal.unittests.coverage.counting import outcomes
from seeknal.unittests.coverage.finding import conditions
from seeknal.unittests.coverage.structure import Structure
from seeknal.unittests.ctes import with_cte

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.plan.session import Loaded
    from seeknal.unittests.bench import Bench
    from seeknal.unittests.coverage.finding import Condition
    from seeknal.unittests.trials import Prepared
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node, Sql

_NAMED = re.compile(r'"(\w+)"\."(\w+)"')
"""How SQL that is run names a node."""


@frozen(kw_only=True)
class Covered:
    """A condition, and how it turned out over the rows of all tests of its node.

    ``told`` False: of some test that could not be told.
    """

    node: NodeId
    location: Location
    clause: str
    text: str
    outcomes: tuple[str, ...]
    seen: frozenset[str] = frozenset()
    told: bool = True

    @property
    def is_known(self) -> bool:
        """Whether it can be told which of its outcomes no test shows."""
        return self.told or not self.unseen

    @property
    def unseen(self) -> tuple[str, ...]:
        return tuple(each for each in self.outcomes if each not in self.seen)


@frozen(kw_only=True)
class Coverage:
    """``nodes`` are those that can be tested, ``tested`` those of them that have a test."""

    nodes: tuple[NodeId, ...]
    tested: frozenset[NodeId]
    conditions: tuple[Covered, ...]

    @property
    def untested(self) -> list[NodeId]:
        return [id for id in self.nodes if id not in self.tested]

    @property
    def outcomes(self) -> int:
        """How many outcomes there are of conditions of which they can be told."""
        return sum(len(each.outcomes) for each in self.conditions if each.is_known)

    @property
    def seen(self) -> int:
        return sum(len(each.seen) for each in self.conditions if each.is_known)


@frozen
class _Query:
    """SQL of a node, and where it was written, if that is known."""

    node: Node
    text: str
    sql: Sql | None


class Covering:
    """Looks at one test after another."""

    def __init__(self, loaded: Loaded, bench: Bench, nodes: Collection[NodeId]) -> None:
        self.loaded = loaded
        self.bench = bench
        self.nodes = [id for id in loaded.graph.order if id in nodes]
        self._found: dict[tuple[object, ...], Covered] = {}
        self._structures: dict[str, Structure] = {}
        self._places: dict[tuple[object, ...], Location] = {}
        for id in self.nodes:
            for node in loaded.project.nodes[id].queries:
                if node.sql is not None and _is_as_written(node.sql):
                    query = _Query(node, node.sql.executable, node.sql)
                    found = conditions(self._structure(query))
                    self._add(query, dict.fromkeys(found, frozenset[str]()))

    def look(self, prepared: Prepared, query: str | None) -> None:
        """Run the query of a test once more; ``query`` is the one that only a run makes known."""
        from seeknal.unittests.running import trial_of
        from seeknal.values.errors import SeeknalError

        case = prepared.case
        if case.node not in self.nodes:
            return
        with self.bench.ground(trial_of(prepared, None)) as cursor:
            try:
                ran = [*self._queries(prepared, query, cursor)]
            except SeeknalError:
                # The plain run did not fail of it.
                return
            for each in ran:
                structure = self._structure(each)
                found = conditions(structure)
                told = outcomes(cursor, structure, found, case.interval)
                self._add(each, {one: told.get(one) for one in found})

    def _structure(self, query: _Query) -> Structure:
        if query.text not in self._structures:
            self._structures[query.text] = Structure(query.text)
        return self._structures[query.text]

    def _queries(
        self, prepared: Prepared, query: str | None, cursor: DuckDBPyConnection
    ) -> Iterator[_Query]:
        """What a test runs: the query of its node, or of CTEs alone."""
        node, case = evolve(prepared.node, engine=None), prepared.case
        if node.sql is None:
            if query is not None:
                yield _Query(node, query, None)
            return
        if prepared.earlier is not None and node.merges_by:
            node = node.increment
        for cte in (None,) if case.expected is not None else case.ctes:
            yield self._in_duckdb(node if cte is None else with_cte(node, cte), cursor)

    def _in_duckdb(self, node: Node, cursor: DuckDBPyConnection) -> _Query:
        from seeknal.project.translated import in_duckdb
        from seeknal.values.errors import NodeError

        sql = node.sql
        assert sql is not None
        if _is_as_written(sql):
            return _Query(node, sql.executable, sql)
        names = cursor.execute("SELECT schema_name, view_name FROM duckdb_views()").fetchall()
        columns = {
            id: columns_of(cursor.sql(f"FROM {quote_name(id.kind, id.name)}"))
            for id in node.with_itself.parents
            if (id.kind, id.name) in names
        }
        found = in_duckdb(node, columns, self.loaded.project, self.loaded.plugins)
        found.raise_problems(NodeError)
        assert found.node.sql is not None
        return _Query(node, found.node.sql.executable, None)

    def _add(self, query: _Query, told: Mapping[Condition, frozenset[str] | None]) -> None:
        times = Counter[object]()
        for condition, seen in told.items():
            one = self._covered(query, condition)
            key = one.node, one.location, one.clause, one.text
            times[key] += 1
            known = self._found.setdefault((*key, times[key]), one)
            self._found[(*key, times[key])] = evolve(
                known, seen=known.seen | (seen or frozenset()), told=known.told and seen is not None
            )

    def _covered(self, query: _Query, condition: Condition) -> Covered:
        node, nodes = query.node, self.loaded.project.nodes

        def shown(found: re.Match[str]) -> str:
            name = f"{found[1]}.{found[2]}"
            return name if name in nodes else found[0]

        return Covered(
            node=node.id,
            location=self._place(query, self._structure(query).tokens[condition.span[0]].start),
            clause=condition.clause,
            text=_NAMED.sub(shown, condition.text),
            outcomes=condition.outcomes,
        )

    def _place(self, query: _Query, offset: int) -> Location:
        """Where something of a query stands; where the query or its node begins, else."""
        node, sql = query.node, query.sql
        if sql is None:
            return node.location if node.sql is None else node.sql.location
        key = node.id, sql.rendered, offset
        if key not in self._places:
            self._places[key] = place_in(self.loaded.project.root, sql, offset)
        return self._places[key]

    def found(self, tested: Collection[NodeId]) -> Coverage:
        """What all tests show together; ``tested`` are the nodes that have one."""
        return Coverage(
            nodes=tuple(self.nodes),
            tested=frozenset(tested).intersection(self.nodes),
            conditions=tuple(self._found.values()),
        )


def _is_as_written(sql: Sql) -> bool:
    """Whether DuckDB runs the very text in which places are known."""
    return sql.dialect == "duckdb" and not sql.calls
