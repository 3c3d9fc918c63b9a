"""``run`` and ``plan``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    environment_option,
    format_option,
    lock_timeout_option,
    planning_options,
    project_options,
    project_root,
    request,
    selection_options,
    workers_option,
)
from seeknal.cli.streams import say, warn
from seeknal.errors import UsageError

if TYPE_CHECKING:
    from seeknal.model import Plan, RunSummary


@click.command("run", cls=Command)
@environment_option
@selection_options
@planning_options
@workers_option
@click.option("--parallel", is_flag=True, help="The same as --workers auto.")
@click.option("--fail-fast", is_flag=True, help="Start nothing new after a failure.")
@click.option("--continue-on-error", is_flag=True, help="Run other branches on; the default.")
@click.option("--retries", type=click.IntRange(0), help="Try failed nodes again, this often.")
@click.option("--unpin", is_flag=True, help="Build again what a rollback has put back.")
@lock_timeout_option
@click.option("--dry-run", "--show-plan", is_flag=True, help="Show the plan and stop.")
@click.option("--quiet", "-q", is_flag=True, help="Print failures only.")
@click.option("--verbose", "-v", is_flag=True, help="Print where each node's time went.")
@format_option("text", "json")
@project_options
def run_command(
    parallel: bool,
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
    """
    if continue_on_error and options["fail_fast"]:
        raise UsageError("--continue-on-error and --fail-fast exclude each other", code="SK0255")
    if parallel and options["workers"] is None:
        options["workers"] = "auto"
    if dry_run:
        return show_plan(format_, command="plan", **options)
    from seeknal.run.session import run_project

    reporter = _reporter(format_, quiet, verbose)
    return _answer(
        run_project(project_root(), request(command="run", **options), reporter), format_
    )


@click.command("plan", cls=Command)
@click.argument("name", metavar="[ENV]", required=False)
@environment_option
@selection_options
@planning_options
@format_option("text", "json")
@project_options
def plan_command(name: str | None, format_: str, environment: str, **options: Any) -> int:
    """Show what a run would do to each node, and why.

    Reads the versions of sources; changes nothing. ENV is the same as --env ENV.
    """
    environment = name or environment
    code = show_plan(format_, command="plan", environment=environment, **options)
    _take_note(environment)
    return code


def _take_note(environment: str) -> None:
    """A plan of an environment was looked at: what its origin changed meanwhile is known."""
    from seeknal.errors import LockHeld
    from seeknal.model import PRODUCTION
    from seeknal.run.environments import rebase
    from seeknal.run.session import Request

    if environment == PRODUCTION:
        return
    try:
        moved = rebase(project_root(), Request(environment=environment, command="plan"))
    except LockHeld:
        warn("another command is writing: what changed in prod since is not taken note of")
        return
    for id in moved:
        say(f"note: prod has changed {id} since; promoting {environment} replaces or reads it")


def _reporter(format_: str, quiet: bool, verbose: bool) -> Any:
    from seeknal.cli.progress import Lines, Silent

    if format_ == "json":
        return Silent()
    return Lines(project_root(), quiet=quiet, verbose=verbose)


def _answer(summary: RunSummary, format_: str) -> int:
    from seeknal.errors import Interrupted

    if format_ == "json":
        from seeknal.cli.answers import run_answer
        from seeknal.cli.render import print_json

        print_json(run_answer(summary))
    if summary.interrupted:
        return Interrupted.exit_code
    return 0 if summary.ok else 1


def show_plan(format_: str, **options: Any) -> int:
    """Print the plan of a run with these options."""
    from seeknal.run.session import plan_project

    for option in ("workers", "fail_fast", "retries", "lock_timeout", "unpin"):
        options.pop(option, None)
    plan = plan_project(project_root(), request(**options)).plan
    for warning in plan.warnings:
        warn(warning)
    if format_ == "json":
        from seeknal.cli.answers import plan_answer
        from seeknal.cli.render import print_json

        print_json(plan_answer(plan))
    else:
        _print_plan(plan)
    return 0


def _print_plan(plan: Plan) -> None:
    from seeknal.cli.progress import COLOURS, widths
    from seeknal.cli.streams import paint

    name, _ = widths(plan.steps)
    for step in plan.steps:
        verb = "reused" if step.action == "reuse" else step.action
        word = paint(f"{verb:<9}", COLOURS.get(verb, "green"), sys.stdout)
        maybe = f" (only if they do, else {step.otherwise})" if step.conditional else ""
        print(f"{step.node:<{name}}  {word}  {step.reason}{maybe}")
    certain = sum(not step.conditional for step in plan.to_run)
    maybe_count = len(plan.to_run) - certain
    reused = len(plan.steps) - len(plan.to_run)
    noun = "node" if len(plan.steps) == 1 else "nodes"
    middle = f", {maybe_count} if their inputs change" if maybe_count else ""
    print(f"{len(plan.steps)} {noun}: {certain} to run{middle}, {reused} reused")
