"""The warehouse side of ``seeknal ingest``: a load is a delivery with a record of its own.

What it locks, makes, checks and writes is what every delivery does; rows and the record of their
success commit together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from seeknal.plugin import (
    LOADED_AT,
    SOURCE_FILE,
    DeliveryError,
    Loaded,
    RowsRefused,
    Target,
    quote_identifier,
    rows_to_write,
    written_name,
)
from seeknal_postgres import loadlog, tables
from seeknal_postgres.batch import writings_of
from seeknal_postgres.cancelling import cancellable
from seeknal_postgres.catalogue import table_of
from seeknal_postgres.connecting import connect, failed
from seeknal_postgres.delivering import (
    LOST,
    check_names,
    create_table,
    evolve_table,
    hold,
    refused,
    rows_after_loss,
    upsert,
)
from seeknal_postgres.expecting import expected_type
from seeknal_postgres.fitting import fit_of
from seeknal_postgres.keeping import delete
from seeknal_postgres.loading import load as load_rows
from seeknal_postgres.options import PostgresTarget
from seeknal_postgres.pool import close_idle
from seeknal_postgres.reserved import refuse_reserved
from seeknal_postgres.typename import NAMES, TYPE
from seeknal_postgres.work import Work

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Connection, DeliveryContext, Load, Mode, Relation
    from seeknal_postgres.options import Postgres

    Server = psycopg.Connection[Any]

_MODES: dict[str, Mode] = {"append": "append", "full": "full", "upsert": "upsert_by_key"}
_KNOWN = """
    SELECT w, coalesce(e.typtype, t.typtype) IN ('e', 'c', 'r', 'm')
    FROM unnest(%s::text[]) AS w
    JOIN pg_catalog.pg_type t ON t.oid = to_regtype(w)
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
"""
"""The types that are there, and whether the server reads them, or their elements, from text."""
_STAMP = f"{quote_identifier(LOADED_AT)} timestamptz DEFAULT now()"


class PostgresWarehouse:
    """Implements `seeknal.plugin.Warehouse`."""

    def __init__(self, connection: Connection, context: DeliveryContext) -> None:
        self._name = connection.name
        self._options = cast("Postgres", connection.options)
        self._context = context
        self._schema = self._options.schema or "public"
        with self._server() as server:
            loadlog.prepare(server, self._schema)

    def place(self, table: str) -> str:
        """The full name of a table, as it is written."""
        found = table_of(table, self._schema)
        refuse_reserved(found, self._options.delivery_schema, self._options.online_schema)
        if (found.schema, found.name) == (self._schema, loadlog.TABLE):
            raise DeliveryError(
                f"{found} holds what was loaded: seeknal writes it itself",
                code="SK1339",
                help="load into another table",
            )
        return written_name(found.schema, found.name)

    def committed(self, load: Load) -> int | None:
        """The rows of a load, if it was committed; whoever is still at it is waited for."""
        with self._server() as server, server.transaction():
            hold(server, self._options, table_of(load.table, self._schema))
            return loadlog.loaded_rows(server, self._schema, load)

    def knows(self, load: Load) -> bool:
        """Whether rows of the load's name were loaded into its table before."""
        with self._server() as server:
            table = table_of(load.table, self._schema)
            return loadlog.knows(server, self._schema, load, table)

    def holds(self, load: Load) -> bool:
        """Whether rows of the load's files are in its table; one that does not say may have all."""
        with self._server() as server:
            table = table_of(load.table, self._schema)
            there = tables.columns_of(server, table)
            if not any(column.name == SOURCE_FILE for column in there):
                return bool(there)
            name = quote_identifier(SOURCE_FILE)
            query = f"SELECT EXISTS (SELECT FROM {table.quoted} WHERE {name} = ANY(%s))"
            row = server.execute(query.encode(), [list(load.files)]).fetchone()
            return bool(row and row[0])

    def expected(self, table: str) -> dict[str, str]:
        """DuckDB's types as which rows are best read for the columns of a table."""
        with self._server() as server:
            there = tables.columns_of(server, table_of(table, self._schema))
        found = {column.name: expected_type(column.type) for column in there}
        return {name: type for name, type in found.items() if type is not None}

    def load(self, load: Load, relation: Relation, told: Callable[[int], None]) -> Loaded:
        """Write the rows and the record of a success, in one transaction."""
        import psycopg

        statements: list[str] = []
        work = self._work(load, relation, told, statements.append)
        server = connect(self._name, self._options, self._context.project_root)
        try:
            with cancellable(server, self._context):
                done = self._transaction(server, work, load)
        except psycopg.OperationalError as error:
            rows = rows_after_loss(work, error, lambda: self.committed(load))
            done = Loaded(rows=rows, detail=LOST)
        except psycopg.Error as error:
            raise refused(work, error) from None
        finally:
            server.close()
        # Only now: until it was committed nothing had been made or changed.
        for statement in statements:
            self._context.log.info("%s", statement)
        return done

    def load_none(self, load: Load) -> Loaded:
        """Write the record of a success without rows, and without a table where there is none."""
        table = table_of(load.table, self._schema)
        with self._server() as server, server.transaction():
            hold(server, self._options, table)
            detail = "no rows"
            if load.mode == "full" and tables.columns_of(server, table):
                gone = delete(server, table)
                detail = f"into {table}, {gone:,} replaced"
            loadlog.record(server, self._schema, load, 0)
        return Loaded(rows=0, detail=detail)

    def fail(self, load: Load, error: str) -> None:
        """Write the record of a failure, unless the rows are there: then it was one behind them."""
        with self._server() as server:
            if loadlog.loaded_rows(server, self._schema, load) is not None:
                return
            loadlog.record(server, self._schema, load, 0, error or "failed")

    def close(self) -> None:
        """End the sessions with sources, which loads share; its own end with each call."""
        close_idle()

    @contextmanager
    def _server(self) -> Iterator[Server]:
        import psycopg

        server = connect(self._name, self._options, self._context.project_root)
        try:
            yield server
        except psycopg.errors.LockNotAvailable:
            raise DeliveryError(
                f"another load is still at work (waited {self._options.lock_timeout})",
                code="SK1346",
                help="run again when it has ended; lock_timeout: 5m waits longer",
            ) from None
        except psycopg.Error as error:
            raise failed(self._name, error) from None
        finally:
            server.close()

    def _work(
        self,
        load: Load,
        relation: Relation,
        told: Callable[[int], None],
        made: Callable[[str], None],
    ) -> Work:
        """Look for everything that can be found wrong without the server."""
        table = table_of(load.table, self._schema)
        mode = _MODES[load.mode]
        options = PostgresTarget(table=load.table, unique_keys=load.keys, schema_change="evolve")
        target = Target(
            node=relation.node,
            type=TYPE,
            options=options,
            key=load.name,
            label=load.table,
            mode=mode,
        )
        check_names(relation, table, self._schema)
        rows = rows_to_write(target, relation, self._context, keys=load.keys).relation
        # Numbers that no type of the lake holds are text in it.
        writings = tuple(evolve(each, numeric=True) for each in writings_of(rows, self._context))
        return Work(
            target=target,
            options=options,
            table=table,
            relation=rows,
            writings=writings,
            context=self._context,
            connection=self._options,
            keys=load.keys,
            beside=(_STAMP,),
            stamp=LOADED_AT,
            told=made,
            sent=told,
        )

    def _transaction(self, server: Server, work: Work, load: Load) -> Loaded:
        with server.transaction():
            hold(server, self._options, work.table)
            there = tables.columns_of(server, work.table)
            rows, detail = self._write(server, work, load, there)
            loadlog.record(server, self._schema, load, rows)
        return Loaded(rows=rows, detail=detail)

    def _write(
        self, server: Server, work: Work, load: Load, there: tuple[tables.TableColumn, ...]
    ) -> tuple[int, str]:
        if not there:
            work = _with_types(server, work, load, ())
            create_table(server, work)
            made = tables.columns_of(server, work.table)
            return load_rows(server, work, made), f"created {work.table}"
        server.execute(f"LOCK TABLE {work.table.quoted} IN ROW EXCLUSIVE MODE".encode())
        _refuse_twice(server, work, load, there)
        work = _with_types(server, _with_known(work, load, there), load, there)
        there = _with_stamp(server, work, load, there)
        there = evolve_table(server, work, there)
        if not any(column.name == LOADED_AT for column in there):
            work = evolve(work, stamp=None)
        detail = f"into {work.table}"
        if load.mode == "full":
            gone = delete(server, work.table)
            detail = f"{detail}, {gone:,} replaced"
        if load.mode != "upsert":
            return load_rows(server, work, there), detail
        if work.relation.rows == 0:
            return 0, detail
        rows, changed = upsert(server, work, there)
        return rows, f"{detail}, {changed}"


