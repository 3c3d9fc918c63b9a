"""``run`` and ``plan``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from seeknal.cli.app import Command, said
from seeknal.cli.common import (
    environment_argument,
    environment_option,
    exclude_each_other,
    explicit,
    lock_timeout_option,
    named_environment,
    planning_options,
    project_options,
    project_root,
    request,
    selection_options,
    workers_option,
)
from seeknal.cli.streams import say, warn
from seeknal.host.started import listen
from seeknal.kernel.command_options import (
    STDOUT,
    dry_run_option,
    explain_option,
    format_option,
    output_option,
    quiet_option,
    span_options,
    verbose_option,
    yes_option,
)
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.lineage.checking import Checked
    from seeknal.plan.changes import Consequences
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.names import NodeId
    from seeknal.values.plan import Plan
    from seeknal.values.results import RunSummary

forward_option = click.option(
    "--forward-only",
    multiple=True,
    metavar="NODE",
    help="Keep the rows of this node under its new definition.",
)


@click.command("run", cls=Command)
@environment_option
@selection_options
@planning_options
@span_options
@workers_option
@click.option("--parallel", is_flag=True, hidden=True, help="The same as --workers auto.")
@click.option("--backfill", is_flag=True, hidden=True, help="As --start and --end without it.")
@click.option("--restate", is_flag=True, hidden=True, help="As --start and --end without it.")
@click.option("--fail-fast", is_flag=True, help="Start nothing new after a failure.")
@click.option("--continue-on-error", is_flag=True, hidden=True, help="As without --fail-fast.")
@click.option(
    "--retries", metavar="N", type=click.IntRange(0), help="Try failed nodes again, this often."
)
@click.option(
    "--missing-inputs",
    is_flag=True,
    help="Run inputs of which no rows are stored too; --schedule does so anyway.",
)
@click.option("--unpin", is_flag=True, help="Build again what a rollback has put back.")
@yes_option
@lock_timeout_option
@dry_run_option
@quiet_option
@verbose_option
@format_option("text", "json")
@project_options
def run_command(
    parallel: bool,
    backfill: bool,
    restate: bool,
    continue_on_error: bool,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    format_: str,
    **options: Any,
) -> int:
    """Run what has changed and everything that depends on it.

    A node runs when its definition, its source's data or the rows that it reads have changed;
    everything else is reused. A failure skips only what depends on the failed node.

    Of nodes with ranges of time what is due is processed; with --start and --end instead all that
    holds a moment of this span, done or not. More than 10,000 batches in all need --yes. Nodes
    that keep their rows under a new definition are named to plan and apply, with --forward-only.
    """
    # Going on is what a run does anyway.
    exclude_each_other("continue_on_error", "fail_fast")
    _check_span(options, backfill=backfill, restate=restate)
    if parallel and options["workers"] is None:
        options["workers"] = "auto"
    if dry_run:
        return show_plan(format_, command="plan", **options)
    from seeknal.run.commands import run_project

    asked = request(command="run", **options)
    summary = run_project(project_root(), asked, reporter_of(format_, quiet, verbose))
    if format_ == "text" and not summary.results:
        _say_that_nothing_is_modified(asked)
    return answer(summary, format_)


@click.command("plan", cls=Command)
@environment_argument
@environment_option
@selection_options
@planning_options
@span_options
@forward_option
@output_option
@click.option("--exit-code", is_flag=True, help="Exit with 3 when anything would change.")
@explain_option
@format_option("text", "json")
@project_options
def plan_command(name: str | None, format_: str, environment: str, **options: Any) -> int:
    """Show what a run would do to each node, and why.

    Reads the versions of sources; changes nothing but this: what production has changed since
    the environment was made is taken note of, for promote. ENV is the same as --env ENV.
    --output saves the plan, for apply --plan.
    """
    environment = named_environment(name, environment)
    if options["output"] == STDOUT:
        raise UsageError(
            "a plan is saved in a file, not on standard output",
            code="SK0250",
            help="--format json prints the plan",
        )
    _check_span(options)
    code = show_plan(format_, command="plan", environment=environment, **options)
    _take_note(environment)
    return code


@click.command("apply", cls=Command)
@environment_argument
@environment_option
@selection_options
@planning_options
@span_options
@forward_option
@workers_option
@click.option(
    "--plan",
    "saved",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A plan that plan --output has saved.",
)
@yes_option
@explain_option
@lock_timeout_option
@quiet_option
@format_option("text", "json")
@project_options
def apply_command(
    name: str | None,
    environment: str,
    saved: Path | None,
    yes: bool,
    explain: bool,
    quiet: bool,
    format_: str,
    **options: Any,
) -> int:
    """Show the plan of an environment, ask, and carry out exactly that.

    A saved plan is refused when the project, the environment or the data have changed since. It
    holds what is selected and how: to change that, plan again.
    ENV is the same as --env ENV.
    """
    from seeknal.cli.agreement import agreed
    from seeknal.plan.saved import options_of, read_plan, refuse_stale
    from seeknal.run.commands import apply_project
    from seeknal.run.environments.preparing import changed_in_origin

    environment = named_environment(name, environment)
    _check_span(options)
    asked = request(command="apply", environment=environment, yes=yes, **options)
    data = read_plan(saved) if saved is not None else None
    if data is not None:
        planned = options_of(data)
        _refuse_other_options(asked, planned)
        asked = evolve(asked, **planned)
        if (name or explicit("environment")) and asked.environment != environment:
            raise UsageError(
                f"the plan is of {asked.environment}, not of {environment}",
                code="SK0753",
                help="leave the environment out: the plan names it",
            )

    def agree(loaded: Loaded, plan: Plan) -> bool:
        if data is not None:
            refuse_stale(data, loaded, plan)
        if format_ == "text" and not quiet:
            from seeknal.plan.explaining import explain_plan

            _print_plan(loaded, plan, explain_plan(loaded, plan, asked), explain=explain)
        _say_notes(changed_in_origin(loaded.state.environments, plan.environment), plan.environment)
        return agreed(f"Apply this to {plan.environment}?", yes)

    summary = apply_project(project_root(), asked, reporter_of(format_, quiet), agree)
    if summary is not None:
        if format_ == "text" and not summary.results:
            _say_that_nothing_is_modified(asked)
        return answer(summary, format_)
    if format_ == "json":
        from seeknal.cli.answers import not_agreed
        from seeknal.cli.render import print_json

        print_json(not_agreed(asked.environment))
    return 1


def _check_span(
    options: Mapping[str, Any], *, backfill: bool = False, restate: bool = False
) -> None:
    """Raise UsageError for a span of time that has no effect, or none where one is meant."""
    for end in ("start", "end"):
        exclude_each_other(
            "full", end, help="--full computes all ranges again, as a new definition"
        )
    if options["start"] is None and options["end"] is None and (backfill or restate):
        option = "--backfill" if backfill else "--restate"
        raise UsageError(
            f"{option} is given without a span of time",
            code="SK0250",
            help="say which: --start 2024-06-01 --end 2024-06-03; a run without them fills what is"
            " missing and due",
        )


def _refuse_other_options(asked: Request, planned: Mapping[str, Any]) -> None:
    """Raise UsageError for an option that would change what a saved plan does."""
    for parameter in click.get_current_context().command.params:
        name = parameter.name or ""
        differs = name in planned and getattr(asked, name) != planned[name]
        if differs and name != "environment" and explicit(name):
            raise UsageError(
                f"--plan and {said(parameter)} exclude each other: the plan holds what is done",
                code="SK0255",
                help=f"plan again with {said(parameter)}, look at it, and apply that",
            )


def _say_that_nothing_is_modified(asked: Request) -> None:
    """Why a selection holds no node; an empty one that asks for no state is refused before."""
    if any("state:" in text for text in (*asked.select, *asked.exclude)):
        say("nothing is modified: no selected node is defined otherwise than when it last ran")


def _say_notes(moved: Iterable[NodeId], environment: str) -> None:
    for id in moved:
        say(f"note: prod has changed {id} since; promoting {environment} replaces or reads it")


def _take_note(environment: str) -> None:
    """A plan of an environment was looked at: what its origin changed meanwhile is known."""
    from seeknal.plan.session import Request
    from seeknal.run.environments.commands import rebase
    from seeknal.values.errors import LockHeld
    from seeknal.values.names import PRODUCTION

    if environment == PRODUCTION:
        return
    try:
        moved = rebase(project_root(), Request(environment=environment, command="plan"))
    except LockHeld:
        warn("another command is writing: what changed in prod since is not taken note of")
        return
    _say_notes(moved, environment)


def reporter_of(format_: str, quiet: bool = False, verbose: bool = False) -> Any:
    """Who tells people of a run whose answer has this format."""
    from seeknal.cli.progress import Lines, Silent
    from seeknal.cli.talk import let_nodes_talk

    let_nodes_talk()
    if format_ == "json":
        return Silent()
    if quiet:
        listen(None)
    return Lines(project_root(), quiet=quiet, verbose=verbose)


def answer(summary: RunSummary, format_: str) -> int:
    """Print a run's answer where it is JSON; gives the exit code."""
    from seeknal.values.errors import Interrupted

    if format_ == "json":
        from seeknal.cli.answers import run_answer
        from seeknal.cli.render import print_json

        print_json(run_answer(summary, project_root()))
    if summary.interrupted:
        return Interrupted.exit_code
    return 0 if summary.ok else 1


