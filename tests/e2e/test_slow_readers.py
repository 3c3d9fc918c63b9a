"""A node that is due seldom reads one that is due often, and does none of its ranges twice."""

import pytest

pytestmark = pytest.mark.inside

FILES = {
    "seeknal_project.yml": "name: shop\njanitor: {output_retention: 3}\n",
    "seeknal/events.yml": (
        "kind: source\nname: events\nsource: csv\ntable: data/events.csv\ntime_column: at_\n"
        "schedule: '@hourly'\nstart: 2024-06-01\ncolumns: {id: INTEGER, at_: TIMESTAMP}\n"
    ),
    "seeknal/daily.yml": (
        "kind: transform\nname: daily\ntime_column: at_\nschedule: '@daily'\n"
        "sql: SELECT * FROM ref('source.events')\n"
    ),
    "data/events.csv": "id,at_\n"
    + "".join(
        f"{day * 24 + hour},2024-06-{day:02} {hour:02}:10:00\n"
        for day in (1, 2, 3)
        for hour in range(24)
    ),
}


def test_generations_that_others_have_made_meanwhile_cause_no_range_to_be_done_again(
    seeknal_project, at
):
    project = seeknal_project(FILES)
    at("2024-06-02 00:00")
    project.run("run").assert_ok()
    for hour in range(1, 9):
        at(f"2024-06-02 {hour:02}:00")
        project.run("run", "--select", "source.events").assert_ok()
    at("2024-06-03 00:00")

    answer = project.run("run", "--format", "json").assert_ok().json()

    (daily,) = (each for each in answer["nodes"] if each["node"] == "transform.daily")
    assert daily["ranges"]["spans"] == [
        {"start": "2024-06-02T00:00:00+00:00", "end": "2024-06-03T00:00:00+00:00"}
    ]
    assert len(project.rows("transform.daily")) == 48
