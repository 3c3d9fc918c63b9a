"""What kinds of value each key has had, so that a page that says otherwise is told at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from seeknal.builtin.restjson import WORDS, PageFault, word_of

_MOST = 5_000
"""Keys of one object that are kept in mind: with more it is a map, which may have any."""

_Path = tuple[str | None, ...]
"""Keys from the top down; None for the items of a list."""


class _Seen:
    """What stood at one place in the records so far."""

    __slots__ = ("fields", "item", "kind", "page")

    def __init__(self) -> None:
        self.kind: str | None = None
        self.page = 0
        self.fields: dict[str, _Seen] = {}
        self.item: _Seen | None = None


class Kinds:
    """The kinds of value in the records of all pages.

    ``declared`` are columns, in lower case, whose type somebody has said: they may be anything.
    """

    def __init__(self, declared: Collection[str], depth: int | None) -> None:
        self.declared = declared
        self.depth = depth if depth is not None and depth >= 0 else None
        self.top = _Seen()
        self.page = 0

    @property
    def keys(self) -> Collection[str]:
        """The keys of records so far."""
        return self.top.fields.keys()

    def learn(self, record: Any) -> None:
        """Take one record of the page. Raises PageFault where a key is of two kinds."""
        if not isinstance(record, dict):
            raise PageFault(
                f"is {word_of(record)}, no object",
                "SK0794",
                "params: {records: ...} names a list of objects",
            )
        self._fields(self.top, record, 1, ())

    def _fields(self, seen: _Seen, found: dict[str, Any], depth: int, path: _Path) -> None:
        fields = seen.fields
        for name, value in found.items():
            entry = fields.get(name)
            if entry is None:
                if len(fields) >= _MOST:
                    continue
                entry = fields[name] = _Seen()
            kind = WORDS.get(type(value))
            # What most values are: as before, and nothing within.
            if kind is not None and (kind != entry.kind or kind in ("an object", "a list")):
                self._value(entry, kind, value, depth + 1, (*path, name))

    def _value(self, seen: _Seen, kind: str, value: Any, depth: int, path: _Path) -> None:
        if self.depth is not None and depth > self.depth:
            return
        if seen.kind is None:
            seen.kind, seen.page = kind, self.page
        elif seen.kind != kind:
            self._conflict(seen, kind, path)
            return
        if isinstance(value, dict):
            self._fields(seen, value, depth, path)
        elif isinstance(value, list):
            if seen.item is None:
                seen.item = _Seen()
            for item in value:
                within = WORDS.get(type(item))
                if within is not None:
                    self._value(seen.item, within, item, depth + 1, (*path, None))

    def _conflict(self, seen: _Seen, kind: str, path: _Path) -> None:
        top = path[0] or ""
        if top.lower() in self.declared:
            return
        shown = "".join("[]" if step is None else f".{step}" for step in path)[1:]
        before = "before on this page" if seen.page == self.page else f"on page {seen.page:,}"
        raise PageFault(
            f"has {kind} as {shown!r}, which is {seen.kind} {before}",
            "SK0795",
            f"columns: {{{top}: JSON}} keeps both as they are, VARCHAR makes text of them",
        )
