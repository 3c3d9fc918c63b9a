"""From options to loads: one, or one for each of several tables."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from attrs import evolve, frozen

from seeknal.host.files import is_abandoned, temporary_name
from seeknal.host.run_ids import new_run_id
from seeknal.ingesting.calls import Call, cut_short, forget
from seeknal.ingesting.fetching import Wanted
from seeknal.ingesting.lake import STATE, Landed, described, files_of
from seeknal.ingesting.loading import Job, Result, carry_out, now, record_failure
from seeknal.ingesting.options import fault_of
from seeknal.ingesting.places import Places, split_into
from seeknal.ingesting.sources import of_table, source_of
from seeknal.ingesting.state import calls_of
from seeknal.kernel.context import StepContext
from seeknal.kernel.logs import node_logger
from seeknal.kernel.plugins import load_plugins
from seeknal.kernel.sessions import open_session
from seeknal.project.paths import root_above
from seeknal.run.engine import Engine
from seeknal.sql.quote import written_name
from seeknal.values.errors import RunError, SeeknalError, UsageError
from seeknal.values.loads import Load, names_of
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.patterns import Pattern
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.ingesting.options import IngestOptions
    from seeknal.ingesting.telling import Tell
    from seeknal.kernel.plugin_types import Warehouse
    from seeknal.values.sources import Connection, Source

_LAST_PART = Pattern(
    r'(?:[^".]+\.|"(?:[^"]|"")*"\.)?(?:(?P<plain>[^"]+)|"(?P<quoted>(?:[^"]|"")+)")'
)
"""A table's name behind its schema, as written with quotes or without."""
LOG = "etl_audit_log"
"""The warehouse's table of loads, which is none of its rows."""


@frozen(kw_only=True)
class Wish:
    """One load that is wanted: a source or files, under a name, into a table.

    One of several may have something wrong with it, which stops no other.
    """

    name: str
    table: str
    source: Source | None = None
    files: tuple[Landed, ...] = ()
    protocol: str
    error: SeeknalError | None = None


