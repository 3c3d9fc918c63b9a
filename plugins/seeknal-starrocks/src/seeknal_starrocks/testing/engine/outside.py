"""Tables of external catalogs, which others fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.engine import views
from seeknal_starrocks.testing.engine.things import Column, Table
from seeknal_starrocks.testing.types import read_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.world import World


def add(
    world: World,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
    *,
    partitioned_by: Sequence[str],
    evolved: bool,
) -> None:
    """Makes a table of an external catalog, or another in its place once that is refreshed."""
    catalog, database, table = name.split(".")
    with world.changing:
        world.create_database(catalog, database, if_not_exists=True)
        made = Table(
            id=world.next_id(),
            kind="EXTERNAL",
            columns=tuple(
                Column(name=column, type=read_type(Reader(type)))
                for column, type in columns.items()
            ),
            model="",
            partitioned_by=tuple(partitioned_by),
            evolved=evolved,
        )
        views.store(world, made)
        found = list(rows)
        if found:
            marks = ", ".join("?" for _ in columns)
            with world.transaction() as cursor:
                cursor.executemany(f"INSERT INTO {made.stored} VALUES ({marks})", found)
        seen = world.tables if (catalog, database, table) not in world.tables else world.newer
        seen[catalog, database, table] = made
