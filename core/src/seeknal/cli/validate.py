"""``validate``: everything that is wrong in the project's files, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import project_options, project_root, request
from seeknal.cli.connection import connection_answer, print_connections, tested
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option, verbose_option
from seeknal.values.errors import ProjectError

if TYPE_CHECKING:
    from seeknal.cli.connection import Tried
    from seeknal.lineage.checking import Checked
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project


@click.command("validate", cls=Command)
@click.option("--connections", is_flag=True, help="Connect to every connection too.")
@verbose_option
@format_option("text", "json")
@project_options
def validate_command(connections: bool, verbose: bool, format_: str, **options: Any) -> int:
    """Report everything that is wrong in the project's files.

    SQL and the columns that nodes name are held against what they read, as far as that is known
    without a run: from files, from declarations and from the last run. Reads files only; no
    target or connection is touched unless --connections is given.
    """
    from seeknal.plan.validating import examine

    found = examine(project_root(), request(command="validate", **options))
    problems, project = found.problems, found.loaded.project if found.loaded else None
    nodes = len(project.nodes) if project else 0
    failed = any(problem.severity == "error" for problem in problems)
    if format_ == "text":
        _print(problems, nodes, found.checked, verbose=verbose)
    tried: list[Tried] | None = None
    if connections and project is not None and not failed:
        tried = tested(project_root(), options["profile"], _types_used(project))
    if format_ == "json":
        print_json(_answer(problems, nodes, found.checked, tried))
    elif tried:
        print_connections(tried, "table")
    elif tried is not None:
        print("the project has no connections")
    if failed:
        return ProjectError.exit_code
    return 0 if all(entry.ok for entry in tried or ()) else 1


def _types_used(project: Project) -> set[str]:
    """The types of all sources and targets."""
    nodes = project.nodes.values()
    sources = {node.source.type for node in nodes if node.source is not None}
    return sources | {target.type for node in nodes for target in node.targets}


def _print(problems: Sequence[Problem], nodes: int, checked: Checked, *, verbose: bool) -> None:
    from seeknal.cli.failures import explain_problems

    if problems:
        say(explain_problems(problems, project_root(), verbose=verbose))
    say_unknown(checked)
    if not problems:
        print(f"{count(nodes, 'node')}, no problems")
    elif not any(problem.severity == "error" for problem in problems):
        print(f"{count(nodes, 'node')}, no problems but {count(len(problems), 'warning')}")


def say_unknown(checked: Checked) -> None:
    """A line for all that cannot be known before it has run, and one for what was passed over."""
    if checked.unknown or checked.unchecked:
        say(f"note: {_unknown(checked)}")
    if checked.skipped:
        say(f"note: {_skipped(checked)}")


def _skipped(checked: Checked) -> str:
    number = len(checked.skipped)
    are, them, they = ("is", "it", "it reads") if number == 1 else ("are", "them", "they read")
    told = f"{count(number, 'node')} {are} not checked"
    return f"{told}, as something is wrong with {them} or what {they}: {_named(checked.skipped)}"


def _unknown(checked: Checked) -> str:
    text = f"columns are known only after a run: {_named(checked.unknown)}"
    if not checked.unchecked:
        return text
    if len(checked.unchecked) == 1:
        return f"{text}; the node that reads them is not checked"
    return f"{text}; {len(checked.unchecked)} nodes that read them are not checked"


def _named(ids: Sequence[str]) -> str:
    more = len(ids) - _MOST_NAMED
    return ", ".join(ids[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


_MOST_NAMED = 5


def _answer(
    problems: Sequence[Problem],
    nodes: int,
    checked: Checked,
    tried: Sequence[Tried] | None,
) -> dict[str, Any]:
    from seeknal.cli.answers import answered, outcome, problem_answer

    good = not any(problem.severity == "error" for problem in problems)
    good = good and all(entry.ok for entry in tried or ())
    shown = [problem_answer(problem) for problem in problems]
    answer = answered(
        outcome(good),
        node_count=nodes,
        problems=shown,
        unknown_columns=list(checked.unknown),
        unchecked=list(checked.unchecked),
        skipped=list(checked.skipped),
    )
    if tried is not None:
        answer["connections"] = [connection_answer(entry) for entry in tried]
    return answer
