"""seeknal: pipelines of YAML, SQL and Python nodes.

For pipeline authors: the decorators (``source``, ``transform``, ...) and ``open_project``.
For plugin authors: ``seeknal.plugin``. For their tests: ``seeknal.testing``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal.pipeline import (
        aggregation,
        exposure,
        feature_group,
        materialize,
        second_order_aggregation,
        source,
        transform,
    )
    from seeknal.query.opened import open_project

__version__ = "3.0.0"

__all__ = (
    "__version__",
    "aggregation",
    "exposure",
    "feature_group",
    "materialize",
    "open_project",
    "second_order_aggregation",
    "source",
    "transform",
)


def __getattr__(name: str) -> Any:
    # Importing seeknal must stay cheap: each name brings its module when it is first used.
    if name not in __all__:
        raise AttributeError(f"module 'seeknal' has no attribute {name!r}")
    if name == "open_project":
        from seeknal.query.opened import open_project

        return open_project
    from seeknal import pipeline

    return getattr(pipeline, name)


def __dir__() -> list[str]:
    return sorted(__all__)
