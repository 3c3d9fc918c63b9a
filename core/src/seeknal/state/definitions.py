"""What each definition that was ever built said, so that a plan can tell what changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import asdict, frozen

from seeknal.host.files import write_text


@frozen(kw_only=True)
class Built:
    """A definition's SQL as users wrote it, templates filled in, and as DuckDB runs it.

    ``frame`` is the hash of all that the definition says beside its SQL.
    """

    sql: str
    executable: str
    frame: str


class Definitions:
    """Lines of JSON in ``target/definitions.ndjson``; losing them loses diffs and no more."""

    def __init__(self, target: Path) -> None:
        self._path = target / "definitions.ndjson"

    def keep(self, built: Mapping[str, Built]) -> None:
        """Add what definitions say; those that are known are left as they are."""
        known = self._read()
        new = {key: entry for key, entry in built.items() if key not in known}
        if new:
            lines = "".join(f"{json.dumps([key, asdict(entry)])}\n" for key, entry in new.items())
            with suppress(OSError), self._path.open("a", encoding="utf-8") as file:
                file.write(lines)

    def built(self, definition: str) -> Built | None:
        """What a definition said; None when it is not known."""
        return self._read().get(definition)

    def keep_only(self, definitions: Collection[str]) -> int:
        """Forget all others; gives the bytes that this freed. Raises OSError."""
        known = self._read()
        kept = {key: entry for key, entry in known.items() if key in definitions}
        if len(kept) == len(known):
            return 0
        before = self._path.stat().st_size
        lines = (f"{json.dumps([key, asdict(entry)])}\n" for key, entry in kept.items())
        write_text(self._path, "".join(lines))
        return before - self._path.stat().st_size

    def _read(self) -> dict[str, Built]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return {}
        found = {}
        for line in text.splitlines():
            with suppress(ValueError, TypeError):
                key, entry = json.loads(line)
                found[str(key)] = Built(**entry)
        return found
