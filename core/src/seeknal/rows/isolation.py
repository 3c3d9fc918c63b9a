"""Names of targets outside production: the same for every plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.values.errors import NodeError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.kernel.contexts import TargetContext

_PLACES = {"table": -1, "schema": -2, "database": -3, "catalog": -3}


def isolate(
    name: Sequence[str],
    context: TargetContext,
    *,
    limit: int | None = None,
    environment: str | None = None,
) -> tuple[str, ...]:
    """A target's name in the context's environment, or another one: ``analytics__dev.orders``.

    ``name`` is ``(schema, table)`` or ``(database, schema, table)``, outermost first. The part
    that ``environments.suffix`` says gets the environment's name; production's stays. Raises
    NodeError when the name has no such part, or when it becomes longer than ``limit`` bytes.
    """
    parts = tuple(name)
    environment = environment or context.environment
    if environment == PRODUCTION:
        return parts
    place = _PLACES[context.suffix]
    if len(parts) < -place:
        raise NodeError(
            f"{'.'.join(parts)} has no {context.suffix} that environment"
            f" {environment} could have of its own",
            code="SK0832",
            help="environments: {suffix: schema} in seeknal_project.yml",
        )
    isolated = f"{parts[place]}__{environment}"
    if limit is not None and len(isolated.encode()) > limit:
        raise NodeError(
            f"{context.suffix} {isolated!r} is longer than the {limit} bytes that a name may have",
            code="SK0833",
            help="choose a shorter name for the environment, or another environments.suffix",
        )
    index = len(parts) + place
    return (*parts[:index], isolated, *parts[index + 1 :])
