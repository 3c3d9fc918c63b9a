"""Measures over models: a semantic layer in small, of what every plugin may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import click
from attrs import frozen

from seeknal.plugin import (
    Audit,
    AuditContext,
    AuditResult,
    AuditType,
    Change,
    Column,
    ColumnLineage,
    ColumnRef,
    Held,
    Misfit,
    Node,
    NodeId,
    NodeKind,
    Outputs,
    Project,
    QueryLineage,
    Relation,
    Section,
    format_option,
    hookimpl,
    option,
    quote_identifier,
    this_command,
)


@frozen(kw_only=True)
class Model:
    """What a model is about."""

    measures: tuple[Mapping[str, object], ...] = option((), summary="measures of its own")

    model: NodeId = option(summary="the node that has its rows")
    entity: str | None = option(None, summary="the column that names a row")
    strict: bool = option(True, summary="a row that is named twice is an error")


@frozen(kw_only=True)
class Part:
    """One measure that another one is made of."""

    measure: NodeId
    times: int = 1


@frozen(kw_only=True)
class Measure:
    """A number: of a column of a model, or of other measures."""

    of: NodeId | None = option(None, aliases=("on",), summary="the model that it is a number of")
    column: str | None = option(None, summary="what is summed up")
    agg: Literal["sum", "max"] = option("sum", summary="how")
    parts: tuple[Part, ...] = option((), summary="the measures that it is the sum of")


@frozen(kw_only=True)
class OneRowEach:
    """Each value of a column stands in one row."""

    column: str = option(role="column")


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    return [
        NodeKind(
            name="model",
            folder="models",
            options=Model,
            summary="what measures are numbers of",
            does="describes",
            holds={"measures": Held(kind="measure", owner="of")},
            accepts_sql=False,
            accepts_python=False,
        ),
        NodeKind(
            name="measure",
            folder="measures",
            options=Measure,
            summary="a number",
            does="describes",
            accepts_sql=False,
            accepts_python=False,
        ),
    ]


@hookimpl
def audit_types() -> Iterable[AuditType]:
    return [AuditType(name="one_row_each", options=OneRowEach, summary="each value once")]


@hookimpl
def audit_columns(audit: Audit) -> Sequence[str] | None:
    return [audit.options.column] if isinstance(audit.options, OneRowEach) else None


@hookimpl
def audit(
    audits: Sequence[Audit], relation: Relation, context: AuditContext
) -> Sequence[AuditResult] | None:
    return [_asked(entry, relation, context) for entry in audits]


def _asked(entry: Audit, relation: Relation, context: AuditContext) -> AuditResult:
    assert isinstance(entry.options, OneRowEach)
    column = quote_identifier(entry.options.column)
    query = f"SELECT {column} FROM {relation.scan} GROUP BY ALL HAVING count(*) > 1"
    twice = len(context.duckdb.sql(query).fetchall())
    return AuditResult(
        audit_type=entry.type,
        columns=(entry.options.column,),
        passed=not twice,
        failing_rows=twice,
        severity=entry.severity,
        message=f"{twice} value comes more than once" if twice else "",
    )


@hookimpl
def node_inputs(node: Node, nodes: Mapping[NodeId, Node]) -> Iterable[NodeId] | None:
    options = node.options
    if not isinstance(options, Measure) or options.column is None or options.of is not None:
        return None
    # A column without a model is of the first one that there is.
    models = sorted(id for id in nodes if id.kind == "model")
    return [*models, NodeId("model.any")][:1]


def model_of(node: Node) -> NodeId:
    """The model that a measure is of: the one that it names, or the one that was found for it."""
    assert isinstance(node.options, Measure)
    return node.options.of or node.parents[0]


@hookimpl
def node_misfits(
    node: Node, columns: Sequence[Column], nodes: Mapping[NodeId, Node]
) -> Iterable[Misfit] | None:
    options = node.options
    if not isinstance(options, Measure) or options.column is None:
        return None
    if options.column in [column.name for column in columns]:
        return []
    model = nodes[model_of(node)]
    message = f"{options.column} is no column of what {model.name} is about"
    return [Misfit(code="SK9900", message=message, key="column", word=options.column)]


@hookimpl
def node_audits(node: Node) -> Iterable[Audit] | None:
    options = node.options
    if not isinstance(options, Model) or options.entity is None:
        return None
    return [
        Audit(
            type="one_row_each",
            options=OneRowEach(column=options.entity),
            node=options.model,
            severity="error" if options.strict else "warn",
        )
    ]


@hookimpl
def node_lineage(node: Node, parents: Mapping[NodeId, Sequence[Column]]) -> QueryLineage | None:
    options = node.options
    if not isinstance(options, Measure):
        return None
    if options.column is not None:
        refs = {ColumnRef(model_of(node), options.column)}
    else:
        refs = {ColumnRef(part.measure, part.measure.name) for part in options.parts}
    return QueryLineage(
        columns=(ColumnLineage(name=node.name, values=frozenset(refs)),),
        relations=frozenset(node.parents),
    )


@click.command("measures")
@click.option("--env", "environment", default="prod", help="The environment.")
@click.option("--generation", type=int, help="An earlier generation of it.")
@click.option("--sql", help="A query to ask instead.")
@format_option("table", "json", "csv")
def measures(environment: str, generation: int | None, sql: str | None, format_: str) -> None:
    """Show the value of each measure."""
    command = this_command()
    project = command.project()
    with command.outputs(environment, generation) as outputs:
        if sql is not None:
            found = outputs.duckdb.execute(sql).fetchall()
            command.print_rows(["value"], found, format_)
            return
        values = values_of(project, outputs)
    command.print_rows(["measure", "value"], list(values.items()), format_)


def values_of(project: Project, outputs: Outputs) -> dict[str, object]:
    """The value of each measure, by its name."""
    nodes = project.nodes.values()
    named = [node for node in nodes if isinstance(node.options, Measure)]
    return {node.name: value_of(node, project, outputs) for node in named}


def value_of(node: Node, project: Project, outputs: Outputs) -> int:
    """The value of one measure over stored rows."""
    options = node.options
    assert isinstance(options, Measure)
    if options.column is None:
        parts = ((project.nodes[part.measure], part.times) for part in options.parts)
        return sum(times * value_of(part, project, outputs) for part, times in parts)
    model = project.nodes[model_of(node)].options
    assert isinstance(model, Model)
    rows = outputs.relation(model.model)
    column = quote_identifier(options.column)
    query = f"SELECT {options.agg}({column}) FROM {rows.scan}"
    (value,) = outputs.duckdb.execute(query).fetchone() or (0,)
    return int(value)


@hookimpl
def plan_sections(
    project: Project, environment: str, changes: Sequence[Change]
) -> Iterable[Section]:
    moved = [change.node.name for change in changes if _is_measure_that_may_move(change)]
    if not moved:
        return []
    lines = tuple(f"{name} may be other" for name in moved)
    return [Section(name="measures", lines=lines, data=moved)]


def _is_measure_that_may_move(change: Change) -> bool:
    return change.node.kind == "measure" and change.action == "AFFECT"


@hookimpl
def diff_sections(project: Project, a: Outputs, b: Outputs) -> Iterable[Section]:
    before, after = values_of(project, a), values_of(project, b)
    moved = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if not moved:
        return []
    lines = tuple(f"{name} {old} -> {new}" for name, (old, new) in moved.items())
    return [Section(name="measures", lines=lines, data=moved)]
