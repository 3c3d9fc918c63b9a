"""Names of time zones, as project files write them."""

from __future__ import annotations


def zone_fault(name: str) -> str | None:
    """What is wrong with a name of a time zone, and what could be written; None: it is one."""
    if name == "UTC":
        return None
    from zoneinfo import ZoneInfo, available_timezones

    from seeknal.values.errors import did_you_mean

    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        near = did_you_mean(name, available_timezones())
        return f"{name!r} is none{f': {near}' if near else '; write it as Europe/Berlin'}"
    return None
