"""Which nodes are due by a schedule, and which run along with them."""

import json

import pytest

FILES = {
    "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n",
    "seeknal/daily.yml": (
        "kind: transform\nname: daily\nschedule: '0 6 * * *'\ntimezone: Europe/Berlin\n"
        "sql: SELECT * FROM ref('source.orders')\n"
    ),
    "seeknal/report.yml": (
        "kind: transform\nname: report\n"
        "sql: SELECT * FROM ref('transform.daily') JOIN ref('source.rates') USING (id)\n"
    ),
    "seeknal/rates.yml": "kind: source\nname: rates\nsource: csv\ntable: data/rates.csv\n",
    "seeknal/weekly.yml": (
        "kind: transform\nname: weekly\nschedule: 1 week\n"
        "sql: SELECT * FROM ref('transform.report')\n"
    ),
    "seeknal/apart.yml": "kind: transform\nname: apart\nsql: SELECT 1 AS id\n",
    "data/orders.csv": "id\n1\n",
    "data/rates.csv": "id\n1\n",
}


def listed(project):
    found = json.loads(project.run("schedule", "list", "--format", "json").assert_ok().stdout)
    return {entry["node"]: entry for entry in found["nodes"]}


def test_nodes_without_a_schedule_run_along_with_what_they_read_and_what_reads_them(
    seeknal_project,
):
    project = seeknal_project(FILES)

    found = listed(project)

    assert {node: entry["along"] for node, entry in found.items()} == {
        "transform.daily": ["source.orders", "source.rates", "transform.report"],
        "transform.weekly": ["source.rates", "transform.report"],
    }


def test_a_schedule_ticks_by_the_clock_of_its_zone(seeknal_project, at):
    project = seeknal_project(FILES)
    at("2024-03-30 12:00")

    found = listed(project)

    daily, weekly = found["transform.daily"], found["transform.weekly"]
    assert (daily["last_tick"], daily["next_tick"]) == (
        "2024-03-30T05:00:00+00:00",
        "2024-03-31T04:00:00+00:00",
    )
    assert weekly["next_tick"] == "2024-04-01T00:00:00+00:00"


def test_a_project_without_schedules_is_told_how_to_say_one(seeknal_project):
    project = seeknal_project({"seeknal/apart.yml": FILES["seeknal/apart.yml"]})

    result = project.run("schedule", "list").assert_ok()

    assert 'write schedule: "@daily"' in result.stderr


@pytest.mark.parametrize("schedule", ["@dayly", "61 * * * *", "5 hours"])
def test_what_is_no_schedule_is_told_with_its_line(seeknal_project, schedule):
    text = f"kind: transform\nname: one\nschedule: '{schedule}'\nsql: SELECT 1 AS id\n"
    project = seeknal_project({"seeknal/one.yml": text})

    result = project.run("schedule", "list")

    assert result.exit_code == 2
    assert "seeknal/one.yml:3" in result.stderr
