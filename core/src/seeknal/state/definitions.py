"""The SQL behind each definition that was ever built, so that a plan can show what changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from seeknal.files import write_text


class Definitions:
    """Lines of JSON in ``target/definitions.ndjson``; losing them loses diffs and no more."""

    def __init__(self, target: Path) -> None:
        self._path = target / "definitions.ndjson"

    def keep(self, texts: Mapping[str, str]) -> None:
        """Add texts by definition; those that are known are left as they are."""
        known = self._read()
        new = {key: text for key, text in texts.items() if key not in known}
        if new:
            lines = "".join(f"{json.dumps([key, text])}\n" for key, text in new.items())
            with suppress(OSError), self._path.open("a", encoding="utf-8") as file:
                file.write(lines)

    def text_of(self, definition: str) -> str | None:
        """The SQL of a definition, templates filled in; None when it is not known."""
        return self._read().get(definition)

    def keep_only(self, definitions: Collection[str]) -> int:
        """Forget all others; gives the bytes that this freed. Raises OSError."""
        known = self._read()
        kept = {key: text for key, text in known.items() if key in definitions}
        if len(kept) == len(known):
            return 0
        before = self._path.stat().st_size
        write_text(self._path, "".join(f"{json.dumps(item)}\n" for item in kept.items()))
        return before - self._path.stat().st_size

    def _read(self) -> dict[str, str]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return {}
        found = {}
        for line in text.splitlines():
            with suppress(ValueError):
                key, value = json.loads(line)
                found[str(key)] = str(value)
        return found
