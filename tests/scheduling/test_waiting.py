"""A run tells which ranges wait for an input, also of a node that it leaves alone."""

import pytest

pytestmark = pytest.mark.inside

FILES = {
    "seeknal/late.yml": (
        "kind: source\nname: late\nsource: csv\ntable: data/late.csv\ntime_column: at_\n"
        "schedule: '@hourly'\nstart: 2024-06-01\ncolumns: {id: INTEGER, at_: TIMESTAMP}\n"
    ),
    "seeknal/halves.yml": (
        "kind: transform\nname: halves\ntime_column: at_\nschedule: 30 minutes\n"
        "sql: SELECT * FROM ref('source.late')\n"
    ),
    "data/late.csv": "id,at_\n1,2024-06-01 00:10:00\n",
}


def test_a_node_whose_ranges_all_wait_says_so(seeknal_project, at):
    project = seeknal_project(FILES)
    at("2024-06-01 02:00")
    project.run("run").assert_ok()
    at("2024-06-01 02:40")

    answer = project.run("run", "--format", "json").assert_ok().json()

    (halves,) = (each for each in answer["nodes"] if each["node"] == "transform.halves")
    assert halves["status"] == "reused"
    assert halves["ranges"]["waiting"] == [
        {"start": "2024-06-01T02:00:00+00:00", "end": "2024-06-01T02:30:00+00:00"}
    ]
