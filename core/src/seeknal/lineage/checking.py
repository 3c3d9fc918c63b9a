"""A project's nodes bound one after the other, as far as columns are known without running."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.graph.dag import graph_of, in_no_circle
from seeknal.graph.fingerprint import audits_key
from seeknal.host.makers import FileMakers
from seeknal.lineage.beside import place_of_key
from seeknal.lineage.binding import BindContext, Binder, Unbound
from seeknal.lineage.fitcache import FitCache
from seeknal.lineage.fitting import Fit, Fitter
from seeknal.lineage.nodes import declared, still_true
from seeknal.lineage.schemas import (
    LARGEST,
    TOGETHER,
    Schema,
    cost_of,
    files_of,
    has_heads,
    heads_of,
    is_unmoved,
    named_files,
    named_only,
    of_stored,
    paths_of,
    token_of,
)
from seeknal.lineage.sourcefaults import (
    DECLARED,
    told,
    without_option,
    wrong_option,
)
from seeknal.values.digests import digest
from seeknal.values.errors import SeeknalError
from seeknal.values.names import NodeId
from seeknal.values.problems import Problem, Problems
from seeknal.values.snapshot import Fingerprint

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.node import Node
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Snapshot

Marks = Callable[[], Mapping[NodeId, Fingerprint]]
_MOST_OPTIONS = 20


@frozen(kw_only=True)
class Checked:
    """What does not fit. ``unknown``: nodes whose columns only a run tells, where something hangs
    on them; ``unchecked``: those that could not be looked at for that; ``skipped``: those that
    were not looked at for what is wrong with them or with what they read."""

    problems: tuple[Problem, ...] = ()
    unknown: tuple[NodeId, ...] = ()
    unchecked: tuple[NodeId, ...] = ()
    skipped: tuple[NodeId, ...] = ()


def check_project(
    project: Project,
    plugins: Plugins,
    snapshots: Mapping[NodeId, Snapshot],
    marks: Marks,
    wrong: Collection[NodeId] = (),
) -> Checked:
    """Bind what can be bound. Runs nothing and reads no data but that of small files.

    ``snapshots`` tell columns that files do not, as far as ``marks``, the nodes' fingerprints,
    say that they are still true. Something else is known to be wrong with the nodes ``wrong``:
    what is not known of them is no news. What fits is remembered below ``target/``: it is not
    looked at again, nor DuckDB imported, while nothing has changed.
    """
    free = in_no_circle({id: node.waits_for for id, node in project.nodes.items()})
    stuck = sorted(project.nodes.keys() - free)
    project = evolve(project, nodes={id: project.nodes[id] for id in project.nodes if id in free})
    graph = graph_of({id: node.waits_for for id, node in project.nodes.items()})
    assert graph is not None
    with closing(Binder(project, plugins)) as binder:
        checker = _Checker(project, binder, snapshots, marks, wrong)
        checker.skipped += stuck
        for id in graph.order:
            checker.check(project.nodes[id])
        checker.cache.save()
    return checker.checked()


class _Checker:
    """One walk through a project: what is known of each node that was passed."""

    def __init__(
        self,
        project: Project,
        binder: Binder,
        snapshots: Mapping[NodeId, Snapshot],
        marks: Marks,
        wrong: Collection[NodeId],
    ) -> None:
        self.project = project
        self.binder = binder
        self.fitter = Fitter(binder)
        self.snapshots = snapshots
        self.marks = marks
        self.cache = FitCache(project.target)
        self.makers = FileMakers(project.root)
        self.schemas: dict[NodeId, Schema | None] = {}
        self.keys: dict[NodeId, str] = {}
        self.problems = Problems()
        self.left = TOGETHER
        self.unknown: list[NodeId] = []
        self.unchecked: list[NodeId] = []
        self.skipped: list[NodeId] = []
        self.wrong = set(wrong)
        """Nodes of which it is no news that they are not known, nor what reads them."""
        self.broken = set(wrong)
        """Those that are not known for a mistake of theirs or of what they read."""

    def checked(self) -> Checked:
        nodes = self.project.nodes
        read = {id for node in nodes.values() for id in node.waits_for}
        return Checked(
            problems=tuple(self.problems),
            unknown=tuple(id for id in self.unknown if id in read or _is_asked(nodes[id])),
            unchecked=tuple(self.unchecked),
            skipped=tuple(sorted(self.skipped)),
        )

    def check(self, node: Node) -> None:
        if node.source is not None:
            fit = self.of_source(node)
            fit = self.with_beside(node, fit)
        elif node.python is not None or node.runs_elsewhere:
            fit = self.with_beside(node, Fit(schema=of_stored(self.stored(node))))
            fit = self.with_engine(node, fit)
        else:
            fit = self.of_reader(node)
        self.schemas[node.id] = fit.schema
        self.keys[node.id] = fit.schema.key if fit.schema else "?"
        self.problems += fit.problems
        self.note(node, fit)

    def note(self, node: Node, fit: Fit) -> None:
        """What is not known, and whether that is for something that is wrong."""
        follows = any(parent in self.wrong for parent in node.parents)
        if any(problem.node == node.id for problem in fit.problems):
            if fit.schema is None:
                self.wrong.add(node.id)
                self.broken.add(node.id)
        elif node.does == "describes":
            return
        elif not fit.looked or (fit.schema is None and self._has_rows(node)):
            missing = any(parent not in self.project.nodes for parent in node.parents)
            # Of what has run before, other columns than those of then are no news either.
            if follows or missing or node.id in self.wrong or node.id in self.snapshots:
                self.wrong.add(node.id)
                if not fit.looked and (missing or self.broken.intersection(node.parents)):
                    self.broken.add(node.id)
                    self.skipped.append(node.id)
            elif any(self.schemas.get(id) is None for id in node.parents):
                self.unchecked.append(node.id)
            else:
                self.unknown.append(node.id)

    def _has_rows(self, node: Node) -> bool:
        kind = self.binder.plugins.kinds.get(node.kind)
        return kind is not None and kind.produces_rows

    def of_reader(self, node: Node) -> Fit:
        """A node that reads others, from what is remembered or bound now."""
        parents = self.fitter.parents(node)
        if any(self.schemas.get(id) is None for id in parents):
            return Fit(schema=of_stored(self.stored(node)), looked=False)
        if node.sql is not None and node.sql.calls and self.broken.intersection(node.parents):
            # What is described wrongly has been told, and the query follows from that.
            return Fit(schema=of_stored(self.stored(node)), looked=False)
        if not node.definition:
            return self.fitter.fit(node, self.schemas)
        described = [each for each in map(self.project.nodes.get, parents) if each is not None]
        said = [each.definition for each in described if each.does == "describes"]
        asked = [str(self.keys.get(id)) for id in node.waits_for if id not in parents]
        key = _key(node, [*(self.keys[id] for id in parents), *said, *asked])
        if (known := self.cache.get(key)) is not None:
            return known
        return self.cache.put(key, self.fitter.fit(node, self.schemas))

    def with_engine(self, node: Node, fit: Fit) -> Fit:
        if node.python is not None or node.sql is None:
            return fit
        key = _key(node, ["engine", *map(str, map(self.keys.get, node.parents))])
        if node.definition and self.cache.get(key) is not None:
            return fit
        found = self.fitter.of_engine(node, self.schemas)
        if node.definition:
            self.cache.put(key, Fit(problems=tuple(found)))
        return evolve(fit, problems=(*fit.problems, *found))

    def with_beside(self, node: Node, fit: Fit) -> Fit:
        if fit.schema is None or not (_is_asked(node) or _is_described(node)):
            return fit
        seen = map(str, map(self.keys.get, node.waits_for))
        key = _key(node, ["beside", fit.schema.key, *seen])
        if node.definition and self.cache.get(key) is not None:
            return fit
        found = self.fitter.beside(node, fit.schema, self.schemas)
        if node.definition:
            self.cache.put(key, Fit(problems=tuple(found)))
        # What a source's declaration has told of a column stands for all that is said of it.
        told = {problem.location for problem in fit.problems}
        more = [problem for problem in found if problem.location not in told]
        return evolve(fit, problems=(*fit.problems, *more))

    def stored(self, node: Node) -> Any:
        """The columns of the last run, where the node is still what it was then."""
        snapshot = self.snapshots.get(node.id)
        if snapshot is None:
            return None
        mark = self.marks().get(node.id)
        if mark is None:
            return None
        return still_true(node, snapshot, mark.content, mark.upstream).columns

    def of_source(self, node: Node) -> Fit:
        """A source's columns: those of its files now, of its last run, or declared."""
        query = node.source.query if node.source is not None else None
        if query is not None and not query.strip():
            # That it is empty has been told where the file was read.
            return Fit(schema=of_stored(declared(node)))
        files = self.files(node)
        if files is None and self.is_absent(node):
            columns = of_stored(self.stored(node)) or of_stored(declared(node))
            return evolve(self.loaded(node), schema=columns)
        if files is None and self.names_none(node):
            return self.loaded(node)
        cost = cost_of(files) if files else 0
        if files and cost <= LARGEST:
            key = _key(node, [token_of(files, self.project.root)])
            if node.definition and (known := self.cache.get(key)) is not None:
                return known
            if cost <= self.left:
                self.left -= cost
                fit = self.loaded(node)
                return self.cache.put(key, fit) if fit.schema and node.definition else fit
        stored = of_stored(self.stored(node))
        snapshot = self.snapshots.get(node.id)
        if stored and files and snapshot and is_unmoved(files, snapshot, self.project.root):
            return Fit(schema=evolve(stored, sure=True))
        heads = self.of_heads(node, files)
        schema = stored or of_stored(declared(node)) or heads.schema
        return evolve(heads, schema=schema)

    def of_heads(self, node: Node, files: Sequence[Path] | None) -> Fit:
        """The names that the first lines of large files give, and options that cannot be."""
        root = self.project.root
        if not files or not has_heads(files, root):
            return Fit()
        key = _key(node, ["heads", token_of(files, root)])
        if node.definition and (known := self.cache.get(key)) is not None:
            return known
        assert node.source is not None
        heads = heads_of(files, self.binder.scratch)
        source = evolve(node.source, table=heads, columns=())
        fit = self.loaded(evolve(node, source=source), whole=False)
        if fit.schema is None:
            return fit
        schema = named_only(fit.schema.names, sure=False)
        return self.cache.put(key, Fit(schema=schema))

    def files(self, node: Node) -> list[Path] | None:
        return files_of(node, self.project.root) if self.reads_files(node) else None

    def is_absent(self, node: Node) -> bool:
        """Whether a source reads files of which one is not there."""
        return self.reads_files(node) and bool(named_files(node, self.project.root))

    def names_none(self, node: Node) -> bool:
        """Whether a source reads files and does not say which."""
        source = node.source
        return bool(source and self.reads_files(node) and not paths_of(source))

    def reads_files(self, node: Node) -> bool:
        assert node.source is not None
        kind = self.binder.plugins.source_types.get(node.source.type)
        return kind is not None and kind.reads_files and node.python is None

    def loaded(self, node: Node, *, whole: bool = True) -> Fit:
        """A source's columns and what its plugin refuses; not ``whole``: only options."""
        assert node.source is not None
        problems = Problems()
        while len(problems) < _MOST_OPTIONS:
            try:
                columns = self.binder.loaded(node)
            except Unbound as error:
                cause = error.__cause__
                option = wrong_option(cause, node.source)
                if not isinstance(cause, SeeknalError) or cause.code in BindContext.refusals:
                    break
                if cause.code in DECLARED:
                    declared = self.wrongly_declared(node)
                    return evolve(declared, problems=(*problems, *declared.problems))
                if option or whole:
                    problems.append(told(self.project.root, node, cause, self.makers))
                if option is None:
                    break
                node = without_option(node, option)
                assert node.source is not None
            else:
                return Fit(
                    schema=None if problems else Schema(columns=columns), problems=(*problems,)
                )
        return Fit(problems=tuple(problems))

    def wrongly_declared(self, node: Node) -> Fit:
        """Each declared column that is not in the files, and the columns that are."""
        assert node.source is not None
        problems, fitting = [], []
        for spec in node.source.columns:
            try:
                self.binder.loaded(_declaring(node, [spec]))
                fitting.append(spec)
            except Unbound as error:
                if isinstance(error.__cause__, SeeknalError):
                    problems.append(self.declaration(node, spec.name, error.__cause__))
        try:
            columns = self.binder.loaded(_declaring(node, fitting))
        except Unbound:
            return Fit(problems=tuple(problems))
        return Fit(schema=Schema(columns=columns), problems=tuple(problems))

    def declaration(self, node: Node, name: str, error: SeeknalError) -> Problem:
        place = place_of_key(node, name, self.project.root, "columns", "schema")
        return Problem(
            code=error.code, message=error.message, location=place, help=error.help, node=node.id
        )


def _is_asked(node: Node) -> bool:
    """Whether anything depends on the columns of the node's own rows."""
    return bool(node.audits or node.targets or node.contract)


def _is_described(node: Node) -> bool:
    """Whether the node's file speaks of columns of its rows."""
    return bool(node.keys or node.merges_by or node.time_column or node.columns or node.freshness)


def _declaring(node: Node, columns: Sequence[Any]) -> Node:
    assert node.source is not None
    return evolve(node, source=evolve(node.source, columns=tuple(columns)))


def _key(node: Node, parts: Iterable[str]) -> str:
    """All that it depends on whether a node fits."""
    targets = [target.key for target in node.targets]
    sql = node.sql.executable if node.sql else ""
    asked = audits_key(node.audits) if node.audits else ""
    promised = str((node.contract, node.columns, node.keys, node.time_column, node.freshness))
    parts = [node.id, node.definition, sql, asked, promised, *targets, "", *parts]
    return digest(*parts)[:32]
