"""Bringing the rows of a delivery into its table, and naming the column that does not take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.plugin import RowsRefused, value_of
from seeknal_postgres.batch import examples
from seeknal_postgres.connecting import kept_of
from seeknal_postgres.connecting import told as told_of
from seeknal_postgres.fitting import cast_to, condition
from seeknal_postgres.keeping import refuse_fewer
from seeknal_postgres.stream import copy_rows
from seeknal_postgres.writetypes import for_column

if TYPE_CHECKING:
    import psycopg

    from seeknal_postgres.tables import TableColumn
    from seeknal_postgres.work import Work
    from seeknal_postgres.writetypes import Writing

    Server = psycopg.Connection[Any]

STAGE = "seeknal_stage"


class Unparsed(RowsRefused):
    """Text that a column's own type does not read."""

    def __init__(
        self, work: Work, columns: Sequence[str], types: str, said: str, kept: str
    ) -> None:
        super().__init__(
            f"{work.table}.{columns[0]} is {types}: {said}",
            code="SK1354",
            kept=f"{work.table}.{columns[0]} is {types}: {kept}",
            help="cast it in the node's SQL, or change the column",
        )
        self.columns = tuple(columns)


def load(server: Server, work: Work, there: Sequence[TableColumn]) -> int:
    """Every row into the table: straight where the types are equal, else by a stage."""
    types = {column.name: column for column in there}
    work = for_table(work, types)
    straight = all(
        writing.sent != "text" and types[writing.name].type == writing.type
        for writing in work.writings
    )
    if straight:
        return _copied(server, work, work.table.quoted)
    staged = stage(server, work)
    names = ", ".join(writing.quoted for writing in work.writings)
    values = ", ".join(cast_to(types[writing.name].type, writing) for writing in work.writings)
    # As in a COPY, an identity that is always generated is what the rows say.
    insert = (
        f"INSERT INTO {work.table.quoted} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM {STAGE}"
    )
    with telling(server, work, types):
        rows = server.execute(insert.encode()).rowcount
    refuse_fewer(rows, staged)
    return rows


def for_table(work: Work, types: Mapping[str, TableColumn]) -> Work:
    """The work with each column sent as the table's own column takes it."""
    return evolve(
        work,
        writings=tuple(for_column(entry, types[entry.name].type) for entry in work.writings),
    )


def stage(server: Server, work: Work) -> int:
    """The rows in a temporary table, which nothing can leave behind."""
    columns = ", ".join(f"{writing.quoted} {writing.stage_type}" for writing in work.writings)
    server.execute(f"CREATE TEMPORARY TABLE {STAGE} ({columns}) ON COMMIT DROP".encode())
    return _copied(server, work, STAGE)


def _copied(server: Server, work: Work, table: str) -> int:
    return copy_rows(server, table, work.writings, work.relation, work.context, work.sent)


def unfit(work: Work, there: Sequence[TableColumn]) -> dict[Writing, str]:
    """Columns whose type takes the rows' type but not all of their values, with such a value."""
    known = {column.name: column for column in there}
    conditions = {}
    for writing in work.writings:
        column = known.get(writing.name)
        fit = column.fit(writing) if column else None
        if fit is not None and fit.takes and fit.unfit:
            conditions[writing] = condition(fit, writing)
    return examples(work.relation, work.context, conditions)


def refuse_unfit(work: Work, there: Sequence[TableColumn]) -> None:
    """Raises DeliveryError that names the columns and a value which each does not hold."""
    found = unfit(work, there)
    if found:
        known = {column.name: column for column in there}
        told = "; ".join(
            f"{work.table}.{writing.name} is {known[writing.name].type}:"
            f" {value_of(writing.name, value, work.private)} {known[writing.name].fit(writing).why}"
            for writing, value in found.items()
        )
        kept = "; ".join(
            f"{work.table}.{writing.name} is {known[writing.name].type}: a value"
            f" {known[writing.name].fit(writing).why}"
            for writing in found
        )
        raise RowsRefused(
            told,
            code="SK1353",
            help="change the column, or the values in the node's SQL",
            kept=kept,
        )


@contextmanager
def telling(server: Server, work: Work, types: Mapping[str, TableColumn]) -> Iterator[None]:
    """Statements over the stage; when one meets a text that it cannot read, Unparsed says whose."""
    import psycopg

    try:
        with server.transaction():
            yield
    except psycopg.DataError as error:
        wrong = [
            writing.name
            for writing in work.writings
            if writing.stage_type == "text"
            and not _casts(server, cast_to(types[writing.name].type, writing))
        ]
        if not wrong:
            raise
        raise Unparsed(
            work, wrong, types[wrong[0]].type, told_of(error, work.private), kept_of(error)
        ) from None


def _casts(server: Server, value: str) -> bool:
    import psycopg

    try:
        with server.transaction():
            server.execute(f"SELECT count({value}) FROM {STAGE}".encode())
    except psycopg.DataError:
        return False
    return True
