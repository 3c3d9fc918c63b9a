"""Twins of a table, which deliveries fill and put in its place, and what is left of them.

What a lost delivery has asked for may come late. It is of a twin, which no other delivery has, and
that is dropped before anything else is done: so it finds nothing to do.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from seeknal_starrocks.marks import mark_of
from seeknal_starrocks.server import text

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table

_INFIX = "__seeknal_"
LONGER = len(_INFIX) + 16
"""Characters by which the name of a twin is longer."""
_RANDOM = re.compile(r"[0-9a-f]{16}")


def new_twin(table: Table) -> Table:
    """A name that nothing has had before."""
    return table.beside(f"{table.name}{_INFIX}{secrets.token_hex(8)}")


def drop(server: Server, twin: Table) -> None:
    """Also one into which something is being loaded. Raises DeliveryError or Lost."""
    server.ask(f"DROP TABLE IF EXISTS {twin.quoted} FORCE")


def drop_left(server: Server, table: Table) -> None:
    """Drop all that deliveries to a table have left. Raises DeliveryError or Lost.

    What only has such a name, and no comment of ours, nor that of the table or its name there, is
    somebody else's.
    """
    rows = server.ask(
        "SELECT TABLE_NAME, TABLE_COMMENT, TABLE_TYPE FROM information_schema.tables"
        f" WHERE TABLE_SCHEMA = {text(table.database)}"
        f" AND starts_with(TABLE_NAME, {text(table.name)})"
    )
    comment = next((str(found or "") for name, found, _ in rows if name == table.name), None)
    mark = mark_of(comment or "")
    for name, found, kind in rows:
        head, _, tail = str(name).rpartition(_INFIX)
        if head != table.name or not _RANDOM.fullmatch(tail) or "VIEW" in str(kind):
            continue
        ours = mark_of(str(found or "")) is not None or str(found or "") == comment
        if ours or (mark is not None and mark.twin == name):
            drop(server, table.beside(str(name)))
