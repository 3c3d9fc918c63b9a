"""``check-intervals`` and ``invalidate``: what is done, what is missing, and what is done anew."""

import subprocess
import sys

import pytest
from tests.answers import explained, keys
from tests.core.cli.tracked import DAILY, EVENTS, FILES, days, nodes

pytestmark = pytest.mark.inside


def standing(project, *words):
    return nodes(project.run("check-intervals", *words, "--format", "json").assert_ok())


def test_what_is_done_and_what_is_not_is_shown(events, at):
    at("2024-06-07 03:10")

    outcome = events.run("check-intervals").assert_ok()

    assert outcome.stdout == (
        "source.events: ranges of an hour, @hourly\n"
        "    done         2024-06-01 00:00 to 2024-06-05 06:00  (102 ranges)\n"
        "    behind       2024-06-05 06:00 to 2024-06-07 03:00  (45 ranges)\n"
        "transform.daily: ranges of a day, @daily\n"
        "    done         2024-06-01 to 2024-06-04  (4 ranges)\n"
        "    behind       2024-06-05 to 2024-06-06  (2 ranges)\n"
    )


def test_how_long_ranges_are_is_said_alike_wherever_they_are_told_of(events):
    inspected = events.run("inspect", "source.events").assert_ok().stderr
    catalogued = events.run("catalog", "show", "source.events").assert_ok().stdout

    assert " ranges of an hour done, by " in inspected
    assert " of an hour (UTC), by " in catalogued


def test_the_catalog_tells_what_is_invalidated_until_it_is_done_again(events):
    words = ("catalog", "show", "transform.daily", "--format", "json")
    before = events.run(*words).json()["ranges"]["invalidated"]
    events.run("invalidate", "daily", "--start", "2024-06-02", "--end", "2024-06-02").assert_ok()

    marked = events.run(*words).json()["ranges"]
    events.run("run").assert_ok()
    after = events.run(*words).json()["ranges"]["invalidated"]

    assert (days(marked["invalidated"]), marked["counts"]["invalidated"]) == ([(2, 2)], 1)
    assert (before, after) == ([], [])


def test_gaps_are_told_from_what_is_behind(events, at):
    at("2024-06-12 03:10")
    events.run("run", "--start", "2024-06-08", "--end", "2024-06-09").assert_ok()

    found = standing(events, "daily")["transform.daily"]

    assert days(found["done"]) == [(1, 4), (8, 9)]
    assert days(found["gaps"]) == [(5, 7)]
    assert days(found["behind"]) == [(10, 11)]
    assert found["counts"] == {
        "done": 6,
        "gaps": 3,
        "behind": 2,
        "waiting": 0,
        "invalidated": 0,
    }


def test_a_range_in_course_is_behind_and_no_gap(seeknal_project, at):
    project = seeknal_project({**FILES, "seeknal/events.yml": f"{EVENTS}    allow_partial: true\n"})
    project.run("run", "--select", "events").assert_ok()
    at("2024-06-05 06:31")

    counts = standing(project, "events")["source.events"]["counts"]

    assert (counts["gaps"], counts["behind"] > 0) == (0, True)


def test_only_as_many_spans_are_listed_as_asked_for(events, at):
    at("2024-06-20 03:10")
    for day in (7, 9, 11, 13):
        words = ("--start", f"2024-06-{day:02}", "--end", f"2024-06-{day:02}")
        events.run("run", "--select", "events", *words).assert_ok()

    few = events.run("check-intervals", "events", "--limit", "3").assert_ok().stdout
    every = events.run("check-intervals", "events", "--limit", "0").assert_ok().stdout

    assert "3 more spans" in few
    assert "more spans" not in every
    assert "2024-06-13  " not in few


def test_what_waits_is_told_with_its_input(seeknal_project, at):
    weekly = EVENTS.replace("@hourly", "1 week")
    project = seeknal_project({**FILES, "seeknal/events.yml": weekly})
    at("2024-06-05 06:30")
    project.run("run").assert_ok()

    found = standing(project)["transform.daily"]
    shown = project.run("check-intervals").assert_ok().stdout

    assert (days(found["waiting"]), found["waits_for"]) == ([(3, 4)], ["source.events"])
    assert "waiting      2024-06-03 to 2024-06-04  (2 ranges for source.events)" in shown


def test_nothing_is_done_before_the_first_run(seeknal_project, at):
    project = seeknal_project(FILES)

    shown = project.run("check-intervals", "daily").assert_ok().stdout

    assert shown == (
        "transform.daily: ranges of a day, @daily\n"
        "    behind       2024-06-01 to 2024-06-04  (4 ranges)\n"
        "    nothing is done yet\n"
    )


def test_a_definition_that_has_changed_is_said(events):
    events.write({"seeknal/daily.yml": DAILY.replace("sum(amount)", "max(amount)")})

    shown = events.run("check-intervals", "daily").assert_ok().stdout

    assert "done         2024-06-01 to 2024-06-04  (4 ranges)" in shown
    assert "its definition has changed: the next run does all of it again" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["evnts"], "did you mean events"),
        (["total"], "error[SK0278]: transform.total has no ranges of time"),
        (["--env", "dev"], "there is no environment 'dev'"),
    ],
)
def test_what_has_no_ranges_is_refused(events, words, told):
    outcome = events.run("check-intervals", *words)

    assert outcome.exit_code == 2
    assert told in outcome.stderr


