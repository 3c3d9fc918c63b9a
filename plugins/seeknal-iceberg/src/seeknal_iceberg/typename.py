"""What project files and profiles call Iceberg."""

from __future__ import annotations

TYPE = "iceberg"
SECTION = "materialization"
"""The key of profiles.yml with what targets start with."""
DEFAULT = "iceberg"
"""The connection of sources and targets that name none: ``materialization.catalog``."""
