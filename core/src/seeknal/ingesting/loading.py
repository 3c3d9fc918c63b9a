"""One load: rows land in the lake, then go to the warehouse, and only then does the mark move.

What is about to be done stands in the state before it is done, and the warehouse knows whether it
has been: a load that is killed at any moment and run again loads every row once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.host.files import publish_file
from seeknal.ingesting import lake as lakes
from seeknal.ingesting import repeating
from seeknal.ingesting.fetching import Wanted, expecting, fetch
from seeknal.ingesting.lake import Landed
from seeknal.ingesting.marks import name_of
from seeknal.ingesting.state import Attempt, Done, name_lock
from seeknal.ingesting.wording import reword
from seeknal.run.engine import stored_scan
from seeknal.run.failures import disk_full
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.state.faults import writing
from seeknal.values.columns import Column
from seeknal.values.errors import INTERRUPTED_QUERY, Interrupted, NodeError, RunError, SeeknalError
from seeknal.values.loads import SOURCE_FILE, Load
from seeknal.values.pii import kept_of
from seeknal.values.relations import Relation
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.ingesting.calls import Call
    from seeknal.ingesting.fetching import Fetched
    from seeknal.ingesting.state import Kept, State
    from seeknal.ingesting.telling import Tell
    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugin_types import Warehouse
    from seeknal.kernel.plugins import Plugins


_COLUMN = re.compile(r"column '(.+?)' (?:is|holds) ")


@frozen(kw_only=True)
class Job:
    """A load and what it works with. Either ``wanted`` is fetched, or ``files`` are loaded."""

    load: Load
    target: str
    lake: Path
    wanted: Wanted | None
    files: tuple[Landed, ...] = ()
    warehouse: Warehouse
    context: StepContext
    plugins: Plugins
    tell: Tell
    call: Call
    lock_timeout: float = 0.0

    @property
    def adds_all(self) -> bool:
        """Whether it adds all rows of a source each time that it is asked for."""
        wanted = self.wanted
        return wanted is not None and wanted.incremental is None and self.load.mode == "append"


@frozen(kw_only=True)
class Result:
    """What a load did; ``files`` are paths below the working directory where they lie there."""

    run_id: str
    name: str
    table: str
    rows: int = 0
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    error: SeeknalError | None = None


def carry_out(job: Job) -> Result:
    """Do a load. What stops it is on record in the warehouse before it is raised."""
    began = time.monotonic()
    try:
        with (
            _explained(job),
            name_lock(job.lake, job.load.pipeline, job.load.name, job.lock_timeout) as kept,
            kept.working(),
        ):
            found = _locked(job, kept)
    except BaseException as error:
        record_failure(job, error)
        raise
    return evolve(found, seconds=time.monotonic() - began)


def _locked(job: Job, kept: Kept) -> Result:
    state = _settled(job, kept)
    if job.wanted is None:
        return _from_lake(job, kept, state)
    return _from_source(job, job.wanted, kept, state)


def _settled(job: Job, kept: Kept) -> State:
    """The state once it is known what became of the attempt that is open, if one is."""
    state = kept.read()
    if state.target != job.target:
        # What became of it elsewhere cannot be asked here, and is none of this load's.
        state = evolve(state, attempt=None, done=())
    attempt = state.attempt
    if attempt is None:
        return state
    asked = evolve(job.load, run_id=attempt.run_id, table=attempt.table, mode="append", keys=())
    rows = job.warehouse.committed(asked)
    return state if rows is None else _finish(kept, state, attempt, rows)


def _finish(kept: Kept, state: State, attempt: Attempt, rows: int) -> State:
    """Keep that an attempt is done; a load of all rows leaves no mark behind which any are."""
    kept.set_aside(attempt.set_aside)
    done = tuple(entry for entry in state.done if entry.request != attempt.request)
    if attempt.call is not None and attempt.file is not None:
        now = Done(
            call=attempt.call,
            request=attempt.request,
            run_id=attempt.run_id,
            table=attempt.table,
            file=attempt.file,
            rows=rows,
        )
        done = (*done, now)
    state = evolve(state, mark=attempt.mark, attempt=None, done=done)
    kept.write(state)
    return state


def _from_source(job: Job, wanted: Wanted, kept: Kept, state: State) -> Result:
    load = job.load
    mark = None if load.force else state.mark if wanted.incremental else None
    if wanted.incremental and not load.force:
        _refuse_another_place(job, wanted, state)
    if job.adds_all and state.mark is not None and state.target == job.target:
        job.tell.note(
            30,
            f"{load.name}: loads before this one read only new rows, and all are added again now:"
            f" --incremental {state.mark.column} goes on with new ones",
        )
    state, before = repeating.unended(job, wanted, state)
    path = lakes.file_for(job.lake, wanted.protocol, load.name, load.started_at)
    id = lakes.id_of(path, job.lake)
    job.tell.began(load.name, load.table)
    began = time.monotonic()
    there = repeating.types_of(job, before) if before else job.warehouse.expected(load.table)
    asked = expecting(wanted, mark, there)
    found = fetch(asked, mark, kept, job.context, job.plugins, file=id)
    job.tell.fetched(load.name, found.rows, time.monotonic() - began)
    load = evolve(load, types=found.origin.types)
    if found.nameless:
        return _without_rows(job, load)
    if before is not None and repeating.is_same(job, before, found):
        job.call.begin()
        kept.write(repeating.repeated(state, before, job.call))
        return _result_of(job, before)
    if found.rows == 0 and wanted.incremental:
        result = _send(job, load, _relation(job, [(found.path, "")], found.columns, 0), ())
        if mark is not None and found.has_moved(mark):
            kept.write(evolve(state, mark=found.mark))
        return result
    attempt = Attempt(
        run_id=load.run_id,
        table=load.table,
        file=id if found.rows else None,
        mark=found.mark,
        set_aside=_left_over(state),
    )
    if job.adds_all:
        job.call.begin()
        attempt = evolve(attempt, call=job.call.id, request=wanted.request)
    state = evolve(state, target=job.target, attempt=attempt)
    kept.write(state)
    files = (path,) if found.rows else ()
    if files:
        land(found, path)
    at = path if files else found.path
    relation = _relation(job, [(at, id)], found.columns, found.rows)
    result = _send(job, evolve(load, files=(id,) if files else ()), relation, files)
    _finish(kept, state, attempt, result.rows)
    return result


def _result_of(job: Job, done: Done) -> Result:
    """What a load did that was cut short, as the one that repeats it did."""
    return Result(
        run_id=done.run_id,
        name=job.load.name,
        table=done.table,
        rows=done.rows,
        files=(_shown(job.lake / done.file),),
    )


def _without_rows(job: Job, load: Load) -> Result:
    done = job.warehouse.load_none(load)
    job.tell.loaded(load.name, done.rows, 0.0, done.detail)
    return Result(run_id=load.run_id, name=load.name, table=load.table)


def _left_over(state: State) -> tuple[str, ...]:
    """Files of attempts that were never loaded: their rows are fetched again now."""
    attempt = state.attempt
    if attempt is None:
        return ()
    return (*attempt.set_aside, *((attempt.file,) if attempt.file else ()))


def _refuse_another_place(job: Job, wanted: Wanted, state: State) -> None:
    """Raise RunError where a mark would leave out rows, or no mark would double them."""
    mark = state.mark
    if mark is None:
        if job.load.mode == "append" and job.warehouse.knows(job.load):
            raise RunError(
                f"{job.load.name!r} was loaded into {job.load.table} before, and there is no mark:"
                " all rows would be there twice",
                code="SK1618",
                help="--force loads all rows again; --name gives the load another name",
            )
        return
    if state.target != job.target:
        raise RunError(
            f"the mark of {job.load.name!r} is that of {state.target}: what was loaded there would"
            f" be missing in {job.target}",
            code="SK1618",
            help="give this load another --name; or --force loads all rows",
        )
    if wanted.incremental and mark.column.lower() != wanted.incremental.lower():
        raise RunError(
            f"the mark of {job.load.name!r} is one of {mark.column!r}, not {wanted.incremental!r}",
            code="SK1618",
            help=f"--incremental {mark.column}; or another --name",
        )


def land(found: Fetched, path: Path) -> None:
    """Give a fetched file its place in the lake, whole or not at all."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        publish_file(found.path, path)


