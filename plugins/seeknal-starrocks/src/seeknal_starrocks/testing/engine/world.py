"""All that a server holds, for every session of it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal_starrocks.testing.engine.loads import Loads
from seeknal_starrocks.testing.engine.things import (
    DEFAULT,
    INFORMATION,
    MADE_ANEW,
    Catalog,
)
from seeknal_starrocks.testing.refusing import (
    Refused,
    analysis,
    unknown_catalog,
    unknown_database,
    unknown_table,
)

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.sessions import Session
    from seeknal_starrocks.testing.engine.things import (
        Place,
        Table,
        TaskRun,
    )
    from seeknal_starrocks.testing.faults import Faults

EXTERNAL_TYPES = ("iceberg", "hive", "hudi", "jdbc", "deltalake", "paimon", "elasticsearch")


class World:
    """Catalogs with their databases and tables. ``changing`` is held while any of it changes."""

    def __init__(self, *, version: tuple[int, ...], backends: int, faults: Faults) -> None:
        import duckdb

        self.version = version
        self.backends = backends
        self.faults = faults
        self.changing = threading.RLock()
        self.catalogs = {DEFAULT: Catalog()}
        self.databases = {(DEFAULT, INFORMATION)}
        self.tables: dict[Place, Table] = {}
        self.newer: dict[Place, Table] = {}
        """External tables as they are now, which were read before and are kept as they were."""
        self.port_of_backend = 0
        """By which it takes loads."""
        self.grants: set[tuple[str, str, int]] = set()
        """User, or ``ROLE`` and a role's name, right and the id of a table."""
        self.sessions: dict[int, Session] = {}
        """Those of connections, by their numbers."""
        self.task_runs: list[TaskRun] = []
        self.loads = Loads()
        self._ids = itertools.count(1)
        self._duckdb = duckdb.connect(":memory:", config={"threads": 2})
        self._duckdb.execute("SET TimeZone = 'UTC'")

    def close(self) -> None:
        self._duckdb.close()

    def cursor(self) -> Any:
        """A connection of its own to the rows."""
        return self._duckdb.cursor()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor whose changes are all made, or none of them."""
        with self.changing:
            cursor = self.cursor()
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                cursor.rollback()
                raise
            else:
                cursor.commit()
            finally:
                cursor.close()

    def next_id(self) -> int:
        return next(self._ids)

    def place(self, name: tuple[str, ...], session: tuple[str, str | None]) -> Place:
        """What a name means in a session. Raises Refused where it means nothing."""
        if len(name) == 1 and session[1] is None:
            raise Refused("No database selected", code=1046, state="3D000")
        catalog, database, table = map(str, (*session[: 3 - len(name)], *name))
        if catalog not in self.catalogs:
            raise unknown_catalog(catalog)
        if database not in MADE_ANEW and (catalog, database) not in self.databases:
            raise unknown_database(database)
        return catalog, database, table

    def table(self, place: Place) -> Table:
        """Raises Refused where there is none; letters' case counts."""
        if (found := self.tables.get(place)) is None:
            raise unknown_table(*(place if place[0] != DEFAULT else place[1:]))
        return found

    def create_database(self, catalog: str, name: str, *, if_not_exists: bool = False) -> None:
        if catalog not in self.catalogs:
            raise unknown_catalog(catalog)
        if (catalog, name) in self.databases and not if_not_exists:
            raise Refused(f"Can't create database '{name}'; database exists", code=1007)
        self.databases.add((catalog, name))

    def create_catalog(self, name: str, catalog: Catalog) -> None:
        if name in self.catalogs:
            raise analysis(f"Catalog '{name}' already exists")
        if catalog.properties.get("type", "").lower() not in EXTERNAL_TYPES:
            raise analysis(f"[type : {catalog.properties.get('type')}] is not supported")
        self.catalogs[name] = catalog

    def place_of(self, id: int) -> Place:
        return next(place for place, table in self.tables.items() if table.id == id)

    def put_aside(self, id: int, reason: str) -> None:
        """Views on top of what is gone or another now are not kept up to date any more."""
        for place, table in list(self.tables.items()):
            if id in table.bases and table.active:
                self.tables[place] = evolve(table, active=False, inactive_reason=reason)
                self.put_aside(table.id, f"base-table inactive: {place[2]}")
