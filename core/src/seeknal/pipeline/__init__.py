"""The decorators of Python pipelines: ``from seeknal.pipeline import transform``.

Each takes the keys that a YAML node of its kind takes, as keyword arguments; ``name`` is the
function's own when it is not given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from seeknal.pipeline.context import PipelineContext
from seeknal.project.python.decorators import kind_decorator, target_decorator

F = TypeVar("F", bound=Callable[..., Any])

__all__ = (
    "PipelineContext",
    "aggregation",
    "exposure",
    "feature_group",
    "materialize",
    "second_order_aggregation",
    "snapshot",
    "source",
    "transform",
)


def source(
    name: str | None = None,
    source: str | None = None,
    table: Any = None,
    **keys: Any,
) -> Callable[[F], F]:
    """Declare a source. The function may return something made of the loaded data.

    ``source`` is the source type; without it the function returns the rows itself.
    """
    return kind_decorator("source", {"name": name, "source": source, "table": table, **keys})


def transform(name: str | None = None, inputs: Any = None, **keys: Any) -> Callable[[F], F]:
    """Declare a transform whose rows the function returns."""
    return kind_decorator("transform", {"name": name, "inputs": inputs, **keys})


def feature_group(
    name: str | None = None,
    entity: Any = None,
    features: Any = None,
    inputs: Any = None,
    **keys: Any,
) -> Callable[[F], F]:
    """Declare a feature group whose rows the function returns."""
    given = {"name": name, "entity": entity, "features": features, "inputs": inputs}
    return kind_decorator("feature_group", given | keys)


def aggregation(name: str | None = None, inputs: Any = None, **keys: Any) -> Callable[[F], F]:
    """Declare an aggregation over the rows that the function returns."""
    return kind_decorator("aggregation", {"name": name, "inputs": inputs, **keys})


def second_order_aggregation(
    name: str | None = None, inputs: Any = None, **keys: Any
) -> Callable[[F], F]:
    """Declare an aggregation over an aggregation: the function returns the latter's rows."""
    return kind_decorator("second_order_aggregation", {"name": name, "inputs": inputs, **keys})


def snapshot(name: str | None = None, inputs: Any = None, **keys: Any) -> Callable[[F], F]:
    """Declare a snapshot: all versions that the rows which the function returns have had."""
    return kind_decorator("snapshot", {"name": name, "inputs": inputs, **keys})


def exposure(name: str | None = None, inputs: Any = None, **keys: Any) -> Callable[[F], F]:
    """Declare an exposure of its inputs; the function's body is not used."""
    return kind_decorator("exposure", {"name": name, "inputs": inputs, **keys})


def materialize(type: str | None = None, **keys: Any) -> Callable[[F], F]:
    """Deliver the node's rows to a target. May be stacked, above or below the node's decorator.

    Without a type it is a table of the lakehouse, as below ``materialization:``.
    """
    return target_decorator({"type": type, **keys})
