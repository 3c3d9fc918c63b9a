"""What is armed to go wrong, as a server meets it on its way."""

from __future__ import annotations

import threading
import time
from typing import Literal

from attrs import frozen


class Dropped(Exception):
    """The connection ends here and now."""


@frozen(kw_only=True)
class Fault:
    what: Literal["drop", "fail", "delay"]
    after: int = 0
    times: int = 1
    seconds: float = 0.0
    message: str = ""
    then: Literal["aborts", "goes on", "lingers"] = "aborts"
    """What becomes of a load whose connection is dropped before it was carried out."""


class Armed:
    """Each fault is met as often as it should be, and is gone then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[str, list[Fault]] = {}

    def add(self, point: str, fault: Fault) -> None:
        with self._lock:
            self._at.setdefault(point, []).extend([fault] * fault.times)

    def clear(self) -> None:
        with self._lock:
            self._at.clear()

    def reach(self, point: str, rows: int = 0) -> Fault | None:
        """What is to happen here, beside a delay, which has passed when it answers."""
        with self._lock:
            found = self._at.get(point)
            fault = found.pop(0) if found and found[0].after <= rows else None
        if fault is not None and fault.what == "delay":
            time.sleep(fault.seconds)
            return self.reach(point, rows)
        return fault

    def meet(self, point: str, rows: int = 0) -> Fault | None:
        """As ``reach``. Raises Dropped where the connection ends."""
        fault = self.reach(point, rows)
        if fault is not None and fault.what == "drop":
            raise Dropped
        return fault
