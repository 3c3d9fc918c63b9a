"""Serving views that are put up and replaced on the stand-in, and what may befall that.

What is right is told by lists of rows and a few lines of Python, whatever the plugin does to get
there. ``python -m tests.starrocks.viewing CASE`` plays one case alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from attrs import field, frozen
from tests.contexts import step_context
from tests.starrocks.befalling import Case, Counting

from seeknal.values.columns import Column
from seeknal.values.errors import RunError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Node
from seeknal.values.relations import Relation
from seeknal.values.secret import Secret
from seeknal.values.sources import Connection
from seeknal.values.targets import Target
from seeknal_starrocks.testing import Refused, StandIn
from seeknal_starrocks.testing.faults import LOGIN, REFRESH

PASSWORD = "c4n4ry-S3cret"
TYPE = "starrocks_materialized_view"
NODE = NodeId("exposure.daily")
EVENTS = {"at": "DATETIME", "user_id": "BIGINT"}
ROWS = [("2026-01-01 10:00:00", 1), ("2026-01-02 11:00:00", 2)]
NEWER = [*ROWS, ("2026-01-03 12:00:00", 3)]
ONE = "SELECT `at`, user_id FROM lake.raw.events"
OTHER = "SELECT `at`, user_id, user_id * 2 AS twice FROM lake.raw.events"
STORIES = ("create", "swap", "alter", "refresh")
ENDS = ("again", "back")
ON_TOP = (
    "CREATE MATERIALIZED VIEW on_top REFRESH MANUAL AS SELECT user_id FROM daily",
    "CREATE MATERIALIZED VIEW further REFRESH MANUAL AS SELECT user_id FROM on_top",
)


NAMED = Node(
    **{"id": NODE, "location": Location("a.yml", 1), "options": None, "definition": ""},
    description='what "users"\n did',
)


@frozen(kw_only=True)
class Wanted:
    """What an exposure asks for."""

    query: str = ONE
    config: Mapping[str, object] = field(factory=dict)


FIRST = Wanted(config={"properties": {"mv_rewrite_staleness_second": "300"}})
SECOND = {
    "create": FIRST,
    "swap": Wanted(query=OTHER, config={"order_by": ["user_id"]}),
    "alter": Wanted(
        config={
            "refresh": "ASYNC EVERY(INTERVAL 5 MINUTE)",
            "properties": {"mv_rewrite_staleness_second": "60"},
        }
    ),
    "refresh": FIRST,
}


class Board:
    """A server with an Iceberg table, and a view that is delivered to it."""

    def __init__(self, root: Path, **given: object) -> None:
        self.root = root
        self.server = StandIn(users={"root": PASSWORD, "reader": ""}, **given)
        self.server.add_database("marts")
        self.server.add_catalog("lake")
        self.holding(ROWS)
        self.duckdb = duckdb.connect()
        self.deliveries = 0

    def close(self) -> None:
        self.server.close()
        self.duckdb.close()

    def holding(self, rows: list) -> None:
        """The Iceberg table has these rows, which StarRocks sees once it is told."""
        self.server.add_table("lake.raw.events", EVENTS, rows, partitioned_by=["day(at)"])

    def deliver(self, wanted: Wanted, view: str = "marts.daily", **given: object) -> object:
        """As a run does, through the hook. Raises RunError."""
        from seeknal_starrocks import plugin

        self.deliveries += 1
        target = self.target(wanted, view)
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            context = step_context(
                target.node,
                Path(folder),
                self.duckdb,
                definition_of=lambda id: NAMED,
                connections=lambda name: Connection(name=name, type="starrocks", options=self.to()),
                delivery_id=f"20260101-{self.deliveries:06}",
                output_id=f"output-{self.deliveries}",
                **{"project": "shop", **given},
            )
            return plugin.materialize(target, self.relation(wanted.query), context)

    def target(self, wanted: Wanted, view: str) -> Target:
        from seeknal.kernel.options import structure
        from seeknal_starrocks.serving.options import StarRocksView

        data = {"view": view, "config": dict(wanted.config)}
        try:
            options = structure(StarRocksView, data)
        except ValueError as error:
            raise RunError(str(error), code="SK0203") from None
        return Target(
            **{"node": NODE, "type": TYPE, "options": options, "key": "k"},
            **{"label": view, "connection": "reporting"},
        )

    def to(self):
        from seeknal_starrocks.options import StarRocks

        server = self.server
        return StarRocks(
            **{"host": server.host, "port": server.port, "http_port": server.http_port},
            **{"user": "root", "password": Secret(PASSWORD)},
        )

    def relation(self, query: str) -> Relation:
        self.duckdb.execute("CREATE OR REPLACE TABLE given (query VARCHAR)")
        self.duckdb.execute("INSERT INTO given VALUES (?)", [query])
        return Relation(node=NODE, scan="given", columns=(Column("query", "VARCHAR"),), rows=1)

    def share(self) -> None:
        """Somebody else may read the view, and has others on top of it."""
        for who in ("reader", "ROLE analysts"):
            self.server.execute(f"GRANT SELECT ON MATERIALIZED VIEW daily TO {who}", "marts")
        for statement in ON_TOP:
            self.server.execute(statement, "marts")

    def held(self, name: str = "daily") -> list | None:
        """The rows of the view; None where there is none."""
        try:
            found = self.server.execute(f"SELECT * FROM {name}", "marts")
        except Refused:
            return None
        return sorted((str(at), *others) for at, *others in found)

    def views(self) -> list[str]:
        return [str(row[0]) for row in self.server.execute("SHOW TABLES", "marts")]

    def active(self) -> dict[str, bool]:
        found = self.server.execute(
            "SELECT TABLE_NAME, IS_ACTIVE FROM information_schema.materialized_views"
        )
        return {str(name): active == "true" for name, active in found}

    def readers(self) -> set[str]:
        """Who may read the view."""
        query = "SELECT GRANTEE FROM sys.{} WHERE OBJECT_NAME = 'daily'"
        return {
            str(row[0])
            for table in ("grants_to_users", "grants_to_roles")
            for row in self.server.execute(query.format(table))
        }

    def written(self, name: str = "daily") -> str:
        """What the server says of the view's definition, whenever it was made."""
        return str(self.server.execute(f"SHOW CREATE MATERIALIZED VIEW {name}", "marts")[0][1])

    @contextmanager
    def befalling(self, case: Case) -> Iterator[Counting]:
        counting = Counting(case, lambda: "".join(self.server.log.statements[-1:]))
        self.server.faults.armed, before = counting, self.server.faults.armed
        try:
            yield counting
        finally:
            self.server.faults.armed = before


