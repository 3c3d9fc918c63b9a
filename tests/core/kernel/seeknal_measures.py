"""Measures over models: a semantic layer in small, of what every plugin may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import frozen

from seeknal.plugin import NodeId, NodeKind, hookimpl, option


@frozen(kw_only=True)
class Model:
    """What a model is about."""

    model: NodeId = option(summary="the node that has its rows")
    entity: str | None = option(None, summary="the column that names a row")


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


@hookimpl
def node_kinds() -> Iterable[NodeKind]:
    return [
        NodeKind(
            name="model",
            folder="models",
            options=Model,
            summary="what measures are numbers of",
            does="describes",
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
