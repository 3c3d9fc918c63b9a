"""``--schedule``: only the nodes of a schedule, and those that run along with them."""

import json

import pytest

from tests.scheduling.test_agenda import FILES

MORE = {
    **FILES,
    "seeknal/nightly.yml": (
        "kind: transform\nname: nightly\nschedule: '0 0 * * *'\nsql: SELECT 1 AS id\n"
    ),
    "seeknal/midnight.yml": (
        "kind: transform\nname: midnight\nschedule: '@daily'\nsql: SELECT 2 AS id\n"
    ),
}
BERLIN = "0 6 * * * Europe/Berlin"


def planned(project, *options):
    answer = project.run("plan", "--format", "json", *options).assert_ok().stdout
    return {step["node"] for step in json.loads(answer)["nodes"]}


def test_a_run_of_a_schedule_takes_its_nodes_and_those_that_run_along(seeknal_project):
    project = seeknal_project(FILES)

    result = project.run("run", "--schedule", BERLIN, "--format", "json").assert_ok()

    assert [step["node"] for step in json.loads(result.stdout)["nodes"]] == [
        "source.orders",
        "source.rates",
        "transform.daily",
        "transform.report",
    ]


def test_a_schedule_is_one_however_it_is_written(seeknal_project):
    project = seeknal_project(MORE)

    found = [planned(project, "--schedule", text) for text in ("@daily", "0 0 * * *", "24h")]

    assert found == [{"transform.nightly", "transform.midnight"}] * 3


def test_several_schedules_are_joined_and_narrow_what_is_selected(seeknal_project):
    project = seeknal_project(MORE)
    project.run("run").assert_ok()

    found = planned(project, "--schedule", "@daily", "--schedule", BERLIN, "-s", "kind:transform")

    assert found == {
        *("transform.nightly", "transform.midnight"),
        *("transform.daily", "transform.report"),
    }


def test_nodes_without_a_schedule_are_listed_of_the_one_they_run_along_with(seeknal_project):
    project = seeknal_project(MORE)

    result = project.run("list", "--schedule", "1 week", "--format", "names").assert_ok()

    assert result.stdout.split() == ["source.rates", "transform.report", "transform.weekly"]


def test_a_schedule_that_no_node_has_is_told_with_those_that_there_are(seeknal_project):
    project = seeknal_project(MORE)

    result = project.run("run", "--schedule", "0 7 * * 1")

    assert result.exit_code == 2
    assert "no node has the schedule '0 7 * * 1'" in result.stderr
    assert f"schedules: '{BERLIN}', '@daily', '1 week'" in result.stderr


def test_a_project_without_schedules_is_told_how_to_say_one(seeknal_project):
    project = seeknal_project({"seeknal/apart.yml": FILES["seeknal/apart.yml"]})

    result = project.run("run", "--schedule", "@daily")

    assert result.exit_code == 2
    assert 'write schedule: "@daily"' in result.stderr


@pytest.mark.parametrize("text", ["hourly", "0 6 * * * Europe/Berln", "61 * * * *", ""])
def test_what_is_no_schedule_is_told(seeknal_project, text):
    project = seeknal_project(MORE)

    result = project.run("run", "--schedule", text)

    assert result.exit_code == 2
    assert text.split(" ")[-1] in result.stderr


def test_a_saved_plan_of_a_schedule_is_applied_to_its_nodes_alone(seeknal_project):
    project = seeknal_project(MORE)
    project.run("plan", "--schedule", "@daily", "-o", "plan.json").assert_ok()

    result = project.run("apply", "--plan", "plan.json", "--yes", "--format", "json").assert_ok()

    ran = {step["node"] for step in json.loads(result.stdout)["nodes"]}
    assert ran == {"transform.nightly", "transform.midnight"}
