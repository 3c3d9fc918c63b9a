"""A real PostgreSQL for a test session, and a database of its own for each test."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from seeknal_postgres.binaries import account
from seeknal_postgres.embedded import Server

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "max_prepared_transactions": "5",
    "log_connections": "on",
    "log_statement": "all",
    "log_min_messages": "warning",
    "idle_in_transaction_session_timeout": "60s",
}


def start(folder: Path, *, may_crash: bool = False) -> Server:
    """A server for tests; ``SEEKNAL_TEST_PG_BIN`` names another version's programs.

    ``may_crash``: what it has committed must outlive its own end.
    """
    programs = os.environ.get("SEEKNAL_TEST_PG_BIN")
    settings = {**FAST, "synchronous_commit": "on"} if may_crash else FAST
    server = Server(folder=folder, settings=settings, programs=Path(programs) if programs else None)
    server.start()
    _shorten_logins(server)
    return server


def start_standby(primary: Server, folder: Path) -> Server:
    """A server that only follows ``primary``, with what that one holds now."""
    made = Server(folder=folder, settings=primary.settings, programs=primary.programs)
    folder.mkdir(parents=True)
    shutil.copy2(primary.folder / "password", folder / "password")
    at = {key: primary.parameters()[key] for key in ("host", "port", "user", "password")}
    data = made._make_home(account()) / "data"
    given = ("--checkpoint=fast", "--write-recovery-conf", "--no-sync")
    made._run("pg_basebackup", f"--dbname={make_conninfo(**at)}", f"--pgdata={data}", *given)
    made.start()
    return made


def _shorten_logins(server: Server) -> None:
    """Let a password be hashed once and not 4096 times, which is most of a connection's time."""
    at = server.parameters()
    with psycopg.connect(**at, autocommit=True) as connection:
        connection.execute("SET scram_iterations = 1")
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(change.format(sql.Identifier(at["user"]), sql.Literal(at["password"])))


_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT nspname FROM pg_namespace
            WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
        LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
    END $$;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO public
"""
_LEFT = """
    SELECT count(*) FROM (
        SELECT relname FROM pg_class WHERE oid >= 16384 AND relnamespace NOT IN
            (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_t%')
        UNION ALL SELECT proname FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT extname FROM pg_extension WHERE oid >= 16384
        UNION ALL SELECT evtname FROM pg_event_trigger
        UNION ALL SELECT pubname FROM pg_publication
        UNION ALL SELECT srvname FROM pg_foreign_server
        UNION ALL SELECT oid::text FROM pg_largeobject_metadata
        UNION ALL SELECT oid::text FROM pg_default_acl
        UNION ALL SELECT oid::text FROM pg_cast WHERE oid >= 16384
        UNION ALL SELECT setrole::text FROM pg_db_role_setting JOIN pg_database d
            ON d.oid = setdatabase AND datname = current_database()
        UNION ALL SELECT datname FROM pg_database
            WHERE datname = current_database() AND datacl IS NOT NULL
        UNION ALL SELECT datname FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
    ) AS what_is_left
"""


class Database:
    """An empty database, and what a test asks of it without seeknal."""

    _spare: ClassVar[dict[Path, list[str]]] = {}
    """Names of databases that are empty again; making and dropping one costs many times as much."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"t_{uuid.uuid4().hex[:12]}"
        given = self._spare.get(server.folder, [])
        make = "ALTER DATABASE {1} RENAME TO {0}" if given else "CREATE DATABASE {0}"
        self._execute(make, self.name, *([given.pop()] if given else []))

    @property
    def parameters(self):
        return {**self.server.parameters(), "dbname": self.name}

    def connect(self, **more):
        return psycopg.connect(**{**self.parameters, "autocommit": True, **more})

    def run(self, script):
        """Execute statements."""
        with self.connect() as connection:
            connection.execute(script)

    def rows(self, query, *values):
        with self.connect() as connection:
            return connection.execute(query, values or None).fetchall()

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    @property
    def profile(self):
        """profiles.yml with this database as the connection ``pg``."""
        at = self.parameters
        return (
            "connections:\n  pg:\n    type: postgresql\n    host: 127.0.0.1\n"
            f"    port: {at['port']}\n    database: {at['dbname']}\n    user: {at['user']}\n"
            f"    password: {at['password']}\n"
        )

    def log_mark(self):
        """Where the server's log ends now."""
        return self.server.log.stat().st_size

    def logged(self, mark):
        """What this database's sessions logged since ``mark``."""
        with self.server.log.open("rb") as log:
            log.seek(mark)
            return log.read().decode(errors="replace")

    def give_back(self):
        """Keep it for another test if all that this one made can be dropped; else drop it."""
        try:
            with self.connect() as connection:
                connection.execute(_EMPTY)
                is_empty = connection.execute(_LEFT).fetchone() == (0,)
        except psycopg.Error:
            is_empty = False
        if is_empty:
            self._spare.setdefault(self.server.folder, []).append(self.name)
        else:
            self.drop()

    def drop(self):
        self._execute("DROP DATABASE {0} WITH (FORCE)", self.name)

    def _execute(self, statement, *names):
        with psycopg.connect(**self.server.parameters(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
