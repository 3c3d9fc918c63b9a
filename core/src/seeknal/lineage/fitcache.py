"""Nodes that were found to fit, kept below ``target/`` by all that this depends on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from seeknal.host.files import keep_text, kept_json
from seeknal.lineage.fitting import Fit
from seeknal.lineage.schemas import Schema
from seeknal.values.columns import Column

SCHEME = 3
"""Goes up whenever the same node may be judged otherwise."""


class FitCache:
    """One JSON file; what is damaged or cannot be written is as if it were not there.

    Nodes that something is wrong with are looked at each time.
    """

    def __init__(self, target: Path) -> None:
        self._path = target / "cache" / "fits.json"
        self._known = _read(self._path)
        self._used: dict[str, Any] = {}

    def get(self, key: str) -> Fit | None:
        """What was kept under ``key``."""
        if key not in self._known:
            return None
        data = self._known[key]
        try:
            fit = _decode(data)
        except (LookupError, TypeError, ValueError):
            return None
        self._used[key] = data
        return fit

    def put(self, key: str, fit: Fit) -> Fit:
        """Keep ``fit`` under ``key`` unless something is wrong; gives it back."""
        if not fit.problems:
            self._used[key] = _encode(fit)
        return fit

    def save(self) -> None:
        """Keep what this project asked for, and nothing else."""
        if self._used.keys() == self._known.keys():
            return
        text = json.dumps({"scheme": _scheme(), "fits": self._used}, separators=(",", ":"))
        keep_text(self._path, text)


def _read(path: Path) -> dict[str, Any]:
    content = kept_json(path)
    fits = content.get("fits") if content.get("scheme") == _scheme() else None
    return fits if isinstance(fits, dict) else {}


@cache
def _scheme() -> str:
    from importlib.metadata import version

    from seeknal import __version__

    return f"{SCHEME} {__version__} {version('duckdb')}"


def _encode(fit: Fit) -> list[Any]:
    schema = fit.schema
    if schema is None:
        return [fit.looked]
    columns = [[column.name, column.type] for column in schema.columns]
    return [fit.looked, schema.typed, schema.sure, columns]


def _decode(data: list[Any]) -> Fit:
    if len(data) == 1:
        return Fit(looked=data[0])
    looked, typed, sure, columns = data
    schema = Schema(
        columns=tuple(Column(name, type) for name, type in columns), typed=typed, sure=sure
    )
    return Fit(schema=schema, looked=looked)
