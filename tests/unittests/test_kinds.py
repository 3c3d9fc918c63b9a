"""Every sort of node is tested by the same files."""

import shutil

import pytest

PYTHON = """
from datetime import date
from seeknal import transform

@transform(name="dated", inputs=["source.users"], volatile=True)
def dated(ctx):
    print("a word on stdout")
    day = date.today()
    return ctx.duckdb.sql(f"SELECT name, DATE '{day}' AS day FROM users")
"""
SCRIPT = """
# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
from seeknal import transform

@transform(name="alone", inputs=["source.users"])
def alone(ctx):
    return [{"name": name.upper()} for (name,) in ctx.ref("source.users").fetchall()]
"""
DATED_SCRIPT = """
# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
import time
from datetime import UTC, datetime
import duckdb
from seeknal import transform

@transform(name="alone", inputs=["source.users"])
def alone(ctx):
    now = "SELECT CAST(now() AS TIMESTAMP)"
    return [
        {"by": "datetime", "at": datetime.now()},
        {"by": "time", "at": datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)},
        {"by": "ctx", "at": ctx.duckdb.sql(now).fetchall()[0][0]},
        {"by": "duckdb", "at": duckdb.sql(now).fetchall()[0][0]},
    ]
"""
SNAPSHOT = """
kind: snapshot
name: kept
inputs: [{ref: source.users}]
unique_key: user_id
strategy: check
check_columns: all
"""


def test_a_function_is_run_with_a_clock_that_stands_still(shop):
    text = """
        test: transform.dated
        freeze_time: 2020-02-29T12:00:00Z
        inputs: {source.users: {rows: [{name: Ann}]}}
        expected_output: {rows: [{name: Ann, day: 2020-02-29}]}
        """
    shop.write({"seeknal/pipelines/dated.py": PYTHON, "tests/dated.yml": text})

    found = shop.run("test", "--format", "json")

    assert found.json()[0]["status"] == "passed", found
    assert "a word on stdout" in found.stderr


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_a_script_with_packages_of_its_own_is_run(shop):
    text = """
        test: transform.alone
        inputs: {source.users: {rows: [{name: Ann}]}}
        expected_output: {rows: [{name: ANN}]}
        """
    shop.write({"seeknal/pipelines/alone.py": SCRIPT, "tests/alone.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0, found


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_a_script_with_packages_of_its_own_is_run_with_a_clock_that_stands_still(shop):
    text = """
        test: transform.alone
        freeze_time: 2020-02-29T12:00:00Z
        inputs: {source.users: {rows: [{name: Ann}]}}
        expected_output:
          rows:
            - {by: datetime, at: 2020-02-29 12:00:00}
            - {by: time, at: 2020-02-29 12:00:00}
            - {by: ctx, at: 2020-02-29 12:00:00}
            - {by: duckdb, at: 2020-02-29 12:00:00}
        """
    shop.write({"seeknal/pipelines/alone.py": DATED_SCRIPT, "tests/alone.yml": text})

    found = shop.run("test", "--format", "json")

    assert found.json()[0]["status"] == "passed", found


def test_a_snapshot_goes_on_from_the_rows_that_a_test_gives(shop):
    text = """
        test: snapshot.kept
        freeze_time: 2026-02-01T00:00:00Z
        inputs: {source.users: {rows: [{user_id: 1, name: Ann}, {user_id: 2, name: Bob}]}}
        expected_output:
          partial: true
          rows: [{user_id: 1, name: Ann}, {user_id: 2, name: Bob}]
        """
    shop.write({"seeknal/snapshots/kept.yml": SNAPSHOT, "tests/kept.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0, found


def test_what_a_function_raises_is_told_with_its_line(shop):
    code = PYTHON.replace("    day =", "    raise ValueError('no day')\n    day =")
    text = """
        test: transform.dated
        inputs: {source.users: {rows: [{name: Ann}]}}
        expected_output: {rows: []}
        """
    shop.write({"seeknal/pipelines/dated.py": code, "tests/dated.yml": text})

    found = shop.run("test")

    assert found.exit_code == 1
    assert "no day" in found.stdout
    assert "seeknal/pipelines/dated.py:" in found.stdout


def test_a_query_that_reads_the_rows_of_its_node_is_given_them_as_this(shop):
    node = """
        kind: transform
        name: grown
        materialized: incremental
        unique_keys: [user_id]
        sql: |
          SELECT user_id, name FROM ref('source.users')
          {% if is_incremental() %}
          WHERE user_id > (SELECT max(user_id) FROM {{ this }})
          {% endif %}
        """
    text = """
        test: transform.grown
        name: later
        inputs:
          source.users: {rows: [{user_id: 1, name: A}, {user_id: 3, name: C}]}
          this: {rows: [{user_id: 2, name: B}]}
        expected_output: {rows: [{user_id: 2, name: B}, {user_id: 3, name: C}]}
        ---
        test: transform.grown
        name: first
        inputs:
          source.users: {rows: [{user_id: 1, name: A}]}
        expected_output: {rows: [{user_id: 1, name: A}]}
        """
    shop.write({"seeknal/transforms/grown.yml": node, "tests/grown.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0, found


def test_a_range_of_time_is_processed_alone(shop):
    node = """
        kind: transform
        name: daily
        time_column: day
        schedule: "@daily"
        start: 2026-01-01
        sql: SELECT day, count(*) AS n FROM ref('source.users') GROUP BY day
        """
    source = """
        kind: source
        name: users
        source: csv
        table: data/users.csv
        time_column: day
        """
    text = """
        test: transform.daily
        interval: {start: 2026-02-01, end: 2026-02-02}
        inputs:
          source.users: {rows: [{day: 2026-01-31}, {day: 2026-02-01}, {day: 2026-02-01}]}
        expected_output: {rows: [{day: 2026-02-01, n: 2}]}
        """
    shop.write(
        {
            "seeknal/transforms/daily.yml": node,
            "seeknal/sources/users.yml": source,
            "tests/daily.yml": text,
        }
    )

    found = shop.run("test")

    assert found.exit_code == 0, found