class Ingestion:
    """What the loads of one call share: connections, DuckDB, the lake.

    Paths are relative to ``folder``; ``root`` has profiles.yml, else the project around that.
    ``call`` is to be ended by whoever has told what came of it; where anything fails it is left.
    """

    def __init__(
        self, options: IngestOptions, tell: Tell, folder: Path, root: Path | None = None
    ) -> None:
        self.options = options
        self.tell = tell
        self.folder = folder
        self.lake = folder / options.lake
        self.plugins = load_plugins()
        profile = folder / options.profile if options.profile else None
        self.places = Places(root or root_above(folder) or folder, profile, self.plugins)
        self.work = temporary_name(self.lake / STATE / "work")
        self.engine = Engine(self.work)
        self.call = Call(self.lake, new_run_id(now()))

    def results(self) -> Iterator[Result]:
        """Carry the loads out, one after another; of several, one that fails stops no other."""
        _remove_abandoned(self.work)
        failed = True
        try:
            assert self.options.into is not None
            named, table = split_into(self.options.into)
            target = self.places.connection(named)
            try:
                wishes = self._wishes(table)
            except RunError as error:
                self._record(target, table, error)
                raise
            with self._warehouse(target, wishes[0].name) as warehouse:
                errors = []
                for wish in wishes:
                    result = self._result(wish, target.name, warehouse)
                    errors.append(result.error)
                    yield result
            failed = any(errors)
        finally:
            self.engine.close()
            shutil.rmtree(self.work, ignore_errors=True)
            _forget_calls(self.lake)
            if failed:
                self.call.leave()

    def _record(self, target: Connection, table: str | None, error: RunError) -> None:
        """Put on record what failed before it was known what is to be loaded."""
        options = self.options
        named = (*options.tables, *options.from_lake, options.table or "")
        name = options.name or ", ".join(filter(None, named))
        wish = Wish(name=name, table=table or name, protocol=options.source or "unknown")
        # What is wrong is told in any case, and it is not this.
        with suppress(SeeknalError), self._warehouse(target, name) as warehouse:
            job = self._job(wish, wish.table, target.name, warehouse)
            warehouse.fail(job.load, scrub(error.kept))

    def _result(self, wish: Wish, target: str, warehouse: Warehouse) -> Result:
        if not self.options.tables:
            return carry_out(self._placed(wish, target, warehouse))
        began = time.monotonic()
        job = self._job(wish, wish.table, target, warehouse)
        try:
            try:
                if wish.error is not None:
                    raise wish.error
                job = self._placed(wish, target, warehouse)
            except SeeknalError as error:
                record_failure(job, error)
                raise
            return carry_out(job)
        except SeeknalError as error:
            return Result(
                run_id=job.load.run_id,
                name=wish.name,
                table=job.load.table,
                seconds=time.monotonic() - began,
                error=error,
            )

    def _placed(self, wish: Wish, target: str, warehouse: Warehouse) -> Job:
        """The load of a wish into the table that the warehouse has for it."""
        place = warehouse.place(wish.table)
        return self._job(wish, place, f"{target}:{place}", warehouse)

    def _wishes(self, table: str | None) -> list[Wish]:
        options = self.options
        if options.from_lake:
            return [self._of_lake(table)]
        if options.tables:
            return self._of_tables(table)
        name = options.name or _last_part(options.table or "")
        if not name:
            raise UsageError(
                "the load has no name",
                code="SK1603",
                help="--name orders: its files and its mark are kept under it",
            )
        if fault := fault_of(name):
            raise _no_name(name, fault)
        source = source_of(options, name, self.places, self.folder)
        protocol = self.plugins.source_types[source.type].name
        wanted = table or name
        return [Wish(name=name, table=wanted, source=source, protocol=protocol)]

    def _of_lake(self, table: str | None) -> Wish:
        paths = files_of(self.options.from_lake, self.folder)
        cursor = self.engine.cursor()
        files = tuple(described(cursor, path, self.lake) for path in paths)
        _refuse_copies(files)
        names = {file.origin.name for file in files}
        protocols = {file.origin.protocol for file in files}
        name = self.options.name or (names.pop() if len(names) == 1 else "")
        if fault := name and fault_of(name):
            raise _no_name(name, fault)
        if not name:
            raise UsageError(
                "the files are not those of one load: the load has no name",
                code="SK1603",
                help="--name orders",
            )
        protocol = protocols.pop() if len(protocols) == 1 else "parquet"
        return Wish(name=name, table=table or name, files=files, protocol=protocol)

    def _of_tables(self, into: str | None) -> list[Wish]:
        options = self.options
        assert options.connection is not None
        connection = self.places.connection(options.connection)
        found = _matching(self._listed(connection), options.tables)
        # Without a table every source can be made; with one, it is that.
        base = source_of(options, "tables", self.places, self.folder)
        protocol = self.plugins.source_types[base.type].name
        called = [_called(table, options.tables) for table in found]
        wishes = []
        for table, name in zip(found, called, strict=True):
            alike = [other for other, its in zip(found, called, strict=True) if its == name]
            wishes.append(
                Wish(
                    name=name,
                    table=_below(into, name),
                    source=of_table(base, written_name(*table.split(".", 1)), name),
                    protocol=protocol,
                    error=_fault_of_table(name, alike),
                )
            )
        return wishes

    def _listed(self, connection: Connection) -> Sequence[str]:
        session = open_session(
            connection, self.plugins, self.places.root, "do not list their tables"
        )
        try:
            return [name for name in session.tables() if _table_name(name) != LOG]
        finally:
            session.close()

    @contextmanager
    def _warehouse(self, target: Connection, name: str) -> Iterator[Warehouse]:
        context = self._context(name, new_run_id(now()))
        found = self.plugins.hooks.open_warehouse(connection=target, context=context)
        if found is None:
            raise UsageError(
                f"connection {target.name!r} is of type {target.type}, which is no warehouse",
                code="SK1604",
                help="--into a connection to a database that a plugin can load into",
            )
        try:
            yield found
        finally:
            found.close()

    def _job(self, wish: Wish, place: str, target: str, warehouse: Warehouse) -> Job:
        options, started = self.options, now()
        run_id = new_run_id(started)
        load = Load(
            run_id=run_id,
            pipeline=options.pipeline,
            name=wish.name,
            protocol=wish.protocol,
            table=place,
            mode=options.mode,
            keys=options.keys,
            schema_change=options.schema_change,
            types=_types_of(wish.files),
            force=options.force,
            started_at=started,
        )
        wanted = (
            Wanted(
                source=wish.source,
                protocol=wish.protocol,
                name=wish.name,
                incremental=options.incremental,
                lag=options.lag,
                replacing=options.mode == "upsert",
            )
            if wish.source is not None
            else None
        )
        timeout = options.lock_timeout.seconds if options.lock_timeout else 0.0
        return Job(
            load=load,
            target=target,
            lake=self.lake,
            wanted=wanted,
            files=wish.files,
            warehouse=warehouse,
            context=self._context(wish.name, run_id),
            plugins=self.plugins,
            tell=self.tell,
            call=self.call,
            lock_timeout=timeout,
        )

    def _context(self, name: str, run_id: str) -> StepContext:
        node = NodeId.of("ingest", name)
        cursor = self.engine.cursor()
        log, _ = node_logger(node, run_id, lambda _, level, text: self.tell.note(level, text))
        return StepContext(
            node=node,
            environment=PRODUCTION,
            run_id=run_id,
            project_root=self.places.root,
            scratch=self.work / run_id,
            samples=self.work / run_id,
            log=log,
            cursor=lambda: cursor,
            connections=self.places.kept,
            relation_of=_no_relation,
            row_counts=lambda limit: [],
            allow_outside=True,
            delivery_id=run_id,
        )


