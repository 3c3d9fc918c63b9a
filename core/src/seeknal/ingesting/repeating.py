"""Loads of all rows that are asked for again before the call that loaded them has ended.

Whoever repeats a call that was cut short wants the same rows once; whoever asks for others, or
for the same once more, wants them besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.ingesting import calls, lake
from seeknal.run.engine import stored_scan
from seeknal.values.errors import StateError

if TYPE_CHECKING:
    from seeknal.ingesting.calls import Call
    from seeknal.ingesting.fetching import Fetched, Wanted
    from seeknal.ingesting.loading import Job
    from seeknal.ingesting.state import Done, State


def unended(job: Job, wanted: Wanted, state: State) -> tuple[State, Done | None]:
    """The state without what calls did that have ended, and what one did that this repeats.

    Raises LockHeld while such a call is at work.
    """
    if not job.adds_all:
        return evolve(state, done=()), None
    done = tuple(
        entry
        for entry in state.done
        if not calls.has_ended(job.lake, entry.call, job.load.name, job.lock_timeout)
    )
    state = evolve(state, done=done)
    before = next((entry for entry in done if entry.request == wanted.request), None)
    if before is None or job.load.force:
        return state, None
    arrived = evolve(job.load, table=before.table, files=(before.file,))
    # Whoever has emptied the table since wants its rows again.
    return state, before if job.warehouse.holds(arrived) else None


def types_of(job: Job, before: Done) -> dict[str, str]:
    """The types that rows were read as before, so that the same ones are the same again."""
    path = job.lake / before.file
    if not path.exists():
        return {}
    landed = lake.described(job.context.duckdb, path, job.lake)
    return {column.name: column.type for column in landed.columns}


def is_same(job: Job, before: Done, found: Fetched) -> bool:
    """Whether rows are those that have arrived, in any order; says what follows from it.

    Raises StateError where it cannot be known.
    """
    path = job.lake / before.file
    if not path.exists():
        raise StateError(
            f"the call before this one did not end, and had loaded {before.rows:,} rows of"
            f" {job.load.name!r}; {path} is missing: it is not known whether these are the same",
            code="SK1611",
            help="bring it back from a copy; or --force loads all rows again",
        )
    cursor = job.context.duckdb
    landed = lake.described(cursor, path, job.lake)
    if (found.rows, found.columns) == (landed.rows, landed.columns):
        there = stored_scan(path, landed.columns)
        query = f"SELECT NOT EXISTS (FROM {found.scan} EXCEPT ALL FROM {there})"
        ((same,),) = cursor.execute(query).fetchall()
        if same:
            job.tell.note(
                30,
                f"{job.load.name}: the call before this one did not end, and had loaded these"
                f" {before.rows:,} rows: nothing is loaded again. Run it again to add them once"
                " more",
            )
            return True
    job.tell.note(
        30,
        f"{job.load.name}: the call before this one did not end, and had loaded {before.rows:,}"
        " rows: the source has other rows now, and all of them are added",
    )
    return False


def repeated(state: State, before: Done, call: Call) -> State:
    """The state once what was done before is part of a call of now, with whose end it ends."""
    rest = tuple(entry for entry in state.done if entry != before)
    return evolve(state, done=(*rest, evolve(before, call=call.id)))
