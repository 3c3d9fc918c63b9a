"""A plugin whose kind counts what it has seen: its rows are made from its earlier ones."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from seeknal.plugin import (
    Node,
    NodeContext,
    NodeInputs,
    NodeKind,
    Rows,
    Scan,
    hookimpl,
    option,
    quote_literal,
)


@frozen(kw_only=True)
class Tally:
    """The keys of a tally."""

    step: int = option(1, summary="what each run adds")


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    return [
        NodeKind(name="tally", folder="tallies", options=Tally, summary="sums", from_earlier=True)
    ]


@hookimpl
def run_node(node: Node, inputs: NodeInputs, context: NodeContext) -> Rows | None:
    options = node.options
    if not isinstance(options, Tally):
        return None
    earlier = inputs.earlier.scan if inputs.earlier else None
    kept = f"FROM {earlier} UNION ALL " if earlier else ""
    before = f"(SELECT max(total) FROM {earlier})" if earlier else "0"
    rows = f"(SELECT count(*) FROM {inputs.only.scan})"
    moment = quote_literal(inputs.moment.isoformat())
    return Scan(
        f"{kept}SELECT {before} + {rows} * {options.step} AS total,"
        f" {moment} AS moment, {str(inputs.edited).lower()} AS edited"
    )
