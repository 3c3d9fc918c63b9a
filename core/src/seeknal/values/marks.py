"""Where each key and value of a document stands in its file."""

from __future__ import annotations

from collections.abc import Mapping

from seeknal.values.location import Location

Path = tuple[str | int, ...]


class Marks:
    """Positions of one document's keys and values, addressed by path from its root.

    A path that is not known has the position of its nearest known ancestor, so a value that
    was made up (a default, a decorator's argument) still points to a useful line.
    """

    __slots__ = ("_elsewhere", "_file", "_keys", "_prefix", "_values")

    def __init__(
        self,
        file: str,
        values: Mapping[Path, tuple[int, int]],
        keys: Mapping[Path, tuple[int, int]],
        prefix: Path = (),
        elsewhere: Mapping[str | int, Marks] | None = None,
    ) -> None:
        self._file = file
        self._values = values
        self._keys = keys
        self._prefix = prefix
        self._elsewhere = elsewhere or {}

    @classmethod
    def at(cls, location: Location) -> Marks:
        """Marks that give one place for every path (a decorator, an in-memory value)."""
        return cls(location.file, {(): (location.line, location.column)}, {})

    def below(self, *path: str | int) -> Marks:
        """The same positions, addressed from ``path``."""
        if path and path[0] in self._elsewhere:
            return self._elsewhere[path[0]].below(*path)
        return Marks(self._file, self._values, self._keys, self._prefix + path)

    def with_others(self, others: Mapping[str, Marks]) -> Marks:
        """The same positions, but for keys of the root that stand elsewhere, below ``others``."""
        elsewhere = dict(self._elsewhere)
        elsewhere.update(others)
        return Marks(self._file, self._values, self._keys, self._prefix, elsewhere)

    def noting(self, place: tuple[int, int], *path: str | int) -> Marks:
        """The same, with the place of one more value."""
        values = {**self._values, self._prefix + path: place}
        return Marks(self._file, values, self._keys, self._prefix, self._elsewhere)

    def known(self, *path: str | int) -> bool:
        """Whether the value at ``path`` itself stands in the file."""
        if path and path[0] in self._elsewhere:
            return self._elsewhere[path[0]].known(*path)
        return self._prefix + path in self._values

    def value(self, *path: str | int) -> Location:
        """Where the value at ``path`` begins."""
        if path and path[0] in self._elsewhere:
            return self._elsewhere[path[0]].value(*path)
        return self._find(self._values, self._prefix + path)

    def key(self, *path: str | int) -> Location:
        """Where the key of ``path`` stands; for a list item, where the item begins."""
        if path and path[0] in self._elsewhere:
            return self._elsewhere[path[0]].key(*path)
        full = self._prefix + path
        if full in self._keys:
            return Location(self._file, *self._keys[full])
        return self._find(self._values, full)

    def _find(self, table: Mapping[Path, tuple[int, int]], path: Path) -> Location:
        while path and path not in table:
            path = path[:-1]
        return Location(self._file, *table.get(path, (0, 0)))
