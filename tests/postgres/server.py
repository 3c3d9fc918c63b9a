"""A real PostgreSQL for a test session, and a database of its own for each test."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import psycopg
from psycopg import sql

from seeknal_postgres.embedded import Server

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
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
    return server


class Database:
    """An empty database, and what a test asks of it without seeknal."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"t_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(**server.parameters(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

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

    def drop(self):
        with psycopg.connect(**self.server.parameters(), autocommit=True) as connection:
            name = sql.Identifier(self.name)
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
