"""A delivery to a table of PostgreSQL as it was asked for."""

from __future__ import annotations

from attrs import field, frozen

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

    @property
    def mode(self) -> str:
        return self.target.mode

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
