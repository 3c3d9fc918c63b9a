"""``seeknal metrics``: what the semantic layer of a project holds."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seeknal.plugin import (
    ProjectError,
    connection_option,
    dry_run_option,
    environment_option,
    force_option,
    format_option,
    output_option,
    this_command,
)

if TYPE_CHECKING:
    from seeknal_semantic.definitions import SemanticLayer
    from seeknal_semantic.validating import Validated


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
    from seeknal_semantic.describing import described, lines_of
    from seeknal_semantic.resolving import metric_of

    layer = project_layer()
    found = described(metric_of(layer, metric), layer)
    if format_ == "json":
        this_command().print_json({"status": "success", **found})
    else:
        click.echo("\n".join(lines_of(found)))


@metrics_command.command("validate")
@environment_option()
@connection_option
@format_option("text", "json")
def validate(environment: str, connection: str | None, format_: str) -> None:
    """Report everything that is wrong in the project's files, and metrics that do not compile.

    With --connection each is compiled for its engine and bound there, over the tables that the
    environment's outputs were delivered to. No rows are read.
    """
    layer = project_layer()
    found = _validated(layer, environment, connection)
    if found.problems:
        raise ProjectError(found.problems)
    counts = {
        "metrics": len(layer.metrics),
        "models": len(layer.models),
        "saved_queries": len(layer.saved_queries),
        "time_spines": len(layer.spines),
    }
    if format_ == "json":
        this_command().print_json({"status": "success", **counts, "unchecked": list(found.unknown)})
        return
    said = [f"{number} {name.replace('_', ' ')}" for name, number in counts.items()]
    click.echo(f"{', '.join(said)}: no problems")
    if found.unknown:
        unknown = ", ".join(found.unknown)
        click.echo(f"not checked before a run, which tells what columns they read: {unknown}")


def _validated(layer: SemanticLayer, environment: str, connection: str | None) -> Validated:
    from seeknal_semantic.asking import compiler_before_runs
    from seeknal_semantic.elsewhere import bind_there, compiler_there
    from seeknal_semantic.validating import validated

    command = this_command()
    if connection is not None:
        with command.delivered(connection, environment, allow_stale=True) as there:
            compiler = compiler_there(layer, there)
            return validated(layer, compiler, there.dialect, partial(bind_there, there))
    with command.outputs(environment) as outputs:
        columns = partial(command.columns, environment)
        return validated(layer, compiler_before_runs(layer, outputs, columns), "duckdb")


@metrics_command.command("import")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@output_option
@click.option(
    "--from-dialect",
    "dialect",
    metavar="DIALECT",
    help="Whose SQL expressions and filters are: duckdb, postgres, snowflake, bigquery, ...",
)
@force_option
@dry_run_option
@format_option("text", "json")
def import_command(
    path: Path, output: Path | None, dialect: str | None, force: bool, dry_run: bool, format_: str
) -> None:
    """Take over semantic models, metrics and saved queries from dbt's YAML.

    PATH is a file or a folder, of the older form or of the newer one, within models. What has no
    exact equal is left out and told with its line. Without --from-dialect, expressions and filters
    are carried over as far as every warehouse means the same by them. They are written below
    seeknal/semantic, or below the folder that --output names.
    """
    from seeknal_semantic.importing.telling import answer, lines_of
    from seeknal_semantic.importing.types import expressions_of

    with expressions_of(this_command(), dialect) as expressions:
        from seeknal_semantic.importing.taking import take, write

        found = take(this_command(), path, output, expressions, replace=force)
    if not dry_run:
        write(found)
    root = this_command().project_root()
    if format_ == "json":
        this_command().print_json({"status": "success", "dry_run": dry_run, **answer(found, root)})
    else:
        click.echo("\n".join(lines_of(found, root, dry_run=dry_run)))


def project_layer() -> SemanticLayer:
    """The semantic layer of the project that the command works on. Raises ProjectError."""
    from seeknal_semantic.building import semantic_layer

    return semantic_layer(this_command().project())
