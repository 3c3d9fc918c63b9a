"""Snapshots where they are delivered: each target holds the versions as they are."""

from __future__ import annotations

import random
import shutil
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


TARGETS = """
materializations:
  - {type: postgresql, connection: pg, table: whole.kept}
  - {type: postgresql, connection: pg, table: keyed.kept, mode: upsert_by_key, unique_keys: KEYS}
  - {type: iceberg, table: atlas.shop.kept, mode: upsert_by_key, unique_keys: KEYS}
  - {type: iceberg, table: atlas.shop.whole, mode: full}
  - {type: file, path: out/kept.parquet}
""".replace("KEYS", "[id, valid_from]")
KEPT = """kind: snapshot
name: NAME
inputs: [source.customers]
unique_key: id
strategy: check
check_columns: all
"""
HELD = "SELECT id, name, is_current FROM"


class Kept:
    """A project with one snapshot, and what its targets hold."""

    def __init__(self, made, database, lake, monkeypatch):
        self.made, self.database, self.lake = made, database, lake
        self.moment = datetime(2024, 1, 1, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: self.moment)

    def run(self, name, *more):
        self.moment += timedelta(hours=1)
        self.made.write({"data/customers.csv": f"id,name\n1,{name}\n"})
        return self.made.run("run", *more)

    def node(self, name="kept", targets=TARGETS):
        self.made.write({"seeknal/kept.yml": KEPT.replace("NAME", name) + targets})

    def held(self):
        for table in ("whole.kept", "keyed.kept"):
            yield sorted(self.database.rows(f"{HELD} {table}"))
        for table in ("atlas.shop.kept", "atlas.shop.whole"):
            rows = self.lake(self.made, table).scan().to_arrow().to_pylist()
            yield sorted((row["id"], row["name"], row["is_current"]) for row in rows)
        import duckdb

        file = str(self.made.path / "out/kept.parquet")
        yield sorted(duckdb.execute(f"{HELD} read_parquet(?)", [file]).fetchall())

    def take_away(self):
        self.database.run("DROP TABLE whole.kept; DROP TABLE keyed.kept")
        (self.made.path / "out/kept.parquet").unlink()
        shutil.rmtree(self.made.path / ".seeknal/iceberg")


@pytest.fixture
def kept(seeknal_project, database, lake, monkeypatch):
    source = "{kind: source, name: customers, source: csv, table: data/customers.csv}\n"
    made = seeknal_project({"profiles.yml": database.profile, "seeknal/source.yml": source})
    found = Kept(made, database, lake, monkeypatch)
    found.node()
    found.run("a").assert_ok()
    found.run("b").assert_ok()
    return found


BOTH = [(1, "a", False), (1, "b", True)]


@pytest.mark.parametrize("how", ["lost", "renamed"])
def test_a_beginning_takes_the_place_of_no_history(kept, how):
    if how == "lost":
        shutil.rmtree(kept.made.path / "target")
    else:
        kept.node("other")

    done = kept.run("c")

    assert done.exit_code == 1
    assert done.stderr.count("with rows of snapshot.kept") == 5
    assert list(kept.held()) == [BOTH] * 5


def test_a_place_of_which_nothing_is_on_record_keeps_its_rows(kept):
    for folder in ("target", ".seeknal/deliveries"):
        shutil.rmtree(kept.made.path / folder)

    first = kept.run("c")
    second = kept.run("d")

    for done in (first, second):
        assert done.exit_code == 1
        assert "keyed.kept, and nothing on record says that its rows are in these" in done.stderr
    assert list(kept.held()) == [BOTH] * 5
    kept.database.run("DELETE FROM whole.kept; TRUNCATE keyed.kept")
    kept.run("e")
    now = [(1, "c", False), (1, "d", False), (1, "e", True)]
    assert list(kept.held()) == [now, now, BOTH, BOTH, BOTH]


def test_what_a_beginning_was_kept_from_is_delivered_once_it_is_taken_away(kept):
    kept.node("other")
    kept.run("c")
    kept.run("d")

    kept.take_away()
    kept.run("e")

    now = [(1, "c", False), (1, "d", False), (1, "e", True)]
    assert list(kept.held()) == [now] * 5
    kept.run("f").assert_ok()
    assert list(kept.held()) == [[*now[:2], (1, "e", False), (1, "f", True)]] * 5


def test_versions_that_are_back_go_on_where_they_were_delivered(kept):
    shutil.copytree(kept.made.path / "target", kept.made.path / "backup")
    shutil.rmtree(kept.made.path / "target")
    kept.run("c")

    shutil.rmtree(kept.made.path / "target")
    (kept.made.path / "backup").rename(kept.made.path / "target")
    kept.run("d")
    kept.made.run("deliveries", "drop", "kept", "--yes").assert_ok()
    again = kept.run("e")

    again.assert_ok()
    now = [(1, "a", False), (1, "b", False), (1, "d", False), (1, "e", True)]
    assert list(kept.held()) == [now] * 5


def test_a_table_that_two_share_goes_on_with_one_of_them(kept):
    _, key, _, keyed, *_ = TARGETS.splitlines()
    target = f"{key}\n{keyed}\n"
    kept.node("kept", target)
    sql = "sql: SELECT id + 10 AS id, name FROM ref('source.customers')\n"
    kept.made.write({"seeknal/more.yml": KEPT.replace("NAME", "more") + sql + target})
    kept.run("c").assert_ok()
    (kept.made.path / "seeknal/more.yml").unlink()

    kept.run("d").assert_ok()
    kept.run("e").assert_ok()

    current = "SELECT name FROM keyed.kept WHERE is_current"
    assert sorted(kept.database.rows(current)) == [("c",), ("e",)]


def test_what_a_deleted_environment_left_is_in_no_table_beside_versions_that_follow(kept):
    kept.run("dev", "--env", "dev").assert_ok()
    kept.made.run("env", "delete", "dev", "--yes").assert_ok()
    kept.run("c").assert_ok()

    done = kept.run("d", "--env", "dev")

    assert done.exit_code == 1
    assert done.stderr.count("that are no longer its") == 2
    names = [(name,) for name in ("a", "b", "dev")]
    assert sorted(kept.database.rows("SELECT name FROM keyed__dev.kept")) == names
    kept.database.run("DROP TABLE keyed__dev.kept")
    shutil.rmtree(kept.made.path / ".seeknal/iceberg")
    kept.run("e", "--env", "dev").assert_ok()
    names = [(name,) for name in "abcde"]
    assert sorted(kept.database.rows("SELECT name FROM keyed__dev.kept")) == names


def test_a_rollback_leaves_no_table_with_versions_that_are_gone(kept):
    kept.made.run("rollback", "prod", "--yes")

    done = kept.run("c", "--unpin")

    now = [(1, "a", False), (1, "c", True)]
    assert done.exit_code == 1
    assert "keyed.kept, with rows of snapshot.kept" in done.stderr
    assert list(kept.held()) == [now, BOTH, now, now, now]
    kept.database.run("DROP TABLE keyed.kept")
    kept.run("d").assert_ok()
    assert list(kept.held()) == [[(1, "a", False), (1, "c", False), (1, "d", True)]] * 5
