"""Snapshots where they are delivered: each target holds the versions as they are."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from seeknal.host import clock

pytestmark = pytest.mark.inside

NODES = """
kind: source
name: customers
source: csv
table: data/customers.csv
columns: {id: INTEGER, name: VARCHAR, seen: TIMESTAMP}
---
kind: snapshot
name: customers
inputs: [source.customers]
unique_key: id
STRATEGY
hard_deletes: new_record
materializations:
  - {type: postgresql, connection: pg, table: whole.customers}
  - {type: postgresql, connection: pg, table: keyed.customers, mode: upsert_by_key, KEYS}
  - {type: iceberg, table: atlas.shop.customers, mode: upsert_by_key, KEYS}
  - {type: file, path: out/customers.parquet}
"""
STRATEGIES = {
    "timestamp": "strategy: timestamp\nupdated_at: seen",
    "check": "strategy: check\ncheck_columns: [name]",
}
COLUMNS = ("id", "name", "seen", "valid_from", "valid_to", "is_current", "is_deleted")


def plain(row):
    return tuple(
        value.astimezone(UTC).replace(tzinfo=None)
        if isinstance(value, datetime) and value.tzinfo
        else value
        for value in row
    )


def in_order(rows):
    return sorted(map(plain, rows), key=repr)


def in_file(path):
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return in_order(connection.execute("FROM read_parquet(?)", [str(path)]).fetchall())


def in_targets(made, database, lake):
    """What each target holds."""
    for table in ("whole.customers", "keyed.customers"):
        yield in_order(database.rows(f"SELECT {', '.join(COLUMNS)} FROM {table}"))
    rows = lake(made, "atlas.shop.customers").scan().to_arrow().to_pylist()
    yield in_order(tuple(row[name] for name in COLUMNS) for row in rows)
    yield in_file(made.path / "out/customers.parquet")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_target_holds_the_versions_after_each_run(
    seeknal_project, database, lake, monkeypatch, strategy
):
    keys = "unique_keys: [id, valid_from]"
    nodes = NODES.replace("STRATEGY", STRATEGIES[strategy]).replace("KEYS", keys)
    made = seeknal_project({"profiles.yml": database.profile, "seeknal/nodes.yml": nodes})
    chance = random.Random(7)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    rows = {}

    for _ in range(4):
        moment += timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        for id in range(1, 5):
            what = chance.choice(("keep", "change", "gone"))
            if what == "gone":
                rows.pop(id, None)
            elif what == "change" or id not in rows:
                seen = moment - timedelta(minutes=chance.randint(1, 200))
                rows[id] = (chance.choice("abc"), seen.strftime("%Y-%m-%d %H:%M:%S"))
        lines = "".join(f"{id},{name},{seen}\n" for id, (name, seen) in rows.items())
        made.write({"data/customers.csv": f"id,name,seen\n{lines}"})

        made.run("run").assert_ok()

        node = in_file(made.path / "target/intermediate/snapshot_customers.parquet")
        assert len(node) == len({(row[0], row[3]) for row in node})
        for target in in_targets(made, database, lake):
            assert target == node
