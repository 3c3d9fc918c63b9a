"""Properties of tables and materialized views: which there are, and what they may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from seeknal_starrocks.testing.ddl.words import words_of
from seeknal_starrocks.testing.refusing import analysis

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.world import World

OF_TABLES = words_of(
    """
    replication_num storage_medium storage_cooldown_time compression bloom_filter_columns
    enable_persistent_index partition_live_number partition_ttl colocate_with
    fast_schema_evolution replicated_storage bucket_size labels.location unique_constraints
    foreign_key_constraints
    """
)
OF_VIEWS = words_of(
    """
    replication_num storage_medium storage_cooldown_time compression bloom_filter_columns
    colocate_with unique_constraints foreign_key_constraints resource_group warehouse
    partition_ttl partition_ttl_number partition_retention_condition partition_refresh_number
    auto_refresh_partitions_limit excluded_trigger_tables excluded_refresh_tables
    mv_rewrite_staleness_second force_external_table_query_rewrite query_rewrite_consistency
    enable_query_rewrite transparent_mv_rewrite_mode
    """
)
CHANGEABLE_OF_VIEWS = words_of(
    """
    mv_rewrite_staleness_second partition_ttl partition_ttl_number
    partition_retention_condition partition_refresh_number auto_refresh_partitions_limit
    excluded_trigger_tables excluded_refresh_tables resource_group unique_constraints
    foreign_key_constraints colocate_with bloom_filter_columns
    """
)
CHANGEABLE_OF_TABLES = frozenset(("replication_num", "bloom_filter_columns", "colocate_with"))
_OF_PARTITIONS = ("partition_ttl", "partition_retention_condition", "partition_refresh_number")
_OF_RANGES = ("partition_ttl_number", "auto_refresh_partitions_limit")
_WHOLE = (*_OF_RANGES, "partition_refresh_number", "mv_rewrite_staleness_second", "replication_num")
_COMPRESSIONS = re.compile(r"LZ4|ZLIB|SNAPPY|ZSTD(\([0-9]+\))?", re.IGNORECASE)
_MEDIA = ("hdd", "ssd")
_CONSISTENCIES = ("checked", "loose", "nocheck", "force_mv", "disable")
_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")
_SESSION = "session."


def check_names(given: Iterable[str], known: frozenset[str], what: str) -> None:
    unknown = [key for key in given if key not in known and not _of_session(key, known)]
    if unknown:
        raise analysis(f"Invalid {what} properties: {', '.join(sorted(unknown))}")


def _of_session(key: str, known: frozenset[str]) -> bool:
    return known is not OF_TABLES and key.startswith(_SESSION)


def check_values(world: World, given: Mapping[str, str]) -> None:
    """What a property of either kind may be."""
    for key, value in given.items():
        if key in _WHOLE and not value.lstrip("-").isdigit():
            raise analysis(f"Invalid {key} value: {value}. It must be a whole number")
        if key == "compression" and not _COMPRESSIONS.fullmatch(value):
            raise analysis(f"unknown compression type: {value}")
        if key == "storage_medium" and value.lower() not in _MEDIA:
            raise analysis(f"Invalid storage medium: {value}")
        if key == "partition_ttl":
            number, _, unit = value.partition(" ")
            if not number.isdigit() or unit.upper() not in _UNITS:
                raise analysis(f"illegal ttl value: {value}")
        if key in ("force_external_table_query_rewrite", "enable_query_rewrite"):
            _one_of(key, value, ("true", "false", "checked", "loose", "nocheck", "disable"))
        if key == "query_rewrite_consistency":
            newer = world.version >= (3, 5)
            _one_of(
                key, value, _CONSISTENCIES if newer else tuple({*_CONSISTENCIES} - {"force_mv"})
            )
    replicas = int(given.get("replication_num", "3"))
    if replicas < 1 or replicas > world.backends:
        raise analysis(
            f"Table replication num should be less than or equal to the number of available BE"
            f" nodes. You can change this default by setting the replication_num table properties."
            f" Current alive backend is {world.backends}, replication_num is {replicas}"
        )


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value.lower() not in known:
        raise analysis(f"Invalid {key} {value}. The options are {', '.join(sorted(known))}")


def check_partitioned(given: Mapping[str, str], *, partitioned: bool, by_list: bool) -> None:
    """What properties say of partitions is said of a view that has such."""
    for key in given:
        if key in (*_OF_PARTITIONS, *_OF_RANGES) and not partitioned:
            raise analysis(f"{key} is only supported by partitioned materialized-view")
        if key in _OF_RANGES and by_list:
            raise analysis(f"{key} does not support non-range-partitioned materialized view")
