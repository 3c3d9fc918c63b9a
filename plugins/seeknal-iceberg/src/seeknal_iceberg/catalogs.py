"""From a connection's options to a PyIceberg catalog, and from a name to a table of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seeknal.plugin import (
    ConnectionFailed,
    NodeError,
    Secret,
    SeeknalError,
    how_to_make,
    install_command,
    scrub,
    without_values,
)
from seeknal_iceberg.options import Catalog
from seeknal_iceberg.typename import DEFAULT, TYPE

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as PyCatalog
    from pyiceberg.table import Table

    from seeknal.plugin import (
        Context,
    )

DEFAULT_CATALOG = "default"
"""The catalog of a name that has none."""

_DATABASE = "catalog.db"
_UNKNOWN = ("SK0603", "SK0604")
_SECRETS = {
    "token": "token",
    "credential": "credential",
    "s3_access_key_id": "s3.access-key-id",
    "s3_secret_access_key": "s3.secret-access-key",
    "s3_session_token": "s3.session-token",
}
_PLAIN = {
    "scope": "scope",
    "oauth2_server_uri": "oauth2-server-uri",
    "s3_endpoint": "s3.endpoint",
    "s3_region": "s3.region",
}


@frozen(kw_only=True)
class TableName:
    """``catalog.namespace.name``; without a catalog that of the project."""

    catalog: str
    namespace: tuple[str, ...]
    name: str

    @property
    def identifier(self) -> tuple[str, ...]:
        return (*self.namespace, self.name)

    def __str__(self) -> str:
        return ".".join((self.catalog, *self.identifier))


def table_name(text: str) -> TableName:
    """Raises NodeError for a text that is no name of a table."""
    parts = [part.strip().strip('"') for part in text.split(".")]
    if not all(parts) or len(parts) < 2:
        raise NodeError(
            f"{text!r} is not the name of an Iceberg table",
            code="SK1401",
            help="table: catalog.namespace.name, or namespace.name",
        )
    if len(parts) == 2:
        parts = [DEFAULT_CATALOG, *parts]
    return TableName(catalog=parts[0], namespace=tuple(parts[1:-1]), name=parts[-1])


def options_of(connection: str | None, context: Context) -> Catalog:
    """The options of a connection; of the profile's ``materialization.catalog`` without one."""
    try:
        return context.connection(connection or DEFAULT, Catalog)
    except SeeknalError as error:
        if connection in (None, DEFAULT) and error.code in _UNKNOWN:
            return Catalog()
        raise


MAKING = threading.Lock()
"""Held while a catalog, or a namespace of one, may be made."""


def open_catalog(options: Catalog, name: str, root: Path) -> PyCatalog:
    """The catalog. Raises ConnectionFailed."""
    from pyiceberg.catalog import load_catalog

    try:
        # Two that make the tables of one catalog at a time get in each other's way.
        with MAKING:
            return _unpooled(load_catalog(name, **properties_of(options, name, root)))
    except ModuleNotFoundError as error:
        raise ConnectionFailed(
            f"the Iceberg catalog needs the module {error.name}",
            code="SK1402",
            help=f"for a catalog in PostgreSQL: {install_command('seeknal-iceberg[postgres]')}",
        ) from None
    except Exception as error:
        raise ConnectionFailed(
            f"the Iceberg catalog cannot be opened: {said(error)}",
            code="SK1402",
            help="check uri, warehouse and token of the connection",
        ) from None


def _unpooled(catalog: PyCatalog) -> PyCatalog:
    """A SQL catalog that keeps no connection open between its questions."""
    engine = getattr(catalog, "engine", None)
    if engine is not None:
        from sqlalchemy import NullPool, create_engine

        engine.dispose()
        catalog.engine = create_engine(engine.url, poolclass=NullPool)  # type: ignore[attr-defined]
    return catalog


def properties_of(options: Catalog, name: str, root: Path) -> dict[str, str]:
    """PyIceberg's properties; the embedded catalog's folder is made."""
    given = {
        key: value.reveal() if isinstance(value, Secret) else str(value)
        for field, key in {**_SECRETS, **_PLAIN}.items()
        if (value := getattr(options, field)) is not None
    }
    if options.s3_endpoint:
        given["s3.force-virtual-addressing"] = str(not options.s3_path_style).lower()
    given["type"] = options.catalog
    if options.catalog == "sql":
        given |= _in_database(options, name, root)
    else:
        given |= {"uri": options.uri} if options.uri else {}
        given["warehouse"] = options.warehouse or name
    return {**given, **options.properties}


def is_unmade(options: Catalog, root: Path) -> bool:
    """Whether these are the options of a project's own catalog that nothing was written to yet."""
    embedded = options.catalog == "sql" and options.uri is None
    return embedded and not (_folder(root) / _DATABASE).exists()


def _folder(root: Path) -> Path:
    return root / ".seeknal" / "iceberg"


def _in_database(options: Catalog, name: str, root: Path) -> dict[str, str]:
    folder = _folder(root)
    if options.uri is None or options.warehouse is None:
        (folder / "warehouse").mkdir(parents=True, exist_ok=True)
        ignore = root / ".seeknal" / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    return {
        # psycopg 3, which seeknal-postgres uses too, instead of SQLAlchemy's default.
        "uri": re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", options.uri)
        if options.uri
        else f"sqlite:///{folder / _DATABASE}",
        # Catalogs of one database have tables of equal names: each lies in a folder of its own,
        # where maintenance may remove what its table does not name.
        "warehouse": f"{(options.warehouse or (folder / 'warehouse').as_uri()).rstrip('/')}/{name}",
    }


