"""A StarRocks that holds a shop, and Iceberg tables that are partitioned in every way."""

import pytest

from seeknal_starrocks.testing.engine import outside
from seeknal_starrocks.testing.engine.sessions import Session
from seeknal_starrocks.testing.engine.things import Catalog
from seeknal_starrocks.testing.engine.world import World
from seeknal_starrocks.testing.faults import Faults

SHOP = (
    "CREATE TABLE orders (id BIGINT NOT NULL, at DATETIME, name VARCHAR(8), price DOUBLE,"
    " amount DECIMAL(10, 2))",
    "CREATE TABLE people (id BIGINT NOT NULL, name VARCHAR(20)) PRIMARY KEY (id)",
    "CREATE TABLE sales (day DATE, region VARCHAR(9), total DECIMAL(20, 2))"
    " PARTITION BY (day, region)",
)
LAKE = {
    "plain": ({"at": "DATETIME", "user_id": "BIGINT", "name": "STRING"}, ()),
    "by_day": ({"at": "DATETIME", "user_id": "BIGINT"}, ("day(at)",)),
    "by_hour": ({"at": "DATETIME", "user_id": "BIGINT"}, ("hour(at)",)),
    "by_date": ({"day": "DATE", "user_id": "BIGINT"}, ("day",)),
    "by_text": ({"day": "STRING"}, ("day",)),
    "bucketed": ({"user_id": "BIGINT"}, ("bucket(16, user_id)",)),
    "truncated": ({"name": "STRING"}, ("truncate(4, name)",)),
    "evolved": ({"at": "DATETIME"}, ("day(at)",)),
}


def shop_of(version="3.5.0"):
    """A session in a new shop."""
    numbers = tuple(map(int, version.split(".")))
    world = World(version=numbers, backends=3, faults=Faults())
    world.create_database("default_catalog", "shop")
    world.create_catalog("lake", Catalog(properties={"type": "iceberg"}))
    for name, (columns, partitioned_by) in LAKE.items():
        evolved = name == "evolved"
        outside.add(
            *(world, f"lake.raw.{name}", columns, []),
            partitioned_by=partitioned_by,
            evolved=evolved,
        )
    session = Session(world)
    session.use("shop")
    for statement in SHOP:
        session.execute(statement)
    return session


@pytest.fixture
def shop():
    """Opens sessions in shops of their own."""
    opened = []

    def open_one(version="3.5.0"):
        opened.append(shop_of(version))
        return opened[-1]

    yield open_one
    for session in opened:
        session.world.close()
