"""An output that is made of parts is read everywhere as one of the same rows in one file."""

import json
import random

import duckdb
import pytest
from attrs import evolve
from tests.core.state.parts import DAY, NODE, Store

from seeknal.plan.session import Request
from seeknal.query.database import open_views
from seeknal.query.diff import Asked, differences, side_of
from seeknal.run.janitor import clean_up
from seeknal.state.artifacts import Artifacts
from seeknal.state.store import open_state, read_state
from seeknal.values.columns import Column
from seeknal.values.snapshot import Part

pytestmark = pytest.mark.inside

COLUMNS = (
    Column("at", "TIMESTAMP"),
    Column("n", "INTEGER"),
    Column("big", "HUGEINT"),
    Column("sort", "ENUM('a', 'b')"),
)
SELECT = """
    SELECT make_timestamp(d * 86400000000) AS at, d::INTEGER AS n, d::HUGEINT AS big,
      CAST(CASE WHEN d % 2 = 0 THEN 'a' ELSE 'b' END AS ENUM('a', 'b')) AS sort
    FROM range({first}, {last}) AS days(d)
"""
FILES = {
    "seeknal/nodes.yml": """
        kind: transform
        name: events
        sql: >
          SELECT TIMESTAMP '1970-01-01' AS at, 1 AS n, 1::HUGEINT AS big,
            'a'::ENUM('a', 'b') AS sort
        audits: [{type: unique, columns: [n]}]
        ---
        kind: transform
        name: total
        sql: SELECT count(*) AS rows, sum(n) AS n, sum(big) AS big FROM ref('transform.events')
        ---
        kind: transform
        name: seen
        materialized: view
        sql: SELECT n, sort FROM ref('transform.events')
        ---
        kind: transform
        name: first
        sql: SELECT n FROM ref('transform.seen') ORDER BY n LIMIT 1
        ---
        kind: exposure
        name: out
        type: file
        params: {path: out/rows.parquet}
        inputs: [transform.events]
    """,
    "seeknal/pipelines/p.py": """
        from seeknal import transform

        @transform(name="counted", inputs=["transform.events"])
        def counted(ctx):
            rows = ctx.ref("transform.events").fetchall()
            return [{"rows": len(rows), "last": rows[-1][1]}]
    """,
}


@pytest.fixture
def project(seeknal_project):
    """A project whose transform.events has one row."""
    made = seeknal_project(FILES)
    made.run("run").assert_ok()
    return made


def part(store, first, last, **more):
    select = SELECT.format(first=first, last=last)
    return evolve(store.part(select, first * DAY, last * DAY), **more)


def replace(project, *parts, unfinished=(), environment="prod"):
    """Let the output of transform.events be these parts; gives it."""
    target = project.path / "target"
    artifact = Store(project.path, COLUMNS).composed(*parts)
    store = open_state(target)
    before = store.state.environments[environment].snapshots[NODE]
    store.begin_generation(environment, command="run")
    made = evolve(
        before, artifact=artifact, output_id=artifact.output_id, unfinished=tuple(unfinished)
    )
    store.record(environment, made)
    store.close()
    Artifacts(target).link_current(NODE, artifact, environment)
    return artifact


@pytest.fixture
def events(project):
    """The same project, whose transform.events has the days 1, 2, 3, 6 and 7, in four parts."""
    store = Store(project.path, COLUMNS)
    replace(
        project,
        part(store, 1, 3),
        part(store, 3, 5, end=4 * DAY, whole=False, rows=1),
        Part(start=4 * DAY, end=6 * DAY),
        part(store, 6, 8),
    )
    return project


def test_nodes_of_every_sort_read_all_parts(events):
    events.run("run").assert_ok()

    assert events.rows("transform.total") == [(5, 19, 19)]
    assert events.rows("transform.first") == [(1,)]
    assert events.rows("transform.counted") == [(5, 7)]
    with duckdb.connect() as duck:
        path = events.path / "out/rows.parquet"
        assert duck.execute(f"SELECT n, sort FROM '{path}'").fetchall() == [
            (1, "b"),
            (2, "a"),
            (3, "b"),
            (6, "a"),
            (7, "b"),
        ]


