"""``--start`` and ``--end``: what is asked for is processed, and what is not is said."""

import json

import pytest
from tests.core.cli.tracked import DAILY, EVENTS, FILES, days, nodes

pytestmark = pytest.mark.inside


def processed(project, *words):
    found = nodes(project.run("run", *words, "--format", "json").assert_ok())
    return {id: days(entry["ranges"]["spans"]) for id, entry in found.items() if entry["ranges"]}


def test_a_span_is_processed_though_it_is_done(events):
    found = processed(events, "--start", "2024-06-01", "--end", "2024-06-03")

    assert found == {"source.events": [(1, 3)], "transform.daily": [(1, 3)]}


def test_without_an_end_it_goes_up_to_now(events):
    found = processed(events, "--start", "2024-06-03", "--select", "daily")

    assert found == {"transform.daily": [(3, 4)]}


def test_without_a_start_it_begins_with_the_node(events):
    found = processed(events, "--end", "2024-06-02", "--select", "daily")

    assert found == {"transform.daily": [(1, 2)]}


@pytest.mark.parametrize("option", ["--backfill", "--restate"])
def test_the_spellings_of_2x_mean_the_same(events, option):
    found = processed(events, option, "--start", "2024-06-02", "--end", "2024-06-02")

    assert found == {"source.events": [(2, 2)], "transform.daily": [(2, 2)]}


def test_intervals_backfill_is_a_run_of_a_node(events):
    words = ("daily", "--start", "2024-06-02", "--end", "2024-06-02")

    outcome = events.run("intervals", "backfill", *words).assert_ok()

    assert "1 range 2024-06-02" in outcome.stdout
    assert "source.events" not in outcome.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--start", "soon"], "SK0254", "--start: 'soon' is no moment: write 2024-06-01"),
        (["--end", "2024-02-30"], "SK0254", "--end: '2024-02-30' is no moment"),
        (
            ["--start", "2024-06-03", "--end", "2024-06-01"],
            "SK0275",
            "--end 2024-06-01 is before --start 2024-06-03",
        ),
        (["--start", "2024-06-01", "--select", "total"], "SK0276", "no node that is selected"),
        (["--start", "2024-06-01", "--full"], "SK0255", "--full and --start exclude each other"),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["plan"], ["apply", "--yes"], ["run", "--dry-run"]])
def test_what_cannot_be_is_refused_before_anything_runs(events, command, words, code, told):
    outcome = events.run(*command, *words)

    assert outcome.exit_code == 2
    assert f"error[{code}]" in outcome.stderr
    assert told in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("option", ["--backfill", "--restate"])
def test_a_backfill_of_no_span_says_what_is_missing(events, option):
    outcome = events.run("run", option)

    assert outcome.exit_code == 2
    assert f"{option} is given without a span of time" in outcome.stderr
    assert "--start 2024-06-01" in outcome.stderr


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (
            ["--start", "2024-06-02 06:00", "--end", "2024-06-03 06:00"],
            "ranges are whole: all of 2024-06-02 to 2024-06-03 is processed",
        ),
        (
            ["--start", "2024-05-30", "--end", "2024-06-01"],
            "left out: 2024-05-30 to 2024-05-31 is before its start, 2024-06-01",
        ),
        (
            ["--start", "2024-06-04", "--end", "2024-06-06"],
            "left out: 2024-06-05 to 2024-06-06 has not ended",
        ),
        (
            ["--end", "2020-01-01"],
            "nothing is asked for: all of it is before its start, 2024-06-01",
        ),
        (["--start", "2024-07-01"], "the span that is named holds no moment up to now"),
    ],
)
def test_what_is_processed_otherwise_than_asked_for_is_said(events, words, note):
    planned = nodes(events.run("plan", *words, "--format", "json").assert_ok())
    shown = events.run("plan", *words).assert_ok()
    ran = events.run("run", *words).assert_ok()

    assert planned["transform.daily"]["notes"] == [note]
    assert f"    {note}\n" in shown.stdout
    assert f"transform.daily: {note}" in ran.stderr


def test_what_waits_is_not_said_to_be_processed(events):
    monthly = DAILY.replace("@daily", "@monthly").replace("name: daily", "name: monthly")
    events.write({"seeknal/monthly.yml": f"{monthly.rstrip()}\n    allow_partial: true\n"})

    ran = events.run("run", "--start", "2024-06-02", "--end", "2024-06-02").assert_ok()

    assert "transform.monthly: ranges are whole: all of 2024-06" in ran.stderr
    assert "is processed\n" not in ran.stderr


def test_a_start_that_is_to_come_is_said(events):
    events.write({"seeknal/events.yml": EVENTS.replace("2024-06-01", "2034-06-01")})

    ran = events.run("run").assert_ok()

    assert "source.events: nothing is due before its start, 2034-06-01\n" in ran.stderr


