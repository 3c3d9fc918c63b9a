"""``seeknal metrics``: what the semantic layer of a project holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seeknal.plugin import format_option, this_command

if TYPE_CHECKING:
    from seeknal_semantic.definitions import SemanticLayer


@click.group("metrics")
def metrics_command() -> None:
    """Look at the metrics of the project's semantic layer."""


@metrics_command.command("list")
@format_option("table", "json", "csv")
def list_command(format_: str) -> None:
    """List the metrics, and the measures that are metrics by themselves."""
    from seeknal_semantic.describing import COLUMNS, rows_of

    this_command().print_rows(COLUMNS, rows_of(project_layer()), format_)


@metrics_command.command("show")
@click.argument("metric")
@format_option("text", "json")
def show(metric: str, format_: str) -> None:
    """Show what a metric is made of, and what it can be grouped by."""
    from seeknal_semantic.describing import described, lines_of, wanted

    layer = project_layer()
    found = described(wanted(layer, metric), layer)
    if format_ == "json":
        this_command().print_json({"status": "success", **found})
    else:
        click.echo("\n".join(lines_of(found)))


@metrics_command.command("validate")
@format_option("text", "json")
def validate(format_: str) -> None:
    """Report everything that is wrong in the project's files, the semantic layer among them.

    seeknal validate holds the columns that it names against the rows as well.
    """
    layer = project_layer()
    counts = {
        "metrics": len(layer.metrics),
        "models": len(layer.models),
        "saved_queries": len(layer.saved_queries),
        "time_spines": len(layer.spines),
    }
    if format_ == "json":
        this_command().print_json({"status": "success", **counts})
        return
    said = [f"{number} {name.replace('_', ' ')}" for name, number in counts.items()]
    click.echo(f"{', '.join(said)}: no problems")


def project_layer() -> SemanticLayer:
    """The semantic layer of the project that the command works on. Raises ProjectError."""
    from seeknal_semantic.building import semantic_layer

    return semantic_layer(this_command().project())