def _remove_abandoned(work: Path) -> None:
    """What killed processes were at work with beside ``work``."""
    for path in work.parent.glob(".work.tmp.*"):
        if is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _forget_calls(lake: Path) -> None:
    """Remove what is known of calls that were cut short and have been repeated since."""
    with suppress(SeeknalError):
        # Those of now come first: what they have loaded stands in a state already.
        if short := cut_short(lake):
            forget(lake, short - calls_of(lake))


def _no_relation(node: str) -> NoReturn:
    raise UsageError(f"there is no node {node!r} here", code="SK0709")


def _refuse_copies(files: Sequence[Landed]) -> None:
    """Raise UsageError for a file and its copy, whose rows would be there twice."""
    found: dict[str, Landed] = {}
    for file in files:
        # What others made is the same by what it holds.
        first = found.setdefault(names_of(file.id)[-1], file)
        if first is not file:
            raise UsageError(
                f"{first.path} and {file.path} are the same file: its rows would be there twice",
                code="SK1622",
                help="leave one of them out",
            )


def _types_of(files: Sequence[Landed]) -> Mapping[str, str]:
    """The types that all files agree on, where they say any."""
    found: dict[str, str] = {}
    differ: set[str] = set()
    for file in files:
        for name, type in file.origin.types.items():
            if found.setdefault(name, type) != type:
                differ.add(name)
    return {name: type for name, type in found.items() if name not in differ}


def _matching(tables: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The tables that patterns name, by their whole name or the part without a schema."""
    for pattern in patterns:
        if not any(_fits(table, pattern) for table in tables):
            raise UsageError(
                f"no table matches {pattern!r}", code="SK1619", help=_near(tables, pattern)
            )
    return [table for table in tables if any(_fits(table, pattern) for pattern in patterns)]


def _near(tables: Sequence[str], pattern: str) -> str:
    """The pattern that names them, where a database lists them without its own name."""
    name = pattern.rpartition(".")[2]
    if any("." not in table and _fits(table, name) for table in tables):
        return (
            f"did you mean {name!r}? the tables of this connection are called by their name alone"
        )
    shown = ", ".join(tables[:8]) or "none"
    return f"tables: {shown}{', ...' if len(tables) > 8 else ''}"


def _fits(table: str, pattern: str) -> bool:
    name = table if "." in pattern else _table_name(table)
    return fnmatchcase(name, pattern)


def _table_name(table: str) -> str:
    return table.partition(".")[2] or table


def _last_part(written: str) -> str:
    """The name of a table without its schema, as it is without quotes."""
    found = _LAST_PART.fullmatch(written)
    if found is None:
        return written
    return found["plain"] or found["quoted"].replace('""', '"')


def _called(table: str, patterns: Sequence[str]) -> str:
    """What a table's load is called: with its schema where the pattern leaves that open.

    No other table has a part in it: one that comes later does not rename a load.
    """
    pattern = next(pattern for pattern in patterns if _fits(table, pattern))
    schema, dot, _ = pattern.partition(".")
    return table.replace(".", "_", 1) if dot and set("*?[") & set(schema) else _table_name(table)


def _fault_of_table(name: str, alike: Sequence[str]) -> SeeknalError | None:
    if fault := fault_of(name):
        return _no_name(name, fault)
    if len(alike) == 1:
        return None
    return RunError(
        f"{' and '.join(alike)} would both be {name!r}: none of them is loaded",
        code="SK1623",
        help="a pattern such as '*.orders' names them SCHEMA_TABLE; or a call for each schema",
    )


def _no_name(name: str, fault: str) -> UsageError:
    return UsageError(
        f"the load would be called {name!r}, which {fault}",
        code="SK1603",
        help="--table with --name orders: files and marks are kept under that name",
    )


def _below(into: str | None, name: str) -> str:
    """The table of one of several loads: ``SCHEMA.*`` with the name in place of the star."""
    if into is None:
        return written_name(name)
    if not into.endswith("*"):
        raise UsageError(
            f"--tables loads several tables, and --into names one: {into}",
            code="SK1619",
            help="--into CONNECTION:SCHEMA.*",
        )
    return into.removesuffix("*") + written_name(name)


def total(results: Sequence[Result]) -> Result:
    """What several loads did together, under the run of the first."""
    return evolve(
        results[0],
        rows=sum(entry.rows for entry in results),
        files=tuple(file for entry in results for file in entry.files),
        seconds=sum(entry.seconds for entry in results),
    )
