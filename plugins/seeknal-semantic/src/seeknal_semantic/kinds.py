"""The kinds of node that make a semantic layer; none is a step of a run."""

from __future__ import annotations

from collections.abc import Mapping

from seeknal.plugin import Held, NodeKind


def _kind(
    name: str,
    folder: str,
    options: str,
    summary: str,
    colour: str,
    holds: Mapping[str, Held] | None = None,
) -> NodeKind:
    return NodeKind(
        name=name,
        folder=folder,
        options=f"seeknal_semantic.{options}",
        summary=summary,
        colour=colour,
        does="describes",
        accepts_sql=False,
        accepts_python=False,
        holds=holds or {},
    )


KINDS = (
    _kind(
        "semantic_model",
        "semantic_models",
        "options:SemanticModelKeys",
        "What the rows of a node mean: entities, dimensions and measures.",
        "#0f766e",
        {"metrics": Held(kind="metric", owner="semantic_model")},
    ),
    _kind(
        "metric",
        "metrics",
        "metric_options:MetricKeys",
        "A number that everyone reads the same way.",
        "#b45309",
    ),
    _kind(
        "saved_query",
        "saved_queries",
        "metric_options:SavedQueryKeys",
        "Metrics by dimensions, under a name.",
        "#7c3aed",
    ),
    _kind(
        "time_spine",
        "time_spines",
        "metric_options:TimeSpineKeys",
        "Every period of time once, for gaps and for grains of your own.",
        "#475569",
    ),
)