def begin(board: Board, story: str) -> None:
    """What was before the delivery that something befalls."""
    if story == "create":
        return
    board.deliver(FIRST)
    board.share()
    if story == "refresh":
        board.holding(NEWER)


def shown(wanted: Wanted, rows: list) -> list:
    twice = wanted.query == OTHER
    return sorted((at, user, *([user * 2] if twice else [])) for at, user in rows)


def cases(root: Path) -> list[Case]:
    """All that can befall the deliveries of each story, by what clean ones reach."""
    found = []
    for story in STORIES:
        board = Board(root)
        try:
            begin(board, story)
            board.server.faults.armed = counting = Counting()
            board.deliver(SECOND[story])
        finally:
            board.close()
        found += [
            Case(scene=story, point=point, number=number, what=what, ending=end)
            for point, times in counting.reached.items()
            for number in range(1, times + 1)
            for what in whats(point)
            for end in ENDS
        ]
    return found


def whats(point: str) -> list[str]:
    """What can happen at a point."""
    if point in (LOGIN, REFRESH):
        return ["fails"]
    found = ["drops"]
    if point == "asked":
        found += ["late", "fails"]
    return found


def play(case: Case, root: Path) -> str | None:
    """Why a case does not hold; None where it does."""
    board = Board(root)
    try:
        begin(board, case.scene)
        return _played(board, case)
    finally:
        board.close()


def _played(board: Board, case: Case) -> str | None:
    wanted, rows = SECOND[case.scene], NEWER if case.scene == "refresh" else ROWS
    before = None if case.scene == "create" else shown(FIRST, ROWS)
    with board.befalling(case) as counting:
        why = attempt(board, wanted)
    late = counting.asked if case.what == "late" else None
    if not counting.hit.is_set():
        return "nothing befell it"
    if why is not None and why.startswith("!"):
        return why
    if (wrong := _wrong(board, case, [before, shown(wanted, rows)])) is not None:
        return f"{wrong} after {why or 'success'}"
    then = wanted if case.ending == "again" else FIRST
    for _ in range(2):
        if (refused := attempt(board, then)) is not None:
            return f"not made again: {refused} (before: {why})"
        if (wrong := _wrong(board, case, [shown(then, rows)])) is not None:
            return f"{wrong} once made again (before: {why})"
    if late is not None:
        with suppress(Refused):
            board.server.execute(late, "marts")
        if (wrong := _wrong(board, case, [shown(then, rows)])) is not None:
            return f"{wrong} after what came late (before: {why})"
        if (refused := attempt(board, then)) is not None:
            return f"not made after what came late: {refused}"
    return _unfinished(board, case, then)


def _wrong(board: Board, case: Case, allowed: list) -> str | None:
    """What nobody may ever see."""
    if (held := board.held()) not in allowed:
        return f"the view has {held}"
    if case.scene != "create" and board.readers() != {"'reader'@'%'", "analysts"}:
        return f"it may be read by {board.readers()}"
    return None


def _unfinished(board: Board, case: Case, then: Wanted) -> str | None:
    """What a delivery that was made has left undone."""
    on_top = [] if case.scene == "create" else ["further", "on_top"]
    if sorted(board.views()) != sorted(["daily", *on_top]):
        return f"leaves {board.views()}"
    if not all(board.active().values()):
        return f"leaves inactive what is in {board.active()}"
    if (found := board.written()) != (wanted := made_at_once(then, board.root)):
        return f"is {found}, not {wanted}"
    return None


def made_at_once(wanted: Wanted, root: Path) -> str:
    """What a server says of the view that nothing befell."""
    key = repr(wanted)
    if key not in _MADE:
        clean = Board(root)
        try:
            clean.deliver(wanted)
            _MADE[key] = clean.written()
        finally:
            clean.close()
    return _MADE[key]


_MADE: dict[str, str] = {}


def attempt(board: Board, wanted: Wanted) -> str | None:
    """Why a delivery was refused; with an exclamation mark where it should be told otherwise."""
    try:
        board.deliver(wanted)
    except RunError as error:
        told = f"{error.message} {error.help} {error.kept}"
        return f"!the password is told: {told}" if PASSWORD in told else error.message
    except Exception as error:
        return f"!{type(error).__name__}: {error}"
    return None


def main(text: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        why = play(Case.of(text), Path(folder))
    print(why or "holds")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
