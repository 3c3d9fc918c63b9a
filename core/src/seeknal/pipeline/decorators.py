"""The decorators under the name that seeknal 2.x gives their module."""

from seeknal.pipeline import (
    aggregation,
    exposure,
    feature_group,
    materialize,
    second_order_aggregation,
    snapshot,
    source,
    transform,
)

__all__ = (
    "aggregation",
    "exposure",
    "feature_group",
    "materialize",
    "second_order_aggregation",
    "snapshot",
    "source",
    "transform",
)
