"""A session: carries out one statement after the other, each in the place it has come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.ddl.read import read_ddl
from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.ddl.statements import CreateCatalog
from seeknal_starrocks.testing.engine import changes, inserting, showing
from seeknal_starrocks.testing.engine.fields import starrocks_type
from seeknal_starrocks.testing.engine.inserting import read_insert
from seeknal_starrocks.testing.engine.killing import Running, kill
from seeknal_starrocks.testing.engine.queries import prepare, refused_by_duckdb, run
from seeknal_starrocks.testing.engine.results import Done, Rows
from seeknal_starrocks.testing.engine.rights import read_grant
from seeknal_starrocks.testing.engine.settings import read_settings
from seeknal_starrocks.testing.engine.things import DEFAULT, INFORMATION
from seeknal_starrocks.testing.engine.variables import (
    READ_ONLY,
    SERVER_VERSION,
    initial,
    read_only,
    unknown_variable,
)
from seeknal_starrocks.testing.engine.zones import check_zone
from seeknal_starrocks.testing.refusing import Refused, syntax, unknown_catalog, unknown_database

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.queries import Query
    from seeknal_starrocks.testing.engine.results import Result, Row
    from seeknal_starrocks.testing.engine.settings import Settings
    from seeknal_starrocks.testing.engine.things import Place, Table
    from seeknal_starrocks.testing.engine.world import World

_BATCH = 2048
ROOT = "root"


class Session:
    """What a connection knows: its user, catalog, database and variables."""

    def __init__(self, world: World, *, user: str = ROOT, id: int = 1) -> None:
        self.world = world
        self.user = user
        self.id = id
        self.running = Running()
        self.reset()

    def reset(self) -> None:
        """Go back to where a session begins."""
        self.catalog = DEFAULT
        self.database: str | None = None
        self.variables = initial(self.world.version)

    def execute(self, sql: str) -> Result:
        """Raises Refused."""
        self.running.begin()
        self.running.wait(self.world.faults.seconds_of_statements)
        try:
            word = Reader(sql).next
            carry_out = _STATEMENTS.get(word.word or word.text)
            if carry_out is None:
                raise syntax(1, 0, f"Unexpected input '{word.text}'")
            return carry_out(self, sql)
        except Refused as error:
            if error.message.startswith("Getting analyzing error"):
                error.code = self.world.faults.code_of_analysis
            raise

    def place(self, name: tuple[str, ...]) -> Place:
        return self.world.place(name, self.place_of_names)

    @property
    def place_of_names(self) -> tuple[str, str | None]:
        return self.catalog, self.database

    def use(self, name: str) -> None:
        """Go to a database, or to one of another catalog. Raises Refused for none."""
        catalog, _, database = name.rpartition(".")
        catalog = catalog or self.catalog
        if catalog not in self.world.catalogs:
            raise unknown_catalog(catalog)
        if database != INFORMATION and (catalog, database) not in self.world.databases:
            raise unknown_database(database)
        self.catalog, self.database = catalog, database

    def may_see(self, table: Table) -> bool:
        return self.user == ROOT or any(
            user == self.user and id == table.id for user, _, id in self.world.grants
        )

    def check_right(self, right: str, place: Place) -> None:
        """Raises Refused where the user has not got it."""
        table = self.world.table(place)
        if self.user != ROOT and (self.user, right, table.id) not in self.world.grants:
            raise Refused(
                f"Access denied; you need (at least one of) the {right} privilege(s) on TABLE"
                f" {place[2]} for this operation",
                code=5203,
                state="42000",
            )

    def check_root(self, right: str = "OPERATE") -> None:
        """Raises Refused for others, whom the stand-in lets change no definitions."""
        if self.user != ROOT:
            raise Refused(
                f"Access denied; you need (at least one of) the {right} privilege(s) on SYSTEM"
                " for this operation",
                code=5203,
                state="42000",
            )

    def value(self, name: str) -> Any:
        """Of a function or a variable that a query asks for. Raises Refused for none."""
        if name.startswith("@@"):
            variable = name[2:].lower()
            if variable not in self.variables:
                raise unknown_variable(variable)
            value = self.variables[variable]
            return int(value) if value.isdigit() else value
        return {
            "catalog": self.catalog,
            "database": self.database,
            "user": f"'{self.user}'@'%'",
            "version": SERVER_VERSION,
            "current_version": f"{'.'.join(map(str, self.world.version))}-standin",
            "connection_id": self.id,
        }[name]

    def set(self, settings: Settings) -> None:
        """Raises Refused for a variable that there is not."""
        for name, value in settings.variables.items():
            if name not in self.variables:
                raise unknown_variable(name)
            if name in READ_ONLY:
                raise read_only(name)
            if name == "time_zone":
                check_zone(value)
            self.variables[name] = value
        if settings.catalog is not None:
            if settings.catalog not in self.world.catalogs:
                raise unknown_catalog(settings.catalog)
            self.catalog, self.database = settings.catalog, None


def _query(session: Session, sql: str) -> Result:
    query = prepare(session.world, session.place_of_names, sql, session)
    for place, table in query.bases.items():
        if session.world.tables.get(place) is table:
            session.check_right("SELECT", place)
    cursor = session.running.by(session.world.cursor())
    try:
        run(cursor, query.sql)
    except Refused:
        session.running.check()
        if _are_others(session, query):
            # What a query has begun to read it reads to its end, and this one had not begun.
            return _query(session, sql)
        raise
    described = cursor.description
    return Rows(
        names=tuple(column[0] for column in described),
        types=tuple(starrocks_type(str(column[1]), wide=query.wide) for column in described),
        rows=_rows(cursor, session.running),
    )


def _are_others(session: Session, query: Query) -> bool:
    """Whether tables have taken the places of those that a query was to read."""
    tables = session.world.tables
    return any(tables.get(place) is not table for place, table in query.bases.items())


def _rows(cursor: Any, running: Running) -> Iterator[Row]:
    import duckdb

    try:
        while batch := cursor.fetchmany(_BATCH):
            running.check()
            yield from batch
    except duckdb.Error as error:
        raise refused_by_duckdb(error) from None
    finally:
        cursor.close()


def _insert(session: Session, sql: str) -> Result:
    session.check_right("INSERT", session.place(read_insert(sql).name))
    return inserting.insert(session.world, session.place_of_names, sql)


def _delete(session: Session, sql: str) -> Result:
    session.check_root()
    return inserting.delete(session.world, session.place_of_names, sql)


def _change(session: Session, sql: str) -> Result:
    statement = read_ddl(sql)
    made = isinstance(statement, CreateCatalog)
    session.check_root("CREATE EXTERNAL CATALOG" if made else "OPERATE")
    return changes.carry_out(session.world, session.place_of_names, statement)


def _kill(session: Session, sql: str) -> Result:
    kill(session, sql)
    return Done()


def _use(session: Session, sql: str) -> Result:
    reader = Reader(sql)
    reader.expect("USE")
    name = reader.text() if reader.next.kind == "text" else ".".join(reader.names(2))
    reader.end()
    session.use(name)
    return Done()


def _set(session: Session, sql: str) -> Result:
    session.set(read_settings(sql))
    return Done()


def _grant(session: Session, sql: str) -> Result:
    session.check_root()
    grant = read_grant(sql)
    table = session.world.table(session.place(grant.name))
    found = {(grant.user, right, table.id) for right in grant.rights}
    with session.world.changing:
        grants = session.world.grants
        session.world.grants = grants - found if grant.revoked else grants | found
    return Done()


def _nothing(session: Session, sql: str) -> Result:
    """The end of a transaction that there never is."""
    reader = Reader(sql)
    reader.one_of("COMMIT", "ROLLBACK")
    reader.accept("WORK")
    reader.end()
    return Done()


_STATEMENTS: dict[str, Callable[[Session, str], Result]] = {
    **dict.fromkeys(("SELECT", "WITH", "("), _query),
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "REFRESH", "TRUNCATE"), _change),
    **dict.fromkeys(("GRANT", "REVOKE"), _grant),
    **dict.fromkeys(("COMMIT", "ROLLBACK"), _nothing),
    **dict.fromkeys(("DESC", "DESCRIBE"), showing.describe),
    "SHOW": showing.show,
    "INSERT": _insert,
    "DELETE": _delete,
    "KILL": _kill,
    "USE": _use,
    "SET": _set,
}
"""By the word that they begin with. BEGIN is none: a SELECT in a transaction is refused."""
