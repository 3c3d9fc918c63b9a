"""What several commands of ``features`` have: options, and the project that they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seeknal.cli.common import project_root

if TYPE_CHECKING:
    from pathlib import Path

    from seeknal.plan.session import Loaded

F = TypeVar("F", bound=Callable[..., Any])


def entities_options(function: F) -> F:
    """For whom features are asked, and as of when."""
    for option in reversed(_ENTITIES):
        function = option(function)
    return function


_ENTITIES = (
    click.option(
        "--entities",
        metavar="FILE|NODE|SQL",
        help="Keys and moments: a Parquet or CSV file, a node, or a SELECT over nodes.",
    ),
    click.option(
        "--timestamp",
        metavar="COLUMN",
        show_default="the only one of times",
        help="The column of entities that says as of when.",
    ),
    click.option(
        "--timezone", metavar="ZONE", help="The zone of moments of entities that say none."
    ),
)

as_of_option = click.option(
    "--as-of", metavar="MOMENT", help="One moment for all rows, in UTC where it has no zone."
)


def loaded_in(environment: str, profile: Path | None = None) -> Loaded:
    """The project, with the state of an environment. Raises UsageError where there is none."""
    from seeknal.plan.environments import existing
    from seeknal.plan.session import Request, load

    asked = Request(command="features", environment=environment, profile=profile)
    loaded = load(project_root(), asked)
    existing(loaded.state.environments, environment)
    return loaded
