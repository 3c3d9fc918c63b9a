"""From a source to a Parquet file, with the rows alone that have not arrived, and the next mark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.host import clock
from seeknal.ingesting import marks
from seeknal.ingesting.lake import Origin
from seeknal.ingesting.state import Mark, Seen
from seeknal.ingesting.textorder import refuse_unordered
from seeknal.run.engine import stored_scan, write_rows
from seeknal.sql.storage import copy_statement
from seeknal.values.columns import Column
from seeknal.values.credentials import without_credentials
from seeknal.values.digests import digest
from seeknal.values.errors import NodeError, StateError
from seeknal.values.loads import LOADED_AT, SOURCE_FILE, Horizon, Since
from seeknal.values.relations import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from seeknal.ingesting.state import Kept
    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.sources import Source

_MOMENTS = ("DATE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP")


@frozen(kw_only=True)
class Wanted:
    """What is fetched: a source, and the column and lag by which only new rows are.

    ``replacing``: a row that comes again takes the place of the one of before.
    """

    source: Source
    protocol: str
    name: str
    incremental: str | None = None
    lag: str | int | None = None
    replacing: bool = False

    @property
    def request(self) -> str:
        """What two loads have in common that ask for the same; secrets have no part in it."""
        return digest(without_credentials(repr(self.source)))


@frozen(kw_only=True)
class Fetched:
    """Rows in a file that has not landed; ``mark`` is the next one once they have arrived."""

    path: Path
    columns: tuple[Column, ...]
    rows: int
    origin: Origin
    mark: Mark | None = None

    @property
    def scan(self) -> str:
        """Its rows, as what stands after FROM."""
        return stored_scan(self.path, self.columns)

    @property
    def nameless(self) -> bool:
        """Whether there is nothing, and nobody knows of which columns."""
        return not self.columns

    def has_moved(self, before: Mark) -> bool:
        """Whether more is known of the mark than ``before``, its rows apart.

        Else those that were known stay known, though a source may lack them for a while. They are
        known anew by columns that are new.
        """
        if self.mark is None:
            return False
        known, now = (
            {name.lower() for name in mark.seen.names} if mark.seen else set()
            for mark in (before, self.mark)
        )
        return not now <= known or evolve(self.mark, seen=before.seen) != before


def expecting(wanted: Wanted, mark: Mark | None, there: Mapping[str, str]) -> Wanted:
    """What is wanted, read as it is ``there`` already; a mark's column as the mark is, or as times
    where its texts say some."""
    types: dict[str, tuple[str, ...]] = {name.lower(): (type,) for name, type in there.items()}
    if wanted.incremental is not None:
        by_name = wanted.incremental.lower()
        types.setdefault(by_name, (mark.type,) if mark is not None else _MOMENTS)
    return evolve(wanted, source=evolve(wanted.source, expected=types))


def fetch(
    wanted: Wanted,
    mark: Mark | None,
    kept: Kept,
    context: StepContext,
    plugins: Plugins,
    *,
    file: str = "",
) -> Fetched:
    """Read the source into what becomes ``file`` of the lake.

    Raises NodeError, ConnectionFailed or StateError.
    """
    cursor = context.duckdb
    lower = marks.below(cursor, mark, wanted.lag)
    source = wanted.source
    if wanted.incremental and lower is not None:
        source = evolve(source, since=Since(column=wanted.incremental, value=lower))
    read_at = clock.now()
    types = plugins.hooks.source_column_types(source=source, context=context)
    horizon = (
        plugins.hooks.source_horizon(source=source, column=wanted.incremental, context=context)
        if wanted.incremental
        else None
    )
    _refuse_unseen(horizon, wanted)
    rows = plugins.hooks.load_source(source=source, context=context)
    if rows is None:
        raise NodeError(f"no plugin loads a source of type {source.type!r}", code="SK0710")
    own = _own(types or {}, source)
    origin = Origin(protocol=wanted.protocol, name=wanted.name, types=own, file=file)
    path = kept.scratch / "rows"
    if isinstance(rows, Scan) and rows.nameless:
        return Fetched(path=path, columns=(), rows=0, origin=origin, mark=mark)
    count, columns = write_rows(cursor, rows, path, metadata=origin.metadata)
    _refuse_ours(columns)
    whole = Fetched(path=path, columns=columns, rows=count, origin=origin)
    if not wanted.incremental:
        return whole
    column = marks.column_of(columns, wanted.incremental)
    _refuse_another_order(mark, column)
    if horizon is None:
        refuse_unordered(cursor, whole.scan, column, mark, source)
    fresh = _without_arrived(wanted, cursor, whole, column, lower, mark, kept) if mark else whole
    found = horizon or Horizon(value=marks.highest(cursor, whole.scan, column))
    value = marks.past(cursor, found.value, column.type, read_at)
    settled = evolve(found, value=value)
    return evolve(fresh, mark=_next(whole, column, lower, mark, settled, wanted, kept, context))


def _own(types: Mapping[str, str], source: Source) -> dict[str, str]:
    """The types of a source's database, of columns to which nobody gives another."""
    given = {spec.name.lower() for spec in source.columns if spec.type}
    return {name: type for name, type in types.items() if name.lower() not in given}