def load_table(
    catalog: PyCatalog,
    name: TableName,
    root: Path | None = None,
    others: Callable[[], list[str]] = list,
) -> Table:
    """Raises NodeError for a table that is not there, with the nearest names.

    With the ``root`` of a project it names the file of it that would make the table. ``others``
    are told where its namespace has none.
    """
    from pyiceberg.exceptions import NoSuchTableError

    try:
        return catalog.load_table(name.identifier)
    except NoSuchTableError:
        beside = tables_of(catalog, name.namespace)
        maker = how_to_make(root, str(name), types=(TYPE,)) if root else None
        near = [str(evolve(name, name=found)) for found in get_close_matches(name.name, beside)]
        help = f"did you mean {' or '.join(near)}?" if near else maker
        known = [str(evolve(name, name=found)) for found in beside] or others()
        raise NodeError(
            f"there is no Iceberg table {name}",
            code="SK1403",
            help=help or f"tables: {', '.join(known) or 'none'}",
        ) from None
    except Exception as error:
        raise ConnectionFailed(f"{name} cannot be loaded: {said(error)}", code="SK1402") from None


def tables_of(catalog: PyCatalog, namespace: tuple[str, ...]) -> list[str]:
    """Names of the tables in a namespace; none when there is no such namespace."""
    try:
        return sorted(found[-1] for found in catalog.list_tables(namespace))
    except Exception:
        return []


@frozen(kw_only=True)
class Unreadable:
    """A table that the catalog has by name, and why it could not be loaded."""

    name: str
    error: str


def full_name(table: Table | Unreadable) -> str:
    """A table as users write it: ``catalog.namespace.name``."""
    if isinstance(table, Unreadable):
        return table.name
    return ".".join((table.catalog.name, *table.name()))


def written_tables(options: Catalog, root: Path) -> list[Table | Unreadable]:
    """Every table of a connection that has a snapshot of seeknal's, or does not say.

    Raises ConnectionFailed when the catalog does not list them.
    """
    found = (_loaded(catalog, name) for catalog, name in _names(options, root))
    return [table for table in found if table is not None]


def all_tables(options: Catalog, root: Path) -> list[str]:
    """The names of every table of a connection, whoever wrote it. Raises ConnectionFailed."""
    return sorted(".".join((catalog.name, *name)) for catalog, name in _names(options, root))


def _names(options: Catalog, root: Path) -> list[tuple[PyCatalog, tuple[str, ...]]]:
    first = open_catalog(options, DEFAULT_CATALOG, root)
    try:
        return [
            (catalog, tuple(name))
            for catalog in _catalogs_of(first, options, root)
            for namespace in _namespaces(catalog, ())
            for name in catalog.list_tables(namespace)
        ]
    except SeeknalError:
        raise
    except Exception as error:
        raise ConnectionFailed(
            f"the catalog cannot be read: {said(error)}", code="SK1402"
        ) from None


def _loaded(catalog: PyCatalog, name: tuple[str, ...]) -> Table | Unreadable | None:
    """None for a table that seeknal has not written, is none of Iceberg's, or has just gone."""
    from pyiceberg.exceptions import NoSuchTableError

    try:
        table = catalog.load_table(name)
    except NoSuchTableError:
        return None
    except Exception as error:
        return Unreadable(name=".".join((catalog.name, *name)), error=said(error))
    return table if _is_written(table) else None


def _catalogs_of(first: PyCatalog, options: Catalog, root: Path) -> Iterable[PyCatalog]:
    """A SQL database keeps the tables of several catalogs, each under its name."""
    if options.catalog != "sql":
        return [first]
    from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
    from sqlalchemy import select

    assert isinstance(first, SqlCatalog)
    with first.engine.connect() as connection:
        names = connection.execute(select(IcebergTables.catalog_name).distinct()).scalars().all()
    return [open_catalog(options, name, root) for name in sorted(names)]


def _namespaces(catalog: PyCatalog, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for namespace in catalog.list_namespaces(above):
        full = tuple(namespace)
        if full != above:
            yield full
            yield from _namespaces(catalog, full)


def _is_written(table: Table) -> bool:
    return any(
        snapshot.summary is not None and snapshot.summary["seeknal.node"]
        for snapshot in table.snapshots()
    )


def told(error: BaseException, private: Collection[str]) -> str:
    """As `said`; where it may quote a row with values of ``private`` columns, only what it is."""
    package = type(error).__module__.partition(".")[0]
    about_no_row = package in ("pyiceberg", "requests", "botocore")
    if not private or about_no_row or (isinstance(error, OSError) and error.errno):
        return said(error)
    return scrub(without_values(error, private))


def said(error: BaseException) -> str:
    """An error's first line, without secrets."""
    lines: Mapping[int, Any] = dict(enumerate(str(error).strip().splitlines()))
    return scrub(f"{type(error).__name__}: {lines.get(0, '')}".rstrip(": "))
