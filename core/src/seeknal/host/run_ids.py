"""What runs are known by."""

from __future__ import annotations

import os
from datetime import UTC, datetime

_SECOND = len("20261130T040650")


def new_run_id(started_at: datetime) -> str:
    """What a run that began then is known by: ids are in the order of the runs.

    After the second stand its microsecond, as five hex digits, and three digits by chance.
    """
    return f"{started_at:%Y%m%dT%H%M%S}-{started_at.microsecond:05x}{os.urandom(2).hex()[:3]}"


def began_at(run_id: str) -> datetime | None:
    """When a run began, by its id, to the second; None for what is known by another one."""
    try:
        return datetime.strptime(run_id[:_SECOND], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
