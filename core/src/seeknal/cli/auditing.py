"""``audit``: the audits of what was published, one line each."""

from __future__ import annotations

from collections.abc import Mapping
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
from seeknal.cli.progress import Silent
from seeknal.kernel.command_options import format_option
from seeknal.values.audits import AuditResult

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.project import Project
    from seeknal.values.results import NodeResult, RunSummary

HEADERS = ("node", "audit", "columns", "status", "failing rows", "seconds", "message")
NUMERIC = (False, False, False, False, True, True)


@click.command("audit", cls=Command)
@click.argument("nodes", nargs=-1)
@environment_option
@selection_options
@format_option("table", "json")
@project_options
def audit_command(
    nodes: tuple[str, ...], select: tuple[str, ...], format_: str, **options: Any
) -> int:
    """Check the stored outputs with their audits, without running anything.

    NODES are selections, as after --select. Nothing that the project keeps is changed. Ends with
    1 when an audit of severity error fails.
    """
    from seeknal.run.commands import audit_project

    wanted = request(command="audit", select=(*nodes, *select), **options)
    root, reporter = project_root(), _Knowing()
    summary = audit_project(root, wanted, reporter)
    records = [record for result in summary.results for record in _records(result, root)]
    if format_ == "json":
        from seeknal.cli.render import print_json

        print_json(records)
    else:
        _print_table(records, summary)
        for result in summary.results:
            _print_rows(result, reporter.nodes.get(result.node), root)
    return 0 if summary.ok else 1


class _Knowing(Silent):
    """Remembers the nodes, which say what identifies a row of theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: Mapping[NodeId, Node] = {}

    def planned(self, plan: Plan, project: Project) -> None:
        super().planned(plan, project)
        self.nodes = project.nodes


def _print_rows(result: NodeResult, node: Node | None, root: Path) -> None:
    from seeknal.cli.failing import rows_text

    lines = rows_text(result.audits, node, root)
    if lines:
        print("\n".join(["", result.node, *lines]))


def _records(result: NodeResult, root: Path) -> list[dict[str, Any]]:
    """One record for each audit; one for a node whose audits could not be asked."""
    from seeknal.cli.answers import audit_answer
    from seeknal.cli.failing import rows_record

    found = [
        {"node": result.node, **audit_answer(audit), **rows_record(audit, None, root)}
        for audit in result.audits
    ]
    if not found and result.status == "failed":
        unknown = AuditResult(audit_type="", passed=False, failing_rows=0)
        error = {"type": None, "status": "error", "message": result.error}
        rows: dict[str, Any] = {"rows": [], "rows_command": None}
        found = [{"node": result.node, **audit_answer(unknown), **error, **rows}]
    return found


def _called(record: Mapping[str, Any]) -> str:
    type, name = record["type"] or "", record.get("name")
    return f'{type} "{name}"' if name else type


def _print_table(records: list[dict[str, Any]], summary: RunSummary) -> None:
    from seeknal.cli.render import count, print_table

    rows = [
        (
            record["node"],
            _called(record),
            ", ".join(record["columns"] or ()),
            record["status"],
            f"{record['failing_rows'] or 0:,}",
            f"{record['seconds'] or 0:.2f}",
            "" if record["status"] == "passed" else record["message"],
        )
        for record in records
    ]
    # The message says of failing rows how many there are, and of which columns.
    spare = (HEADERS[5], HEADERS[4], HEADERS[2])
    print_table(HEADERS, rows, NUMERIC, spare=spare, whole=(HEADERS[3],), prose=(HEADERS[6],))
    bad = sum(record["status"] in ("failed", "error") for record in records)
    nodes = count(len(summary.results), "node")
    print(f"{count(len(records), 'audit')} of {nodes}: {bad} failed")
