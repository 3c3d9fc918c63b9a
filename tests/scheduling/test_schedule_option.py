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


def transforms(**queries):
    """Files of transforms: each says its schedule after its SQL, if it has one."""
    files = {}
    for name, query in queries.items():
        sql, _, schedule = query.partition(" @@ ")
        when = f"schedule: '{schedule}'\n" if schedule else ""
        files[f"seeknal/{name}.yml"] = f"kind: transform\nname: {name}\n{when}sql: {sql}\n"
    return files


def test_inputs_that_never_ran_run_first_and_keep_nothing_from_running(seeknal_project):
    both = "FROM ref('transform.often') UNION ALL FROM ref('transform.yearly')"
    project = seeknal_project(
        transforms(
            yearly="SELECT 1 AS id @@ @yearly", often="SELECT 2 AS id @@ * * * * *", both=both
        )
    )

    first = project.run("run", "--schedule", "* * * * *", "--format", "json").assert_ok().json()
    again = project.run("run", "--schedule", "* * * * *", "--format", "json").assert_ok().json()

    ran = {each["node"]: each["status"] for each in first["nodes"]}
    assert ran.keys() == {"transform.often", "transform.yearly", "transform.both"}
    assert {*ran.values()} == {"success"}
    assert {each["node"] for each in again["nodes"]} == {"transform.often", "transform.both"}


@pytest.mark.parametrize("artifact", ["first", "middle"])
def test_inputs_whose_rows_are_gone_are_made_again(seeknal_project, artifact):
    middle, end = "FROM ref('transform.first')", "SELECT {} AS id FROM ref('transform.middle')"
    project = seeknal_project(
        transforms(first="SELECT 1 AS id", middle=middle, end=end.format("id"))
    )
    project.run("run").assert_ok()
    for path in (project.path / "target/cache/transform" / artifact).iterdir():
        path.unlink()
    project.write(transforms(end=end.format("id + 1")))

    project.run("run", "--select", "end", "--missing-inputs").assert_ok()

    assert project.rows("transform.end") == [(2,)]
