"""``create-test``: tests made from stored rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    environment_option,
    project_options,
    project_root,
    request,
    selection_options,
)
from seeknal.cli.live import above, one_by_one
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say, warn
from seeknal.kernel.command_options import format_option
from seeknal.values.errors import Interrupted, SeeknalError, UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.unittests.creating import Created
    from seeknal.unittests.dated import Dated
    from seeknal.unittests.drafting import Wish
    from seeknal.values.names import NodeId

FOLDER = Path("tests") / "generated"


@click.command("create-test", cls=Command)
@click.argument("nodes", nargs=-1)
@selection_options
@environment_option
@click.option("--where", metavar="SQL", help="Only rows of inputs for which this is true.")
@click.option(
    "--rows", type=click.IntRange(min=1), metavar="N", help="At most so many rows of an input."
)
@click.option(
    "--ask", "query", metavar="YAML", help="How a metric is asked: 'dimensions: [status]'."
)
@click.option("--overwrite", is_flag=True, help="Replace a test's file that is there.")
@format_option("text", "json")
@project_options
def create_test_command(
    nodes: tuple[str, ...],
    select: tuple[str, ...],
    where: str | None,
    rows: int | None,
    query: str | None,
    overwrite: bool,
    format_: str,
    **options: Any,
) -> int:
    """Make tests of nodes from rows that their inputs have stored.

    NODES are selections, as after --select. The rows are few, but show what each filter, join, CASE
    and aggregate does; columns with pii: true get fakes. What the node makes of them is expected
    from then on: look at the file, tests/generated/test_KIND_NAME.yml, before you keep it.
    """
    from seeknal.cli.talk import let_nodes_be_silent, say_awaited_once
    from seeknal.host.started import listen
    from seeknal.plan.environments import existing
    from seeknal.plan.session import load, read_project
    from seeknal.unittests.dated import Dated

    root = project_root()
    wanted = request(command="create-test", select=(*nodes, *select), **options)
    loaded = load(root, wanted)
    existing(loaded.state.environments, wanted.environment)
    chosen = _chosen(loaded, wanted, nodes)
    asked = _wish(wanted, where, rows, query)
    dated = Dated(partial(read_project, root, wanted, keep=False))
    quiet = format_ == "json"
    kept = [] if overwrite else _kept(root, chosen, nodes)
    missing = [id for id in chosen if id not in kept]
    let_nodes_be_silent()
    listen(say_awaited_once())
    answers = [*_made(loaded, missing, asked, dated, overwrite=overwrite, quiet=quiet)]
    answers += [_answer_of(id, _file(id), kept=True) for id in kept]
    if kept and not quiet:
        verb, them = ("is", "it") if len(kept) == 1 else ("are", "them")
        say(f"{count(len(kept), 'test')} {verb} there already; --overwrite makes {them} anew")
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome

        good = all(each["error"] is None for each in answers)
        print_json(answered(outcome(good), environment=wanted.environment, tests=answers))
    elif not answers:
        say("no node that is selected computes rows: there is nothing to test")
    return 0 if all(each["error"] is None for each in answers) else 1


def _chosen(loaded: Loaded, wanted: Request, named: Sequence[str]) -> list[NodeId]:
    """The nodes to make tests of; of a selection those that have something to test."""
    from seeknal.plan.planning import selected_nodes
    from seeknal.unittests.drafting import why_not

    if not (named or wanted.select or wanted.types or wanted.tags):
        raise UsageError(
            "name a node to make a test of",
            code="SK1708",
            help="seeknal create-test transform.NAME; '*' makes a test of every node",
        )
    selected, nodes = selected_nodes(loaded, wanted), loaded.project.nodes
    return [
        id
        for id in loaded.graph.order
        if id in selected
        if _is_named(id, named) or (why_not(nodes[id]) is None and nodes[id].does != "describes")
    ]


def _is_named(id: NodeId, named: Sequence[str]) -> bool:
    return id in named or id.name in named


def _kept(root: Path, chosen: Sequence[NodeId], named: Sequence[str]) -> list[NodeId]:
    """The nodes whose tests stay as they are: who asks for many asks for those that are missing."""
    if len(chosen) == 1:
        return []
    return [id for id in chosen if not _is_named(id, named) and (root / _file(id)).exists()]


def _wish(wanted: Request, where: str | None, rows: int | None, query: str | None) -> Wish:
    from seeknal.project.yaml_files import read_documents
    from seeknal.unittests.drafting import Wish

    documents, problems = read_documents(query or "", "--ask")
    if len(problems):
        (first, *_) = problems
        message = f"--ask {query!r} is no YAML: {first.message}"
        raise UsageError(message, code="SK1708", help=_ASKED)
    asked = documents[0].data if len(documents) == 1 else query
    if asked is not None and not isinstance(asked, Mapping):
        raise UsageError(
            f"--ask {query!r} has no keys of a query",
            code="SK1708",
            help=_ASKED,
        )
    return Wish(environment=wanted.environment, where=where, most=rows, query=asked)


_ASKED = "--ask 'dimensions: [status]', or '{dimensions: [status], limit: 10}'"


def _made(
    loaded: Loaded,
    chosen: Sequence[NodeId],
    asked: Wish,
    dated: Dated,
    *,
    overwrite: bool,
    quiet: bool,
) -> Iterator[dict[str, Any]]:
    """Make and write each test; what is wrong with one keeps the others from nothing."""
    from seeknal.cli.answers import error_answer
    from seeknal.cli.failures import explain
    from seeknal.unittests.bench import Bench
    from seeknal.unittests.creating import create
    from seeknal.unittests.types import Types

    root = loaded.project.root
    shown = one_by_one(len(chosen), shown=not quiet)
    with Bench(loaded) as bench, Types() as types, shown as started:
        for id in chosen:
            file = _file(id)
            started(id)
            try:
                _refuse_standing(root / file, file, overwrite=overwrite)
                made = create(loaded, loaded.project.nodes[id], asked, types, bench, dated)
                _write(root / file, made.text)
            except SeeknalError as error:
                if len(chosen) == 1 or isinstance(error, Interrupted):
                    raise
                if not quiet:
                    with above():
                        say(explain(error, root))
                place = error.location
                told = error_answer(error.message, error.code, error.help, place, id)
                yield _answer_of(id, None, error=told)
                continue
            if not quiet:
                with above():
                    _tell(made, file)
            yield _answer(made, file)


def _file(id: NodeId) -> Path:
    return FOLDER / f"test_{id.kind}_{id.name}.yml"


def _refuse_standing(path: Path, file: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise UsageError(
            f"{file} is there already",
            code="SK1709",
            help="--overwrite replaces it; seeknal test --update keeps its rows, and rewrites what"
            " is expected of them",
        )


def _write(path: Path, text: str) -> None:
    from seeknal.host.files import write_text

    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def _tell(made: Created, file: Path) -> None:
    rows = ", ".join(f"{count(number, 'row')} of {id}" for id, number in made.rows.items())
    print(f"{file}: {rows or 'no inputs'}")
    for missed in made.unmet[:_MOST_TOLD]:
        say(f"note: {made.node}: no chosen row shows {missed}")
    if len(made.unmet) > _MOST_TOLD:
        say(f"note: {made.node}: nor {count(len(made.unmet) - _MOST_TOLD, 'other change')}")
    if made.gives == 0:
        warn(f"{made.node} gives no rows over these: hardly anything of it is tested")
    if made.unshown:
        changes = count(len(made.unshown), "change")
        looked = "that was looked at" if made.partly else "of the inputs"
        told = f"no row {looked} shows {changes} of the SQL"
        say(f"note: {made.node}: {told}, such as {made.unshown[0]}")
    if made.unstable:
        names = ", ".join(made.unstable)
        say(f"note: {made.node}: {names}: not expected, as each run may give another value")

    if made.secret:
        names = ", ".join(made.secret)
        say(f"note: {made.node}: {names}: not expected, as there is a secret in it")


_MOST_TOLD = 3


def _answer(made: Created, file: Path) -> dict[str, Any]:
    return {
        **_answer_of(made.node, file),
        "inputs": dict(made.rows),
        "unmet": list(made.unmet),
        "unshown": list(made.unshown),
    }


def _answer_of(id: NodeId, file: Path | None, **more: Any) -> dict[str, Any]:
    """What there is to say of a test that was not made, or was there."""
    none: dict[str, Any] = {"inputs": {}, "unmet": [], "unshown": [], "kept": False, "error": None}
    return {"node": id, "file": file and file.as_posix(), **none, **more}
