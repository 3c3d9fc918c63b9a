"""Reads a statement of DDL, whatever it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_starrocks.testing.ddl import clauses, tables, views
from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.ddl.statements import (
    CreateCatalog,
    CreateDatabase,
    Drop,
    RefreshTable,
    Truncate,
)

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.statements import (
        Statement,
    )


def read_ddl(sql: str) -> Statement:
    """What it says. Raises Refused for all that StarRocks' grammar does not have."""
    reader = Reader(sql)
    found = _READ[reader.one_of(*_READ)](reader)
    reader.end()
    return found


def _create(reader: Reader) -> Statement:
    if reader.accept("OR", "REPLACE"):
        # Only of plain views: OR REPLACE MATERIALIZED is nothing that StarRocks knows.
        reader.expect("VIEW")
        return tables.create_view(reader, or_replace=True)
    if reader.accept("EXTERNAL"):
        reader.expect("CATALOG")
        return _create_catalog(reader)
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
        return views.create(reader)
    if reader.accept("VIEW"):
        return tables.create_view(reader, or_replace=False)
    if reader.accept("TABLE"):
        return tables.create(reader)
    reader.one_of("DATABASE", "SCHEMA")
    if_not_exists = clauses.if_not_exists(reader)
    return CreateDatabase(name=reader.names(2), if_not_exists=if_not_exists)


def _create_catalog(reader: Reader) -> CreateCatalog:
    if_not_exists = clauses.if_not_exists(reader)
    name = reader.name_or_text()
    comment = clauses.comment(reader)
    reader.expect("PROPERTIES")
    return CreateCatalog(
        name=name, if_not_exists=if_not_exists, comment=comment, properties=reader.properties()
    )


def _alter(reader: Reader) -> Statement:
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
        return views.alter(reader)
    reader.expect("TABLE")
    return tables.alter(reader)


def _drop(reader: Reader) -> Statement:
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
        return views.drop(reader)
    what = reader.one_of("TABLE", "VIEW", "DATABASE", "SCHEMA", "CATALOG")
    if_exists = clauses.if_exists(reader)
    if what == "CATALOG":
        return Drop(what="CATALOG", name=(reader.name_or_text(),), if_exists=if_exists)
    if what in ("DATABASE", "SCHEMA"):
        found = Drop(what="DATABASE", name=reader.names(2), if_exists=if_exists)
    else:
        found = Drop(what=what, name=reader.names(), if_exists=if_exists)  # type: ignore[arg-type]
    reader.accept("FORCE")
    return found


def _refresh(reader: Reader) -> Statement:
    if reader.accept("EXTERNAL"):
        reader.expect("TABLE")
        return RefreshTable(name=reader.names())
    reader.expect("MATERIALIZED", "VIEW")
    return views.refresh_now(reader)


def _truncate(reader: Reader) -> Statement:
    reader.expect("TABLE")
    return Truncate(name=reader.names())


_READ = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "REFRESH": _refresh,
    "TRUNCATE": _truncate,
}
