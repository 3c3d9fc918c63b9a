"""Types of what filters name, by the rows of the models that are taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.plugin import NodeId, quote_identifier
from seeknal_semantic.grains import GRAINS
from seeknal_semantic.paths import METRIC_TIME

if TYPE_CHECKING:
    from seeknal_semantic.importing.expressions import Columns
    from seeknal_semantic.importing.pieces import Part, Piece
    from seeknal_semantic.importing.templates import Named

_COUNTS = ("count", "count_distinct", "sum_boolean")
_KEPT = ("sum", "min", "max")
_ZONED = "WITH TIME ZONE"
_ROWS = re.compile(r"ref\('(.*)'\)")


@frozen(kw_only=True)
class NamedTypes:
    """Types by names. ``measures`` are those of simple metrics, by the metrics' names."""

    columns: Columns
    models: tuple[Piece, ...] = ()
    measures: Mapping[str, str] = field(factory=dict)

    def of_all(self, named: Mapping[str, Named]) -> dict[str, str | None]:
        return {key: self.of(each) for key, each in named.items()}

    def of(self, named: Named) -> str | None:
        """DuckDB's name of a type; None where it is not known, or differs among models."""
        if named.call == "Metric":
            found = self._of_metric(named.name.lower())
        elif named.part:
            return "BIGINT"
        elif named.grain and named.grain not in GRAINS:
            return None
        elif named.name.lower() == METRIC_TIME:
            return "TIMESTAMP"
        else:
            found = self._of_member(named)
        return found.pop() if len(found) == 1 else None

    def _of_member(self, named: Named) -> set[str | None]:
        """The types of all dimensions and entities that a name may mean."""
        wanted = named.name.lower()
        key = "entities" if named.call == "Entity" else "dimensions"
        found: set[str | None] = set()
        for model in self.models:
            entities = {part.name.lower() for part in model.parts.get("entities", ())}
            entities.add(str(model.keys.get("primary_entity", "")).lower())
            if named.path and named.path[-1].lower() not in entities:
                continue
            for part in model.parts.get(key, ()):
                if part.name.lower() == wanted:
                    type = self._type(model, part)
                    is_time = part.keys.get("type") == "time"
                    known = type is not None and _ZONED not in type
                    found.add("TIMESTAMP" if is_time and known else type)
        return found

    def _of_metric(self, name: str) -> set[str | None]:
        wanted = self.measures.get(name)
        found: set[str | None] = set()
        for model in self.models:
            for part in model.parts.get("measures", ()):
                if part.name.lower() == wanted:
                    agg = part.keys.get("agg")
                    kept = self._type(model, part) if agg in _KEPT else None
                    found.add("BIGINT" if agg in _COUNTS else kept)
        return found

    def _type(self, model: Piece, part: Part) -> str | None:
        """The type of an expression over the rows of a model."""
        rows = _ROWS.fullmatch(str(model.keys.get("model")))
        columns = self.columns(NodeId(rows[1])) if rows else None
        expr = str(part.keys.get("expr", quote_identifier(part.name)))
        return None if columns is None else _described(expr, columns)


def _described(expr: str, columns: Mapping[str, str]) -> str | None:
    import duckdb

    typed = ", ".join(f"{quote_identifier(name)} {type}" for name, type in columns.items())
    with duckdb.connect() as database:
        try:
            database.execute(f"CREATE TABLE rows_of_the_model ({typed})")
            found = database.execute(f"DESCRIBE SELECT ({expr}) FROM rows_of_the_model").fetchone()
        except duckdb.Error:
            return None
    return None if found is None else str(found[1])
