"""Aggregations: features over windows of time, and aggregations of those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from seeknal.plugin import column_help, hookimpl

if TYPE_CHECKING:
    from seeknal.builtin.options.aggregation import AggregationOptions, Options
    from seeknal.plugin import Column, Misfit, Node, NodeContext, NodeInputs, Problem, Project, Rows

_KINDS = ("aggregation", "second_order_aggregation")


@hookimpl
def validate_project(project: Project) -> list[Problem]:
    """Conditions that are none, and columns that would have the same name."""
    from seeknal.plugin import Problem

    found = ((node, _fault(node)) for node in project.nodes.values())
    return [
        Problem(code="SK0736", message=text, location=node.location, node=node.id)
        for node, text in found
        if text is not None
    ]


def _fault(node: Node) -> str | None:
    try:
        _query(node, "", {})
    except ValueError as error:
        return str(error)
    return None


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    if node.kind not in _KINDS:
        return None
    from seeknal.plugin import Scan, to_scan

    body = inputs.body if inputs.body is not None else Scan(f"FROM {inputs.only.scan}")
    scan, columns = to_scan(context.duckdb, body, f"body_of_{node.name}")
    types = {column.name.lower(): column.type for column in columns}
    query = _query(node, scan.sql, types)
    if not context.is_check:
        _say_of_the_future(node, context)
    return None if query is None else Scan(query)


def _say_of_the_future(node: Node, context: NodeContext) -> None:
    """Told where rows are computed, and so once: whoever comes from 2.x gets other numbers."""
    from seeknal.builtin.aggregatesql import without_future

    options = cast("Options", node.options)
    if names := without_future(options):
        context.log.warning(
            "%s: no row after %s counts; seeknal 2.x counted these too",
            ", ".join(names),
            options.application_date_col,
        )


@hookimpl
def node_misfits(node: Node, columns: Sequence[Column]) -> list[Misfit] | None:
    """Columns of groups, times and features that are not there, and times that are none."""
    from seeknal.plugin import Misfit

    if node.kind not in _KINDS:
        return None
    options = cast("Options", node.options)
    names = [column.name for column in columns]
    known = {column.name.lower(): column.type for column in columns}
    missing = [
        Misfit(
            code="SK0739",
            message=f"{key}: {node.id} reads no column {name!r}",
            help=column_help(name, names),
            key=key,
            word=name,
        )
        for key, name in _columns_named(options)
        if name.lower() not in known
    ]
    return [*missing, *_no_times(options, known)]


def _no_times(options: Options, types: Mapping[str, str]) -> Iterator[Misfit]:
    """Columns of time whose type is none; of text, a time may be read."""
    from seeknal.plugin import Misfit

    for key, name in _times_named(options):
        type = types.get(name.lower(), "")
        if type and not type.startswith(("DATE", "TIMESTAMP")):
            is_text = type == "VARCHAR"
            perhaps = ": each text of it has to be one" if is_text else ""
            yield Misfit(
                code="SK0756",
                message=f"{key}: {name} is {type}, not a date or a time{perhaps}",
                help=f"cast {name} to TIMESTAMP in the node that is read, or name another column",
                key=key,
                word=name,
                severity="warn" if is_text else "error",
            )


def _times_named(options: Options) -> Iterator[tuple[str, str]]:
    for key in ("time_column", "application_date_col"):
        if (name := getattr(options, key)) is not None:
            yield key, name


def _columns_named(options: Options) -> Iterator[tuple[str, str]]:
    from seeknal.builtin.options.aggregation import AggregationOptions, specs_of

    if isinstance(options, AggregationOptions):
        yield from ((_key_of(name, options), name) for name in options.keys)
    else:
        yield "id_col", options.id_col
    yield from _times_named(options)
    for spec in specs_of(options.features):
        if spec.column is not None:
            yield "features", spec.column


def _key_of(column: str, options: AggregationOptions) -> str:
    if column == options.id_col:
        return "id_col"
    return "group_by" if column in options.group_by else "entity"


def _query(node: Node, rows: str, types: Mapping[str, str]) -> str | None:
    if node.kind not in _KINDS:
        return None
    from seeknal.builtin.aggregatesql import aggregation, second_order

    options: Any = node.options
    return (aggregation if node.kind == "aggregation" else second_order)(options, rows, types)
