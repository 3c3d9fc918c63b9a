"""Tables of external catalogs, which others fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.engine import views
from seeknal_starrocks.testing.engine.things import Column, Table
from seeknal_starrocks.testing.refusing import unknown_table
from seeknal_starrocks.testing.types import read_type

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.engine.world import World

PARTITIONS = "$partitions"
"""What follows an Iceberg table's name in that of what tells of its partitions."""


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


def partitions_of(world: World, place: Place, alias: str) -> Any:
    """A subquery of sqlglot's with the partitions of an Iceberg table. Raises Refused for none.

    It has those columns alone that tell by which specification rows are partitioned.
    """
    from sqlglot import exp, parse_one

    base = (*place[:2], place[2].removesuffix(PARTITIONS))
    table = world.table(base)
    if table.kind != "EXTERNAL" or world.version < (3, 4, 1):
        raise unknown_table(*place)
    query = (
        f"SELECT CAST({int(table.evolved)} AS INT) AS spec_id, count(*) AS record_count"
        f" FROM {table.stored} HAVING count(*) > 0"
    )
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    return exp.Subquery(this=parse_one(query, read="duckdb"), alias=named)