def show_plan(
    format_: str,
    output: Path | None = None,
    exit_code: bool = False,
    explain: bool = False,
    **options: Any,
) -> int:
    """Print the plan of a run with these options."""
    from seeknal.cli.planning import say_left
    from seeknal.plan.explaining import explain_plan, other_commit
    from seeknal.run.commands import plan_project

    for option in ("workers", "fail_fast", "retries", "lock_timeout", "unpin", "yes"):
        options.pop(option, None)
    asked = request(**options)
    planned = plan_project(project_root(), asked)
    loaded, plan = planned.loaded, planned.plan
    if other := other_commit(loaded):
        plan = evolve(plan, warnings=(*plan.warnings, other))
    if many := _many_batches(plan):
        plan = evolve(plan, warnings=(*plan.warnings, many))
    found = explain_plan(loaded, plan, asked)
    for warning in plan.warnings:
        warn(warning)
    _say_checked(planned.checked)
    if format_ == "json" or output is not None:
        from seeknal.cli.answers import plan_answer
        from seeknal.cli.render import print_json

        answer = plan_answer(plan, found, planned.left)
        if output is not None:
            from seeknal.plan.saved import save_plan

            save_plan(output, loaded, plan, asked, answer)
        if format_ == "json":
            print_json(answer)
    if format_ == "text":
        _print_plan(loaded, plan, found, explain=explain)
        if not plan.steps:
            _say_that_nothing_is_modified(asked)
        say_left(planned.left)
    changes = any(step.node for step in plan.to_run) or _removes(loaded, plan, asked)
    return 3 if exit_code and changes else 0