def test_a_plan_says_that_a_new_definition_is_processed_as_a_whole(events):
    events.write({"seeknal/daily.yml": DAILY.replace("sum(amount)", "max(amount)")})

    found = nodes(events.run("plan", "--start", "2024-06-02", "--format", "json").assert_ok())

    told = "its definition has changed: all of it is processed, not the span alone"
    assert found["transform.daily"]["notes"] == [told]
    assert days(found["transform.daily"]["ranges"]["due"]) == [(1, 4)]


def test_what_is_never_restated_is_only_filled(events):
    events.write({"seeknal/daily.yml": f"{DAILY}    restate: never\n"})

    found = nodes(events.run("plan", "--start", "2024-06-02", "--format", "json").assert_ok())

    assert found["transform.daily"]["notes"] == ["restate: never: what is done stays as it is"]


MINUTES = EVENTS.replace("@hourly", "* * * * *") + "    batch_size: 1\n"


def test_more_batches_than_anybody_means_need_a_yes(seeknal_project, at):
    project = seeknal_project({**FILES, "seeknal/events.yml": MINUTES})
    at("2024-06-10 00:00")

    refused = project.run("run")
    asked = project.run("apply")
    planned = project.run("plan").assert_ok()

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "error[SK0277]: 12,961 batches would be processed, of source.events alone 12,960" in (
        refused.stderr
    )
    assert asked.stderr == refused.stderr
    assert "12,961 batches: to process so many takes --yes" in planned.stderr


def test_a_yes_takes_as_many_batches_as_there_are(events, monkeypatch):
    monkeypatch.setattr("seeknal.plan.asked_spans.MOST_BATCHES", 1)
    words = ("run", "--start", "2024-06-01", "--end", "2024-06-02")

    refused = events.run(*words)

    assert refused.exit_code == 2
    assert "say --yes" in refused.stderr
    events.run(*words, "--yes").assert_ok()


def test_a_saved_plan_processes_what_was_due_then(events, at):
    at("2024-06-07 01:00")
    events.run("plan", "--output", "later.plan").assert_ok()
    at("2024-06-09 01:00")

    outcome = events.run("apply", "--plan", "later.plan", "--yes", "--format", "json").assert_ok()

    assert days(nodes(outcome)["transform.daily"]["ranges"]["spans"]) == [(5, 6)]


def test_a_saved_plan_keeps_its_span(events):
    words = ("--start", "2024-06-02", "--end", "2024-06-02")
    events.run("plan", *words, "--output", "span.plan").assert_ok()

    other = events.run("apply", "--plan", "span.plan", "--start", "2024-06-01", "--yes")
    outcome = events.run("apply", "--plan", "span.plan", "--yes", "--format", "json").assert_ok()

    assert "--plan and --start exclude each other" in other.stderr
    assert days(nodes(outcome)["transform.daily"]["ranges"]["spans"]) == [(2, 2)]


def test_a_plan_tells_rows_and_time_by_what_earlier_ranges_took(events, at):
    at("2024-06-07 00:30")

    found = nodes(events.run("plan", "--format", "json").assert_ok())["source.events"]["ranges"]
    shown = events.run("plan").assert_ok()

    assert (found["processed"], found["estimate"]["rows"]) == (42, 42)
    assert found["estimate"]["seconds"] > 0
    assert "    42 ranges of an hour in 1 batch, about 42 rows and 1 s\n" in shown.stdout
    assert "    new: 2024-06-05 06:00 to 2024-06-07 00:00\n" in shown.stdout
    assert shown.stdout.endswith("1 if their inputs change, 0 reused      about 1 s\n")


def test_a_run_says_which_ranges_it_has_processed(events, at):
    at("2024-06-07 00:30")

    outcome = events.run("run").assert_ok()

    assert "2 ranges 2024-06-05 to 2024-06-06" in outcome.stdout


def test_the_history_has_the_ranges_of_each_run(events):
    records = events.run("history", "--node", "daily", "--format", "json").assert_ok().json()
    query = (
        "SELECT processed, batches, rows_computed FROM seeknal_history_full"
        " WHERE node = 'transform.daily'"
    )
    (row,) = json.loads(events.run("sql", query, "--format", "json").assert_ok().stdout)

    assert (records[0]["processed"], days(records[0]["spans"])) == (4, [(1, 4)])
    assert row == {"processed": 4, "batches": 1, "rows_computed": 4}


def test_a_plan_says_what_waits_even_when_inputs_are_processed_too(seeknal_project, at):
    weekly = EVENTS.replace("@hourly", "1 week")
    project = seeknal_project({**FILES, "seeknal/events.yml": weekly})

    found = nodes(project.run("plan", "--format", "json").assert_ok())["transform.daily"]["ranges"]
    shown = project.run("plan").assert_ok().stdout

    assert (days(found["due"]), days(found["waiting"])) == ([(1, 2)], [(3, 4)])
    assert found["waits_for"] == ["source.events"]
    assert "    waiting for source.events: 2024-06-03 to 2024-06-04\n" in shown
