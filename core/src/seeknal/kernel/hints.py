"""Which names distributions of ours declare, so that what to install can be said of a missing one.

The one place in core where they are named.
"""

from __future__ import annotations

OURS = {
    "postgresql": "seeknal-postgres",
    "postgres": "seeknal-postgres",
    "iceberg": "seeknal-iceberg",
    "starrocks": "seeknal-starrocks",
    "starrocks_materialized_view": "seeknal-starrocks",
    "mysql": "seeknal-starrocks",
    "mariadb": "seeknal-starrocks",
    "semantic_model": "seeknal-semantic",
    "metric": "seeknal-semantic",
    "saved_query": "seeknal-semantic",
    "time_spine": "seeknal-semantic",
    "metric_query": "seeknal-semantic",
}
"""Types, kinds and functions, and the distribution of each."""

EXTRAS = {"seeknal-postgres": ("embedded",)}
"""Keys of a connection that ask for the extra of the same name."""

SECTIONS = {"materialization": "iceberg"}
"""Sections of profiles.yml, and the target type that declares each."""


AUDITS = "seeknal-audits"
AUDIT_NAMES = frozenset(
    ("not_null", "unique", "accepted_values", "row_count", "custom_sql", "relationships")
)
"""Audit types that its distribution declares."""

PLUGINS_OF_OURS = frozenset((*OURS.values(), AUDITS))

NAMED_USERS = ("starrocks",)
"""Schemes of URLs in which a user without a password is a name, and no token."""
