"""Plans, applies, runs and audits a project: what the command line and Python callers use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host.garbage import uncollected
from seeknal.plan.environments import check_name, existing, refuse_pinned
from seeknal.plan.finding import Verified
from seeknal.plan.planning import plan_of
from seeknal.plan.session import Loaded, load, read_project, writing
from seeknal.run.environments.preparing import prepare_environment, take_note_of_origin
from seeknal.run.execution import Execution
from seeknal.state.artifacts import Artifacts
from seeknal.values.errors import ProjectError
from seeknal.values.plan import Plan

if TYPE_CHECKING:
    from seeknal.lineage.checking import Checked
    from seeknal.plan.session import Request
    from seeknal.run.delivery.leftovers import Left
    from seeknal.run.execution import Reporter
    from seeknal.values.results import RunSummary


@frozen(kw_only=True)
class Planned:
    """A loaded project and what a run would do to it."""

    loaded: Loaded
    plan: Plan
    checked: Checked
    left: tuple[Left, ...] = ()
    """What no node delivers to any more."""


def plan_project(root: Path, request: Request) -> Planned:
    """What a run would do, and why. Reads sources' versions; changes nothing.

    Raises ProjectError with all that is wrong and shows without a run.
    """
    # A run without changes checks nothing, and does without the modules of it.
    from seeknal.plan.validating import examine
    from seeknal.run.delivery.leftovers import left_behind

    check_name(request.environment)
    found = examine(root, request)
    errors = [problem for problem in found.problems if problem.severity == "error"]
    if errors or found.loaded is None:
        raise ProjectError(errors)
    loaded = found.loaded
    verified = Verified(Artifacts(loaded.project.target), request.verify)
    plan = plan_of(loaded, request, verified)
    return Planned(
        loaded=loaded, plan=plan, checked=found.checked, left=tuple(left_behind(loaded, request))
    )


def apply_project(
    root: Path, request: Request, reporter: Reporter, agree: Callable[[Loaded, Plan], bool]
) -> RunSummary | None:
    """Plan, and run the plan as it is when it is agreed to; None when it is not.

    Nothing else can write meanwhile. Raises LockHeld when another command is writing.
    """
    check_name(request.environment)
    loaded = read_project(root, request)
    with writing(loaded.project.target, request) as store:
        loaded = evolve(loaded, state=store.state)
        if found := loaded.state.environments.get(request.environment):
            refuse_pinned(found)
        execution = Execution(loaded, request, reporter, store)
        plan = execution.plan()
        _refuse_many(request, plan)
        _check_translations(loaded, request, plan)
        if not agree(loaded, plan):
            return None
        prepare_environment(store, loaded.project, request)
        # What was agreed to was seen beside what the origin holds by now.
        take_note_of_origin(store, request.environment)
        return execution.run(plan)


def run_project(root: Path, request: Request, reporter: Reporter) -> RunSummary:
    """Plan and run a project, as its one writer. Raises LockHeld when there is another."""
    check_name(request.environment)
    with ExitStack() as planning:
        # What is read is needed to the end; only building makes garbage worth looking for.
        planning.enter_context(uncollected())
        loaded = read_project(root, request)
        with writing(loaded.project.target, request) as store:
            loaded = evolve(loaded, state=store.state)
            found = loaded.state.environments.get(request.environment)
            if found and not request.unpin:
                refuse_pinned(found)
            execution = Execution(loaded, request, reporter, store)
            # What is refused here makes no environment, and keeps the pin of one.
            plan = execution.plan()
            _refuse_many(request, plan)
            _check_translations(loaded, request, plan)
            prepare_environment(store, loaded.project, request)
            if plan.to_run:
                planning.close()
            return execution.run(plan)


def _refuse_many(request: Request, plan: Plan) -> None:
    if any(step.ranges is not None for step in plan.steps):
        from seeknal.plan.asked_spans import refuse_many

        refuse_many(plan, agreed=request.yes)


def _check_translations(loaded: Loaded, request: Request, plan: Plan) -> None:
    nodes = [loaded.project.nodes[step.node] for step in plan.to_run]
    if any(node.sql is not None and node.sql.dialect != "duckdb" for node in nodes):
        from seeknal.plan.validating import refuse_untranslated

        refuse_untranslated(loaded, request, plan)


def audit_project(root: Path, request: Request, reporter: Reporter) -> RunSummary:
    """Run the audits of the last published artifacts; nothing else runs and nothing is kept."""
    loaded = load(root, request)
    existing(loaded.state.environments, request.environment)
    return Execution(loaded, request, reporter, None).audit()
