"""What compiling stands on, and the parts of a query that others are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Calendar, NodeId
    from seeknal_semantic.compiling.alike import Side
    from seeknal_semantic.compiling.used_keys import UsedKey
    from seeknal_semantic.definitions import Dimension, SemanticLayer, SemanticModel


@frozen(kw_only=True)
class Scope:
    """The layer, and where the rows of its models are.

    ``type_of`` gives DuckDB's type of an expression over the columns of a node, ``table_of`` the
    table that has a node's rows, and ``has_column`` whether it has one of that name. ``read`` is
    told each column that is read, ``joins_by`` each key of which a value has to be in one row.
    ``calendar`` has the query's time zone, where it says one.
    """

    layer: SemanticLayer
    type_of: Callable[[NodeId, str], str]
    table_of: Callable[[NodeId], exp.Table]
    has_column: Callable[[NodeId, str], bool]
    read: Callable[[NodeId, str], None]
    joins_by: Callable[[UsedKey], None]
    calendar: Calendar
    tables: frozenset[str]
    """The names of all tables, in lower case."""


@frozen(kw_only=True)
class Measured:
    """What is measured where: the model's rows at ``time``, if they have one, by ``name``."""

    model: SemanticModel
    time: Dimension | None = None
    name: str = ""


@frozen(kw_only=True)
class Asked:
    """What every metric of a query is asked for alike.

    ``default_grain`` is what ``metric_time`` shows where a query does not say. ``times`` are those
    of all its measures: between the first and the last lie the periods that there are.
    """

    dimensions: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    default_grain: str | None = None
    times: tuple[Measured, ...] = ()


@frozen(kw_only=True)
class MetricBy:
    """A named query of a metric by entities; ``fill`` is what it has where nothing is.

    ``sides`` are what its ``keys`` are.
    """

    part: str
    keys: tuple[str, ...]
    sides: tuple[Side, ...]
    value: str
    fill: int | float | None = None


@define(kw_only=True)
class Parts:
    """The named queries before the last one, in the order in which they are needed.

    ``taken`` are names of tables, which a query of that name would hide.
    """

    taken: frozenset[str] = frozenset()
    metric_by: Callable[[str, tuple[str, ...]], MetricBy]
    """Names a query of a metric by entities, for a filter that asks for it."""
    found: dict[str, exp.Query] = field(factory=dict)

    def add(self, wanted: str, query: exp.Query) -> str:
        """Its name: that of an equal query where there is one, else ``wanted`` or one like it."""
        for word, known in self.found.items():
            if known == query:
                return word
        word, count = wanted, 1
        while word in self.found or word.lower() in self.taken:
            count += 1
            word = f"{wanted}_{count}"
        self.found[word] = query
        return word