def _from_lake(job: Job, kept: Kept, state: State) -> Result:
    load = job.load
    files = job.files
    rows = sum(file.rows for file in files)
    job.tell.fetched(load.name, rows, 0.0)
    relation = _of_files(job, files, rows)
    load = evolve(
        load,
        files=tuple(file.id for file in files),
        known_as={file.id: file.known_as for file in files},
        landed=True,
    )
    result = _send(job, load, relation, [file.path for file in files])
    attempt = state.attempt
    if attempt is not None and attempt.file in load.files and attempt.table == load.table:
        # What an attempt landed and did not load is loaded now: the mark is behind it.
        _finish(kept, state, attempt, result.rows)
    return result


def _send(job: Job, load: Load, relation: Relation, files: Sequence[Path]) -> Result:
    load = evolve(load, keys=tuple(name_of(relation.columns, key) for key in load.keys))
    began = time.monotonic()
    done = job.warehouse.load(
        load, relation, lambda rows: job.tell.sent(load.name, rows, relation.rows)
    )
    job.tell.loaded(load.name, done.rows, time.monotonic() - began, done.detail)
    return Result(
        run_id=load.run_id,
        name=load.name,
        table=load.table,
        rows=done.rows,
        files=tuple(_shown(path) for path in files),
    )


def _relation(
    job: Job, files: Sequence[tuple[Path, str]], columns: Sequence[Column], rows: int
) -> Relation:
    """The rows of files of the same columns, each with the file that it is from."""
    selects = [
        f"SELECT *, {quote_literal(id)} AS {quote_identifier(SOURCE_FILE)}"
        f" FROM {stored_scan(path, columns)}"
        for path, id in files
    ]
    return Relation(
        node=job.context.node,
        scan=f"({' UNION ALL '.join(selects)})",
        columns=(*columns, Column(SOURCE_FILE, "VARCHAR")),
        rows=rows,
    )


