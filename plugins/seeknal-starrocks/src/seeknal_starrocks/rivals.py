"""What StarRocks says where another delivery to a table has taken back what one has begun."""

from __future__ import annotations

import re

from seeknal.plugin import DeliveryError

_TWIN = re.compile(r"__seeknal_[0-9a-f]{16}\b")
_GONE = re.compile(r"unknown table|doesn't exist|does not exist|not found", re.IGNORECASE)
_ENDED = re.compile(r"Transcation State Invalid|Transcation Not Exist|TXN_NOT_EXISTS|coordinator")


def by_rival(said: str) -> DeliveryError | None:
    """An error that tells of the other delivery; None where something else is said."""
    if not (_ENDED.search(said) or (_TWIN.search(said) and _GONE.search(said))):
        return None
    return DeliveryError(
        "somebody else delivers to the table at the same time, and took back what this delivery"
        " had begun; nothing was changed",
        code="SK1949",
        help="run again; let no two projects, or copies of one, deliver to a table at once",
    )
