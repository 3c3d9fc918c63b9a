"""``render``: a node's SQL as it is executed, or as another database would take it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import complete_nodes, project_options, project_root, request
from seeknal.cli.streams import say
from seeknal.kernel.command_options import Option, format_option, span_options
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.values.node import Node
    from seeknal.values.problems import Problem


@click.command("render", cls=Command)
@click.argument("node", shell_complete=complete_nodes)
@click.option(
    "--dialect",
    cls=Option,
    also=("--target",),
    metavar="DIALECT",
    help="The SQL of another dialect.",
)
@click.option("--pretty", is_flag=True, help="Lay the SQL out anew, as --dialect does.")
@span_options
@click.option("--strict", is_flag=True, help="Exit 1 when something may mean something else.")
@format_option("text", "json")
@project_options
def render_command(
    node: str,
    dialect: str | None,
    pretty: bool,
    start: str | None,
    end: str | None,
    strict: bool,
    format_: str,
    **options: Any,
) -> int:
    """Print a node's SQL as it is executed.

    It is the node's own, or what its kind makes, as for an aggregation. Where the rows of SQL with
    is_incremental() are merged into earlier ones, it is both: what is run first, and afterwards.
    Where a run writes the ends of a range there stand those of --start and --end, or else
    <interval_start> and <interval_end>.
    With --dialect it is translated for another engine, which may be named as in profiles.yml; what
    may mean something else there is listed on stderr with its place.
    """
    from seeknal.plan.session import load
    from seeknal.query.rendered import in_dialect, with_ends
    from seeknal.query.stored import find_node

    loaded = load(project_root(), request(command="render", **options))
    found = find_node(node, loaded.project.nodes)
    named = _engine(loaded, dialect) if dialect else "duckdb"
    texts: list[str] = []
    problems: tuple[Problem, ...] = ()
    for each in found.queries:
        sql = _without_gap(_executed(loaded, each).strip())
        if dialect is not None or pretty:
            rendered = in_dialect(loaded, each, sql, named)
            sql, problems = rendered.sql, (*problems, *rendered.problems)
        texts.append(with_ends(found, sql, start, end))
    good = not (problems and strict)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome
        from seeknal.cli.render import print_json

        shown = {"node": found.id, "dialect": named, "sql": texts[0]}
        shown |= {"incremental": texts[1]} if texts[1:] else {}
        told = [problem.message for problem in problems]
        print_json(answered(outcome(good), **shown, warnings=told))
    else:
        print(texts[0])
        for sql in texts[1:]:
            print(f"\n-- where is_incremental() holds:\n{sql}")
        if problems:
            from seeknal.cli.failures import explain_problems

            say(explain_problems(problems, project_root(), verbose=True))
    return 0 if good else 1


def _engine(loaded: Loaded, name: str) -> str:
    """The dialect of an engine in profiles.yml, or the dialect itself."""
    from seeknal.project.profile.profiles import load_profile

    profile = load_profile(loaded.project.root, loaded.project.profile, loaded.plugins)
    found = profile.targets.get(name) if profile else None
    return found.engine if found else name


def _without_gap(sql: str) -> str:
    """SQL without blank lines among the comments above it: a front block leaves such a gap."""
    lines = sql.split("\n")
    head = list(takewhile(lambda line: not line.strip() or line.lstrip().startswith("--"), lines))
    return "\n".join([*(line for line in head if line.strip()), *lines[len(head) :]])


def _executed(loaded: Loaded, node: Node) -> str:
    """The SQL that a run would execute. Raises UsageError for a node that has none."""
    from seeknal.lineage.binding import Unbound
    from seeknal.query.rendered import executed

    if node.python is not None or node.source is not None:
        what = "is a Python function" if node.python else "has no SQL"
        raise UsageError(f"{node.id} {what}", code="SK0483", location=node.location)
    try:
        return executed(loaded, node)
    except Unbound as error:
        if node.sql is not None:
            return node.sql.executable
        raise UsageError(
            f"{node.id} has no SQL of its own, and {error}",
            code="SK0483",
            location=node.location,
            help=f"seeknal run --select +{node.id}"
            if loaded.plugins.kinds[node.kind].produces_rows
            else f"seeknal lineage {node.id} shows what it reads",
        ) from None
