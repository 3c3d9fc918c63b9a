"""Whether a table that is there takes the rows of a delivery, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import DeliveryError, RowsRefused, TargetStands
from seeknal_starrocks.batch import refuse
from seeknal_starrocks.tables import change_of, fit_of
from seeknal_starrocks.writetypes import LONGEST_KEY

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tables import Standing
    from seeknal_starrocks.work import Work
    from seeknal_starrocks.writetypes import Writing


_BYTES = {
    **{"boolean": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8, "largeint": 16},
    **{"date": 4, "datetime": 8},
}
"""Of a value of a key; of a text that others follow there are two more than it has."""


def refuse_place(work: Work, server: Server, there: Standing | None) -> None:
    """Raises TargetStands, or DeliveryError, where nothing may be delivered as it stands."""
    rows = f"SELECT 1 FROM {work.table.quoted} LIMIT 1"
    if there is not None and work.context.anew and server.ask(rows):
        raise TargetStands(f"there is a table {work.table}")
    if there is None and not work.options.create_table:
        raise DeliveryError(
            f"there is no table {work.table}, and create_table is false",
            code="SK1945",
            help="create it, or leave create_table out",
        )


def refuse_fewer(work: Work, rows: int) -> None:
    """Raises DeliveryError where not all rows were sent."""
    wanted = work.relation.rows
    if wanted not in (-1, rows):
        raise DeliveryError(
            f"{rows:,} of {wanted:,} rows were sent; nothing was changed", code="SK1940"
        )


def refuse_change(work: Work, there: Standing) -> None:
    """Raises RowsRefused where the columns of a table do not take those of the rows."""
    change = change_of(there, work.writings)
    if change.retyped:
        raise RowsRefused(
            f"{work.table} does not fit: {evolve(change, added=(), removed=())}",
            code="SK1946",
            help="cast the column in the node's SQL, or change the table by ALTER TABLE",
        )
    missing = [column.name for column in change.removed if column.required]
    if missing:
        raise RowsRefused(
            f"{work.table} needs values for {', '.join(missing)}, which the rows do not have",
            code="SK1947",
        )
    if change.removed:
        names = ", ".join(column.name for column in change.removed)
        work.context.log.warning("%s keeps the column %s, which the rows lack", work.table, names)
    if change.added and work.options.schema_change == "fail":
        raise RowsRefused(
            f"{work.table} has no column for {', '.join(new.name for new in change.added)}",
            code="SK1948",
            help="schema_change: evolve adds it, or take it out of the node's SQL",
        )


def refuse_unfit(work: Work, there: Standing) -> None:
    """Raises RowsRefused for values that a column does not hold although it has their type."""
    known = there.by_name
    fits = {
        writing: fit_of(known[writing.name.lower()].type, writing)
        for writing in work.writings
        if writing.name.lower() in known
    }
    conditions = {writing: fit.unfit for writing, fit in fits.items()}
    why = {writing: fit.why for writing, fit in fits.items()}
    for writing in fits:
        if not known[writing.name.lower()].nullable:
            none = f"{writing.value} IS NULL"
            conditions[writing] = " OR ".join(filter(None, (conditions[writing], none)))
            why[writing] = why[writing] or "which may not be NULL there"
    for writing, (long, said) in _long_keys(work, there).items():
        conditions[writing] = " OR ".join(filter(None, (conditions[writing], long)))
        why[writing] = f"{why[writing]}, {said}" if why[writing] else said
    refuse(work.relation, work.context, conditions, why)


def _long_keys(work: Work, there: Standing) -> dict[Writing, tuple[str, str]]:
    """By the last text of a primary key, a test for keys that are too long, and what they are."""
    given = {writing.name.lower(): writing for writing in work.writings}
    keys = [
        (column, given[column.name.lower()])
        for column in there.columns
        if column.key == "PRI" and column.name.lower() in given
    ]
    texts = [writing for column, writing in keys if column.type not in _BYTES]
    if not texts:
        return {}
    fixed = sum(_BYTES.get(column.type, 2) for column, _ in keys)
    if keys[-1][0].type not in _BYTES:
        fixed -= 2
    bytes = " + ".join((str(fixed), *(f"strlen({writing.shown})" for writing in texts)))
    others = ", ".join(writing.name for _, writing in keys if writing is not texts[-1])
    said = (
        f"which is {f'with {others} ' if others else ''}more than the {LONGEST_KEY} bytes of a key"
    )
    return {texts[-1]: (f"{bytes} > {LONGEST_KEY}", said)}
