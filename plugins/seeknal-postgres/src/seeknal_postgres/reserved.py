"""Tables and columns that are not a project's to write: PostgreSQL's, Iceberg's, seeknal's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import Misfit, NodeError, batch_misfits
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.ledger import TABLE
from seeknal_postgres.options import Postgres, PostgresTarget

if TYPE_CHECKING:
    from seeknal.plugin import Column, Target
    from seeknal_postgres.catalogue import Table

_CATALOGUE = ("iceberg_tables", "iceberg_namespace_properties")
"""Where PyIceberg keeps a catalog that is in a database."""

_COLUMNS = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
"""Those that every table has already."""


def refuse_reserved(table: Table, ledger: str, online: str) -> None:
    """Raise NodeError for a table that nothing may be delivered to; ``ledger`` is the schema of
    the table of deliveries, ``online`` that of what is kept online.
    """
    if table.schema == online:
        raise NodeError(
            f"{table} lies where feature groups are kept online: seeknal writes it itself",
            code="SK1339",
            help="give the target another schema; online_schema: of the connection moves this one",
        )
    if table.schema.startswith("pg_") or table.schema == "information_schema":
        raise NodeError(
            f"{table} is a table of PostgreSQL's own",
            code="SK1339",
            help="table: schema.name, in another schema",
        )
    if table.name in _CATALOGUE:
        raise NodeError(
            f"{table} holds the names of Iceberg tables: their catalog writes it itself",
            code="SK1339",
            help="give the target another table",
        )
    if (table.schema, table.name) == (ledger, TABLE):
        raise NodeError(
            f"{table} holds what was delivered: seeknal writes it itself",
            code="SK1339",
            help="give the target another table; delivery_schema: of the connection moves this one",
        )


def check_target(target: Target, connection: object) -> None:
    """`refuse_reserved` by what is written in a project's files."""
    assert isinstance(target.options, PostgresTarget)
    known = connection if isinstance(connection, Postgres) else Postgres()
    table = table_of(target.options.table or target.node.name, known.schema)
    refuse_reserved(table, known.delivery_schema, known.online_schema)


def misfits_of(
    target: Target, options: PostgresTarget, columns: Sequence[Column]
) -> Iterator[Misfit]:
    """What a delivery would say of keys, times and names of columns."""
    yield from batch_misfits(
        columns,
        keys=options.unique_keys,
        time=options.time_column,
        ordered=target.mode == "incremental_by_time",
    )
    for column in columns:
        if column.name in _COLUMNS:
            yield Misfit(
                code="SK1340",
                message=f"PostgreSQL keeps the column name {column.name!r} for itself",
                help="give it another name in the node's SQL",
                key="table",
                word=options.table or "",
            )