def _of_files(job: Job, files: Sequence[Landed], rows: int) -> Relation:
    """The rows of landed files; a column that one of them lacks is NULL in it.

    Of an upsert's rows with one key only those of the newest file count.
    """
    if len({file.columns for file in files}) == 1:
        one = _relation(job, [(file.path, file.id) for file in files], files[0].columns, rows)
        scan = one.scan
    else:
        parts = [_relation(job, [(file.path, file.id)], file.columns, file.rows) for file in files]
        scan = f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {part.scan}' for part in parts)})"
    if job.load.mode == "upsert" and len(files) > 1:
        keys = ", ".join(map(quote_identifier, job.load.keys))
        order = ", ".join(quote_literal(file.id) for file in files)
        newest = f"list_position([{order}], {quote_identifier(SOURCE_FILE)}) DESC"
        ranked = f"rank() OVER (PARTITION BY {keys} ORDER BY {newest})"
        scan = f"(SELECT * FROM {scan} QUALIFY {ranked} = 1)"
    cursor = job.context.duckdb
    shown = cursor.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    if job.load.mode == "upsert" and len(files) > 1:
        ((rows,),) = cursor.execute(f"SELECT count(*) FROM {scan}").fetchall()
    columns = tuple(Column(row[0], row[1]) for row in shown)
    return Relation(node=job.context.node, scan=scan, columns=columns, rows=rows)


def record_failure(job: Job, error: BaseException) -> None:
    """Put on record in the warehouse what stopped a load."""
    message = error.kept if isinstance(error, SeeknalError) else kept_of(error)
    if isinstance(error, KeyboardInterrupt | Interrupted) or message == INTERRUPTED_QUERY:
        message = "interrupted"
    said = scrub(message.strip()) or type(error).__name__
    try:
        job.warehouse.fail(job.load, said)
    except Exception as second:
        job.tell.note(30, f"the failure could not be put on record: {scrub(str(second))}")


@contextmanager
def _explained(job: Job) -> Iterator[None]:
    """What is raised by others as an error that says what happened."""
    import duckdb

    try:
        yield
    except SeeknalError as error:
        reword(error, job.wanted.source if job.wanted else None, job.plugins)
        if error.code == "SK0712":
            error.help = "--query gives one of them another name with AS"
        raise
    except (duckdb.Error, OSError) as error:
        text = scrub(str(error)).strip().removeprefix("Invalid Input Error: ")
        if disk_full(error):
            raise RunError(
                f"no space left on the disk of {job.lake}: {text}",
                code="SK0707",
                help="make room and run again",
            ) from error
        raise NodeError(text, code="SK1610", help=_as_text(text), kept=kept_of(error)) from error


def _as_text(said: str) -> str | None:
    """The way out for a value that a column's type does not hold, which a reader names."""
    found = _COLUMN.match(said)
    return f"--column-type {quote(found[1] + '=VARCHAR')} reads it as text" if found else None


def _shown(path: Path) -> str:
    with suppress(ValueError):
        return path.absolute().relative_to(Path.cwd()).as_posix()
    return str(path)


def now() -> datetime:
    """The moment at which a load begins, in UTC."""
    return clock.now()
