"""Mode ``full``: all rows of a table are replaced, and its columns follow those of the node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError
from seeknal_postgres import tables
from seeknal_postgres.catalogue import Table
from seeknal_postgres.keeping import delete
from seeknal_postgres.loading import Unparsed, load, unfit

if TYPE_CHECKING:
    import psycopg

    from seeknal_postgres.tables import Change, TableColumn
    from seeknal_postgres.work import Work

    Server = psycopg.Connection[Any]

Views = Sequence[tuple[Table, str]]


def replace_all(server: Server, work: Work, there: Sequence[TableColumn]) -> tuple[int, str]:
    """A column gets the type that is delivered where its own holds less.

    Types that the node cannot name (varchar(10), an enum) stay as long as the rows fit; under
    views that is true of all types, since they would have to be dropped.
    """
    views = tables.dependents(server, work.table)
    needed = _needed(work, there)
    wider = needed if views else needed.also(_narrower(work, there))
    try:
        return _try_replacing(server, work, wider, needed, views)
    except Unparsed as error:
        unread = [
            (column, writing)
            for column, writing in _pairs(work, there)
            if writing.name in error.columns and column.fit(writing).ours
        ]
        if len(unread) < len(error.columns):
            raise
        more = needed.also(unread)
    return _replace(server, work, more, views)


def _try_replacing(
    server: Server, work: Work, wider: Change, needed: Change, views: Views
) -> tuple[int, str]:
    """With the wider types; without them where other objects hold on to the old ones."""
    import psycopg

    try:
        with server.transaction():
            return _replace(server, work, wider, views)
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidTableDefinition):
        if wider == needed:
            raise
    return _replace(server, work, needed, views)


def _needed(work: Work, there: Sequence[TableColumn]) -> Change:
    """What has to change for the table to take these rows exactly."""
    names = {writing.name for writing in unfit(work, there)}
    change = tables.change_of(there, work.writings)
    return change.also(pair for pair in _pairs(work, there) if pair[1].name in names)


def _narrower(work: Work, there: Sequence[TableColumn]) -> list[tuple[Any, Any]]:
    """Columns whose type holds less than the delivered one, though these rows would fit."""
    return [
        (column, writing)
        for column, writing in _pairs(work, there)
        if column.fit(writing).ours and column.fit(writing).unfit
    ]


def _pairs(work: Work, there: Sequence[TableColumn]) -> list[tuple[Any, Any]]:
    known = {column.name: column for column in there}
    return [(known[writing.name], writing) for writing in work.writings if writing.name in known]


def _replace(server: Server, work: Work, change: Change, views: Views) -> tuple[int, str]:
    table = work.table.quoted
    if not change:
        delete(server, work.table)
        return load(server, work, tables.columns_of(server, work.table)), ""
    harmless = work.options.schema_change == "evolve" and not (change.removed or change.retyped)
    if views and not work.options.cascade and not harmless:
        raise DeliveryError(
            f"the columns of {work.table} change ({change}), and"
            f" {', '.join(str(view) for view, _ in views)} depend on it",
            code="SK1342",
            help="drop what depends on it first, or say cascade: true to have it dropped",
        )
    server.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
    if not harmless:
        tables.drop_views(server, views)
    delete(server, work.table)
    tables.alter(server, work.table, change)
    rows = load(server, work, tables.columns_of(server, work.table))
    dropped = [str(view) for view, _ in views] if not harmless else []
    return rows, f"columns changed: {change}" + (
        f"; dropped {', '.join(dropped)}" if dropped else ""
    )
