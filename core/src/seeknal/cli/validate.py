"""``validate``: everything that is wrong in the project's files, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import format_option, project_options, project_root, request
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.errors import ProjectError
from seeknal.model import Problem, Project

if TYPE_CHECKING:
    from seeknal.lineage.checking import Checked


@click.command("validate", cls=Command)
@click.option("--connections", is_flag=True, help="Connect to every connection too.")
@format_option("text", "json")
@project_options
def validate_command(connections: bool, format_: str, **options: Any) -> int:
    """Report everything that is wrong in the project's files.

    SQL and the columns that nodes name are held against what they read, as far as that is known
    without a run: from files, from declarations and from the last run. Reads files only; no
    target or connection is touched unless --connections is given.
    """
    from seeknal.run.checking import examine

    found = examine(project_root(), request(command="validate", **options))
    problems, project = found.problems, found.loaded.project if found.loaded else None
    nodes = len(project.nodes) if project else 0
    if format_ == "json":
        print_json(_answer(problems, nodes, found.checked))
    else:
        _print(problems, nodes, found.checked)
    failed = any(problem.severity == "error" for problem in problems)
    code = ProjectError.exit_code if failed else 0
    if connections and project is not None and not code:
        from seeknal.cli.connection import test_all

        return test_all(project_root(), options["profile"], _types_used(project))
    return code


def _types_used(project: Project) -> set[str]:
    """The types of all sources and targets."""
    nodes = project.nodes.values()
    sources = {node.source.type for node in nodes if node.source is not None}
    return sources | {target.type for node in nodes for target in node.targets}


def _print(problems: Sequence[Problem], nodes: int, checked: Checked) -> None:
    from seeknal.cli.failures import explain_problems

    if problems:
        say(explain_problems(problems, project_root()))
    say_unknown(checked)
    if not problems:
        print(f"{count(nodes, 'node')}, no problems")
    elif not any(problem.severity == "error" for problem in problems):
        print(f"{count(nodes, 'node')}, no problems but {count(len(problems), 'warning')}")


def say_unknown(checked: Checked) -> None:
    """One line for all that cannot be known before it has run."""
    if checked.unknown or checked.unchecked:
        say(f"note: {_unknown(checked)}")


def _unknown(checked: Checked) -> str:
    names = [str(id) for id in checked.unknown]
    shown = ", ".join(names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )
    text = f"columns are known only after a run: {shown}"
    if not checked.unchecked:
        return text
    reading = count(len(checked.unchecked), "node")
    return (
        f"{text}; {reading} that read{'' if len(checked.unchecked) > 1 else 's'} them not checked"
    )


_MOST_NAMED = 5


def _answer(problems: Sequence[Problem], nodes: int, checked: Checked) -> dict[str, Any]:
    return {
        "ok": not any(problem.severity == "error" for problem in problems),
        "nodes": nodes,
        "problems": [problem_answer(problem) for problem in problems],
        "unknown": list(checked.unknown),
        "unchecked": list(checked.unchecked),
    }


def problem_answer(problem: Problem) -> dict[str, Any]:
    """One problem as JSON."""
    place = problem.location
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "help": problem.help,
        "node": problem.node,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
