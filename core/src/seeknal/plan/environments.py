"""Environments before anything is written: their names, and which may be run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seeknal.state.ledger import EnvironmentState
from seeknal.values.errors import UsageError, did_you_mean
from seeknal.values.names import PRODUCTION

RESERVED = ("cache",)
"""Beside the folders of environments stands one that leads to their artifacts."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


def check_name(name: str) -> None:
    """Raise UsageError unless ``name`` may name an environment."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(
            f"{name!r} is no name for an environment",
            code="SK0003",
            help="a lower-case letter, then up to 30 lower-case letters, digits and _;"
            f" not {', '.join(RESERVED)}",
        )


def existing(environments: Mapping[str, EnvironmentState], name: str) -> EnvironmentState:
    """The environment of that name; production is there before its first run.

    Raises UsageError with the nearest names.
    """
    check_name(name)
    if name in environments:
        return environments[name]
    if name == PRODUCTION:
        return EnvironmentState(name=name)
    known = sorted({PRODUCTION, *environments})
    raise UsageError(
        f"there is no environment {name!r}",
        code="SK0256",
        help=did_you_mean(name, known) or f"environments: {', '.join(known)}",
    )


def refuse_pinned(environment: EnvironmentState) -> None:
    """Raise UsageError when a rollback keeps the environment where it is."""
    if environment.pinned is not None:
        name = environment.name
        tracked = any(found.covered is not None for found in environment.snapshots.values())
        kept = (
            f"; ranges that are done stay as they were then: run --env {name} --unpin with --start"
            " and --end reads them again"
        )
        raise UsageError(
            f"{name} was rolled back to generation {environment.pinned} and stays there",
            code="SK0820",
            help=f"seeknal run --env {name} --unpin builds it from the files again"
            + (kept if tracked else ""),
        )
