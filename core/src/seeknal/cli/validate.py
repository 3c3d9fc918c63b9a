"""``validate``: everything that is wrong in the project's files, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import format_option, project_options, project_root, request
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.errors import ProjectError
from seeknal.model import Problem, Project


@click.command("validate", cls=Command)
@click.option("--connections", is_flag=True, help="Connect to every connection too.")
@format_option("text", "json")
@project_options
def validate_command(connections: bool, format_: str, **options: Any) -> int:
    """Report everything that is wrong in the project's files.

    A view that does not fit the columns of its inputs, as far as these are declared or known from
    the last run, is a warning. Reads files only; no source, target or connection is touched
    unless --connections is given.
    """
    problems, project = _problems(options)
    nodes = len(project.nodes) if project else 0
    if format_ == "json":
        print_json(_answer(problems, nodes))
    else:
        _print(problems, nodes)
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


def _problems(options: dict[str, Any]) -> tuple[Sequence[Problem], Project | None]:
    from seeknal.run.loading import load

    try:
        loaded = load(project_root(), request(command="validate", **options))
    except ProjectError as error:
        return error.problems, None
    from seeknal.inspect import misfits_of

    return (*loaded.project.warnings, *misfits_of(loaded)), loaded.project


def _print(problems: Sequence[Problem], nodes: int) -> None:
    from seeknal.cli.failures import explain_problems

    if problems:
        say(explain_problems(problems, project_root()))
    if not problems:
        print(f"{count(nodes, 'node')}, no problems")
    elif not any(problem.severity == "error" for problem in problems):
        print(f"{count(nodes, 'node')}, no problems but {count(len(problems), 'warning')}")


def _answer(problems: Sequence[Problem], nodes: int) -> dict[str, Any]:
    return {
        "ok": not any(problem.severity == "error" for problem in problems),
        "nodes": nodes,
        "problems": [problem_answer(problem) for problem in problems],
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
