"""What ``repl`` talks to: the stored outputs, or a session on a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seeknal.cli.streams import say

if TYPE_CHECKING:
    from seeknal.cli.results import Wanted
    from seeknal.kernel.plugin_types import Session


class Asked(Protocol):
    """Somewhere that answers queries."""

    @property
    def name(self) -> str: ...
    def answer(self, query: str, wanted: Wanted) -> None: ...
    def statements(self, text: str) -> list[str]: ...
    def tables(self) -> Sequence[str]: ...
    def columns(self, table: str) -> Sequence[tuple[str, str]]: ...
    def names(self) -> Sequence[str]: ...
    def close(self) -> None: ...


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

    def close(self) -> None:
        self._views.close()


class Remote:
    """A read-only session that a plugin opened on a connection."""

    def __init__(self, name: str, session: Session) -> None:
        self.name = name
        self._session = session

    def answer(self, query: str, wanted: Wanted) -> None:
        from seeknal.cli.results import write_foreign_rows
        from seeknal.kernel.sessions import executed

        names, rows = executed(self._session, query)
        write_foreign_rows(names, rows, wanted)

    def statements(self, text: str) -> list[str]:
        return [text]

    def tables(self) -> Sequence[str]:
        return self._session.tables()

    def columns(self, table: str) -> Sequence[tuple[str, str]]:
        return self._session.schema(table)

    def names(self) -> Sequence[str]:
        """Tables only: asking for the columns of each could take long on a server."""
        return self.tables()

    def close(self) -> None:
        self._session.close()


def interruptible(
    act: Callable[[], None], interrupt: Callable[[], None], said: str | None = "cancelled"
) -> None:
    """Do ``act``; Ctrl-C stops it through ``interrupt``, and ``act`` says so then.

    DuckDB hears of it at once only from another thread than the one that waits for it.
    """
    failed: list[BaseException] = []
    ended = threading.Event()

    def work() -> None:
        try:
            act()
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
