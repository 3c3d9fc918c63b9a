"""seeknal: pipelines of YAML, SQL and Python nodes.

For pipeline authors: the decorators (``source``, ``transform``, ...) and ``open_project``.
For plugin authors: ``seeknal.plugin``. For their tests: ``seeknal.testing``.
"""

import _signal  # type: ignore[import-not-found]
import sys

early_presses: list[int] = []
"""Ctrl-C that came while the command line was still imported: it is answered once it can be."""


def keep_press(number: int, frame: object) -> None:
    """Keep a first Ctrl-C in mind; the second raises KeyboardInterrupt."""
    if early_presses:
        raise KeyboardInterrupt
    early_presses.append(number)


def _is_command_line() -> bool:
    """Whether this process is ``seeknal`` or ``python -m seeknal``, and not a program of others."""
    if sys.argv[:1] == ["-m"]:
        words = sys.orig_argv
        flag = words[words.index("seeknal") - 1] if "seeknal" in words else ""
        return flag.startswith("-") and flag.endswith("m")
    return sys.argv[:1] != [] and sys.argv[0].endswith(("/seeknal", "\\seeknal", "seeknal.exe"))


# Before anything is imported that takes time, and without what would take some itself.
if _is_command_line() and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, keep_press)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from seeknal import features
    from seeknal.features import (
        get_historical_features,
        get_latest_features,
        recreate_training_set,
    )
    from seeknal.ingesting.call import ingest
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
    from seeknal.query.opened import open_project

__version__ = "3.0.0"

__all__ = (
    "__version__",
    "aggregation",
    "exposure",
    "feature_group",
    "features",
    "get_historical_features",
    "get_latest_features",
    "ingest",
    "materialize",
    "open_project",
    "recreate_training_set",
    "second_order_aggregation",
    "snapshot",
    "source",
    "transform",
)


def __getattr__(name: str) -> "Any":
    # Importing seeknal must stay cheap: each name brings its module when it is first used.
    if name not in __all__:
        raise AttributeError(f"module 'seeknal' has no attribute {name!r}")
    if name == "open_project":
        from seeknal.query.opened import open_project

        return open_project
    if name == "features":
        from importlib import import_module

        return import_module("seeknal.features")
    if name in ("get_historical_features", "get_latest_features", "recreate_training_set"):
        from seeknal import features

        return getattr(features, name)
    if name == "ingest":
        from seeknal.ingesting.call import ingest

        return ingest
    from seeknal import pipeline

    return getattr(pipeline, name)


def __dir__() -> list[str]:
    return sorted(__all__)
