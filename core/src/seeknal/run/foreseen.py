"""A failure that could have been seen before the run, in the words and at the place of then."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from seeknal.host.makers import FileMakers
from seeknal.kernel.plugins import Plugins
from seeknal.lineage.binding import Binder
from seeknal.lineage.fitting import Fitter
from seeknal.lineage.schemas import Schema
from seeknal.lineage.sourcefaults import told
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.model import Node, NodeId, Problem, Project, Snapshot

_WRONG_SQL = ("SK0706", "SK0708")
_CONTRACT = "SK0713"


def as_checked(
    error: SeeknalError,
    node: Node,
    project: Project,
    plugins: Plugins,
    snapshots: Mapping[NodeId, Snapshot],
) -> SeeknalError:
    """``error`` as `seeknal validate` tells it, where it is of the node over these inputs."""
    if node.source is not None:
        return _of_source(error, node, project)
    if node.python is not None:
        return error
    schemas: dict[NodeId, Schema | None] = {
        id: Schema(columns=columns)
        for id in node.parents
        if (found := snapshots.get(id)) is not None and (columns := found.columns)
    }
    with Binder(project.root, project.nodes, plugins) as binder:
        problems = Fitter(binder).fit(node, schemas).problems
    alike = [problem for problem in problems if problem.code == error.code]
    if len(alike) > 1 and error.code == _CONTRACT:
        # A run tells all that is broken in one message.
        return error
    if not alike and error.code in _WRONG_SQL:
        alike = [problem for problem in problems if problem.code in _WRONG_SQL]
    if alike and error.message.startswith(f"{alike[0].message}; "):
        # So it does of a node's audits; the place is that of the first.
        return _error(evolve(alike[0], message=error.message))
    return _error(alike[0]) if alike else error


def _of_source(error: SeeknalError, node: Node, project: Project) -> SeeknalError:
    """What a source's plugin says, where that is written which it says it of."""
    if error.location in (None, node.location) and node.python is None:
        problem = told(project.root, node, error, FileMakers(project.root))
        error.location, error.help = problem.location, problem.help
    return error


def _error(problem: Problem) -> SeeknalError:
    return NodeError(
        problem.message, code=problem.code, help=problem.help, location=problem.location
    )
