"""Loads with their labels: each label is carried out once, by whatever way it comes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Literal

from attrs import evolve, frozen

from seeknal_starrocks.testing.engine.things import Place

State = Literal["PREPARE", "PREPARED", "COMMITTED", "VISIBLE", "ABORTED"]
_LABEL = re.compile(r"[-\w]{1,128}", re.ASCII)


class LabelUsed(Exception):
    """A label that was used before; ``job`` says whether that load has ended."""

    def __init__(self, label: str, job: Literal["RUNNING", "FINISHED"]) -> None:
        super().__init__(f"Label [{label}] has already been used.")
        self.job = job


class BadLabel(Exception):
    """A label that is none."""


@frozen(kw_only=True)
class Load:
    id: int
    label: str
    place: Place
    state: State = "PREPARE"
    kind: Literal["STREAM_LOAD", "INSERT"] = "STREAM_LOAD"
    rows: int = 0
    filtered: int = 0
    message: str = ""


class Loads:
    """Those of a server. Whoever changes them holds the world's lock."""

    def __init__(self) -> None:
        self._ids = itertools.count(1001)
        self._loads: dict[int, Load] = {}
        self._put: dict[int, Callable[[], int]] = {}
        """What makes the rows of a load seen, and gives their number."""

    def all(self) -> list[Load]:
        return list(self._loads.values())

    def begin(self, label: str, place: Place, kind: Literal["STREAM_LOAD", "INSERT"]) -> Load:
        """Raises LabelUsed, unless what used the label before was aborted; raises BadLabel."""
        if not _LABEL.fullmatch(label):
            raise BadLabel(f"Incorrect label name '{label}'")
        if (found := self.find(place[1], label)) is not None and found.state != "ABORTED":
            running = found.state in ("PREPARE", "PREPARED")
            raise LabelUsed(label, "RUNNING" if running else "FINISHED")
        load = Load(id=next(self._ids), label=label, place=place, kind=kind)
        self._loads[load.id] = load
        return load

    def find(self, database: str, label: str) -> Load | None:
        """The last load of a label."""
        found = [
            load
            for load in self._loads.values()
            if load.label == label and load.place[1] == database
        ]
        return found[-1] if found else None

    def get(self, id: int) -> Load:
        """The load as it is now."""
        return self._loads[id]

    def change(self, load: Load, **to: object) -> Load:
        self._loads[load.id] = changed = evolve(self._loads[load.id], **to)  # type: ignore[arg-type]
        return changed

    def commit(self, load: Load, put: Callable[[], int], *, seen: bool) -> Load:
        """From here on the load is made; not ``seen``, its rows wait until it is published."""
        self._put[load.id] = put
        changed = self.change(load, state="COMMITTED")
        if seen:
            self.publish()
            changed = self.get(load.id)
        return changed

    def publish(self) -> None:
        """Let the rows of all committed loads be seen, in the order in which they were made."""
        for id in sorted(self._put):
            rows = self._put.pop(id)()
            self.change(self._loads[id], state="VISIBLE", rows=rows)

    def forget(self) -> None:
        """Let labels be unknown of loads that have ended, as they are after some days."""
        ended = ("VISIBLE", "ABORTED")
        self._loads = {id: load for id, load in self._loads.items() if load.state not in ended}
