"""Tests as trials of the bench: what each is run over, and what of it does not fit the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.intervals.clocks import in_utc
from seeknal.plan.ranges import node_calendar
from seeknal.unittests.ctes import with_clause
from seeknal.unittests.given import columns_of, empty_select, select_of
from seeknal.unittests.naming import node_meant
from seeknal.unittests.schemas import Schemas, with_others
from seeknal.values.errors import ProjectError, did_you_mean
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.unittests.case import Case
    from seeknal.unittests.dated import Dated
    from seeknal.unittests.given import Columns
    from seeknal.unittests.types import Types
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.relations import Interval
    from seeknal.values.tracking import Tracking


@frozen(kw_only=True)
class Prepared:
    """A test that is ready to be run: its inputs, and the rows that the node has, as SELECTs."""

    case: Case
    node: Node
    inputs: Mapping[NodeId, str]
    earlier: str | None = None


def refuse(problems: Problems) -> None:
    """Raise ProjectError with everything that is wrong, where there is anything."""
    if problems.has_errors():
        from seeknal.project.reading import place_of

        raise ProjectError(sorted(problems, key=place_of))


class Preparer:
    """Holds tests against a project; ``every`` test may tell columns that another leaves out."""

    def __init__(self, loaded: Loaded, every: Sequence[Case], types: Types, dated: Dated) -> None:
        self.dated = dated
        self.nodes = loaded.project.nodes
        self.schemas = Schemas(loaded, every)
        self.types = types
        self.problems = Problems()
        self._lacked: dict[str, Mapping[NodeId, Columns]] = {}

    def __enter__(self) -> Preparer:
        return self

    def __exit__(self, *_: object) -> None:
        self.schemas.close()

    def prepared(self, cases: Iterable[Case]) -> list[Prepared]:
        """The tests, ready to be run. Raises ProjectError with all that does not fit."""
        self.problems = Problems()
        found = [self.fitted(case) for case in cases]
        refuse(self.problems)
        return [each for each in found if each is not None]

    def widened(self, case: Case) -> Prepared | None:
        """The test with columns that its node's SQL reads of inputs which do not name them.

        They are NULL in each row. From now on it always has them. None where there is none that it
        could have. Raises ProjectError as `prepared`.
        """
        lacked = self.lacked_by(case)
        if case.id in self._lacked or not lacked:
            return None
        self._lacked[case.id] = lacked
        (found,) = self.prepared([case])
        return found

    def narrowed(self, case: Case) -> None:
        """Let the test have only the columns again that it had before it was `widened`."""
        self._lacked.pop(case.id, None)

    def untyped(self, case: Case) -> str | None:
        """What says the types of the columns of which only the SQL of a test's node knows."""
        told = [
            f"columns: below {id} says of which type {' and '.join(names)} "
            f"{'is' if len(names) == 1 else 'are'}, as no row does"
            for id, columns in self._lacked.get(case.id, {}).items()
            if (names := [name for name, type in columns.items() if type is None])
        ]
        return "; ".join(told) or None

    def lacked_by(self, case: Case) -> Mapping[NodeId, Columns]:
        """Columns that the SQL of a test's node reads and its inputs are not known to have."""
        from seeknal.unittests.lacking import lacking

        node = self.nodes[case.node]
        if node.sql is None or node.sql.dialect != "duckdb":
            return {}
        known: dict[NodeId, Columns] = {}
        for id in self.tables_of(node):
            given, columns = case.inputs.get(id), None
            if given is not None:
                columns = columns_of(given, self.schemas.declared(id))
            known[id] = columns or self.schemas.left_out(id, case) or {}
        said = [id for id, given in case.inputs.items() if given.columns is not None]
        found: dict[NodeId, Columns] = {}
        for id, names in lacking(node.sql.executable, known, said).items():
            types = {name.lower(): type for name, type in self.schemas.others(id, case).items()}
            if self.schemas.is_said(id):
                names = [name for name in names if name.lower() in types]
            found[id] = {name: types.get(name.lower()) for name in names}
        return {id: columns for id, columns in found.items() if columns}

    def tables_of(self, node: Node) -> list[NodeId]:
        """The nodes whose rows a node reads, without itself."""
        return [
            id
            for id in node.parents
            if id in self.nodes and id != node.id and self.nodes[id].does != "describes"
        ]

    def fitted(self, case: Case) -> Prepared | None:
        before = len(self.problems)
        node = self.nodes.get(case.node)
        if node is None:
            self.problems.add(
                "SK1712",
                f"there is no node {case.node!r}",
                case.marks.value("test"),
                node_meant(case.node, self.nodes) or "seeknal list shows the nodes",
            )
            return None
        self.look_at_kind(case, node)
        self.look_at_inputs(case, node)
        self.look_at_expected(case, node)
        if self.problems.has_errors(before):
            return None
        inputs = self.inputs(case, node)
        earlier = self.earlier(case)
        if self.problems.has_errors(before):
            return None
        node = self.dated.node(node, case.frozen)
        return Prepared(case=case, node=node, inputs=inputs, earlier=earlier)

    def look_at_kind(self, case: Case, node: Node) -> None:
        if node.does == "loads":
            self.problems.add(
                "SK1717",
                f"{node.id} reads its rows from outside: there is nothing to test",
                case.marks.value("test"),
                "test a node that reads it",
            )
        if case.query is not None and node.does != "describes":
            place = case.marks.key("query")
            self.problems.add("SK1717", f"query: asks a metric, and {node.id} is none", place)
        if case.interval is not None and node.tracking is not None:
            self.look_at_ranges(case, node, case.interval, node.tracking)
        if case.interval is not None and node.tracking is None:
            place = case.marks.key("interval")
            what = f"{node.id} is not processed by ranges of time"
            self.problems.add("SK1717", what, place, "leave interval: out")
        if case.interval is None and node.tracking is not None:
            self.problems.add(
                "SK1717",
                f"{node.id} is processed by ranges of time, and nothing says which",
                case.location,
                "interval: {start: 2026-02-01, end: 2026-02-02}",
            )
        if case.earlier is not None and not _looks_back(node):
            what = f"{node.id} does not look at the rows that it has"
            self.problems.add("SK1713", what, case.earlier.marks.key(), f"leave {node.id} out")

    def look_at_expected(self, case: Case, node: Node) -> None:
        """CTEs that the SQL does not have, and types that are none."""
        known = with_clause(node.sql.executable).names if node.sql is not None else ()
        for cte, expected in case.expectations.items():
            if cte is not None and cte.lower() not in map(str.lower, known):
                what = f"the SQL of {node.id} has no CTE {cte!r}"
                help = did_you_mean(cte, known) or (f"it has {', '.join(known)}" if known else None)
                self.problems.add("SK1702", what, case.marks.key("ctes", cte), help)
            for name, type in (expected.columns or {}).items():
                try:
                    self.types.tree(type or "VARCHAR")
                except ValueError as error:
                    place = expected.marks.value("columns", name)
                    self.problems.add("SK1715", f"{name}: {error}", place)

    def look_at_ranges(
        self, case: Case, node: Node, interval: Interval, tracking: Tracking
    ) -> None:
        """A run processes whole ranges, and those of a node that reads itself one by one."""
        start, end = interval.seconds
        ranges = list(node_calendar(node).ranges(start, end))
        place = case.marks.value("interval")
        if (ranges[0][0], ranges[-1][1]) != (start, end):
            what = f"the interval is not made of whole ranges of {node.id}"
            self.problems.add("SK1717", what, place, _span(ranges[0][0], ranges[-1][1]))
        elif tracking.reads_itself and len(ranges) > 1:
            what = f"{node.id} reads its own rows, so that a run processes one range after another"
            help = f"a test is of one range, and `this` has the rows before: {_span(*ranges[0])}"
            self.problems.add("SK1717", what, place, help)

    def look_at_inputs(self, case: Case, node: Node) -> None:
        allowed = self.nodes if node.does == "describes" else node.parents
        for id in case.inputs:
            if id not in allowed:
                known = [each for each in allowed if each in self.nodes]
                what = f"{node.id} does not read {id}" if id in self.nodes else _NONE.format(id)
                reads = f"it reads {', '.join(known)}" if known else "it reads nothing"
                place = case.marks.key("inputs", id)
                self.problems.add("SK1713", what, place, node_meant(id, known) or reads)

    def inputs(self, case: Case, node: Node) -> dict[NodeId, str]:
        found: dict[NodeId, str] = {}
        for id in dict.fromkeys([*self.tables_of(node), *case.inputs]):
            if id in case.inputs:
                self.given(case, id, found)
            else:
                self.left_out(case, id, found)
        return found

    def given(self, case: Case, id: NodeId, found: dict[NodeId, str]) -> None:
        given = case.inputs[id]
        known = with_others(self.schemas.declared(id), self.lacked(case, id))
        select = select_of(given, known, self.types, self.problems)
        if select is not None:
            found[id] = select
        else:
            self.left_out(case, id, found)

    def left_out(self, case: Case, id: NodeId, found: dict[NodeId, str]) -> None:
        columns = with_others(self.schemas.left_out(id, case) or {}, self.lacked(case, id))
        if not columns:
            columns = self.lacked_by(case).get(id, {})
        if columns:
            try:
                found[id] = empty_select(columns, self.types)
                return
            except ValueError:
                # A type that is none: told where it stands.
                pass
        place = case.marks.key("inputs", id) if id in case.inputs else case.location
        self.problems.add(
            "SK1716",
            f"nothing says which columns {id} has",
            place,
            f"{id}: {{columns: {{id: BIGINT}}}} below inputs:",
        )

    def lacked(self, case: Case, id: NodeId) -> Columns:
        """What `widened` has found for an input of a test."""
        return self._lacked.get(case.id, {}).get(id, {})

    def earlier(self, case: Case) -> str | None:
        given = case.earlier
        if given is None:
            return None
        select = select_of(given, self.schemas.declared(case.node), self.types, self.problems)
        if select is None:
            place = given.marks.value()
            help = f"{case.node}: {{columns: {{id: BIGINT}}}} below inputs:"
            what = f"nothing says which columns {case.node} has so far"
            self.problems.add("SK1716", what, place, help)
        return select


def _looks_back(node: Node) -> bool:
    """Whether the rows that a node has may matter to those that come."""
    of_sql = node.sql is not None and (node.sql.reads_itself or node.sql.incremental is not None)
    of_function = node.python is not None and node.python.this
    return of_sql or of_function or node.goes_on or node.tracking is not None


_NONE = "there is no node {!r}"


def _span(start: int, end: int) -> str:
    """A range as a test's file says it."""
    start_text, end_text = (f"{in_utc(each):%Y-%m-%dT%H:%M:%SZ}" for each in (start, end))
    return f"interval: {{start: {start_text}, end: {end_text}}}"
