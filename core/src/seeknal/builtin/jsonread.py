"""The reads that DuckDB makes of JSON files: to guess, to look at what is there, to take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from seeknal.builtin.jsontypes import Type
from seeknal.builtin.readers import FILE, Reading
from seeknal.plugin import quote_identifier, quote_literal

_GUESSING = ("sample_size", "maximum_depth", "union_by_name", "maximum_sample_files")
_OF_OBJECTS = ("format", "compression", "ignore_errors", "maximum_object_size")


@frozen(kw_only=True)
class Records:
    """The records of JSON files, read as columns of known types.

    ``found``: the columns that DuckDB finds; ``folders``: those that folders such as ``day=1`` are.
    ``whole``: what the column ``json`` is when the records are no objects.
    ``keys``: the real keys, of records in which some differ only by case. DuckDB cannot name
    them in one reader; they are taken from maps.
    """

    reading: Reading
    found: Mapping[str, Type]
    folders: tuple[str, ...] = ()
    folder_types: Mapping[str, Type] = field(factory=dict)
    whole: bool = False
    keys: Mapping[str, str] | None = None

    def sql(self, columns: Mapping[str, Type | str]) -> str:
        """What stands after FROM."""
        types = {name: str(type) for name, type in columns.items()}
        plain = without(self.reading, _GUESSING)
        if self.folder_types:
            types_of_folders = {name: str(type) for name, type in self.folder_types.items()}
            plain = plain.with_arguments(hive_types=types_of_folders)
        if self.keys is None:
            return plain.with_arguments(columns=types, records=not self.whole).sql
        read = self._objects_of(plain)
        items = ", ".join(
            f"CAST(json[{quote_literal(self.keys[name])}] AS {type}) AS {quote_identifier(name)}"
            for name, type in types.items()
        )
        return f"(SELECT {items}, * EXCLUDE (json) FROM {read})"

    def whole_objects(self) -> str:
        """Each record as a map of its keys."""
        return self._objects_of(without(self.reading, _GUESSING))

    def _objects_of(self, plain: Reading) -> str:
        return plain.with_arguments(columns={"json": "MAP(VARCHAR, JSON)"}, records=False).sql

    def objects(self) -> str:
        """The text of each record, ``json``, and the file that it is from."""
        reading = without(self.reading, set(self.reading.arguments) - set(_OF_OBJECTS))
        more: dict[str, Any] = {"filename": FILE, "hive_partitioning": False}
        return evolve(reading.with_arguments(**more), function="read_json_objects").sql


def without(reading: Reading, names: Any) -> Reading:
    return reading.with_arguments(**dict.fromkeys(names))
