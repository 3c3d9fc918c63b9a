"""What ``repl`` talks to, and the stored outputs as that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from seeknal.cli.streams import say
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.cli.results import Wanted

T = TypeVar("T")


class Asked(Protocol):
    """Somewhere that answers queries."""

    @property
    def name(self) -> str: ...
    def answer(self, query: str, wanted: Wanted) -> None: ...
    def statements(self, text: str) -> list[str]: ...
    def tables(self) -> Sequence[str]: ...
    def columns(self, table: str) -> Sequence[tuple[str, str]]: ...
    def names(self) -> Sequence[str]: ...
    def listed(self, what: Literal["catalogs", "databases"]) -> Sequence[str]: ...
    def use(self, database: str) -> None: ...
    def close(self) -> None: ...


def not_offered(who: str, what: str) -> UsageError:
    """That somebody has no such names, or cannot go elsewhere."""
    return UsageError(f"{who} {what}", code="SK0269", help=".help shows what can be said")


class Outputs:
    """The stored outputs of an environment; a run that ends meanwhile is seen."""

    def __init__(self, root: Path, environment: str, *, allow_files: bool) -> None:
        self.root = root
        self.name = environment
        self.allow_files = allow_files
        self._seen = self._state()
        self._views = self._open()

    def _open(self) -> Any:
        from seeknal.query.database import open_views

        return open_views(self.root, self.name, allow_files=self.allow_files)

    def _state(self) -> list[tuple[int, int]]:
        target = self.root / "target"
        files = [target / "run_state.json", target / "run_state.journal"]
        stats = [file.stat() for file in files if file.exists()]
        return [(stat.st_mtime_ns, stat.st_size) for stat in stats]

    def refresh(self) -> None:
        """Open the views again when the state has changed since."""
        if (now := self._state()) != self._seen:
            self._views.close()
            self._seen, self._views = now, self._open()

    def answer(self, query: str, wanted: Wanted) -> None:
        from seeknal.cli.sql import answer, nodes_told

        self.refresh()
        views, place = self._views, (self.root, self.name)
        with nodes_told(query, *place):
            interruptible(
                lambda: answer(views, query, wanted, place, allow_files=self.allow_files),
                views.interrupt,
            )

    def statements(self, text: str) -> list[str]:
        """The statements of ``text``, without ref(); DuckDB knows best where one ends."""
        import duckdb

        from seeknal.query.database import without_refs

        text = without_refs(text, self.root, self.name)
        try:
            return [str(entry.query) for entry in self._views.extract_statements(text)]
        except duckdb.Error:
            # Whoever runs it says what is wrong with it.
            return [text]

    def tables(self) -> Sequence[str]:
        self.refresh()
        rows = self._views.execute(
            "SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE NOT internal AND schema_name <> 'main' ORDER BY ALL"
        ).fetchall()
        return [f"{schema}.{name}" for schema, name in rows]

    def columns(self, table: str) -> Sequence[tuple[str, str]]:
        schema, _, name = table.rpartition(".")
        rows: list[tuple[str, str]] = self._views.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE table_name = $1 AND schema_name = $2 ORDER BY column_index",
            [name, schema or "main"],
        ).fetchall()
        return rows

    def names(self) -> Sequence[str]:
        """Tables, with and without their kind, and all their columns, for completion."""
        rows = self._views.execute(
            "SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal ORDER BY 1"
        ).fetchall()
        tables = self.tables()
        return [*tables, *(name.rpartition(".")[2] for name in tables), *(row[0] for row in rows)]

    def listed(self, what: Literal["catalogs", "databases"]) -> Sequence[str]:
        """Raises UsageError: there are tables and nothing above them."""
        raise not_offered("stored outputs", f"are in no {what}")

    def use(self, database: str) -> None:
        """Raises UsageError."""
        raise not_offered("stored outputs", "are in no databases")

    def close(self) -> None:
        self._views.close()


def interruptible(
    act: Callable[[], T], interrupt: Callable[[], None], said: str | None = "cancelled"
) -> T:
    """What ``act`` gives; Ctrl-C stops it through ``interrupt``, and ``act`` says so then.

    DuckDB hears of it at once only from another thread than the one that waits for it. What
    ``interrupt`` raises is raised here, and nothing is waited for any more.
    """
    failed: list[BaseException] = []
    given: list[T] = []
    ended = threading.Event()

    def work() -> None:
        try:
            given.append(act())
        except BaseException as error:
            failed.append(error)
        finally:
            ended.set()

    threading.Thread(target=work, name="seeknal-query", daemon=True).start()
    # A thread that is joined takes an interrupted wait for its end.
    while not ended.is_set():
        try:
            ended.wait(0.05)
        except KeyboardInterrupt:
            interrupt()
            if said:
                say(said)
    if failed:
        raise failed[0]
    return given[0]
