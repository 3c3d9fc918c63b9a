"""The engine with a target in PostgreSQL for each tracked node; each may be away alone."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.errors import UndefinedTable

from seeknal_postgres.embedded import Server
from seeknal_postgres.pool import close_idle
from tests.intervals.engine import SeeknalEngine
from tests.intervals.events import Event, History, Node, Row
from tests.postgres.server import Database, start

CONNECTION = """\
  {node}:
    type: postgresql
    host: 127.0.0.1
    port: {port}
    database: {dbname}
    user: {role}
    password: {role}_password
"""


class WithPostgres(SeeknalEngine):
    """Each node is delivered by a role of its own, whose logins are refused while it is away."""

    def __init__(self, history: History) -> None:
        self.database = Database(server())
        self.held: dict[str, tuple[Row, ...]] = {}
        tracked = [node.name for node in history.project if node.schedule]
        for name in tracked:
            say(self.database, "CREATE ROLE {} LOGIN SUPERUSER", self.role(name))
            say(
                self.database,
                "ALTER ROLE {} PASSWORD {}",
                self.role(name),
                f"{self.role(name)}_password",
            )
        weakref.finalize(self, end, self.database, [self.role(name) for name in tracked])
        super().__init__(history)
        at = {key: self.database.parameters[key] for key in ("port", "dbname")}
        written = (CONNECTION.format(node=name, role=self.role(name), **at) for name in tracked)
        (self.root / "profiles.yml").write_text("connections:\n" + "".join(written))

    def apply(self, event: Event) -> None:
        # Idle connections outlive a refused login, and are not a child's to use.
        close_idle()
        self.held = {}
        super().apply(event)

    def target(self, node: Node) -> object:
        return {
            "type": "postgresql",
            "connection": node.name,
            "table": f"judged.{node.name}",
            "mode": "incremental_by_time",
            "time_column": "at",
        }

    def away(self, node: str, away: bool) -> None:
        say(self.database, f"ALTER ROLE {{}} {'NOLOGIN' if away else 'LOGIN'}", self.role(node))

    def delivered(self, node: str) -> Iterable[Row]:
        if node not in self.held:
            query = sql.SQL('SELECT "at", one, two FROM {}').format(sql.Identifier("judged", node))
            with self.database.connect() as connection, suppress(UndefinedTable):
                self.held[node] = ()
                self.held[node] = tuple(connection.execute(query).fetchall())
        return self.held[node]

    def role(self, node: str) -> str:
        """One that no other project has: roles are a server's, not a database's."""
        return f"{self.database.name}_{node}"


def say(database: Database, text: str, role: str, *values: str) -> None:
    with database.connect() as connection:
        connection.execute(sql.SQL(text).format(sql.Identifier(role), *map(sql.Literal, values)))


def end(database: Database, roles: Iterable[str]) -> None:
    """Leave nothing of a project; what the server took along when it went is gone as well."""
    close_idle()
    with suppress(psycopg.OperationalError):
        database.drop()
        with psycopg.connect(**database.server.parameters(), autocommit=True) as connection:
            for role in roles:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@cache
def server() -> Server:
    """One for all histories of this process."""
    folder = Path(tempfile.mkdtemp(prefix="judged-postgres-"))
    found = start(folder)
    atexit.register(stop, found, folder)
    return found


def stop(found: Server, folder: Path) -> None:
    found.stop()
    for link in (each for each in folder.iterdir() if each.is_symlink()):
        shutil.rmtree(link.readlink(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
