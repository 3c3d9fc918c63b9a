"""``test``: the project's unit tests, which touch nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import project_options, project_root, request, selection_options
from seeknal.cli.live import one_by_one
from seeknal.cli.render import count
from seeknal.cli.streams import say, warn
from seeknal.cli.tested import Changes, Told, changed
from seeknal.kernel.command_options import STDOUT, format_option, output_option
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.unittests.case import Case
    from seeknal.values.names import NodeId


@click.command("test", cls=Command)
@click.argument("names", nargs=-1)
@selection_options
@click.option(
    "--update", is_flag=True, help="Let the tests that fail expect what comes out, and show it."
)
@click.option(
    "--coverage",
    is_flag=True,
    help="Tell nodes without a test, and conditions that no row makes true, or false.",
)
@format_option("table", "json", "junit")
@output_option
@project_options
def test_command(
    names: tuple[str, ...],
    update: bool,
    coverage: bool,
    format_: str,
    output: Path | None,
    **options: Any,
) -> int:
    """Run the unit tests: each node over the rows that a test gives.

    They are the YAML files below tests/; NAMES are tests, nodes, files or folders. No source, state
    or target is touched. Ends with 1 when a test fails.
    """
    from seeknal.cli.talk import let_nodes_talk
    from seeknal.plan.session import read_project
    from seeknal.unittests.running import Tests, all_tests

    root, wanted = project_root(), request(command="test", **options)
    _refuse_tests(root, output)
    read = partial(read_project, root, wanted, keep=False)
    loaded = read()
    every = all_tests(root)
    cases = _selected(loaded, every, names, wanted)
    with Tests(loaded, every, read) as tests:
        let_nodes_talk()
        with one_by_one(len(cases), shown=format_ == "table") as started:
            outcomes = tests.run(cases, lambda case: started(case.name))
        changes = changed(tests.update(outcomes), outcomes) if update else Changes()
        shown = None
        if coverage and format_ != "junit":
            shown = tests.coverage(outcomes, _testable(loaded, cases, names, wanted))
    _answer(Told(outcomes, changes, loaded.project, shown), format_, output)
    if not every:
        say(NO_TESTS)
    elif not cases:
        warn(f"none of the {count(len(every), 'test')} is of a node that is selected")
    return 0 if all(changes.status(each) in ("passed", "updated") for each in outcomes) else 1


def _refuse_tests(root: Path, output: Path | None) -> None:
    """Raise UsageError where the answer would replace what it is about, or a folder."""
    from seeknal.unittests.files import FOLDER

    if output is None or output == STDOUT:
        return
    if output.is_dir():
        raise UsageError(f"{output} is a folder", code="SK0133", help="name a file in it")
    if output.exists() and output.resolve().is_relative_to((root / FOLDER).resolve()):
        help = "write it elsewhere, such as target/results.xml"
        raise UsageError(f"{output} is there already, among the tests", code="SK0133", help=help)


NO_TESTS = (
    "there are no tests: write one in tests/NAME.yml, with test:, inputs: and expected_output:"
)


def _selected(
    loaded: Loaded, every: Sequence[Case], names: Sequence[str], wanted: Request
) -> list[Case]:
    """The tests that are asked for. Raises UsageError for a name that means none."""
    from seeknal.unittests.naming import named, of_nodes

    found = named(every, names, loaded.project.root, Path.cwd())
    nodes = _nodes(loaded, wanted)
    return found if nodes is None else of_nodes(found, nodes)


def _nodes(loaded: Loaded, wanted: Request) -> Collection[NodeId] | None:
    """The nodes that are selected; None: all of them."""
    from seeknal.plan.session import is_narrowed

    if not (is_narrowed(wanted) or wanted.exclude_tags):
        return None
    from seeknal.graph.selection import select

    return select(
        wanted.select,
        loaded.project.nodes,
        loaded.graph,
        exclude=wanted.exclude,
        types=wanted.types,
        tags=wanted.tags,
        exclude_tags=wanted.exclude_tags,
        schedules=wanted.schedules,
    )


def _testable(
    loaded: Loaded, cases: Sequence[Case], names: Sequence[str], wanted: Request
) -> set[NodeId]:
    """The nodes that are to have a test: with names those of these tests."""
    from seeknal.unittests.drafting import why_not

    tested, nodes = {case.node for case in cases}, loaded.project.nodes
    if names:
        return tested
    selected = _nodes(loaded, wanted)
    return tested | {
        id
        for id in (nodes if selected is None else selected)
        if why_not(nodes[id]) is None and nodes[id].does != "describes"
    }


def _answer(told: Told, format_: str, output: Path | None) -> None:
    if output is None or output == STDOUT:
        _print(told, format_)
        return
    import contextlib
    import io

    from seeknal.host.files import put_text
    from seeknal.values.secret import scrub

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        _print(told, format_)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        put_text(output, scrub(text.getvalue()))
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror or error}"
        raise UsageError(message, code="SK0133") from None
    say(f"wrote {output}")


def _print(told: Told, format_: str) -> None:
    if format_ == "json":
        from seeknal.cli.render import print_rows_json

        print_rows_json(told.answer())
    elif format_ == "junit":
        from seeknal.cli.junit import junit_text

        print(junit_text(told.outcomes, told.text), end="")
    else:
        told.print()
