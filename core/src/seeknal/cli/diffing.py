"""``diff``: how stored rows differ between environments or generations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import complete_nodes, identifiers, project_root, words
from seeknal.cli.planning import print_sections
from seeknal.cli.render import count, plain, print_rows_json
from seeknal.cli.streams import DATA, say, warn
from seeknal.kernel.command_options import format_option, limit_option
from seeknal.kernel.roles import texts_of
from seeknal.values.errors import SeeknalError

if TYPE_CHECKING:
    from seeknal.kernel.declared import DiffOption
    from seeknal.kernel.plugin_types import Section
    from seeknal.plan.session import Loaded
    from seeknal.query.diff import Difference
    from seeknal.values.changes import ColumnChange
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


class _DiffCommand(Command):
    """With the options that plugins add."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from seeknal.kernel.plugins import load_plugins

        *own, last = super().get_params(ctx)
        return [*own, *map(_option, load_plugins().diff_options.values()), last]


def _option(declared: DiffOption) -> click.Option:
    alone: dict[str, Any] = {"is_flag": False, "flag_value": ""} if declared.alone else {}
    return click.Option(
        [f"--{declared.name}"], metavar=declared.metavar, help=declared.help, **alone
    )


@click.command("diff", cls=_DiffCommand)
@click.argument("a", metavar="ENV_A[@N]")
@click.argument("b", metavar="ENV_B[@N]")
@click.argument("node", required=False, shell_complete=complete_nodes)
@click.option("--keys", multiple=True, metavar="COLUMNS", help="Match rows by these columns.")
@limit_option(5)
@format_option("text", "json")
def diff_command(
    a: str,
    b: str,
    node: str | None,
    keys: tuple[str, ...],
    limit: int,
    format_: str,
    **more: str | None,
) -> None:
    """Show how stored rows differ between two environments or generations.

    prod@12 is generation 12 of prod. Rows are matched by --keys or by the keys that the node
    declares for its targets; without keys they are compared as a whole.
    """
    from seeknal.query.diff import Asked, differences, side_of

    root = project_root()
    given = {name: words([text]) for name, text in more.items() if text is not None}
    if given:
        if node is not None or keys:
            raise click.UsageError(f"--{next(iter(given))} compares no rows: no NODE and no --keys")
        _show_asked(root, a, b, given, limit, format_)
        return
    sides = side_of(root, a), side_of(root, b)
    loaded = _loaded(root)
    declared = _declared(loaded.project.nodes) if loaded else {}
    asked = Asked(node=node, keys=identifiers(keys), limit=limit, declared=declared)
    found = differences(root, *sides, asked)
    if format_ == "json":
        from seeknal.cli.answers import answered, sections_answer

        listed = [{**plain(entry), "equal": entry.equal} for entry in found]
        sections = sections_answer(_sections(loaded, a, b, {}, limit))
        print_rows_json(answered("success", a=a, b=b, nodes=listed, sections=sections))
        return
    none = True
    for entry in found:
        none = False
        _print(entry, a, b)
    if none:
        say(f"{a} and {b} hold the same rows")
    print_sections(_sections(loaded, a, b, {}, limit))


def _show_asked(
    root: Path, a: str, b: str, asked: Mapping[str, tuple[str, ...]], limit: int, format_: str
) -> None:
    """Show what plugins are asked for. Raises ProjectError for wrong files."""
    from seeknal.plan.session import Request, load

    sections = _sections(load(root, Request(command="diff")), a, b, asked, limit)
    if format_ == "json":
        from seeknal.cli.answers import answered, sections_answer

        found = sections_answer(sections)
        print_rows_json(answered("success", a=a, b=b, nodes=[], sections=found))
    else:
        print_sections(sections)


def _loaded(root: Path) -> Loaded | None:
    """The project; None where its files cannot be read."""
    from seeknal.plan.session import Request, load
    from seeknal.values.errors import ProjectError

    try:
        return load(root, Request(command="diff"))
    except ProjectError:
        return None


def _sections(
    loaded: Loaded | None, a: str, b: str, asked: Mapping[str, tuple[str, ...]], limit: int
) -> tuple[Section, ...]:
    """What plugins say of both sides, which are opened where one of them has something to say."""
    from seeknal.kernel import hookspecs
    from seeknal.plan.plugin_queries import told_by_plugins
    from seeknal.query.outputs import open_side

    if loaded is None or not loaded.plugins.hooks.callers(hookspecs.diff_sections):
        return ()
    project, hook = loaded.project, loaded.plugins.hooks.diff_sections
    with open_side(project.root, a) as one, open_side(project.root, b) as other:
        given = [*hook(project=project, a=one, b=other, asked=asked, limit=limit)]
    for _, entry in given:
        if asked and isinstance(entry, SeeknalError | click.ClickException):
            raise entry
    sections, warnings = told_by_plugins("diff_sections", given)
    for warning in warnings:
        warn(warning)
    return sections


def _declared(nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, tuple[str, ...]]:
    """The keys of each node or of its targets."""
    found = {}
    for id, node in nodes.items():
        declared = (texts_of(target.options, "key") for target in node.targets)
        if first := next(filter(None, (node.keys, *declared)), None):
            found[id] = tuple(first)
    return found


def _print(entry: Difference, a: str, b: str) -> None:
    if entry.unreadable:
        print(f"{entry.node}  {entry.unreadable}")
        return
    if entry.rows_a is None or entry.rows_b is None:
        side, rows = (b, entry.rows_b) if entry.rows_a is None else (a, entry.rows_a)
        print(f"{entry.node}  only in {side}, {count(rows or 0, 'row')}")
        return
    print(f"{entry.node}  {entry.rows_a:,} -> {count(entry.rows_b, 'row')}")
    for column in entry.columns:
        print(f"    {_column(column)}")
    if entry.note:
        print(f"    {entry.note}")
    if entry.equal:
        print("    the same rows")
        return
    parts = [f"{entry.only_a:,} only in {a}", f"{entry.only_b:,} only in {b}"]
    if entry.keys:
        parts.append(f"{entry.changed:,} changed (by {', '.join(entry.keys)})")
    print(f"    {', '.join(parts)}")
    for name, number in entry.by_column.items():
        print(f"      {name}: {number:,}")
    for sort, mark in (("only_a", "-"), ("only_b", "+"), ("changed", "~")):
        for row in entry.samples.get(sort, ()):
            cells = "  ".join(_cell(name, value) for name, value in row.items())
            print(f"    {mark} {cells}", file=DATA)


def _column(column: ColumnChange) -> str:
    if column.old is None:
        return f"+ {column.name} {column.new}"
    if column.new is None:
        return f"- {column.name} {column.old}"
    return f"~ {column.name} {column.old} -> {column.new}"


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{name}: {_text(value[0])} -> {_text(value[1])}"
    return f"{name}={_text(value)}"


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)
