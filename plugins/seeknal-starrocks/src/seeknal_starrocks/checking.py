"""What is wrong with a project's StarRocks targets and can be seen without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_starrocks.delivering import refuse_reserved
from seeknal_starrocks.isolating import LEDGER
from seeknal_starrocks.options import StarRocks, StarRocksTarget
from seeknal_starrocks.tablename import Table, table_of

if TYPE_CHECKING:
    from seeknal.plugin import Target


def check_target(target: Target, connection: object) -> None:
    """Raises NodeError for a table that nothing may be delivered to."""
    assert isinstance(target.options, StarRocksTarget)
    known = connection if isinstance(connection, StarRocks) else StarRocks()
    written = target.options.table or target.node.name
    if "." not in written and known.database is None:
        return
    table = table_of(written, known.database)
    refuse_reserved(table, Table(database=known.delivery_database, name=LEDGER))
