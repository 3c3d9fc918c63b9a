"""When a source is read again, as project files say it."""

from __future__ import annotations

from seeknal.values.cron import Cron
from seeknal.values.durations import Duration

POLICIES = ("on_change", "always", "manual")


def is_refresh(text: str) -> bool:
    """Whether ``text`` is a refresh policy: a word, a duration or a cron schedule."""
    if text in POLICIES:
        return True
    for parse in (Duration.parse, Cron.parse):
        try:
            parse(text)
        except ValueError:
            continue
        return True
    return False
