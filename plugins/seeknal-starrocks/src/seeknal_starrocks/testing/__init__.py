"""A server that stands in for StarRocks in tests: stricter than it, never laxer."""

from __future__ import annotations

from seeknal_starrocks.testing.faults import (
    HTTP_POINTS,
    MOMENTS,
    OPERATIONS,
    POINTS,
    STATEMENT_POINTS,
    Faults,
)
from seeknal_starrocks.testing.log import Asked, Log
from seeknal_starrocks.testing.refusing import Refused
from seeknal_starrocks.testing.server import StandIn

__all__ = (
    "HTTP_POINTS",
    "MOMENTS",
    "OPERATIONS",
    "POINTS",
    "STATEMENT_POINTS",
    "Asked",
    "Faults",
    "Log",
    "Refused",
    "StandIn",
)
