"""What runs are known by."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def new_run_id(started_at: datetime) -> str:
    """What a run that began then is known by: ids are in the order of the runs.

    After the second stand its microsecond, as five hex digits, and three digits by chance.
    """
    return f"{started_at:%Y%m%dT%H%M%S}-{started_at.microsecond:05x}{os.urandom(2).hex()[:3]}"