def _many_batches(plan: Plan) -> str | None:
    """What is said of a plan that nobody carries out by mistake."""
    if all(step.ranges is None for step in plan.steps):
        return None
    from seeknal.plan.asked_spans import MOST_BATCHES, batches_of

    batches = batches_of(plan)
    return (
        f"{batches:,} batches: to process so many takes --yes" if batches > MOST_BATCHES else None
    )


def _say_checked(checked: Checked) -> None:
    """What may not fit, and what cannot be known before a run."""
    from seeknal.cli.failures import explain_problems
    from seeknal.cli.validate import say_unknown

    if checked.problems:
        say(explain_problems(checked.problems, project_root()))
    say_unknown(checked)


def _removes(loaded: Loaded, plan: Plan, asked: Request) -> bool:
    from seeknal.plan.session import is_narrowed

    known = loaded.snapshots(plan.environment)
    return not is_narrowed(asked) and any(id not in loaded.project.nodes for id in known)


def _print_plan(loaded: Loaded, plan: Plan, found: Consequences, *, explain: bool) -> None:
    from seeknal.cli.planning import print_changes, print_sections, print_steps

    for warning in found.warnings:
        warn(warning)
    print_changes(loaded, plan, found, explain=explain)
    print_sections(found.sections)
    if found.sections:
        print()
    print_steps(plan, found)
