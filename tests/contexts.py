"""What a plugin is handed for a step of a node, made without a run."""

import logging

from seeknal.kernel.context import StepContext


def step_context(node, root, connection, **given):
    """The context of a step in the project of that folder, on that connection of DuckDB.

    It knows no connection, input or earlier run but what is given.
    """
    plain = {
        "environment": "prod",
        "run_id": "run",
        "project_root": root,
        "scratch": root,
        "samples": root,
        "log": logging.getLogger("seeknal.test"),
        "cursor": lambda: connection,
        "connections": {}.get,
        "relation_of": lambda node: None,
        "row_counts": lambda limit: [],
    }
    return StepContext(node=node, **{**plain, **given})
