"""What a node's keys say that changes none of its rows: noted, so that a plan can tell of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.kernel.options import fields_of, unstructure
from seeknal.sql.keywords import words
from seeknal.values.digests import digest

if TYPE_CHECKING:
    from seeknal.kernel.kinds import NodeKind

NOTED = words(
    """
    allow_outside allow_partial batch_size business_purpose columns description domain freshness
    keys layer loaded_at_field lookback maturity meta owner params provenance refresh restate
    schedule schema start tags time_column timezone url version_query volatile
    """
)
_SPELLED = {"schema": "columns"}


def notes_of(data: Mapping[str, object], kind: NodeKind, options: object) -> dict[str, str]:
    """A hash for each key that says nothing of the rows, columns of either spelling alike."""
    found = {
        _SPELLED.get(key, key): _note(value)
        for key, value in data.items()
        if key in NOTED
        and value not in (None, "", [], {})
        # They may hold a password there, and are part of the definition in any case.
        and not (key == "params" and kind.does in ("loads", "delivers"))
    }
    for entry in fields_of(type(options)):
        value = unstructure(getattr(options, entry.name))
        counted = unstructure(getattr(options, entry.name), functional_only=True)
        functional = kind.functional is None or {entry.key, entry.name} & set(kind.functional)
        if not (entry.functional and functional and value == counted):
            found[entry.key] = _note(value)
    return found


def _note(value: object) -> str:
    return digest(json.dumps(value, sort_keys=True, default=str))[:16]
