"""What profiles and project files may say about StarRocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, option
from seeknal_starrocks.serveroptions import Server


def property_text(value: object) -> str:
    """A value of a property in YAML as the text that StarRocks wants."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@frozen(kw_only=True)
class StarRocks(Server):
    """A connection of type ``starrocks``: to a frontend, by the MySQL protocol."""

    http_port: int = option(8030, role="location", summary="of the frontend's HTTP, for loads")
    catalog: str | None = option(None, role="location", summary="else default_catalog")
    iceberg_catalog: str | None = option(
        None, role="location", summary="what StarRocks calls the catalog of Iceberg targets"
    )
    delivery_database: str = option("seeknal", summary="holds the table of deliveries")
    replication_num: int | None = option(
        None, summary="copies of each table that is made; else as many as the cluster has it"
    )
    load_hosts: tuple[str, ...] = option(
        (), role="location", summary="host:port of backends that rows may be sent to, besides"
    )


@frozen(kw_only=True)
class StarRocksSource:
    """``params:`` of a starrocks source."""

    catalog: str | None = option(None, summary="in place of the connection's")
    database: str | None = option(None, summary="in place of the connection's")
    query_timeout: Duration | None = option(None, summary="in place of the connection's")


@frozen(kw_only=True)
class StarRocksTarget:
    """A target of type ``starrocks``."""

    table: str | None = option(None, role="table", summary="database.name; else the node's name")
    time_column: str | None = option(None, summary="incremental_by_time: the column of time")
    lookback: Duration | int | None = option(
        None, summary="incremental_by_time: how far before the interval rows are replaced"
    )
    unique_keys: tuple[str, ...] = option(
        (),
        aliases=("unique_key", "key", "keys"),
        role="key",
        summary="upsert_by_key: what makes a row one",
    )
    create_table: bool = option(True, summary="false: the table has to be there")
    schema_change: Literal["fail", "evolve"] = option(
        "fail", summary="evolve: new columns are added to the table"
    )
    distributed_by: tuple[str, ...] = option(
        (), summary="columns that say in which bucket of a table a row lies"
    )
    buckets: int | None = option(None, summary="how many buckets; else StarRocks decides")
    partition_by: tuple[str, ...] = option(
        (), summary="columns, or an expression: date_trunc('day', at)"
    )
    properties: Mapping[str, str | int | float | bool] = option(
        factory=dict, summary="PROPERTIES of a table that is made"
    )
