"""What project files and profiles may say about Iceberg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, Secret, option


@frozen(kw_only=True)
class Catalog:
    """A connection of type ``iceberg``; without any option the project's own catalog."""

    catalog: Literal["sql", "rest", "glue", "hive"] = option(
        "sql", aliases=("catalog_type",), role="location", summary="who keeps the tables' names"
    )
    uri: str | None = option(
        None,
        aliases=("catalog_uri",),
        role="location",
        summary="of the catalog; sql: SQLite below .seeknal/",
    )
    warehouse: str | None = option(
        None,
        role="location",
        summary="where new tables lie; sql: below .seeknal/; rest: the server's name for it",
    )
    token: Secret | None = option(None, aliases=("bearer_token",), summary="rest: bearer token")
    credential: Secret | None = option(None, summary="rest: client_id:client_secret of OAuth2")
    scope: str | None = option(None, summary="rest: of OAuth2")
    oauth2_server_uri: str | None = option(None, summary="rest: where tokens are had")
    s3_endpoint: str | None = option(None, role="location", summary="of an S3-compatible store")
    s3_access_key_id: Secret | None = option(None, summary="else the environment's")
    s3_secret_access_key: Secret | None = option(None, summary="else the environment's")
    s3_session_token: Secret | None = option(None, summary="of temporary keys")
    s3_region: str | None = option(None, summary="us-east-1")
    s3_path_style: bool = option(True, summary="false: the bucket is part of the host's name")
    properties: Mapping[str, str] = option(
        factory=dict, role="location", summary="further ones of PyIceberg's"
    )


@frozen(kw_only=True)
class Defaults:
    """``materialization:`` of a profile: what Iceberg targets start with."""

    enabled: bool = option(True, summary="false leaves every Iceberg target out")
    default_mode: str | None = option(None, summary="of targets that say none")
    default_table_prefix: str | None = option(
        None, summary="completes a table's name: catalog.namespace"
    )


def completed(
    defaults: Defaults, target: Mapping[str, object], node: str
) -> Mapping[str, object] | None:
    """A table without its first parts, and no mode, are completed; None: nothing is delivered."""
    if not defaults.enabled:
        return None
    found = dict(target)
    if defaults.default_mode and not found.get("mode"):
        found["mode"] = defaults.default_mode
    if defaults.default_table_prefix:
        table = str(found.get("table") or node)
        prefix = defaults.default_table_prefix.split(".")
        missing = max(0, len(prefix) - table.count("."))
        found["table"] = ".".join([*prefix[:missing], table])
    return found


@frozen(kw_only=True)
class IcebergSource:
    """``params:`` of an iceberg source."""

    catalog_uri: str | None = option(None, aliases=("uri",), summary="in place of the connection's")
    warehouse: str | None = option(None, summary="in place of the connection's")
    snapshot_id: int | None = option(None, summary="the table as of this snapshot")
    as_of: str | None = option(None, summary="the table as it was then: 2025-01-31 12:00")
    branch: str | None = option(None, summary="a branch other than main")
    tag: str | None = option(None, summary="a tagged snapshot")
    filter: str | None = option(
        None, aliases=("where",), summary="rows that are read: day >= '2025-01-01'"
    )


@frozen(kw_only=True)
class IcebergTarget:
    """A target of type ``iceberg``."""

    table: str | None = option(
        None, role="table", summary="catalog.namespace.name; else the node's name"
    )
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
    partition_by: tuple[str, ...] = option(
        (), summary="a new table's: day(order_date), region, bucket(16, customer_id)"
    )
    sort_by: tuple[str, ...] = option((), summary="order of rows within files: amount desc")
    properties: Mapping[str, str] = option(factory=dict, summary="a new table's properties")
    wap: bool = option(
        False, summary="true: commit to a branch, audit the whole table there, then publish it"
    )
    create_table: bool = option(True, summary="false: the table has to be there")
    schema_change: Literal["fail", "evolve"] = option(
        "evolve", summary="fail: new columns and wider types are errors"
    )
