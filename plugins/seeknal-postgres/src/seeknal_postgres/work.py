"""A delivery to a table of PostgreSQL as it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import evolve, field, frozen

from seeknal.plugin import DeliveryContext, Range, Relation, Target
from seeknal_postgres import ledger
from seeknal_postgres.catalogue import Table
from seeknal_postgres.isolating import isolated_schema
from seeknal_postgres.options import Postgres, PostgresTarget
from seeknal_postgres.writetypes import Writing


@frozen(kw_only=True)
class Work:
    """A delivery as it was asked for."""

    target: Target
    options: PostgresTarget
    table: Table
    relation: Relation
    writings: tuple[Writing, ...]
    context: DeliveryContext
    connection: Postgres
    ranges: tuple[Range, ...] = ()
    keys: tuple[str, ...] = field(default=())
    types: Mapping[str, str] = field(factory=dict)
    """Types that columns are made with, where they are not those that rows come with."""
    beside: tuple[str, ...] = ()
    """Definitions of columns that a table is made with and no row brings."""
    stamp: str | None = None
    """A column that an upsert sets to the moment, in rows that it changes."""
    told: Callable[[str], None] = lambda statement: None
    """Told of each statement that makes or changes the table."""
    sent: Callable[[int], None] = lambda rows: None
    """Told, again and again, how many rows are on their way."""

    @property
    def mode(self) -> str:
        return self.target.mode

    def made(self, writings: Iterable[Writing]) -> tuple[Writing, ...]:
        """Columns as the table is made with them."""
        return tuple(evolve(each, type=self.types.get(each.name, each.type)) for each in writings)

    @property
    def private(self) -> frozenset[str]:
        """Columns whose values no message shows."""
        return self.context.pii(self.relation.node)

    @property
    def ledger(self) -> str:
        """Where the table of deliveries is; that of an environment lies apart."""
        return isolated_schema(self.connection.delivery_schema, self.context)

    @property
    def lock(self) -> str:
        return ledger.lock_of(self.table)