def _with_types(
    server: Server, work: Work, load: Load, there: tuple[tables.TableColumn, ...]
) -> Work:
    """The work with the types of the source's own database for columns that are not there yet,
    as far as this one has them and they take the rows."""
    if load.protocol not in NAMES:
        return work
    made = {column.name for column in there}
    new = [entry for entry in work.writings if entry.name not in made]
    wanted = {entry: load.types[entry.name] for entry in new if entry.name in load.types}
    if not wanted:
        return work
    known = {
        str(type): bool(parsed)
        for type, parsed in server.execute(_KNOWN.encode(), [sorted(set(wanted.values()))])
    }
    found = {}
    for entry, type in wanted.items():
        if type in known and fit_of(type, entry, parsed=known[type]).takes:
            found[entry.name] = type
        else:
            why = "comes as another" if type in known else "this database does not have"
            work.context.log.warning(
                "column %r is of type %s, which %s: it becomes %s",
                *(entry.name, type, why, entry.type),
            )
    return evolve(work, types=found)


def _refuse_twice(
    server: Server, work: Work, load: Load, there: tuple[tables.TableColumn, ...]
) -> None:
    """Raise DeliveryError for files of which the table holds rows already."""
    if not load.landed or load.force or load.mode != "append":
        return
    if not any(column.name == SOURCE_FILE for column in there):
        return
    query = f"SELECT DISTINCT {quote_identifier(SOURCE_FILE)}::text FROM {work.table.quoted}"
    found = (row[0] for row in server.execute(query.encode()))
    twice = sorted(load.loaded_before(name for name in found if name is not None))
    if twice:
        more = f" and {len(twice) - 1:,} more" if len(twice) > 1 else ""
        raise DeliveryError(
            f"{twice[0]}{more} was loaded before: its rows are in {work.table}",
            code="SK1358",
            help="leave it out; or --force loads it all the same",
        )


def _with_known(work: Work, load: Load, there: tuple[tables.TableColumn, ...]) -> Work:
    """The work with those columns that the table may have."""
    if load.schema_change == "evolve":
        return work
    names = {column.name for column in there}
    new = [entry.name for entry in work.writings if entry.name not in names]
    if new and load.schema_change == "fail":
        raise RowsRefused(
            f"{work.table} has no column for {', '.join(new)}, and --schema-change is fail",
            code="SK1345",
            help="--schema-change evolve adds it, freeze leaves it out",
        )
    if new:
        work.context.log.warning("%s has no column for %s: left out", work.table, ", ".join(new))
    return evolve(work, writings=tuple(e for e in work.writings if e.name in names))


def _with_stamp(
    server: Server, work: Work, load: Load, there: tuple[tables.TableColumn, ...]
) -> tuple[tables.TableColumn, ...]:
    """A table that was made by others gets the column of moments, where it may change."""
    if load.schema_change != "evolve" or any(column.name == LOADED_AT for column in there):
        return there
    statement = f"ALTER TABLE {work.table.quoted} ADD COLUMN {_STAMP}"
    work.told(statement)
    server.execute(statement.encode())
    return tables.columns_of(server, work.table)
