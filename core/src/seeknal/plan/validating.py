"""A project checked without running it: its files, and what does not fit what they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.graph.dag import graph_of, in_no_circle
from seeknal.graph.fingerprint import fingerprints
from seeknal.host import clock
from seeknal.host.once import once
from seeknal.kernel.plugins import load_plugins
from seeknal.lineage.checking import Checked, check_project
from seeknal.plan.session import Loaded, load
from seeknal.state.store import read_state
from seeknal.values.errors import ProjectError
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.pii import any_pii
from seeknal.values.problems import Problem
from seeknal.values.snapshot import Fingerprint

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.plan.session import Request
    from seeknal.state.store import State
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.project import Project

Fingerprints = Callable[[], Mapping[NodeId, Fingerprint]]


@frozen(kw_only=True)
class Examined:
    """What is wrong with a project, and what only a run can tell. ``loaded`` None: too much is
    wrong with its files for anything else."""

    loaded: Loaded | None
    problems: tuple[Problem, ...]
    checked: Checked


def examine(root: Path, request: Request) -> Examined:
    """Everything that is wrong in a project, as far as it shows without a run."""
    try:
        loaded = load(root, request)
    except ProjectError as error:
        return _of_wrong(error, request)
    checked = check(
        loaded.project, loaded.plugins, loaded.state, request.environment, loaded.fingerprints
    )
    pivots = _private_pivots(loaded, request.environment)
    problems = _ordered((*loaded.project.warnings, *checked.problems, *pivots))
    return Examined(loaded=loaded, problems=problems, checked=_unsaid(checked, problems))


def refuse_untranslated(loaded: Loaded, request: Request, plan: Plan) -> None:
    """Raise ProjectError with all that may mean something else of the SQL in other dialects that
    a plan runs, as far as it shows before."""
    from seeknal.sql.translating.nodes import is_translated

    pairs = loaded.plugins.dialect_pairs
    translated = {
        step.node
        for step in plan.to_run
        if (sql := loaded.project.nodes[step.node].sql) is not None and is_translated(sql, pairs)
    }
    if not translated:
        return
    checked = check(
        loaded.project, loaded.plugins, loaded.state, request.environment, loaded.fingerprints
    )
    found = [
        problem
        for problem in _ordered(checked.problems)
        if problem.node in translated
        and problem.severity == "error"
        and problem.code in ("SK0450", "SK0456")
    ]
    if found:
        raise ProjectError(found)


def _ordered(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Problems as they stand in the files."""
    if len(problems) < 2:
        return problems
    from seeknal.project.reading import place_of

    return tuple(sorted(problems, key=place_of))


def _private_pivots(loaded: Loaded, environment: str) -> list[Problem]:
    """Each PIVOT that would make names of columns of private values."""
    from seeknal.lineage.hidden import Hidden
    from seeknal.lineage.pivoted import has_pivot, pivot_problems
    from seeknal.lineage.reader import Reader

    nodes, snapshots = loaded.project.nodes, loaded.snapshots(environment)
    pivoting = [each for node in nodes.values() for each in node.queries if has_pivot(each)]
    if not pivoting or not any_pii(nodes):
        return []
    names = {
        id: [column.name for column in snapshot.columns]
        for id, snapshot in snapshots.items()
        if snapshot.columns
    }
    found: list[Problem] = []
    with closing(Reader(loaded.project, loaded.plugins)) as reader:
        hidden = Hidden(nodes, loaded.fingerprints(), reader, snapshots)
        for node in pivoting:
            read = {id: names[id] for id in (*node.parents, node.id) if id in names}
            found += pivot_problems(node, read, hidden.columns, loaded.project.root)
    return found


def _of_wrong(error: ProjectError, request: Request) -> Examined:
    """Its files are wrong: what could be read of it may not fit either."""
    if error.partial is None:
        return Examined(loaded=None, problems=error.problems, checked=Checked())
    project = error.partial
    state, found = read_state(project.target), once(lambda: _fingerprints_of_sound(project))
    checked = check(project, load_plugins(), state, request.environment, found, error.problems)
    # Of what is wrong with the files, more than warnings would only be read past.
    more = [problem for problem in checked.problems if problem.severity == "error"]
    problems = _ordered((*error.problems, *more))
    return Examined(loaded=None, problems=problems, checked=_unsaid(checked, problems))


def _unsaid(checked: Checked, problems: Iterable[Problem]) -> Checked:
    """Without the nodes that were passed over and of which something else is told."""
    told = {problem.node for problem in problems}
    return evolve(checked, skipped=tuple(id for id in checked.skipped if id not in told))


def check(
    project: Project,
    plugins: Plugins,
    state: State,
    environment: str,
    fingerprints: Fingerprints,
    known: Sequence[Problem] = (),
) -> Checked:
    """What does not fit what it reads, by an environment's outputs or production's."""
    found = state.environments.get(environment) or state.environments.get(PRODUCTION)
    wrong = {problem.node for problem in known if problem.node is not None}
    snapshots = found.snapshots if found else {}
    return check_project(project, plugins, snapshots, fingerprints, wrong)


def _fingerprints_of_sound(project: Project) -> Mapping[NodeId, Fingerprint]:
    """Fingerprints of the nodes that read nodes which are there, and not each other."""
    free = in_no_circle({id: node.waits_for for id, node in project.nodes.items()})
    sound = {id: node for id, node in project.nodes.items() if id in free}
    graph = graph_of({id: node.waits_for for id, node in sound.items()})
    today = clock.now().date().isoformat()
    return fingerprints(_closed(sound), graph, today, project.root) if graph else {}


def _closed(nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, Node]:
    """The nodes without what they read that is not there."""
    lost = {id for id, node in nodes.items() if not nodes.keys() >= set(node.waits_for)}
    kept = {
        id: evolve(
            nodes[id], inputs=tuple(entry for entry in nodes[id].inputs if entry.ref in nodes)
        )
        for id in lost
    }
    return {**nodes, **kept}