def test_each_environment_has_its_own(events, at):
    at("2024-06-07 03:10")
    events.run("run", "--env", "dev").assert_ok()

    production, dev = standing(events, "daily"), standing(events, "daily", "--env", "dev")

    assert days(production["transform.daily"]["done"]) == [(1, 4)]
    assert days(dev["transform.daily"]["done"]) == [(1, 6)]


@pytest.mark.parametrize("words", [["intervals", "list"], ["intervals", "pending"]])
def test_the_commands_of_2x_answer_the_same(events, words):
    now = events.run("check-intervals").assert_ok()

    before = events.run(*words).assert_ok()

    assert before.stdout == now.stdout


def test_the_engine_is_not_needed(events):
    code = (
        "import sys; from seeknal.cli import main; code = main(['check-intervals']);"
        "sys.exit(code or 9 * ('duckdb' in sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", code], cwd=events.path, check=False)

    assert ended.returncode == 0


def test_every_key_of_the_answers_is_explained(events, at):
    at("2024-06-07 03:10")
    words = ("--start", "2024-06-02", "--format", "json")

    answers = [
        events.run("invalidate", "daily", *words).assert_ok().json(),
        events.run("check-intervals", "--format", "json").assert_ok().json(),
        events.run("plan", "--format", "json").assert_ok().json(),
        events.run("run", "--format", "json").assert_ok().json(),
        events.run("history", "--node", "daily", "--format", "json").assert_ok().json(),
    ]

    assert sorted({key for answer in answers for key in keys(answer)} - explained().keys()) == []


def test_what_is_invalidated_is_told_and_done_again(events):
    marked = events.run("invalidate", "daily", "--start", "2024-06-02", "--end", "2024-06-03")
    shown = events.run("check-intervals", "daily").assert_ok().stdout
    planned = events.run("plan").assert_ok().stdout
    ran = events.run("run").assert_ok().stdout

    assert marked.assert_ok().stdout == "transform.daily: 2024-06-02 to 2024-06-03  (2 ranges)\n"
    assert "the next run processes them again: seeknal run\n" in marked.stderr
    assert "invalidated  2024-06-02 to 2024-06-03  (2 ranges)" in shown
    assert "    invalidated: 2024-06-02 to 2024-06-03\n" in planned
    assert "2 ranges 2024-06-02 to 2024-06-03" in ran


def test_with_downstream_what_was_computed_of_it_is_marked_too(events):
    words = ("--start", "2024-06-02 03:00", "--end", "2024-06-02 05:00", "--format", "json")

    alone = nodes(events.run("invalidate", "events", *words).assert_ok())
    both = nodes(events.run("invalidate", "events", *words, "--downstream").assert_ok())
    none = nodes(events.run("invalidate", "events", *words, "--downstream", "0").assert_ok())

    assert list(alone) == list(none) == ["source.events"]
    assert both["source.events"]["counts"] == {"invalidated": 2}
    assert days(both["transform.daily"]["invalidated"]) == [(2, 2)]


def test_an_environment_is_named_in_what_to_do(events):
    events.run("run", "--env", "dev").assert_ok()

    outcome = events.run("invalidate", "daily", "--start", "2024-06-02", "--env", "dev")

    assert "seeknal run --env dev" in outcome.assert_ok().stderr
    assert standing(events, "daily")["transform.daily"]["invalidated"] == []


def test_where_nothing_is_done_nothing_is_invalidated(events):
    words = ("--start", "2023-01-01", "--end", "2023-02-01")

    outcome = events.run("invalidate", "daily", *words).assert_ok()

    assert outcome.stderr == "nothing of daily is done there: nothing is invalidated\n"
    assert outcome.stdout == ""


def test_a_span_without_a_moment_is_told_as_one(events):
    words = ("--start", "2024-06-02 01:00", "--end", "2024-06-02 01:00")

    outcome = events.run("invalidate", "daily", *words).assert_ok()

    assert "holds no moment" in outcome.stderr
    assert "is done there" not in outcome.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["evnts", "--start", "2024-06-01"], "SK0350", "did you mean events?"),
        (["total", "--start", "2024-06-01"], "SK0278", "seeknal run --full --select"),
        (["daily"], "SK0250", "--start 2024-06-01"),
        (["daily", "--start", "soon"], "SK0254", "'soon' is no moment"),
        (["prod", "--start", "2024-06-01"], "SK0350", "seeknal env delete prod"),
    ],
)
def test_what_cannot_be_invalidated_is_refused(events, words, code, told):
    outcome = events.run("invalidate", *words)

    assert outcome.exit_code == 2
    assert f"error[{code}]" in outcome.stderr
    assert told in outcome.stderr


def test_a_node_that_has_never_run_is_told_apart_from_one_that_is_not_there(events):
    events.write({"seeknal/more.yml": DAILY.replace("name: daily", "name: more")})

    outcome = events.run("invalidate", "more", "--start", "2024-06-01")

    assert "error[SK0352]: nothing is stored of more: it has never run here" in outcome.stderr
