"""The zone of the machine's clock."""

from __future__ import annotations

from pathlib import Path

_LOCAL = Path("/etc/localtime")
_NAMED = Path("/etc/timezone")


def machine_zone() -> str | None:
    """Its name, such as ``Europe/Berlin``; None where the machine does not say it."""
    if not _LOCAL.exists():
        return "UTC"
    _, found, name = str(_LOCAL.resolve()).rpartition("/zoneinfo/")
    if found:
        return name
    try:
        return _NAMED.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