def _refuse_ours(columns: tuple[Column, ...]) -> None:
    for column in columns:
        if column.name.lower() in (SOURCE_FILE, LOADED_AT):
            raise NodeError(
                f"the source has a column {column.name!r}, which a load adds itself",
                code="SK1616",
                help="--query that selects the others, or gives it another name",
            )


def _refuse_unseen(horizon: Horizon | None, wanted: Wanted) -> None:
    """Whoever says a lag says how late rows can be."""
    if horizon is not None and horizon.unseen and wanted.lag is None:
        raise NodeError(
            f"{horizon.unseen}: rows of transactions that end late would be missing",
            code="SK1621",
            help="--lag 1h, of numbers a number, reads again what is that late; or read where all"
            " transactions are seen",
        )


def _refuse_another_order(mark: Mark | None, column: Column) -> None:
    """Text is in another order than numbers and times are."""
    if mark is not None and (mark.type == "VARCHAR") != (column.type == "VARCHAR"):
        raise NodeError(
            f"column {column.name!r} is {column.type}, and was {mark.type} when its mark was set",
            code="SK1617",
            help="--column-type gives it its type of then; --force loads all rows again",
        )


def _without_arrived(
    wanted: Wanted,
    cursor: duckdb.DuckDBPyConnection,
    whole: Fetched,
    column: Column,
    lower: str | None,
    mark: Mark,
    kept: Kept,
) -> Fetched:
    path = kept.scratch / "fresh"
    seen = _seen(mark, kept)
    select = marks.not_arrived(
        whole.scan, whole.columns, column, lower, seen, replacing=wanted.replacing
    )
    copy = copy_statement(select, whole.columns, str(path), metadata=whole.origin.metadata)
    ((rows,),) = cursor.execute(copy).fetchall()
    return evolve(whole, path=path, rows=int(rows))


def _seen(mark: Mark, kept: Kept) -> tuple[str, Seen] | None:
    """A scan of the rows around the mark that have arrived. Raises StateError without them."""
    if mark.seen is None:
        return None
    path = kept.folder / mark.seen.file
    if not path.exists():
        raise StateError(
            f"{path} is missing: it is not known which rows at the mark have arrived",
            code="SK1611",
            help="bring it back from a copy; or --force loads all rows again",
        )
    pairs = zip(mark.seen.names, mark.seen.types, strict=True)
    return stored_scan(path, [Column(name, type) for name, type in pairs]), mark.seen


def _next(
    whole: Fetched,
    column: Column,
    read_from: str | None,
    before: Mark | None,
    horizon: Horizon,
    wanted: Wanted,
    kept: Kept,
    context: StepContext,
) -> Mark:
    """The mark after these rows, with those around it that will have arrived."""
    cursor = context.duckdb
    start = before or Mark(column=column.name, type=column.type)
    after, has_moved = marks.moved(evolve(start, type=column.type), horizon)
    if start.tries and not has_moved and horizon.open:
        context.log.warning(
            "the mark stays at %s, and all rows from there on are read again: %d transactions that"
            " were open at an earlier load still are",
            start.value or "the beginning",
            len(set(horizon.open) & {entry for each in start.tries for entry in each.open}),
        )
    if has_moved and start.value is not None and after.value is not None:
        # A source that has lost its newest rows does not take the mark back.
        value = marks.largest(cursor, [start.value, after.value], column.type)
        after = evolve(after, value=value)
    since = None
    if after.value is not None:
        since = marks.less(cursor, after.value, column.type, wanted.lag)
        if read_from is not None:
            since = marks.largest(cursor, [since, read_from], column.type)
    file = f"seen-{context.run_id}"
    select = f"SELECT * FROM {whole.scan} WHERE {marks.reaching(column, since)}"
    cursor.execute(copy_statement(select, whole.columns, str(kept.scratch / file)))
    names, types = zip(*((entry.name, entry.type) for entry in whole.columns), strict=True)
    return evolve(after, seen=Seen(file=file, names=names, types=types, since=since))
