"""What of a node does not fit the columns of what it reads, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.kernel.hooks import failure
from seeknal.lineage.beside import (
    audit_problems,
    contract_problems,
    described_problems,
    freshness_problems,
    key_problems,
    target_problems,
)
from seeknal.lineage.binding import Unbound
from seeknal.lineage.schemas import Schema, computed_of, named_only
from seeknal.lineage.sure import as_sure
from seeknal.rows.scans import columns_of, refuse_equal_names
from seeknal.sql.engine_columns import columns_nowhere
from seeknal.sql.faults import Fault, faults_of, second_named
from seeknal.sql.inputs import NOWHERE
from seeknal.sql.literals import literal_faults
from seeknal.sql.misfits import misfit_faults
from seeknal.sql.names import suggestions
from seeknal.sql.pivots import named_pivot
from seeknal.sql.positions import before_edits, place_in
from seeknal.sql.syntax import takes_columns_from_data
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.names import UNCLEAR, NodeId
from seeknal.values.pii import pii_columns, type_of
from seeknal.values.problems import Problem, Problems
from seeknal.values.spots import find_word

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Misfit
    from seeknal.lineage.binding import Binder
    from seeknal.sql.positions import Edit
    from seeknal.values.columns import Column
    from seeknal.values.location import Location
    from seeknal.values.node import Node

Schemas = Mapping[NodeId, Schema | None]


@frozen(kw_only=True)
class Fit:
    """A node looked at. ``looked`` is False where what it reads is not known."""

    schema: Schema | None = None
    problems: tuple[Problem, ...] = ()
    looked: bool = True


class Fitter:
    """Binds one node after the other to empty tables of the columns that its inputs have."""

    def __init__(self, binder: Binder) -> None:
        self.binder = binder

    def fit(self, node: Node, schemas: Schemas) -> Fit:
        """A node that reads others, over inputs of these schemas."""
        parents = self.parents(node)
        given = [schema for id in parents if (schema := schemas.get(id)) is not None]
        unclear = not parents and UNCLEAR in node.parents
        # Which columns it has so far is what is asked here.
        circular = node.sql is not None and node.sql.reads_itself
        if len(given) < len(parents) or unclear or circular or self._is_elsewhere(node):
            return Fit(looked=False)
        import duckdb

        try:
            found = self._fitted(node, schemas, dict(zip(parents, given, strict=True)))
            return self._without_members(node, found)
        except duckdb.Error:
            # Columns of types that only exist where they were made: nothing can be said.
            return Fit(looked=False)

    def _without_members(self, node: Node, found: Fit) -> Fit:
        """What is told of types does not list the values of an ENUM where any may be private."""
        if not found.problems or not pii_columns(self.binder.nodes, node.id):
            return found
        told = (evolve(each, message=type_of(each.message, True)) for each in found.problems)
        return evolve(found, problems=tuple(told))

    def _fitted(self, node: Node, schemas: Schemas, parents: Mapping[NodeId, Schema]) -> Fit:
        for id, known in parents.items():
            self.binder.define(id, known.columns)
        rows = _Rows(self.binder, node, schemas, computed_of([*parents.values()]))
        try:
            found = rows.schema()
        except Unbound:
            return Fit(problems=tuple(rows.problems), looked=bool(rows.problems))
        except _Wrong:
            return Fit(problems=tuple(rows.problems))
        beside = self.beside(node, found, schemas)
        if node.increment is not node and found is not None:
            of_first = [*rows.problems]
            more = self._of_increment(node, found, schemas, parents)
            rows.add([problem for problem in more if problem not in of_first])
        return Fit(schema=found, problems=(*rows.problems, *beside))

    def _of_increment(
        self, node: Node, found: Schema, schemas: Schemas, parents: Mapping[NodeId, Schema]
    ) -> list[Problem]:
        """What does not fit of the query whose rows are merged into those of the first."""
        increment, seen = node.increment.with_itself, dict(parents)
        if node.id in increment.parents:
            self.binder.define(node.id, found.columns)
            seen[node.id] = found
        rows = _Rows(self.binder, increment, {**schemas, **seen}, computed_of([*seen.values()]))
        try:
            again = rows.schema()
        except (Unbound, _Wrong):
            return [*rows.problems]
        if again is not None and (said := _other_columns(found, again)):
            rows.problems.append(
                Problem(
                    code="SK0283",
                    message=f"where is_incremental() holds, the SQL gives other columns: {said}",
                    location=node.location if increment.sql is None else increment.sql.location,
                    help="rows that are merged have the same columns, of the same types",
                    node=node.id,
                )
            )
        return [*rows.problems]

    def of_engine(self, node: Node, schemas: Schemas) -> list[Problem]:
        """Columns that the SQL of another engine names and none of its inputs has, and what of it
        may mean something else there."""
        import duckdb

        parents = self.parents(node)
        given = [schema for id in parents if (schema := schemas.get(id)) is not None]
        engine = self.binder.plugins.engines.get(node.engine or "")
        if engine is None or engine.dialect is None or node.sql is None:
            return []
        if not parents or len(given) < len(parents):
            return []
        rows = _Rows(self.binder, node, schemas, computed_of(given))
        names = [name for schema in given for name in schema.names]
        try:
            for id, schema in zip(parents, given, strict=True):
                self.binder.define(id, schema.columns)
            found = columns_nowhere(
                self.binder.duckdb, node.sql.executable, parents, names, engine.dialect
            )
        except duckdb.Error:
            return []
        rows.add([rows.of_fault(fault, rows.place(fault)) for fault in found])
        if not found and rows.known.typed and self.binder.nodes.keys() >= set(node.parents):
            from seeknal.project.translated import in_engine

            columns = {id: known.columns for id, known in zip(parents, given, strict=True)}
            pairs = self.binder.plugins.dialect_pairs
            rows.add(in_engine(node, columns, self.binder.root, pairs, engine.dialect))
        return list(rows.problems)

    def parents(self, node: Node) -> tuple[NodeId, ...]:
        """What the node reads; with SQL, names that no node has are left to the SQL.

        SQL reads nothing of nodes that only describe.
        """
        left, nodes = node.sql is not None, self.binder.nodes
        return tuple(
            id
            for id in node.parents
            if not (left and id in nodes and nodes[id].does == "describes")
            and (id in nodes or not (left or id == UNCLEAR))
        )

    def beside(self, node: Node, schema: Schema | None, schemas: Schemas) -> list[Problem]:
        """What does not fit the rows of a node: its contract, its audits and its targets."""
        found: list[Problem] = []
        if schema is not None:
            if node.contract:
                found += contract_problems(node, schema, self.binder)
            if self._has_rows(node):
                found += described_problems(node, schema.names, self.binder.root)
                found += key_problems(node, schema.columns, self.binder.root)
                found += freshness_problems(node, schema, self.binder)
            found += audit_problems(node, schema, schemas, self.binder)
        for target in node.targets:
            given = schemas.get(target.reads) if target.reads is not None else schema
            if given is not None:
                found += as_sure(target_problems(target, given, self.binder), given.sure)
        return found if schema is None else [*as_sure(found, schema.sure)]

    def _has_rows(self, node: Node) -> bool:
        kind = self.binder.plugins.kinds.get(node.kind)
        return kind is not None and kind.produces_rows

    def _is_elsewhere(self, node: Node) -> bool:
        """Whether its rows are made where nothing can be bound without running it."""
        return node.python is not None or node.runs_elsewhere


def _other_columns(first: Schema, again: Schema) -> str:
    """In which columns two queries differ; empty where they do not, or it is not known."""
    if not (first.sure and again.sure):
        return ""
    old = {column.name: column.type for column in first.columns}
    new = {column.name: column.type for column in again.columns}
    typed = first.typed and again.typed
    differ = [name for name in {**old, **new} if (name in old) != (name in new)]
    differ += [name for name in old if typed and name in new and old[name] != new[name]]
    return ", ".join(differ)


class _Wrong(Exception):
    """What is wrong has been told, and the columns cannot be."""


class _Rows:
    """The columns of one node's rows, and what keeps them from being told."""

    def __init__(self, binder: Binder, node: Node, schemas: Schemas, known: Schema) -> None:
        self.binder = binder
        self.node = node
        self.schemas = schemas
        self.known = known
        self.problems = Problems()

    def schema(self) -> Schema | None:
        """None for a node that has no rows, or those of several others."""
        node = self.node
        kind = self.binder.plugins.kinds.get(node.kind)
        if node.does == "checks":
            return None
        if node.rows_of_body and node.sql is None:
            raise Unbound("it has no SQL")
        body = self.of_sql() if node.sql is not None else self.of_input()
        if kind is None or node.rows_of_body or body is None:
            return body
        if not kind.produces_rows:
            self.look_at_options(body)
            return body
        return self.of_kind(body)

    def of_input(self) -> Schema | None:
        parents = [id for id in self.node.parents if id != UNCLEAR]
        return self.schemas[parents[0]] if len(parents) == 1 else None

    def of_sql(self) -> Schema:
        assert self.node.sql is not None
        if self.node.sql.dialect != "duckdb" or self.node.sql.calls:
            self.translate()
        sql = self.node.sql.executable
        is_known = not _reads_outside(self.node)
        if is_known and takes_columns_from_data(sql):
            self.of_pivot(sql)
            is_known = False
        if not is_known:
            raise Unbound("its columns are not known until it has run")
        found = self.bound(sql, self.place)
        self.look_at_values(sql)
        return found

    def translate(self) -> None:
        """Look at what DuckDB will run: which that is, is up to the types of what it reads."""
        from seeknal.project.translated import depends_on_types, in_duckdb

        assert self.node.sql is not None
        plugins = self.binder.plugins
        if not depends_on_types(self.node.sql, plugins.dialect_pairs):
            return
        if not self.known.typed:
            raise Unbound("the types of its inputs are not known")
        columns = {
            id: schema.columns for id in self.node.parents if (schema := self.schemas.get(id))
        }
        found = in_duckdb(self.node, columns, self.binder.project, plugins)
        if found.problems:
            self.add(found.problems)
            raise _Wrong
        self.node = found.node

    def look_at_values(self, sql: str, mended: bool = False, edits: Sequence[Edit] = ()) -> None:
        """Say which texts no row can convert and which columns no row can compare."""
        if not self.known.typed:
            return
        types = self.types()
        wrong = literal_faults(self.binder.duckdb, sql, types, mended=mended)
        wrong += misfit_faults(self.binder.duckdb, sql, types, mended=mended)
        for fault in wrong:
            told = evolve(fault, offset=before_edits(fault.offset or 0, edits))
            self.add([self.of_fault(told, self.place(told))])

    def of_pivot(self, sql: str) -> None:
        """Say what does not fit in a PIVOT that takes its columns from the data."""
        pivot = named_pivot(sql)
        if pivot is None or takes_columns_from_data(pivot.sql):
            return
        names = [name for id in self.node.parents for name in self.names_of(id)]
        for fault in faults_of(self.binder.duckdb, pivot.sql, names).faults:
            offset = None if fault.offset is None else before_edits(fault.offset, pivot.edits)
            if offset is not None and offset < pivot.end and self.is_certain(fault):
                placed = evolve(fault, offset=offset)
                self.add([self.of_fault(placed, self.place(placed))])
        if len(self.problems):
            raise _Wrong

    def types(self) -> dict[str, set[str]]:
        """The types that the columns of each name have in what the node reads."""
        found: dict[str, set[str]] = {}
        for id in self.node.parents:
            schema = self.schemas.get(id)
            for column in schema.columns if schema else ():
                found.setdefault(column.name.lower(), set()).add(column.type)
        return found

    def place(self, fault: Fault) -> Location:
        assert self.node.sql is not None
        if fault.offset is None:
            return self.node.sql.location
        return place_in(self.binder.root, self.node.sql, fault.offset)

    def bound(self, sql: str, place: Any) -> Schema:
        """The columns of a query. Raises _Wrong when it does not bind and Unbound when that
        says nothing."""
        import duckdb

        connection = self.binder.duckdb
        try:
            columns = columns_of(connection.sql(sql))
        except (
            duckdb.BinderException,
            duckdb.CatalogException,
            duckdb.ParserException,
            # What a constant says that no value can be made of.
            duckdb.ConversionException,
            duckdb.InvalidInputException,
        ):
            names = [name for id in self.node.parents for name in self.names_of(id)]
            found = faults_of(connection, sql, names)
        except duckdb.Error as error:
            raise Unbound(str(error)) from error
        else:
            self.refuse_twins(columns, sql, place)
            if self.known.typed:
                return evolve(self.known, columns=columns)
            return named_only([column.name for column in columns], sure=self.known.sure)
        told = [fault for fault in found.faults if self.is_certain(fault)]
        if not told:
            raise Unbound("its columns are not known until it has run")
        self.add([self.of_fault(fault, place(fault)) for fault in told])
        if found.mended is not None and place == self.place:
            self.look_at_values(found.mended, mended=True, edits=found.edits)
        if found.columns is None or len(told) < len(found.faults):
            raise _Wrong
        return named_only(found.columns, sure=self.known.sure)

    def refuse_twins(self, columns: Sequence[Column], sql: str, place: Any) -> None:
        """Two columns of one name are told: no rows may have them."""
        try:
            refuse_equal_names(column.name for column in columns)
        except NodeError as error:
            name = error.message.rpartition(" and ")[2].strip("'")
            fault = Fault(message=error.message, kind="shape", help=error.help, name=name)
            fault = evolve(fault, offset=second_named(name, sql))
            self.add([evolve(self.of_fault(fault, place(fault)), code=error.code)])
            raise _Wrong from None

    def names_of(self, id: NodeId) -> list[str]:
        return schema.names if (schema := self.schemas.get(id)) else []

    def is_certain(self, fault: Fault) -> bool:
        """Whether it is wrong whatever is not known: types, and what extensions bring."""
        if "extension" in fault.message or self.is_told(fault):
            return False
        return self.known.typed or fault.kind in ("name", "shape") or "Function" in fault.message

    def is_told(self, fault: Fault) -> bool:
        """Whether it is a node that is not there, which has been told where files are read."""
        missing = [id.lower() for id in self.node.parents if id not in self.binder.nodes]
        names = [*missing, *(id.rpartition(".")[2] for id in missing)]
        text = fault.message.lower()
        # Where no node of its kind is there, DuckDB says the whole name.
        named = (fault.name or "").lower() in names or any(f'"{id}"' in text for id in missing)
        return ("table with name" in text and named) or NOWHERE in fault.message

    def of_fault(self, fault: Fault, place: Location) -> Problem:
        return Problem(
            code="SK0706",
            message=fault.message,
            location=place,
            help=fault.help or self.meant(fault),
            node=self.node.id,
        )

    def meant(self, fault: Fault) -> str | None:
        """The nodes that a table's name is near to."""
        if fault.name is None or "Table with name" not in fault.message:
            return None
        return suggestions(fault.name, self.binder.nodes)

    def add(self, problems: Sequence[Problem]) -> None:
        self.problems += as_sure(problems, self.known.sure)

    def of_kind(self, body: Schema) -> Schema:
        """The columns that the node's kind makes of its own SQL's or its input's."""
        node, binder = self.node, self.binder
        self.look_at_options(body)
        if not body.typed or not self.binder.nodes.keys() >= set(node.parents):
            raise Unbound("not all is known of what it reads and says")
        try:
            sql = binder.generated(node, node.sql.executable if node.sql else None, node.parents)
        except Unbound as error:
            self.told_by_kind(error.__cause__)
            raise
        return self.bound(sql, self.place_of_name)

    def look_at_options(self, body: Schema) -> None:
        """Say what the node's own options name and its input does not have."""
        node, binder = self.node, self.binder
        hook = binder.plugins.hooks.node_misfits
        try:
            misfits = [*(hook(node=node, columns=body.columns, nodes=binder.nodes) or ())]
        except Exception as error:
            if UNCLEAR in node.parents:
                # Of its options some are wrong, which has been told.
                raise _Wrong from None
            plugin = binder.plugins.owner("kind", node.kind)
            self.add(failure(plugin, "node_misfits", error, node.location, node.id))
            raise _Wrong from None
        wrong = [self.of_misfit(misfit) for misfit in misfits]
        self.add(wrong)
        if any(problem.severity == "error" for problem in wrong):
            raise _Wrong

    def told_by_kind(self, error: BaseException | None) -> None:
        """What a kind says of the node's own options, which it points to."""
        if isinstance(error, SeeknalError) and error.location == self.node.location:
            text, code = error.message, error.code
            self.add(
                [
                    Problem(
                        code=code,
                        message=text,
                        location=error.location,
                        help=error.help,
                        node=self.node.id,
                    )
                ]
            )

    def of_misfit(self, misfit: Misfit) -> Problem:
        place = find_word(self.binder.root, self.node.location, misfit.word, misfit.key)
        return Problem(
            code=misfit.code,
            message=misfit.message,
            location=place,
            help=misfit.help,
            node=self.node.id,
            severity=misfit.severity,
        )

    def place_of_name(self, fault: Fault) -> Location:
        """Where a name of the SQL that a kind makes stands among the node's options."""
        return find_word(self.binder.root, self.node.location, fault.name or "", "features")


def _reads_outside(node: Node) -> bool:
    """Whether the SQL reads files or servers itself, which binding it would do as well."""
    if node.volatile is None or node.sql is None:
        return False
    from seeknal.sql.functions import outside_name
    from seeknal.sql.scopes import table_references
    from seeknal.sql.tokens import tokenize

    tokens = tokenize(node.sql.executable)
    return any(outside_name(table, tokens) for table in table_references(tokens))
