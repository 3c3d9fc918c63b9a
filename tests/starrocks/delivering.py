"""Deliveries to a table of the stand-in that something befalls, and what the table may hold then.

What is right is told by lists of rows and a few lines of Python, whatever the plugin does to get
there. ``python -m tests.starrocks.delivering CASE`` plays one case alone.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from tests.contexts import step_context
from tests.starrocks.befalling import Case, Counting

from seeknal.values.columns import Column
from seeknal.values.errors import RunError
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation
from seeknal.values.secret import Secret
from seeknal.values.sources import Connection
from seeknal.values.targets import Target
from seeknal_starrocks.testing import POINTS, Refused, StandIn
from seeknal_starrocks.testing.faults import LOGIN, PUBLISH

PASSWORD = "c4n4ry-S3cret"
MODES = {
    "full": {},
    "upsert_by_key": {"unique_keys": ("id",)},
    "incremental_by_time": {"time_column": "day"},
}
BY_TIME = "incremental_by_time"
FIRST = [(1, "2026-01-01", "a1"), (2, "2026-01-01", "a2"), (3, "2026-01-02", "a3")]
FIRST += [(4, "2026-01-03", "a4"), (9, None, "a9")]
SECOND = [(2, "2026-01-02", "b2"), (3, "2026-01-02", "b3"), (5, "2026-01-03", "b5")]
THIRD = [(3, "2026-01-03", "c3"), (6, "2026-01-03", "c6")]
SOON = 0.3
"""Seconds after which what lingers ends, and what is committed is seen."""
STORIES = ("again", "later")


def after(mode: str, *batches: list) -> list:
    """What a table holds that these were delivered to, one after the other."""
    held: list = []
    for rows in batches:
        if mode == "full":
            held = rows
        elif mode == "upsert_by_key":
            held = [*{row[0]: row for row in [*held, *rows]}.values()]
        else:
            days = [day for _, day, _ in rows if day is not None]
            first, last = min(days), max(days)
            kept = [row for row in held if row[1] is None or not first <= row[1] <= last]
            held = [*kept, *rows]
    return sorted(held)


class Shop:
    """A server with a table, and deliveries to it."""

    def __init__(self, mode: str, root: Path) -> None:
        self.mode, self.root = mode, root
        self.server = StandIn(users={"root": PASSWORD})
        self.server.add_database("shop")
        self.duckdb = duckdb.connect()
        self.late: list[str] = []

    def close(self) -> None:
        self.server.close()
        self.duckdb.close()

    def deliver(self, rows: list, number: int, **given: object) -> object:
        """As a run does, through the hook. Raises RunError."""
        from seeknal_starrocks import plugin
        from seeknal_starrocks.options import StarRocksTarget

        options = StarRocksTarget(table="shop.told", **MODES[self.mode])
        node = NodeId("transform.told")
        target = Target(
            **{"node": node, "type": "starrocks", "options": options, "key": "k"},
            **{"label": "shop.told", "mode": self.mode, "connection": "reporting"},
        )
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            context = step_context(
                node,
                Path(folder),
                self.duckdb,
                connections=lambda name: Connection(name=name, type="starrocks", options=self.to()),
                project="shop",
                delivery_id=f"20260101-00000{number}-{self.mode}",
                output_id=f"output-{number}",
                **given,
            )
            timed = [row for row in rows if row[1] is not None or self.mode != BY_TIME]
            done = plugin.materialize(target, self.relation(timed, node), context)
        for id, _, word in (row for row in rows if row not in timed):
            # A row without a time is delivered to no such table; somebody else brings it.
            self.server.execute(f"INSERT INTO told VALUES ({id}, NULL, '{word}')", "shop")
        return done

    def to(self):
        from seeknal_starrocks.options import StarRocks

        server = self.server
        return StarRocks(
            **{"host": server.host, "port": server.port, "http_port": server.http_port},
            **{"user": "root", "password": Secret(PASSWORD), "database": "shop"},
        )

    def relation(self, rows: list, node: NodeId) -> Relation:
        self.duckdb.execute("CREATE OR REPLACE TABLE given (id INTEGER, day DATE, word VARCHAR)")
        self.duckdb.executemany("INSERT INTO given VALUES (?, ?, ?)", rows)
        columns = (Column("id", "INTEGER"), Column("day", "DATE"), Column("word", "VARCHAR"))
        return Relation(node=node, scan="given", columns=columns, rows=len(rows))

    def held(self) -> list | None:
        """The rows of the table; None where there is none."""
        try:
            found = self.server.execute("SELECT id, day, word FROM told", "shop")
        except Refused:
            return None
        return sorted((id, day and str(day), word) for id, day, word in found)

    def tables(self) -> list[str]:
        return [str(row[0]) for row in self.server.execute("SHOW TABLES", "shop")]

    @contextmanager
    def befalling(self, case: Case) -> Iterator[Counting]:
        """What lingers ends soon, and what is committed is seen soon."""
        counting = Counting(case, lambda: "".join(self.server.log.statements[-1:]))
        self.server.faults.armed, before = counting, self.server.faults.armed
        ended = threading.Event()
        helper = threading.Thread(target=self._settle, args=(case, counting, ended))
        helper.start()
        try:
            yield counting
        finally:
            ended.set()
            helper.join()
            self.server.faults.armed = before

    def _settle(self, case: Case, counting: Counting, ended: threading.Event) -> None:
        while not counting.hit.wait(0.01):
            if ended.is_set():
                return
        if case.what in ("late", "dies, late"):
            self.late = [counting.asked]
        at = [load for load in self.server.world.loads.all() if load.state == "PREPARE"]
        if case.ending == "later" and case.what == "lingers":
            # It is settled once the next one was delivered, if that does not wait for it.
            return
        if not ended.wait(SOON):
            self.server.publish()
            if case.what == "lingers":
                self.end(at, commit=case.number % 2 == 1)

    def end(self, loads: list, *, commit: bool) -> None:
        for load in loads:
            with suppress(ValueError, Refused, duckdb.Error):
                self.server.settle(load.place[1], load.label, commit=commit)

    def come_late(self) -> None:
        """What was asked and lost is carried out after all."""
        for statement in self.late:
            with suppress(Refused):
                self.server.execute(statement, "shop")
        self.end(self.pending(), commit=True)
        self.server.publish()

    def pending(self) -> list:
        loads = self.server.world.loads.all()
        return [load for load in loads if load.state in ("PREPARE", "PREPARED")]


def cases(mode: str, root: Path) -> list[Case]:
    """All that can befall the second delivery, by what a clean one reaches."""
    shop = Shop(mode, root)
    try:
        shop.deliver(FIRST, 1)
        shop.server.faults.armed = counting = Counting()
        shop.deliver(SECOND, 2)
    finally:
        shop.close()
    found = []
    for point, times in counting.reached.items():
        for number in range(1, times + 1):
            found += [
                Case(scene=mode, point=point, number=number, what=what, ending=story)
                for what in whats(point)
                for story in STORIES
            ]
    return found


def whats(point: str) -> list[str]:
    """What can happen at a point."""
    if point in (LOGIN, PUBLISH):
        return ["fails"]
    if point not in POINTS:
        return []
    found = ["drops", "dies"]
    if point == "asked":
        found += ["late", "dies, late"]
    if not point.endswith(("carried out", "half answered", "rows", "last row")):
        found.append("fails")
    if point.startswith("be load"):
        found += ["lingers"] if point.endswith(("half", "received")) else []
        found += ["goes on"] if point.endswith("received") else []
    return found


def play(case: Case, root: Path) -> str | None:
    """Why a case does not hold; None where it does."""
    shop = Shop(case.scene, root)
    try:
        shop.deliver(FIRST, 1)
        return _again(shop, case) if case.ending == "again" else _later(shop, case)
    finally:
        shop.close()


def _again(shop: Shop, case: Case) -> str | None:
    """The delivery is handed over again until it is made."""
    before, wanted = after(case.scene, FIRST), after(case.scene, FIRST, SECOND)
    with shop.befalling(case) as counting:
        why = _attempt(shop, SECOND, 2)
    if not counting.hit.is_set():
        return "nothing befell it"
    if why is not None and why.startswith("!"):
        return why
    if shop.held() not in ([wanted] if why is None else [before, wanted]):
        return f"holds {shop.held()} after {why or 'success'}"
    shop.server.publish()
    if case.what == "lingers":
        shop.end(shop.pending(), commit=case.number % 2 == 1)
    if case.number % 2:
        shop.server.forget_labels()
    for _ in range(2):
        if (refused := _attempt(shop, SECOND, 2)) is not None:
            return f"not made again: {refused} (before: {why})"
        if shop.held() != wanted:
            return f"holds {shop.held()} once made again (before: {why})"
    shop.come_late()
    if shop.held() != wanted:
        return f"holds {shop.held()} after what came late (before: {why})"
    if "late" in case.what and (refused := _attempt(shop, SECOND, 2)) is not None:
        # A table that is made late is there, empty, until the next time.
        return f"not told again: {refused}"
    if shop.held() != wanted:
        return f"holds {shop.held()} once told again (before: {why})"
    if shop.tables() != ["told"]:
        return f"leaves {shop.tables()}"
    return None


def _later(shop: Shop, case: Case) -> str | None:
    """The next delivery comes without it, and what was lost of it comes after that."""
    wanted = after(case.scene, FIRST, THIRD), after(case.scene, FIRST, SECOND, THIRD)
    with shop.befalling(case):
        why = _attempt(shop, SECOND, 2)
    if why is not None and why.startswith("!"):
        return why
    soon = shop.come_late if case.what == "lingers" else shop.server.publish
    ended = threading.Timer(SOON if case.what == "lingers" or case.point == PUBLISH else 0, soon)
    ended.start()
    refused = _attempt(shop, THIRD, 3)
    ended.join()
    if refused is not None:
        return f"the next one is not made: {refused} (before: {why})"
    if why is None:
        wanted = wanted[1:]
    if shop.held() not in wanted:
        return f"holds {shop.held()} after the next one (before: {why})"
    shop.come_late()
    if shop.held() not in wanted:
        return f"holds {shop.held()} after what came late (before: {why})"
    return None


def _attempt(shop: Shop, rows: list, number: int) -> str | None:
    """Why a delivery was refused; with an exclamation mark where it should be told otherwise."""
    begun = time.monotonic()
    try:
        shop.deliver(rows, number)
    except RunError as error:
        told = f"{error.message} {error.help} {error.kept}"
        return f"!the password is told: {told}" if PASSWORD in told else error.message
    except Exception as error:
        return f"!{type(error).__name__}: {error}"
    finally:
        if time.monotonic() - begun > 30:
            print(f"a delivery took {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return None


def drawn(found: list[Case], most: int, seed: int) -> list[Case]:
    """Some of the cases, other points and other things first, without those that wait long."""
    quick = [case for case in found if (case.what, case.ending) != ("lingers", "later")]
    mixed = random.Random(seed).sample(quick, len(quick))
    first = {(case.point, case.what): case for case in mixed}
    chosen = [*first.values()]
    return (chosen + [case for case in mixed if case not in chosen])[:most]


def main(text: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        why = play(Case.of(text), Path(folder))
    print(why or "holds")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