def test_audits_ask_about_all_parts(events):
    well = events.run("audit", "transform.events")
    store = Store(events.path, COLUMNS)
    twice = SELECT.format(first=1, last=2).replace("d * 86400000000", "8 * 86400000000")
    replace(events, part(store, 1, 3), store.part(twice, 8 * DAY, 9 * DAY))

    outcome = events.run("audit", "transform.events")

    assert (well.exit_code, outcome.exit_code) == (0, 1)
    assert "1 key occurs more than once, in 2 rows" in outcome.stdout + outcome.stderr


def test_a_query_sees_all_parts_and_may_read_nothing_else(events):
    rows = "SELECT n, big, sort FROM transform.events ORDER BY n LIMIT 2"

    asked = events.run("sql", rows, "--format", "json").assert_ok()
    views = open_views(events.path, "prod")

    assert json.loads(asked.stdout)[0] == {"n": 1, "big": 1, "sort": "b"}
    assert views.execute("SELECT n FROM events").fetchall() == [(1,), (2,), (3,), (6,), (7,)]
    with pytest.raises(duckdb.Error):
        views.execute(f"FROM '{events.path}/seeknal_project.yml'")
    views.close()


def test_an_output_is_shown_as_long_as_all_of_its_parts_are_there(events):
    shown = events.run("inspect", "transform.events").assert_ok()
    listed = events.run("inspect", "--list", "--format", "json").assert_ok()
    artifact = read_state(events.path / "target").environments["prod"].snapshots[NODE].artifact
    events.path.joinpath("target", artifact.files[0]).unlink()

    gone = events.run("inspect", "transform.events")

    assert "transform.events: 5 rows, 4 columns" in shown.stdout + shown.stderr
    (entry,) = [entry for entry in listed.json() if entry["node"] == "transform.events"]
    assert (entry["rows"], entry["bytes"]) == (5, artifact.size)
    assert "the stored output of transform.events is gone" in gone.stderr


def test_environments_that_hold_the_same_rows_in_other_parts_do_not_differ(events):
    store = Store(events.path, COLUMNS)
    events.run("run", "--env", "dev").assert_ok()
    replace(events, part(store, 1, 4), part(store, 6, 8), environment="dev")

    sides = [side_of(events.path, environment) for environment in ("prod", "dev")]
    (found,) = differences(events.path, *sides, Asked(node="transform.events"))

    assert (found.equal, found.rows_a, found.rows_b) == (True, 5, 5)


def test_the_catalog_tells_what_the_footers_of_all_parts_tell(project):
    store = Store(project.path, COLUMNS)
    replace(project, part(store, 1, 3), part(store, 6, 8))

    project.run("run").assert_ok()

    path = project.path / "target/catalog/tables/transform.events.json"
    document = json.loads(path.read_text())
    (numbers,) = [column for column in document["columns"] if column["name"] == "n"]
    assert document["row_count"] == 4
    assert (numbers["min"], numbers["max"], numbers["null_count"]) == ("1", "7", 0)


def test_a_part_that_is_gone_or_damaged_is_noticed_by_the_next_run(events):
    artifact = read_state(events.path / "target").environments["prod"].snapshots[NODE].artifact
    events.run("run").assert_ok()
    events.path.joinpath("target", artifact.files[1]).unlink()

    outcome = events.run("run").assert_ok()

    assert events.rows("transform.total") == [(1, 1, 1)]
    assert "transform.events" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("seed", range(4))
def test_the_janitor_keeps_each_part_that_anything_needs_and_no_other(project, seed):
    draw = random.Random(seed)
    store = Store(project.path, COLUMNS)
    parts = [part(store, day, day + 1) for day in range(12)]
    outputs = [draw.sample(parts, 3) for _ in range(4)]
    for output in outputs[:-1]:
        replace(project, *output)
    replace(project, *outputs[-1], unfinished=draw.sample(parts, 2))

    clean_up(project.path, Request(), grace=-1)

    target = project.path / "target"
    state = read_state(target).environments["prod"]
    held = {path for output in outputs for path in (entry.path for entry in output)}
    held |= {entry.path for entry in state.snapshots[NODE].unfinished}
    there = {entry.path for entry in parts if (target / entry.path).exists()}
    assert there == held
