"""Keeping the newest rows of groups in an online store: what changed since they were kept last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.features.entities import check_keys
from seeknal.features.groups import find_group, stored_groups
from seeknal.features.latest import all_keys
from seeknal.features.newest import newest_rows
from seeknal.features.opened import Opened
from seeknal.features.serving.kept import EXPIRES, Kept, kept_of, mark_of
from seeknal.features.wanted import Wanted
from seeknal.run.engine import stored_scan, write_rows
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import ConnectionFailed, RunError, SeeknalError, UsageError
from seeknal.values.relations import Relation, Scan

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.kernel.plugin_types import OnlineStore
    from seeknal.plan.session import Loaded
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Done:
    """What was done for one group. ``rows`` are kept, ``changed`` of them were written or removed.

    ``whole``: the table was made anew. ``error``: why it holds what it held.
    """

    node: NodeId
    rows: int = 0
    changed: int = 0
    whole: bool = False
    error: RunError | None = None


@frozen(kw_only=True)
class Order:
    """What is to be kept: of which groups (all where none is named), as of when, and where."""

    groups: tuple[str, ...]
    connection: str
    moment: datetime
    environment: str
    full: bool = False


def materialize(loaded: Loaded, order: Order) -> Iterator[Done]:
    """Keep the newest rows of groups online, one group after the other.

    Each group is one transaction. Raises UsageError for what cannot be asked, before anything is
    kept, and ConnectionFailed.
    """
    names = order.groups or stored_groups(loaded, order.environment)
    groups = [find_group(loaded, order.environment, name) for name in names]
    snapshots = loaded.snapshots(order.environment)
    opened = Opened(loaded.project.root, snapshots)
    folder = opened.folder
    try:
        wanted = [Wanted(group=group, features=group.rows.features) for group in groups]
        opened.define(group.node for group in groups)
        for each in wanted:
            newest_rows(each, order.moment, EXPIRES)
            check_keys(all_keys([each.group]), [each.group])
        with online_store(loaded, order.connection, order.environment, opened, folder) as store:
            for each in wanted:
                yield _tried(_Keeping(loaded, order, opened, store, folder), each)
    finally:
        opened.close()


def _tried(keeping: _Keeping, wanted: Wanted) -> Done:
    """One group that cannot be kept stops no other; a database that does not answer does."""
    try:
        return keeping.keep(wanted)
    except ConnectionFailed:
        raise
    except RunError as error:
        return Done(node=wanted.group.node, error=error)


@contextmanager
def online_store(
    loaded: Loaded, name: str, environment: str, opened: Opened | None, folder: Path
) -> Iterator[OnlineStore]:
    """The online store of a connection. Raises UsageError where no plugin has one for it."""
    store = open_store(loaded, name, environment, opened, folder)
    try:
        yield store
    finally:
        store.close()


def open_store(
    loaded: Loaded, name: str, environment: str, opened: Opened | None, folder: Path
) -> OnlineStore:
    """The same, for who closes it."""
    from seeknal.plan.plugin_queries import context_of
    from seeknal.plan.session import Request

    connection = loaded.connection(name)
    context = context_of(loaded, Request(environment=environment), None)
    context = evolve(context, scratch=folder, project=loaded.project.name)
    if opened is not None:
        context = evolve(context, cursor=lambda: opened.connection)
    found = loaded.plugins.hooks.open_online_store(connection=connection, context=context)
    if found is None:
        raise UsageError(
            f"connection {name!r} is of type {connection.type}, which keeps no features online",
            code="SK1812",
            help="name a connection of a plugin that has an online store: seeknal plugins",
        )
    return found


class _Keeping:
    """Brings one group's rows in an online store up to date."""

    def __init__(
        self, loaded: Loaded, order: Order, opened: Opened, store: OnlineStore, folder: Path
    ) -> None:
        self.loaded = loaded
        self.order = order
        self.opened = opened
        self.store = store
        self.folder = folder

    def keep(self, wanted: Wanted) -> Done:
        node = wanted.group.node
        self.opened.check(wanted)
        rows = self._stored(self.opened, newest_rows(wanted, self.order.moment, EXPIRES), node)
        ids = self.opened.read_by([node])
        new = Kept(
            wanted=wanted,
            moment=self.order.moment,
            snapshots=tuple(self.opened.snapshots[id] for id in ids),
            columns=rows.columns,
        )
        table = new.table(self.order.environment, self.loaded.project.name)
        before = self.store.mark(table)
        old = None if before is None or self.order.full else self._earlier(before, new)
        mark = mark_of(new)
        if old is None:
            changed = self.store.keep(table, rows, None, before=before, mark=mark)
            return Done(node=node, rows=rows.rows, changed=changed, whole=True)
        written, gone = self._difference(old, rows, wanted)
        changed = self.store.keep(table, written, gone, before=before, mark=mark)
        return Done(node=node, rows=rows.rows, changed=changed, whole=False)

    def _earlier(self, mark: str, new: Kept) -> Relation | None:
        """The rows that are kept now, made again; None where nobody can tell them."""
        with suppress(SeeknalError):
            kept = kept_of(mark)
            if kept.definition != new.definition:
                return None
            opened = Opened(self.opened.root, {each.node: each for each in kept.snapshots})
            try:
                opened.define([kept.wanted.group.node])
                query = newest_rows(kept.wanted, kept.moment, EXPIRES)
                return self._stored(opened, query, kept.wanted.group.node, "earlier")
            finally:
                opened.close()
        return None

    def _stored(self, opened: Opened, query: str, node: NodeId, name: str = "rows") -> Relation:
        path = self.folder / f"{node}.{name}.parquet"
        path.unlink(missing_ok=True)
        rows, columns = write_rows(opened.connection, Scan(query), path, repeatable=True)
        scan = stored_scan(path, columns)
        return Relation(node=node, scan=scan, columns=columns, rows=rows, path=path)

    def _difference(
        self, old: Relation, new: Relation, wanted: Wanted
    ) -> tuple[Relation, Relation]:
        """The rows that are others now, and the keys that have none any more."""
        keys = ", ".join(map(quote_identifier, wanted.group.rows.keys))
        node = new.node
        changed = f"SELECT * FROM {new.scan} EXCEPT SELECT * FROM {old.scan}"
        gone = f"SELECT {keys} FROM {old.scan} EXCEPT SELECT {keys} FROM {new.scan}"
        return (
            self._stored(self.opened, changed, node, "changed"),
            self._stored(self.opened, gone, node, "gone"),
        )
