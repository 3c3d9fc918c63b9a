"""What project files and profiles call PostgreSQL."""

from __future__ import annotations

TYPE = "postgresql"
ALIASES = ("postgres",)
NAMES = (TYPE, *ALIASES)
