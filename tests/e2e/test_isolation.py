"""Environments and what lies outside: nothing of production is touched, all of it is taken back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

ORDERS = """
kind: source
name: orders
source: csv
table: data/orders.csv
columns: {id: INTEGER, day: DATE, amount: INTEGER}
"""
CLEAN = """
kind: transform
name: clean
inputs: [{ref: source.orders}]
transform: SELECT id, day, amount * FACTOR AS amount FROM source.orders
materializations:
TARGETS
"""
REPORT = """
kind: exposure
name: report
type: file
params: {path: outputs/report.csv}
inputs: [{ref: transform.clean}]
"""
HEAD = "id,day,amount\n"
ROWS = HEAD + "1,2024-01-01,1\n2,2024-01-02,2\n"
MODES = {
    "full": "full",
    "append": "append",
    "upsert": "upsert_by_key, unique_keys: [id]",
    "by_time": "incremental_by_time, time_column: day",
}


def targets(kind, more, modes=MODES):
    return "\n".join(
        f"  - {{type: {kind}, table: {table}, mode: {mode}{more}}}"
        for name, mode in modes.items()
        for table in [f"atlas.shop.{name}" if kind == "iceberg" else f"shop.{name}"]
    )


def clean(factor, lines):
    return CLEAN.replace("FACTOR", str(factor)).replace("TARGETS", lines)


@pytest.fixture
def shop(seeknal_project, database):
    """A project that delivers in every mode to PostgreSQL and Iceberg, and one file."""

    def make(settings="", modes=MODES):
        lines = "\n".join(
            [targets("postgresql", ", connection: pg", modes), targets("iceberg", "", modes)]
        )
        made = seeknal_project(
            {
                "seeknal_project.yml": f"name: shop\n{settings}",
                "profiles.yml": database.profile,
                "data/orders.csv": ROWS,
                "seeknal/orders.yml": ORDERS,
                "seeknal/clean.yml": clean(1, lines),
                "seeknal/report.yml": REPORT,
            }
        )
        made.lines = lines
        return made

    return make


def edit(made, factor):
    made.write({"seeknal/clean.yml": clean(factor, made.lines)})


def tables(database, schema):
    names = [
        name
        for (name,) in database.rows(
            "SELECT table_name FROM information_schema.tables"
            f" WHERE table_schema = '{schema}' ORDER BY 1"
        )
    ]
    return {
        name: database.rows(f'SELECT * FROM "{schema}"."{name}" ORDER BY 1, 2') for name in names
    }


def production(made, database, lake):
    """Everything of production that is outside of the state, so that any change shows."""
    root = Path(made.path)
    files = [root / "outputs/report.csv", *sorted((root / "target/intermediate").iterdir())]
    heads = {}
    for name in MODES:
        table = lake(made, f"atlas.shop.{name}")
        heads[name] = (table.metadata_location, len(table.snapshots()))
    return {
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "links": {path.name: str(path.resolve()) for path in files},
        "shop": tables(database, "shop"),
        "ledger": tables(database, "seeknal"),
        "iceberg": heads,
    }


def test_an_environment_touches_nothing_of_production(shop, database, lake):
    made = shop()
    made.run("run").assert_ok()
    before = production(made, database, lake)
    edit(made, 10)

    made.run("run", "--env", "dev").assert_ok()
    made.run("run", "--env", "dev", "--full").assert_ok()
    made.run("rollback", "dev", "--yes", "--leave-targets").assert_ok()
    made.run("janitor").assert_ok()

    assert production(made, database, lake) == before
    assert set(tables(database, "shop__dev")) == set(MODES)
    assert tables(database, "seeknal__dev")["deliveries"]
    assert lake(made, "atlas.shop__dev.full").scan().to_arrow().num_rows == 2
    assert (Path(made.path) / "target/environments/dev/outputs/report.csv").exists()
    made.run("env", "delete", "dev", "--yes").assert_ok()
    assert production(made, database, lake) == before


def test_an_environment_that_changes_nothing_delivers_nothing(shop, database):
    made = shop()
    made.run("run").assert_ok()

    made.run("run", "--env", "dev").assert_ok()

    assert tables(database, "shop__dev") == {}


def test_suffix_table_puts_the_environment_behind_the_tables_name(shop, database):
    made = shop("environments: {suffix: table}\n")
    made.run("run").assert_ok()
    edit(made, 10)

    made.run("run", "--env", "dev").assert_ok()

    assert set(tables(database, "shop")) == {*MODES, *(f"{name}__dev" for name in MODES)}
    assert {row[2] for row in tables(database, "shop")["full"]} == {1, 2}
    assert {row[2] for row in tables(database, "shop")["full__dev"]} == {10, 20}


def test_environments_may_keep_to_artifacts_alone(shop, database):
    made = shop("environments: {materialize: false}\n")
    made.run("run").assert_ok()
    edit(made, 10)

    made.run("run", "--env", "dev").assert_ok()

    assert tables(database, "shop__dev") == {}
    assert not (Path(made.path) / "target/environments/dev/outputs").exists()


def test_a_name_that_becomes_too_long_is_found_before_anything_runs(shop, database):
    made = shop()
    made.lines = made.lines.replace("shop.full", "a" * 50 + ".full", 1)
    edit(made, 1)

    outcome = made.run("run", "--env", "a_rather_long_name")

    assert outcome.exit_code == 2
    assert "63 bytes" in outcome.stderr
    assert "seeknal/clean.yml" in outcome.stderr
    assert made.run("env", "list", "--format", "json").json() == []


def test_a_database_that_is_not_named_cannot_be_isolated(shop):
    made = shop("environments: {suffix: catalog}\n")
    made.write({"profiles.yml": "connections:\n  pg: {type: postgresql, host: localhost}\n"})

    outcome = made.run("plan", "--env", "dev")

    assert outcome.exit_code == 2
    assert "environments.suffix" in outcome.stderr


def test_a_promotion_delivers_to_production_without_computing(shop, database, lake):
    made = shop(modes={"full": "full"})
    made.run("run").assert_ok()
    edit(made, 10)
    made.run("run", "--env", "dev").assert_ok()

    answer = made.run("promote", "dev", "--yes", "--format", "json").assert_ok().json()

    assert {row[2] for row in tables(database, "shop")["full"]} == {10, 20}
    assert lake(made, "atlas.shop.full").scan().to_arrow()["amount"].to_pylist() == [10, 20]
    assert "10" in (Path(made.path) / "outputs/report.csv").read_text()
    phases = {entry["node"]: set(entry["phases"]) for entry in answer["run"]["nodes"]}
    assert phases["transform.clean"] == {"deliver"}
    again = made.run("run", "--format", "json").assert_ok().json()
    assert {entry["status"] for entry in again["nodes"]} == {"reused"}


def test_what_a_promotion_could_not_deliver_is_owed(shop, database):
    made = shop(modes={"full": "full"})
    made.run("run").assert_ok()
    edit(made, 10)
    made.run("run", "--env", "dev").assert_ok()
    with database.connect() as connection:
        connection.execute('ALTER TABLE shop."full" RENAME TO hidden')
        connection.execute('CREATE VIEW shop."full" AS SELECT 1 AS x')

    outcome = made.run("promote", "dev", "--yes")
    assert outcome.exit_code == 1
    with database.connect() as connection:
        connection.execute('DROP VIEW shop."full"')
        connection.execute('ALTER TABLE shop.hidden RENAME TO "full"')
    made.run("run").assert_ok()

    assert {row[2] for row in tables(database, "shop")["full"]} == {10, 20}


def test_a_rollback_takes_targets_back_and_lists_those_that_cannot_follow(shop, database, lake):
    made = shop()
    made.run("run").assert_ok()
    edit(made, 10)
    made.run("run").assert_ok()

    outcome = made.run("rollback", "prod", "--yes")

    assert outcome.exit_code == 1
    listed = [line for line in outcome.stderr.splitlines() if line.startswith("not rolled back")]
    assert len(listed) == 2
    assert all("postgresql" in line for line in listed)
    assert {row[2] for row in tables(database, "shop")["full"]} == {1, 2}
    assert {row[2] for row in tables(database, "shop")["by_time"]} == {1, 2}
    for name in MODES:
        found = lake(made, f"atlas.shop.{name}").scan().to_arrow()["amount"].to_pylist()
        assert sorted(found) == [1, 2], name
    assert (Path(made.path) / "outputs/report.csv").read_text() == (
        "id,day,amount\n1,2024-01-01,1\n2,2024-01-02,2\n"
    )
    rows = tables(database, "shop")["append"]
    made.run("run", "--unpin", "--select", "source.orders").assert_ok()
    assert tables(database, "shop")["append"] == rows


def test_an_iceberg_table_that_others_wrote_since_stays_as_it_is(shop, lake, database):
    made = shop(modes={"append": "append"})
    made.run("run").assert_ok()
    edit(made, 10)
    made.run("run").assert_ok()
    table = lake(made, "atlas.shop.append")
    table.append(table.scan().to_arrow().slice(0, 1))

    outcome = made.run("rollback", "prod", "--yes")

    assert outcome.exit_code == 1
    assert "somebody else has written" in outcome.stderr
    assert lake(made, "atlas.shop.append").scan().to_arrow().num_rows == 5
