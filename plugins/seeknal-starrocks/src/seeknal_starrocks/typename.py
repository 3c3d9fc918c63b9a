"""What project files and profiles call StarRocks."""

from __future__ import annotations

TYPE = "starrocks"
NAMES = (TYPE,)
