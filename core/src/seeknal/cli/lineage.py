"""``lineage`` and ``impact``: where columns come from, and what depends on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    complete_nodes,
    environment_option,
    from_here,
    project_options,
    project_root,
    request,
)
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import DATA, say
from seeknal.kernel.command_options import (
    STDOUT,
    downstream_option,
    format_option,
    output_option,
)
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.lineage.model import ProjectLineage
    from seeknal.lineage.paths import Affected
    from seeknal.plan.session import Loaded
    from seeknal.values.node import Node

FORMATS = ("html", "json", "mermaid", "dot", "openlineage", "text")
SHOWING_DATA = ("html", "json")
"""The formats that have place for rows."""
Focus = tuple[NodeId, str | None]


@click.command("lineage", cls=Command)
@click.argument("node", required=False, metavar="[NODE[.COLUMN]]", shell_complete=complete_nodes)
@click.option("--column", metavar="NAME", help="Follow this column of NODE.")
@click.option(
    "--upstream",
    metavar="N",
    type=click.IntRange(0),
    show_default="all",
    help="Steps to what it reads.",
)
@downstream_option
@format_option(*FORMATS, shown="text for NODE, else html")
@output_option
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
@click.option("--with-data", is_flag=True, help="Put the first rows of every node into the page.")
@environment_option
@project_options
def lineage_command(
    node: str | None,
    column: str | None,
    upstream: int | None,
    downstream: int | None,
    format_: str | None,
    output: Path | None,
    no_open: bool,
    with_data: bool,
    environment: str,
    **options: Any,
) -> None:
    """Show what every column depends on, as a page, a document or text.

    A column's values (what it is computed from) and influences (what decides it, or which rows
    there are) are told apart. Nothing runs. The page is target/lineage.html.
    """
    from seeknal.plan.session import load
    from seeknal.query.stored import lineage_of

    root = project_root()
    loaded = load(root, request(command="lineage", **options))
    lineage = lineage_of(loaded, environment)
    focus = find_focus(node, column, loaded, lineage)
    kind = format_ or ("text" if focus else "html")
    if with_data and kind not in SHOWING_DATA:
        raise UsageError(
            f"--with-data is for html and json: {kind} shows no rows",
            code="SK0255",
            help="seeknal lineage --with-data --format html",
        )
    chosen = _around(loaded, focus, upstream, downstream)
    if kind == "text":
        _write_text(
            scrub("\n".join(_lines(lineage, loaded, environment, focus, chosen)).rstrip()), output
        )
        return
    document = _document(loaded, lineage, environment, chosen, focus, with_data=with_data)
    if kind == "html" and output != STDOUT:
        _write_page(document, output or loaded.project.target / "lineage.html", opened=not no_open)
    else:
        _write_text(_rendered(document, kind), output)


def find_focus(
    text: str | None, column: str | None, loaded: Loaded, lineage: ProjectLineage
) -> Focus | None:
    """The node, and perhaps its column, that an argument means. Raises UsageError."""
    if text is None:
        if column is not None:
            raise UsageError(
                "--column needs the node that it is a column of",
                code="SK0356",
                help=f"seeknal lineage NODE --column {column}",
            )
        return None
    node, inner = _split(text, loaded)
    if column and inner and column.lower() != inner.lower():
        raise UsageError(
            f"{text} and --column {column} are two columns",
            code="SK0255",
            help=f"name one: seeknal lineage {node}.{column}",
        )
    return node, _real_column(node, column or inner, lineage)


def _split(text: str, loaded: Loaded) -> tuple[NodeId, str | None]:
    """``kind.name.column`` or ``name.column`` where no node has the whole name."""
    from seeknal.query.stored import find_node

    nodes = loaded.project.nodes
    named = {id.name for id in nodes}
    if text in nodes or text in named:
        return find_node(text, nodes).id, None
    head, _, tail = text.partition(".")
    if tail and f"{head}.{tail.partition('.')[0]}" in nodes:
        name, _, column = tail.partition(".")
        return NodeId.of(head, name), column or None
    if tail and head in named:
        return find_node(head, nodes).id, tail
    wanted = ".".join(text.split(".")[:2])
    return find_node(wanted, nodes).id, None


def _real_column(node: NodeId, column: str | None, lineage: ProjectLineage) -> str | None:
    if column is None:
        return None
    known = {name.lower(): name for name in lineage.nodes[node].names()}
    if column.lower() in known:
        return known[column.lower()]
    why = lineage.nodes[node].unknown
    help = did_you_mean(column, known.values())
    if help is None:
        help = f"columns: {', '.join(known.values())}" if known else why
    raise UsageError(f"{node} has no column {column!r}", code="SK0355", help=help)


def _around(
    loaded: Loaded, focus: Focus | None, upstream: int | None, downstream: int | None
) -> list[NodeId]:
    order = loaded.graph.order
    if focus is None:
        return list(order)
    found = {
        focus[0],
        *loaded.graph.ancestors([focus[0]], upstream),
        *loaded.graph.descendants([focus[0]], downstream),
    }
    return [id for id in order if id in found]


def _lines(
    lineage: ProjectLineage,
    loaded: Loaded,
    environment: str,
    focus: Focus | None,
    chosen: list[NodeId],
) -> list[str]:
    from seeknal.lineage.text import column_lines, graph_lines
    from seeknal.values.column_lineage import ColumnRef

    if focus is not None and focus[1] is not None:
        return list(column_lines(lineage, loaded.graph, ColumnRef(focus[0], focus[1])))
    notes = _notes(loaded, environment)
    return list(graph_lines(lineage, loaded.graph, chosen, loaded.project.nodes, notes))


def _notes(loaded: Loaded, environment: str) -> dict[NodeId, list[str]]:
    """What is to be known of what is stored of nodes."""
    from seeknal.intervals.holding import holding_of
    from seeknal.values.snapshot import FORWARD_ONLY

    found: dict[NodeId, list[str]] = {}
    marks = loaded.marks(environment)
    for id, snapshot in loaded.snapshots(environment).items():
        found[id] = [FORWARD_ONLY] if snapshot.forward_only else []
        if holding := holding_of(snapshot, marks.get(id, ())):
            found[id] += holding.lines
    return found


def _document(
    loaded: Loaded,
    lineage: ProjectLineage,
    environment: str,
    chosen: list[NodeId],
    focus: Focus | None,
    *,
    with_data: bool,
) -> dict[str, Any]:
    from seeknal.lineage.document import Facts, lineage_document
    from seeknal.query.stored import last_statuses

    facts = Facts(
        environment=environment,
        snapshots=loaded.snapshots(environment),
        statuses=last_statuses(loaded.project.root, environment),
        marks=loaded.marks(environment),
        previews=_previews(loaded, lineage, environment, chosen) if with_data else {},
    )
    return lineage_document(loaded.project, loaded.graph, lineage, facts, only=chosen, focus=focus)


def _previews(
    loaded: Loaded, lineage: ProjectLineage, environment: str, chosen: list[NodeId]
) -> dict[NodeId, dict[str, Any]]:
    from seeknal.query.stored import previews, private_in

    private = private_in(loaded, lineage, environment)
    root = loaded.project.root
    return previews(root, environment, chosen, lambda id, column: private[id].hides(column))


def _rendered(document: dict[str, Any], kind: str) -> str:
    if kind == "openlineage":
        from seeknal.lineage.openlineage import events

        return json.dumps(events(document), indent=2, ensure_ascii=False)
    if kind == "html":
        from seeknal.page import page_of

        return page_of(document)
    if kind == "json":
        from seeknal.cli.answers import answered

        document = {**answered("success"), **document}
        return json.dumps(document, indent=2, ensure_ascii=False)
    from seeknal.lineage.diagrams import dot, mermaid

    return mermaid(document) if kind == "mermaid" else dot(document)


def _write_text(text: str, output: Path | None) -> None:
    if output in (None, STDOUT):
        # A document's texts are masked already, and its numbers are none.
        print(text, file=DATA)
        return
    from seeknal.host.files import write_text

    write_text(output, text + "\n")
    say(f"wrote {from_here(output)}")


def _write_page(document: Mapping[str, Any], path: Path, *, opened: bool) -> None:
    from importlib import import_module

    import_module("seeknal.page").write_page(document, path)
    say(f"wrote {from_here(path)}")
    if opened:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


@click.command("impact", cls=Command)
@click.argument("node", metavar="NODE[.COLUMN]", shell_complete=complete_nodes)
@format_option("text", "json")
@environment_option
@project_options
def impact_command(node: str, format_: str, environment: str, **options: Any) -> None:
    """List what a change of a node or column reaches.

    Columns downstream, then exposures, what describes, and targets. By value: computed from it.
    By influence: it decides them, or which rows there are.
    """
    from seeknal.lineage.paths import affected
    from seeknal.plan.session import load
    from seeknal.query.stored import lineage_of

    loaded = load(project_root(), request(command="impact", **options))
    lineage = lineage_of(loaded, environment)
    focus = find_focus(node, None, loaded, lineage)
    assert focus is not None
    reached = affected(lineage, loaded.graph, *focus)
    if format_ == "json":
        print_json(_impact_answer(focus, reached, loaded))
    else:
        _print_impact(focus, reached, loaded)


def _ends(reached: list[Affected], focus: Focus, loaded: Loaded) -> tuple[list[str], list[str]]:
    """The exposures and the targets at the end of the way, each as people know it."""
    nodes = loaded.project.nodes
    ids = [focus[0], *(entry.node for entry in reached)]
    exposures = [str(id) for id in ids if nodes[id].does == "delivers"]
    targets = [
        f"{target.type} {target.label}  ({id})" for id in ids for target in nodes[id].targets
    ]
    return exposures, targets


def _described(reached: list[Affected], loaded: Loaded) -> dict[str, list[str]]:
    """The nodes that only describe, by their kind."""
    found: dict[str, list[str]] = {}
    for entry in reached:
        if loaded.project.nodes[entry.node].does == "describes":
            found.setdefault(entry.node.kind, []).append(str(entry.node))
    return found


def _impact_answer(focus: Focus, reached: list[Affected], loaded: Loaded) -> dict[str, Any]:
    from seeknal.cli.answers import SCHEMA_VERSION

    exposures, _ = _ends(reached, focus, loaded)
    nodes = loaded.project.nodes
    ids = [focus[0], *(entry.node for entry in reached)]
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "success",
        "node": focus[0],
        "column": focus[1],
        "affected": [
            {
                "node": entry.node,
                "value": list(entry.value),
                "influence": list(entry.influence),
                "which_rows": entry.rows,
                "unknown": entry.unknown,
            }
            for entry in reached
        ],
        "exposures": exposures,
        "described": _described(reached, loaded),
        "targets": [
            {"node": id, "type": target.type, "label": target.label, "mode": target.mode}
            for id in ids
            for target in nodes[id].targets
        ],
    }


def _print_impact(focus: Focus, reached: list[Affected], loaded: Loaded) -> None:
    name = ".".join(part for part in focus if part)
    columns = sum(len(entry.everything) for entry in reached)
    print(f"{name} reaches {count(len(reached), 'node')}, {count(columns, 'column')}")
    for entry in reached:
        print()
        print(entry.node)
        _print_affected(entry, loaded.project.nodes[entry.node])
    exposures, targets = _ends(reached, focus, loaded)
    kinds = loaded.plugins.kinds
    described = [
        (kinds[kind].folder.replace("_", " "), ids)
        for kind, ids in _described(reached, loaded).items()
    ]
    for title, lines in (("exposures", exposures), *described, ("targets", targets)):
        if lines:
            print(f"\n{title}")
        for line in lines:
            print(f"    {line}")


def _print_affected(entry: Affected, node: Node) -> None:
    if entry.unknown is not None:
        print(f"    everything: what it reads is not known ({entry.unknown})")
        return
    if entry.value:
        print(f"    by value      {', '.join(entry.value)}")
    if entry.influence:
        print(f"    by influence  {', '.join(entry.influence)}")
    if entry.rows:
        checks = node.does == "checks"
        print(f"    {'what its audits check' if checks else 'other rows may be there'}")
    if not (entry.value or entry.influence or entry.rows):
        print("    the order of its rows")
