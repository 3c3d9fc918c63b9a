"""What the janitor does for Iceberg tables."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.inside

TABLES = ("atlas.out.t", "atlas.out.u")


def files(version, tables=TABLES, more=""):
    lines = "".join(
        f"  - {{type: iceberg, table: {table}, mode: full{more}}}\n" for table in tables
    )
    return {
        "seeknal/t.yml": "kind: transform\nname: t\ntransform: |\n"
        f"  SELECT i AS id, {version} AS version FROM range(100) AS r(i)\n"
        f"materializations:\n{lines}"
    }


@pytest.fixture
def written(seeknal_project):
    """A project whose tables have had so many versions of their rows."""

    def make(count, tables=TABLES, more=""):
        made = seeknal_project(files(0, tables, more))
        for version in range(count):
            made.write(files(version, tables, more))
            made.run("run").assert_ok()
        return made

    return make


def later(monkeypatch, days):
    """Let this process believe that so many days have passed."""
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + days * 86_400)


def of_iceberg(outcome):
    items = outcome.json()["items"]
    return {item["what"]: item for item in items if item["kind"] == "iceberg"}


def stored(made):
    return {path for path in (made.path / ".seeknal/iceberg").rglob("*") if path.is_file()}


def versions(table):
    return set(table.scan().to_arrow()["version"].to_pylist())


def test_snapshots_are_expired_with_their_files(written, lake, monkeypatch):
    made = written(7)
    later(monkeypatch, days=8)
    before = stored(made)

    planned = of_iceberg(made.run("janitor", "--dry-run", "--format", "json").assert_ok())
    untouched = stored(made)
    done = of_iceberg(made.run("janitor", "--format", "json").assert_ok())

    assert set(planned) == {f"{table}: 2 snapshots expired" for table in TABLES}
    assert untouched == before
    assert len(done) == 2
    for table in TABLES:
        [(what, item)] = [(what, item) for what, item in done.items() if what.startswith(table)]
        assert what.startswith(f"{table}: 2 snapshots expired, ")
        assert item["bytes"] > 0
        assert len(lake(made, table).snapshots()) == 5
        assert versions(lake(made, table)) == {6}
    gone = before - stored(made)
    assert sum(path.suffix == ".parquet" for path in gone) == 2 * len(TABLES)
    assert sum(path.suffix == ".avro" for path in gone) >= 2 * len(TABLES)


def test_young_tables_are_left_as_they_are(written):
    made = written(2)

    assert of_iceberg(made.run("janitor", "--format", "json").assert_ok()) == {}


def test_a_table_that_fails_stops_no_other(written, lake, monkeypatch):
    made = written(7)
    lost = lake(made, TABLES[0]).metadata_location.removeprefix("file://")
    Path(lost).unlink()
    later(monkeypatch, days=8)

    outcome = made.run("janitor", "--format", "json")

    assert outcome.exit_code == 1
    found = of_iceberg(outcome)
    assert lost in found[TABLES[0]]["error"]["message"]
    [done] = [what for what in found if what.startswith(TABLES[1])]
    assert "2 snapshots expired" in done
    assert len(lake(made, TABLES[1]).snapshots()) == 5


def test_a_catalog_that_does_not_answer_stops_no_other(written, monkeypatch):
    made = written(7)
    made.write(
        {
            "profiles.yml": "connections:\n  away: {type: iceberg, catalog: rest,"
            " uri: 'http://127.0.0.1:9'}\n",
            "seeknal/a.yml": "kind: source\nname: a\nsource: iceberg\ntable: x.y.z\n"
            "connection: away\n",
        }
    )
    later(monkeypatch, days=8)

    outcome = made.run("janitor", "--format", "json")

    assert outcome.exit_code == 1
    found = of_iceberg(outcome)
    assert "cannot be opened" in found["catalog of away"]["error"]["message"]
    assert sum("2 snapshots expired" in what for what in found) == 2


def test_tables_of_catalogs_in_one_database_keep_their_files(written, lake, monkeypatch):
    made = written(1, ("atlas.out.t", "globe.out.t"))
    later(monkeypatch, days=30)

    made.run("janitor").assert_ok()

    for table in ("atlas.out.t", "globe.out.t"):
        assert versions(lake(made, table)) == {0}


def test_a_project_without_iceberg_imports_nothing_of_it(seeknal_project):
    made = seeknal_project(
        {"seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS id\n"}
    )
    made.run("run").assert_ok()
    code = (
        "import sys; from seeknal.cli import main\n"
        "try: main(['janitor'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'seeknal_iceberg.plugin' in sys.modules\n"
        "assert 'pyiceberg' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], cwd=made.path, check=True)

    assert not (made.path / ".seeknal").exists()


def test_a_catalog_that_nothing_was_written_to_is_not_made(seeknal_project):
    made = seeknal_project(files(0))

    made.run("janitor").assert_ok()

    assert not (made.path / ".seeknal").exists()
