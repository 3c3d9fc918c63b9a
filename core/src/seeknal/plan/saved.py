"""Plans in files: what was looked at is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.host.files import write_text
from seeknal.values.digests import digest
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.plan import Plan, Step

_VERSION = 1
DATA = "the data"
_OPTIONS = (
    "environment",
    "select",
    "exclude",
    "types",
    "tags",
    "exclude_tags",
    "schedules",
    "full",
    "refresh",
    "no_materialize",
    "forward_only",
    "start",
    "end",
)


def save_plan(path: Path, loaded: Loaded, plan: Plan, request: Request, shown: Any) -> None:
    """Write a plan, with what it holds for. ``shown`` is the plan as people read it."""
    data = {
        "seeknal_plan": _VERSION,
        # What is due is due as of then.
        "options": {**{name: getattr(request, name) for name in _OPTIONS}, "now": plan.asked.now},
        "digests": digests(loaded, plan),
        "plan": shown,
    }
    write_text(path, json.dumps(data, indent=2, default=str) + "\n")


def read_plan(path: Path) -> dict[str, Any]:
    """A saved plan. Raises UsageError for a file that is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", code="SK0831") from None
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("seeknal_plan") != _VERSION:
        raise UsageError(
            f"{path} is no saved plan", code="SK0831", help=f"seeknal plan --output {path}"
        )
    return data


def options_of(data: dict[str, Any]) -> dict[str, Any]:
    """The options of the request that a plan was made for."""
    lists = {
        name: tuple(value) for name, value in data["options"].items() if isinstance(value, list)
    }
    return {**data["options"], **lists}


def refuse_stale(data: dict[str, Any], loaded: Loaded, plan: Plan) -> None:
    """Raise UsageError when anything has changed since the plan was made."""
    now = digests(loaded, plan)
    changed = [what for what, known in data["digests"].items() if now.get(what) != known]
    # What is done follows from the files and the environment: alone it tells of the data.
    changed = [what for what in changed if what != DATA] or changed
    if changed:
        raise UsageError(
            f"the plan is stale: {' and '.join(changed)} changed since it was made",
            code="SK0828",
            help="plan again, look at it, and apply that",
        )


def digests(loaded: Loaded, plan: Plan) -> dict[str, str]:
    """What a plan holds for: the files, the environment, and what of it the data decide."""
    environment = loaded.state.environments.get(plan.environment)
    fingerprints = sorted(loaded.fingerprints().items())
    outputs = sorted(
        (id, found.output_id, found.fingerprint.content)
        for id, found in loaded.snapshots(plan.environment).items()
    )
    generation = environment.generation if environment else 0
    return {
        "the project": digest(
            *(f"{id} {found.content} {found.config}" for id, found in fingerprints)
        ),
        "the environment": digest(str(generation), *map(str, outputs)),
        DATA: digest(*(f"{s.node} {s.action} {s.conditional}{_due(s)}" for s in plan.steps)),
    }


def _due(step: Step) -> str:
    """What is processed of a tracked node."""
    found = step.ranges
    return f" {found.new} {found.again}" if found is not None else ""
