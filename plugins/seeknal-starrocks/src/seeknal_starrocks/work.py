"""A delivery to a table of StarRocks as it was asked for."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import DeliveryContext, DeliveryError, Range, Relation, Target
from seeknal_starrocks.loading import Loading
from seeknal_starrocks.marks import Mark
from seeknal_starrocks.options import StarRocks, StarRocksTarget, property_text
from seeknal_starrocks.owners import owner_of
from seeknal_starrocks.server import Server, version_of
from seeknal_starrocks.tablename import Table
from seeknal_starrocks.writetypes import Writing

if TYPE_CHECKING:
    from seeknal_starrocks.http import Door
    from seeknal_starrocks.owners import Owner
    from seeknal_starrocks.tables import Standing


_OLDEST = (3, 1)
_LONGEST = 259_200
"""Seconds that a load may take."""


@frozen(kw_only=True)
class Work:
    """``ledger`` is the table of deliveries; that of an environment lies apart."""

    target: Target
    options: StarRocksTarget
    table: Table
    ledger: Table
    relation: Relation
    writings: tuple[Writing, ...]
    context: DeliveryContext
    name: str
    connection: StarRocks
    ranges: tuple[Range, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def private(self) -> frozenset[str]:
        """Columns whose values no message shows."""
        return self.context.pii(self.relation.node)

    @property
    def made(self) -> str:
        """Tells by which options a table is made."""
        options = self.options
        spread = (options.distributed_by, options.buckets, options.partition_by)
        said = (*spread, sorted(self.properties.items()), self.keys)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    @property
    def properties(self) -> dict[str, str]:
        """Of what is made."""
        replicas = self.connection.replication_num
        general = {"replication_num": str(replicas)} if replicas is not None else {}
        own = {key: property_text(value) for key, value in self.options.properties.items()}
        return {**general, **own}

    @property
    def beginning(self) -> Mark:
        """What the comment says of a table that is not whole yet."""
        owner = self.owner
        return Mark(
            table=str(self.table),
            project=owner.project,
            environment=owner.environment,
            copy=owner.copy,
            node=str(self.target.node),
        )

    @property
    def owner(self) -> Owner:
        """Whose delivery it is."""
        return owner_of(self.context)

    def opened(self) -> Server:
        """Raises ConnectionFailed, and DeliveryError for a server that is too old."""
        server = Server.opened(self.name, self.connection, self.private)
        try:
            told = str(server.ask("SELECT current_version()")[0][0])
            if version_of(told) < _OLDEST:
                raise DeliveryError(
                    f"StarRocks is {told.split('-')[0]}, and 3.1 or newer is needed",
                    code="SK1956",
                )
        except BaseException:
            server.close()
            raise
        return server

    def spelt(self, there: Standing) -> Work:
        """With the columns as the table writes them: rows of JSON are told apart by capitals."""
        known = there.by_name
        return evolve(
            self,
            writings=tuple(
                evolve(writing, name=known[writing.name.lower()].name)
                if writing.name.lower() in known
                else writing
                for writing in self.writings
            ),
        )

    def loading(self, door: Door, table: Table, *, partial: bool = False) -> Loading:
        """How its rows are sent to a table."""
        return Loading(
            door=door,
            table=table,
            columns=[writing.name for writing in self.writings],
            timeout=min(_LONGEST, max(1, int(self.connection.query_timeout.seconds))),
            private=self.private,
            partial=partial,
        )
