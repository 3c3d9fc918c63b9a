"""Variables of a session."""

from __future__ import annotations

from seeknal_starrocks.testing.engine.zones import DEFAULT_ZONE
from seeknal_starrocks.testing.refusing import Refused

SERVER_VERSION = "8.0.33"
"""The MySQL that StarRocks says to be."""
MOST_BYTES_OF_PACKET = 33_554_432


def initial(version: tuple[int, ...]) -> dict[str, str]:
    shown = ".".join(map(str, version))
    return {
        "autocommit": "1",
        "auto_increment_increment": "1",
        "catalog": "default_catalog",
        "character_set_client": "utf8",
        "character_set_connection": "utf8",
        "character_set_database": "utf8",
        "character_set_results": "utf8",
        "character_set_server": "utf8",
        "collation_connection": "utf8_general_ci",
        "collation_database": "utf8_general_ci",
        "collation_server": "utf8_general_ci",
        "dynamic_overwrite": "false",
        "enable_insert_strict": "true",
        "enable_materialized_view_rewrite": "true",
        "init_connect": "",
        "insert_max_filter_ratio": "0",
        "insert_timeout": "14400",
        "interactive_timeout": "3600",
        "license": "Apache License 2.0",
        "lower_case_table_names": "0",
        "max_allowed_packet": str(MOST_BYTES_OF_PACKET),
        "net_buffer_length": "16384",
        "net_read_timeout": "60",
        "net_write_timeout": "60",
        "performance_schema": "OFF",
        "query_mem_limit": "0",
        "query_timeout": "300",
        "resource_group": "",
        "sql_auto_is_null": "0",
        "sql_mode": "ONLY_FULL_GROUP_BY",
        "sql_quote_show_create": "1",
        "sql_safe_updates": "0",
        "sql_select_limit": "9223372036854775807",
        "system_time_zone": DEFAULT_ZONE,
        "time_zone": DEFAULT_ZONE,
        "transaction_isolation": "REPEATABLE-READ",
        "transaction_read_only": "OFF",
        "tx_isolation": "REPEATABLE-READ",
        "tx_read_only": "OFF",
        "version": SERVER_VERSION,
        "version_comment": f"StarRocks version {shown}",
        "wait_timeout": "28800",
    }


READ_ONLY = frozenset(("version", "version_comment", "system_time_zone", "lower_case_table_names"))


def unknown_variable(name: str) -> Refused:
    return Refused(f"Unknown system variable '{name}'", code=1193)


def read_only(name: str) -> Refused:
    return Refused(f"Variable '{name}' is a read only variable", code=1621)
