"""Carries out Stream Loads and their transactions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.testing.engine.loads import BadLabel, LabelUsed, Load
from seeknal_starrocks.testing.faults import PUBLISH
from seeknal_starrocks.testing.http import answers, rows
from seeknal_starrocks.testing.http.options import BadLoad, Options, options_of
from seeknal_starrocks.testing.http.rows import Counted
from seeknal_starrocks.testing.refusing import Refused

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Place, Table
    from seeknal_starrocks.testing.engine.world import World
    from seeknal_starrocks.testing.http.answers import Answer

_numbers = itertools.count(1)


@frozen(kw_only=True)
class Begun:
    """A load whose rows are to come. Its table may be another by name when they have."""

    load: Load
    table: Table
    options: Options


class Loading:
    """What a server knows of loads by HTTP."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._begun: dict[int, Begun] = {}
        self._counted: dict[int, Counted] = {}

    def begin(self, place: Place, headers: Mapping[str, str], *, later: bool = False) -> Begun:
        """Raises LabelUsed and BadLoad. The columns of a transaction are told ``later``."""
        options = options_of(headers)
        try:
            table = self.world.table(place)
        except Refused as error:
            raise BadLoad(error.message) from None
        if table.kind != "TABLE":
            raise BadLoad(f"the table {place[2]} is {table.kind}, which nothing is loaded into")
        if not later:
            rows.check_missing(table, options)
        with self.world.changing:
            label = options.label or f"stream_load_{next(_numbers)}"
            try:
                load = self.world.loads.begin(label, place, "STREAM_LOAD")
            except BadLabel as error:
                raise BadLoad(str(error)) from None
            begun = Begun(load=load, table=table, options=options)
            self._begun[load.id] = begun
        return begun

    def begun(self, database: str, label: str) -> Begun | None:
        """The load of a label that has begun and is known yet."""
        load = self.world.loads.find(database, label)
        return self._begun.get(load.id) if load is not None else None

    def state(self, begun: Begun) -> str:
        return self.world.loads.get(begun.load.id).state

    def counted(self, begun: Begun) -> Counted:
        return self._counted.get(begun.load.id, Counted())

    def write(self, begun: Begun, options: Options, body: Path) -> Counted:
        """Adds rows to a load. Raises BadLoad, and the load then is aborted."""
        try:
            with self.world.transaction() as cursor:
                found = rows.read(cursor, begun.table, options, body, begun.load.id)
        except BadLoad as error:
            self.abort(begun, str(error))
            raise
        before = self.counted(begun)
        self._counted[begun.load.id] = Counted(
            rows=before.rows + found.rows,
            filtered=before.filtered + found.filtered,
            bytes=before.bytes + found.bytes,
        )
        self._begun[begun.load.id] = Begun(load=begun.load, table=begun.table, options=options)
        return found

    def prepare(self, begun: Begun) -> None:
        with self.world.changing:
            self.world.loads.change(begun.load, state="PREPARED")

    def commit(self, begun: Begun) -> bool:
        """Whether its rows are seen at once."""
        begun = self._begun[begun.load.id]
        seen = self.world.faults.armed.reach(PUBLISH) is None
        with self.world.changing:
            self.world.loads.commit(begun.load, self._put(begun), seen=seen)
        return seen

    def _put(self, begun: Begun) -> Callable[[], int]:
        def put() -> int:
            if not self.counted(begun).rows:
                return 0
            kept = any(table.id == begun.table.id for table in self.world.tables.values())
            with self.world.transaction() as cursor:
                if not kept:
                    cursor.execute(f"DROP TABLE IF EXISTS {rows.stage_of(begun.load.id)}")
                    return 0
                return rows.put(cursor, begun.table, begun.options, begun.load.id)

        return put

    def abort(self, begun: Begun, reason: str) -> None:
        """Its label can be used again."""
        with self.world.transaction() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {rows.stage_of(begun.load.id)}")
            self.world.loads.change(begun.load, state="ABORTED", message=reason)

    def settle(self, database: str, label: str, *, commit: bool) -> None:
        """Ends a load that lingers. Raises ValueError where none does."""
        begun = self.begun(database, label)
        if begun is None or self.state(begun) not in ("PREPARE", "PREPARED"):
            raise ValueError(f"no load of {database} with the label {label!r} lingers")
        if commit:
            self.commit(begun)
        else:
            self.abort(begun, "timeout by txn manager")


