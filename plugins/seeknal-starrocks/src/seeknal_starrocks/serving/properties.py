"""Properties of views: which there are, what they may be, and which change without another view.

Names and values are those of StarRocks' documentation; all values are texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seeknal.plugin import did_you_mean

CHANGEABLE = frozenset(
    (
        *("mv_rewrite_staleness_second", "partition_ttl", "partition_ttl_number"),
        *("partition_retention_condition", "partition_refresh_number"),
        *("auto_refresh_partitions_limit", "excluded_trigger_tables", "excluded_refresh_tables"),
        *("resource_group", "unique_constraints", "foreign_key_constraints", "colocate_with"),
        "bloom_filter_columns",
    )
)
"""Those that ``ALTER MATERIALIZED VIEW ... SET`` takes, as the names below ``session.`` are."""
_FIXED = (
    *("replication_num", "storage_medium", "storage_cooldown_time", "compression", "warehouse"),
    *("force_external_table_query_rewrite", "query_rewrite_consistency", "enable_query_rewrite"),
    "transparent_mv_rewrite_mode",
)
KNOWN = frozenset((*CHANGEABLE, *_FIXED))
ONLY_WHEN_SET = frozenset(
    (
        *("mv_rewrite_staleness_second", "partition_ttl", "partition_ttl_number"),
        *("partition_retention_condition", "auto_refresh_partitions_limit"),
        *("excluded_trigger_tables", "excluded_refresh_tables"),
    )
)
"""Of the changeable ones those that a definition shows only where they were set."""
UNSET = ("", "0", "-1")
_OF_PARTITIONS = ("partition_ttl", "partition_retention_condition", "partition_refresh_number")
_OF_RANGES = ("partition_ttl_number", "auto_refresh_partitions_limit")
_WHOLE = (*_OF_RANGES, "partition_refresh_number", "mv_rewrite_staleness_second", "replication_num")
_ONE_OF = {
    "query_rewrite_consistency": ("checked", "loose", "nocheck", "force_mv", "disable"),
    "enable_query_rewrite": ("true", "false"),
    "force_external_table_query_rewrite": (
        *("true", "false", "checked", "loose", "nocheck", "disable"),
    ),
}
_TTL = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")


def problems_of(
    given: Mapping[str, str], *, partitioned: bool, by_list: bool, version: tuple[int, ...]
) -> Iterator[str]:
    """What StarRocks would refuse of them."""
    for key, value in given.items():
        if key not in KNOWN and not key.startswith("session."):
            near = did_you_mean(key, KNOWN) or "variables of a session begin with session."
            yield f"there is no property {key!r} of a materialized view: {near}"
        elif (wrong := _value_problem(key, value, version)) is not None:
            yield wrong
        elif key in (*_OF_PARTITIONS, *_OF_RANGES) and not partitioned:
            yield f"property {key} is for a view with partitions, and this has none"
        elif key in _OF_RANGES and by_list:
            yield f"property {key} is for partitions that are ranges, and these are lists of values"


def _value_problem(key: str, value: str, version: tuple[int, ...]) -> str | None:
    if key in _WHOLE and not value.removeprefix("-").isdigit():
        return f"property {key} is a whole number, and not {value!r}"
    if key == "replication_num" and int(value) < 1:
        return f"property {key} is 1 or more, and not {value!r}"
    number, _, unit = value.partition(" ")
    if key == "partition_ttl" and not (number.isdigit() and unit.upper() in _TTL):
        return f"property {key} is a number and a unit, such as 2 MONTH, and not {value!r}"
    known = _ONE_OF.get(key)
    if known is not None and value.lower() not in known:
        return f"property {key} is one of {', '.join(known)}, and not {value!r}"
    if value.lower() == "force_mv" and key == "query_rewrite_consistency" and version < (3, 5):
        return f"property {key} is force_mv from StarRocks 3.5 on"
    return None
