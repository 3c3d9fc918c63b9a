"""Reads and answers SHOW and DESC. All that they give is text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.engine.information import count_of
from seeknal_starrocks.testing.engine.results import texts
from seeknal_starrocks.testing.engine.things import DEFAULT, INFORMATION
from seeknal_starrocks.testing.refusing import (
    Refused,
    unknown_catalog,
    unknown_database,
)

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.results import Row, Rows
    from seeknal_starrocks.testing.engine.sessions import Session
    from seeknal_starrocks.testing.engine.things import Place, Table

_SECRET = re.compile("secret|password|(token|credential)$|access_key", re.IGNORECASE)


def show(session: Session, sql: str) -> Rows:
    """Raises Refused."""
    reader = Reader(sql)
    reader.expect("SHOW")
    reader.accept("SESSION")
    for words, answer in _SHOWN.items():
        if reader.accept(*words):
            found = answer(session, reader)
            reader.end()
            return found
    reader.unexpected(*(" ".join(words) for words in _SHOWN))


def describe(session: Session, sql: str) -> Rows:
    """Raises Refused."""
    reader = Reader(sql)
    reader.one_of("DESC", "DESCRIBE")
    found = _columns_of(session, session.place(reader.names()))
    reader.end()
    return found


def _like(reader: Reader, rows: Iterable[Row]) -> list[Row]:
    if not reader.accept("LIKE"):
        return list(rows)
    pattern = re.escape(reader.text()).replace("%", ".*").replace("_", ".")
    return [row for row in rows if re.fullmatch(pattern, str(row[0]), re.IGNORECASE)]


def _from(reader: Reader) -> tuple[str, ...] | None:
    return reader.names() if reader.accept("FROM") or reader.accept("IN") else None


def _database(session: Session, name: tuple[str, ...] | None) -> tuple[str, str]:
    catalog, database = (session.catalog, *(name or (session.database or "",)))[-2:]
    if catalog not in session.world.catalogs:
        raise unknown_catalog(catalog)
    if not database:
        raise Refused("No database selected", code=1046, state="3D000")
    if database != INFORMATION and (catalog, database) not in session.world.databases:
        raise unknown_database(database)
    return catalog, database


def _databases(session: Session, reader: Reader) -> Rows:
    catalog = (_from(reader) or (session.catalog,))[0]
    if catalog not in session.world.catalogs:
        raise unknown_catalog(catalog)
    names = {name for of, name in session.world.databases if of == catalog} | {INFORMATION}
    return texts(("Database",), _like(reader, [(name,) for name in sorted(names)]))


def _catalogs(session: Session, reader: Reader) -> Rows:
    shown: list[Row] = [
        (name, "Internal" if name == DEFAULT else catalog.properties["type"], catalog.comment)
        for name, catalog in session.world.catalogs.items()
    ]
    return texts(("Catalog", "Type", "Comment"), _like(reader, shown))


def _tables(session: Session, reader: Reader, *, full: bool = False) -> Rows:
    within = _database(session, _from(reader))
    names = [f"Tables_in_{within[1]}", *(["Table_type"] if full else [])]
    shown = [
        (place[2], "VIEW" if "VIEW" in table.kind else "BASE TABLE")[: len(names)]
        for place, table in sorted(session.world.tables.items())
        if place[:2] == within and session.may_see(table)
    ]
    return texts(names, _like(reader, shown))


def _full_tables(session: Session, reader: Reader) -> Rows:
    return _tables(session, reader, full=True)


def _columns(session: Session, reader: Reader) -> Rows:
    reader.one_of("FROM", "IN")
    name = reader.names()
    if (database := _from(reader)) is not None:
        name = (*database, name[-1])
    return _columns_of(session, session.place(name))


def _columns_of(session: Session, place: Place) -> Rows:
    rows = [
        (
            *(column.name, column.type, "YES" if column.nullable else "NO"),
            *(str(column.key).lower(), column.default, ""),
        )
        for column in session.world.table(place).columns
    ]
    return texts(("Field", "Type", "Null", "Key", "Default", "Extra"), rows)


def _create_table(session: Session, reader: Reader) -> Rows:
    place = session.place(reader.names())
    return texts(("Table", "Create Table"), [(place[2], _written(session, place))])


def _create_view(session: Session, reader: Reader) -> Rows:
    place = session.place(reader.names())
    return texts(("View", "Create View"), [(place[2], _written(session, place))])


def _create_materialized_view(session: Session, reader: Reader) -> Rows:
    place = session.place(reader.names())
    row = (place[2], _written(session, place))
    return texts(("Materialized View", "Create Materialized View"), [row])


def _written(session: Session, place: Place) -> str:
    table = session.world.table(place)
    if table.kind in ("TABLE", "EXTERNAL"):
        return _written_table(place[2], table)
    columns = ", ".join(f"`{column.name}`" for column in table.columns)
    kind = "VIEW" if table.kind == "VIEW" else "MATERIALIZED VIEW"
    comment = f'\nCOMMENT "{table.comment}"' if table.comment else ""
    view = table.definition
    if view is None:
        return f"CREATE {kind} `{place[2]}` ({columns}){comment} AS {table.query};"
    parts = f"\nPARTITION BY ({', '.join(table.partitioned_by)})" if table.partitioned_by else ""
    refresh = view.refresh
    assert refresh is not None
    start = f' START("{refresh.start}")' if refresh.start is not None else ""
    every = f" EVERY(INTERVAL {refresh.every[0]} {refresh.every[1]})" if refresh.every else ""
    moment = f"{refresh.moment} " if refresh.moment else ""
    return (
        f"CREATE {kind} `{place[2]}` ({columns}){comment}{parts}"
        f"\nREFRESH {moment}{refresh.kind}{start}{every}{_properties(table.properties)}"
        f"\nAS {table.query};"
    )


def _written_table(name: str, table: Table) -> str:
    columns = ",\n".join(
        f'  `{c.name}` {c.type} {"NULL" if c.nullable else "NOT NULL"} COMMENT "{c.comment}"'
        for c in table.columns
    )
    keys = ", ".join(f"`{key}`" for key in table.keys)
    partitioned = ", ".join(map(_as_shown, table.partitioned_by))
    by = f"\nPARTITION BY ({partitioned})" if partitioned else ""
    if table.kind == "EXTERNAL":
        return f"CREATE TABLE `{name}` (\n{columns}\n){by};"
    return (
        f"CREATE TABLE `{name}` (\n{columns}\n) ENGINE=OLAP \n{table.model} KEY({keys})"
        f'\nCOMMENT "{table.comment}"{by}{_properties(table.properties)};'
    )


def _as_shown(partition: str) -> str:
    """As it is written, but for a number of buckets or letters, which comes last."""
    return re.sub(r"(\w+)\((\d+), *(\w+)\)", r"\1(\3, \2)", partition)


def _properties(given: Any) -> str:
    inner = ",\n".join(f'"{key}" = "{value}"' for key, value in given.items())
    return f"\nPROPERTIES (\n{inner}\n)" if given else ""


def _create_catalog(session: Session, reader: Reader) -> Rows:
    name = reader.name_or_text()
    if (catalog := session.world.catalogs.get(name)) is None:
        raise unknown_catalog(name)
    shown = {
        key: f"{value[:2]}******{value[-2:]}" if _SECRET.search(key) else value
        for key, value in catalog.properties.items()
    }
    written = f"CREATE EXTERNAL CATALOG `{name}`{_properties(shown)}"
    return texts(("Catalog", "Create Catalog"), [(name, written)])


def _materialized_views(session: Session, reader: Reader) -> Rows:
    within = _database(session, _from(reader))
    rows = []
    for place, table in sorted(session.world.tables.items()):
        if place[:2] == within and table.definition is not None and session.may_see(table):
            refresh = table.definition.refresh
            kind = refresh.kind if refresh is not None else "MANUAL"
            active = str(table.active).lower()
            count = count_of(session.world, table)
            rows.append((place[2], table.id, place[1], kind, active, table.inactive_reason, count))
    names = ("name", "id", "database_name", "refresh_type", "is_active", "inactive_reason", "rows")
    return texts(names, _like(reader, rows))


def _variables(session: Session, reader: Reader) -> Rows:
    return texts(("Variable_name", "Value"), _like(reader, sorted(session.variables.items())))


def _grants(session: Session, reader: Reader) -> Rows:
    user = session.user
    if reader.accept("FOR"):
        user = reader.name_or_text()
        if reader.accept("@"):
            reader.name_or_text()
    return texts(("UserIdentity", "Catalog", "Grants"), list(_granted(session, user)))


def _granted(session: Session, user: str) -> Iterable[Row]:
    identity = f"'{user}'@'%'"
    if user == "root":
        yield identity, None, "GRANT 'root' TO 'root'@'%'"
    for owner, right, id in sorted(session.world.grants):
        if owner == user:
            place = session.world.place_of(id)
            what = f"GRANT {right} ON TABLE {place[1]}.{place[2]} TO USER {identity}"
            yield identity, place[0], what


def _backends(session: Session, reader: Reader) -> Rows:
    """One, for all loads go to the same."""
    session.check_root()
    port = session.world.port_of_backend
    row = ("10001", "127.0.0.1", "9050", "9060", port, "8060", "true")
    names = ("BackendId", "IP", "HeartbeatPort", "BePort", "HttpPort", "BrpcPort", "Alive")
    return texts(names, [row])


def _compute_nodes(session: Session, reader: Reader) -> Rows:
    session.check_root()
    return texts(("ComputeNodeId", "IP", "HeartbeatPort", "BePort", "HttpPort", "Alive"), [])


def _none(*names: str) -> Callable[[Session, Reader], Rows]:
    return lambda session, reader: texts(names, [])


_SHOWN: dict[tuple[str, ...], Callable[[Session, Reader], Rows]] = {
    ("DATABASES",): _databases,
    ("SCHEMAS",): _databases,
    ("CATALOGS",): _catalogs,
    ("TABLES",): _tables,
    ("FULL", "TABLES"): _full_tables,
    ("COLUMNS",): _columns,
    ("FIELDS",): _columns,
    ("CREATE", "TABLE"): _create_table,
    ("CREATE", "VIEW"): _create_view,
    ("CREATE", "MATERIALIZED", "VIEW"): _create_materialized_view,
    ("CREATE", "CATALOG"): _create_catalog,
    ("MATERIALIZED", "VIEWS"): _materialized_views,
    ("VARIABLES",): _variables,
    ("GRANTS",): _grants,
    ("BACKENDS",): _backends,
    ("COMPUTE", "NODES"): _compute_nodes,
    ("WARNINGS",): _none("Level", "Code", "Message"),
    ("ERRORS",): _none("Level", "Code", "Message"),
}