def stream_load(loading: Loading, begun: Begun, body: Path) -> Answer:
    """Carries out a load whose body has come."""
    label = begun.load.label
    try:
        counted = loading.write(begun, begun.options, body)
    except BadLoad as error:
        return answers.failed(label, error, load=begun.load)
    seen = loading.commit(begun)
    return answers.loaded(begun.load, counted, seen=seen)


def transact(
    loading: Loading, operation: str, place: Place, headers: Mapping[str, str], body: Path | None
) -> Answer:
    """Carries out an operation of a transaction."""
    label = headers.get("label", "")
    if not label:
        return answers.transaction_failed(label, "empty label")
    try:
        if operation == "begin":
            return _begin(loading, label, place, headers)
        begun = loading.begun(place[1], label)
        if begun is None:
            missing = "TXN_NOT_EXISTS" if operation == "load" else "Transcation Not Exist"
            return answers.transaction_failed(label, missing)
        if operation == "load":
            return _write(loading, begun, place, headers, body)
        return _OPERATIONS[operation](loading, begun)
    except BadLoad as error:
        return answers.transaction_failed(label, str(error))


def _begin(loading: Loading, label: str, place: Place, headers: Mapping[str, str]) -> Answer:
    try:
        begun = loading.begin(place, headers, later=True)
    except LabelUsed as used:
        return answers.label_used(label, used, transaction=True)
    return answers.transaction(begun.load, label)


def _write(
    loading: Loading, begun: Begun, place: Place, headers: Mapping[str, str], body: Path | None
) -> Answer:
    label = begun.load.label
    if loading.state(begun) != "PREPARE":
        return answers.transaction_failed(label, "Transcation State Invalid")
    if place != begun.load.place:
        loading.abort(begun, "another table")
        return answers.transaction_failed(label, "a transaction is of one table")
    options = options_of(headers)
    if loading.counted(begun).rows and options != begun.options:
        loading.abort(begun, "other parameters")
        return answers.transaction_failed(label, "parameters of one transaction must be the same")
    rows.check_missing(begun.table, options)
    assert body is not None
    counted = loading.write(begun, options, body)
    return answers.transaction(begun.load, label, counted)


def _prepare(loading: Loading, begun: Begun) -> Answer:
    if loading.state(begun) != "PREPARE":
        return answers.transaction_failed(begun.load.label, "Transcation State Invalid")
    loading.prepare(begun)
    return answers.transaction(begun.load, begun.load.label, loading.counted(begun))


def _commit(loading: Loading, begun: Begun) -> Answer:
    """What is committed is so however often that is asked; it is prepared before."""
    label, state = begun.load.label, loading.state(begun)
    if state in ("COMMITTED", "VISIBLE"):
        said = f"Transaction [{begun.load.id}] has already been committed"
        return answers.transaction(begun.load, label, message=said)
    if state != "PREPARED":
        return answers.transaction_failed(label, "Transcation State Invalid")
    seen = loading.commit(begun)
    status, said = ("OK", "") if seen else ("Publish Timeout", "publish timeout")
    counted = loading.counted(begun)
    return answers.transaction(begun.load, label, counted, status=status, message=said)


def _rollback(loading: Loading, begun: Begun) -> Answer:
    label, state = begun.load.label, loading.state(begun)
    if state in ("COMMITTED", "VISIBLE"):
        return answers.transaction_failed(label, "Transcation State Invalid")
    if state != "ABORTED":
        loading.abort(begun, "rolled back")
    return answers.transaction(begun.load, label)


_OPERATIONS = {"prepare": _prepare, "commit": _commit, "rollback": _rollback}
