"""What befalls whoever asks the stand-in, at a point that is reached so often."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from attrs import frozen

from seeknal_starrocks.testing.armed import Armed, Fault

DEADLY = ("dies", "dies, late")
"""From then on nothing arrives of what is asked; the last of it may arrive in the end."""


@frozen(kw_only=True)
class Case:
    """In which scene it happens, when and what, and how the story ends."""

    scene: str
    point: str
    number: int
    what: str
    ending: str

    def __str__(self) -> str:
        return f"{self.scene}|{self.point}|{self.number}|{self.what}|{self.ending}"

    @classmethod
    def of(cls, text: str) -> Case:
        scene, point, number, what, ending = text.split("|")
        return cls(scene=scene, point=point, number=int(number), what=what, ending=ending)


class Counting(Armed):
    """Counts how often each point is reached, and lets something happen at one of them.

    ``last`` tells what was asked last; ``asked`` is that, once it has happened.
    """

    def __init__(self, case: Case | None = None, last: Callable[[], str] = str) -> None:
        super().__init__()
        self.case, self.reached, self.hit = case, Counter(), threading.Event()
        self.last, self.asked = last, ""

    def reach(self, point: str, rows: int = 0) -> Fault | None:
        self.reached[point] += 1
        case = self.case
        if case is not None and case.what in DEADLY and self.hit.is_set():
            return Fault(what="drop")
        if case is None or (point, self.reached[point]) != (case.point, case.number):
            return super().reach(point, rows)
        self.asked = self.last()
        self.hit.set()
        if case.what == "fails":
            return Fault(what="fail", message="internal error")
        then = case.what if case.what in ("goes on", "lingers") else "aborts"
        return Fault(what="drop", then=then)
