"""``seeknal query``: metrics by dimensions, over what runs have stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import frozen
from click.core import ParameterSource

from seeknal.plugin import (
    connection_option,
    environment_option,
    format_option,
    span_options,
    this_command,
)
from seeknal_semantic.commands import project_layer

if TYPE_CHECKING:
    from seeknal_semantic.compiler import CompiledQuery, MetricCompiler
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.definitions import SemanticLayer

F = TypeVar("F", bound=Callable[..., Any])


def _many(name: str, parameter: str, metavar: str, help: str) -> Callable[[F], F]:
    return click.option(name, parameter, metavar=metavar, multiple=True, help=help)


@click.command("query")
@_many("--metrics", "metrics", "NAME,...", "Metrics, or measures.")
@_many("--dimensions", "dimensions", "NAME,...", "What is grouped by: region, ordered_at__month.")
@_many("--filter", "filters", "CONDITION", "What has to be true; several all have to be.")
@_many("--order-by", "order_by", "NAME,...", "Columns to order by, the largest first after a -.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(0),
    help="Show no more than so many; 0 is all.",
)
@span_options
@click.option("--timezone", metavar="ZONE", help="Where days begin and end, for this query.")
@click.option("--saved-query", metavar="NAME", help="Begin with this saved query.")
@click.option("--compile", "compile_", is_flag=True, help="Print the SQL instead of rows.")
@click.option(
    "--dialect",
    metavar="DIALECT",
    help="The SQL of another dialect.",
)
@click.option(
    "--queries",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="Answer each line of this file, a query in JSON, with a line of JSON.",
)
@environment_option()
@connection_option
@click.option(
    "--allow-stale", is_flag=True, help="With --connection: also where other rows are delivered."
)
@format_option("table", "json", "csv")
def query_command(
    metrics: tuple[str, ...],
    dimensions: tuple[str, ...],
    filters: tuple[str, ...],
    order_by: tuple[str, ...],
    limit: int | None,
    start: str | None,
    end: str | None,
    timezone: str | None,
    saved_query: str | None,
    compile_: bool,
    dialect: str | None,
    queries: Path | None,
    environment: str,
    connection: str | None,
    allow_stale: bool,
    format_: str,
) -> int:
    """Ask for metrics, by dimensions, over the stored outputs.

    Without metrics: the values of the dimensions that occur together. With --connection its engine
    computes them, over the tables that the outputs were delivered to. Where a time is grouped by,
    all of the periods of --start and --end counts.
    """
    given_dialect = _dialect(dialect, compile_, connection)
    if queries is not None:
        _check_alone("--queries")
    layer = project_layer()
    with _asked(layer, environment, connection, allow_stale=allow_stale, compile_=compile_) as who:
        from seeknal_semantic.asking import query_of

        if queries is not None:
            return _answer_lines(layer, who, queries)
        given = {
            "metrics": _split(metrics),
            "dimensions": _split(dimensions),
            "filters": list(filters),
            "order_by": _split(order_by),
            "limit": limit,
            "start": start,
            "end": end,
            "timezone": timezone,
            "saved_query": saved_query,
        }
        compiled = who.compiler.compile(query_of(given, layer), given_dialect or who.dialect)
        if compile_:
            _print_sql(compiled, format_)
        else:
            this_command().print_rows(*who.answer(compiled), format_)
    return 0


@frozen
class _Asked:
    """Who answers queries: a compiler, the dialect that it compiles to, and what runs that.

    What runs it refuses queries that join by keys which the rows do not have once.
    """

    compiler: MetricCompiler
    dialect: str
    answer: Callable[[CompiledQuery], tuple[list[str], list[tuple[Any, ...]]]]


@contextmanager
def _asked(
    layer: SemanticLayer,
    environment: str,
    connection: str | None,
    *,
    allow_stale: bool,
    compile_: bool,
) -> Iterator[_Asked]:
    """The stored outputs, or the engine of a connection."""
    command = this_command()
    if connection is not None:
        from seeknal_semantic.elsewhere import answer_there, compiler_there
        from seeknal_semantic.proving import Proving

        with command.delivered(connection, environment, allow_stale=allow_stale) as there:
            compiler = compiler_there(layer, there)
            proving = Proving(partial(answer_there, there))
            yield _Asked(compiler, there.dialect, partial(proving.answer, compiler))
        return
    with command.outputs(environment) as outputs:
        from seeknal_semantic.asking import compiler_before_runs, compiler_of, proving_over

        if compile_:
            columns = partial(command.columns, environment)
            compiler = compiler_before_runs(layer, outputs, columns)
        else:
            compiler = compiler_of(layer, outputs)
        proving = proving_over(outputs.duckdb)
        yield _Asked(compiler, "duckdb", partial(proving.answer, compiler))


def _dialect(asked: str | None, compile_: bool, connection: str | None) -> str | None:
    """Whose SQL is wanted, where that is said; rows come from DuckDB, or from a connection."""
    if asked is not None and connection is not None:
        raise click.UsageError("--connection says for which engine: leave --dialect out")
    if asked is not None and not compile_:
        raise click.UsageError("--dialect goes with --compile")
    return asked


def _check_alone(option: str) -> None:
    """Refuse what says a query beside a file of queries, each of which says all of itself."""
    context = click.get_current_context()
    of_files = ("queries", "environment", "connection", "allow_stale", "format_")
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in of_files:
            raise click.UsageError(f"{option} has whole queries: leave {parameter.opts[0]} out")


def _split(words: tuple[str, ...]) -> list[str]:
    """Names, however often the option is given and however many stand in one."""
    return [name.strip() for word in words for name in word.split(",") if name.strip()]


def _print_sql(compiled: CompiledQuery, format_: str) -> None:
    if format_ != "json":
        click.echo(compiled.sql)
        return
    columns = [{"name": each.name, "type": each.type} for each in compiled.columns]
    this_command().print_json(
        {
            "status": "success",
            "dialect": compiled.dialect,
            "sql": compiled.sql,
            "columns": columns,
            "models": list(compiled.models),
            "nodes": list(compiled.nodes),
        }
    )


def _answer_lines(layer: SemanticLayer, who: _Asked, file: Path) -> int:
    """Answer each query of a file on a line of its own; 1 where any was refused."""
    from seeknal_semantic.lines import answers

    def answer(query: Query) -> tuple[list[str], list[tuple[Any, ...]]]:
        return who.answer(who.compiler.compile(query, who.dialect))

    failed = False
    with click.open_file(str(file), "rb") as lines:
        for found in answers(layer, answer, lines):
            failed |= found["status"] != "success"
            click.echo(json.dumps(found, ensure_ascii=False))
    return int(failed)
