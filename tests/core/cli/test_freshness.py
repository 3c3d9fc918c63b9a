"""``freshness``: how old the newest rows of nodes are, as readers of an environment see them."""

import pytest
from tests.answers import explained, keys
from tests.core.cli.tracked import DAILY, EVENTS, FILES, nodes

pytestmark = pytest.mark.inside

NOW = "2024-06-05 06:30"


def source(name, freshness, *more, table="a"):
    lines = (
        *("kind: source", f"name: {name}", "source: csv", f"table: data/{table}.csv"),
        *((f"freshness: {freshness}",) if freshness else ()),
        *more,
    )
    return {f"seeknal/{name}.yml": "\n".join((*lines, ""))}


def transform(name, sql, freshness, *more):
    lines = (f"freshness: {freshness}", *more, "sql: |", f"  {sql}")
    text = "\n".join(("kind: transform", f"name: {name}", *lines, ""))
    return {f"seeknal/{name}.yml": text}


LOADED = {"data/a.csv": "id,loaded,day\n1,2024-06-04 20:00:00,2024-06-04\n2,2024-06-05 01:30:00,\n"}


@pytest.fixture
def fresh(seeknal_project, at):
    """Makes a project of the given files, which has run at half past six on 5 June."""
    at(NOW)

    def make(*files):
        project = seeknal_project(
            {**LOADED, **{path: text for each in files for path, text in each.items()}}
        )
        project.run("run").assert_ok()
        return project

    return make


def answers(project, *words):
    return nodes(project.run("freshness", *words, "--format", "json"))


def only(project, *words):
    (found,) = answers(project, *words).values()
    return found


@pytest.mark.parametrize(
    ("limits", "status", "code"),
    [
        ("warn_after: 6h, error_after: 7h", "pass", 0),
        ("warn_after: 5h, error_after: 6h", "pass", 0),
        ("warn_after: 4h, error_after: 6h", "warn", 0),
        ("warn_after: 4h", "warn", 0),
        ("warn_after: 1h, error_after: 299m", "error", 1),
        ("error_after: 4h", "error", 1),
    ],
)
def test_the_newest_value_of_a_column_is_held_against_the_limits(fresh, limits, status, code):
    project = fresh(source("a", f"{{{limits}, column: loaded}}"))

    outcome = project.run("freshness", "--format", "json")

    assert outcome.exit_code == code
    found = nodes(outcome)["source.a"]
    assert (found["status"], found["age_seconds"]) == (status, 5 * 3600)
    assert found["newest"] == "2024-06-05T01:30:00+00:00"
    assert found["message"] == "the newest loaded"


def test_people_see_a_line_for_each_node(fresh):
    project = fresh(
        source("a", "{warn_after: 4h, column: loaded}"), source("b", "{error_after: 1h}")
    )

    outcome = project.run("freshness").assert_ok()

    assert outcome.stdout == (
        "node      status  newest (UTC)         age        warn after  error after  why\n"
        "--------  ------  -------------------  ---------  ----------  -----------  "
        "----------------------------\n"
        "source.a  warn    2024-06-05 01:30:00  5 hours    4 hours                  "
        "the newest loaded\n"
        "source.b  pass    2024-06-05 06:30:00  0 seconds              1 hour       "
        "a run computed its rows then\n"
        "2 nodes: 1 warn\n"
    )


def test_only_selected_nodes_are_looked_at(fresh):
    project = fresh(
        source("a", "{error_after: 1h, column: loaded}"),
        source("b", "{error_after: 1h}"),
        source("c", None),
    )

    named = answers(project, "source.b")
    without = answers(project, "--exclude", "a")
    none = project.run("freshness", "c")

    assert [*named] == [*without] == ["source.b"]
    assert none.exit_code == 0
    assert "no node that is selected has freshness:" in none.stderr


@pytest.mark.parametrize(
    ("type", "value", "zone", "newest"),
    [
        ("DATE", "2024-06-04", "UTC", "2024-06-04T00:00:00+00:00"),
        ("DATE", "2024-06-04", "Asia/Jakarta", "2024-06-03T17:00:00+00:00"),
        ("TIMESTAMP", "2024-06-04 10:00:00.25", "UTC", "2024-06-04T10:00:00.250000+00:00"),
        ("TIMESTAMP", "2024-06-04 10:00:00", "Asia/Jakarta", "2024-06-04T03:00:00+00:00"),
        ("TIMESTAMP_S", "2024-06-04 10:00:00", "UTC", "2024-06-04T10:00:00+00:00"),
        ("TIMESTAMP_NS", "2024-06-04 10:00:00", "UTC", "2024-06-04T10:00:00+00:00"),
        ("TIMESTAMPTZ", "2024-06-04 10:00:00+02", "Asia/Jakarta", "2024-06-04T08:00:00+00:00"),
        # The clock is put forward over it, and back over it: the earlier one counts.
        ("TIMESTAMP", "2024-03-31 02:30:00", "Europe/Berlin", "2024-03-31T01:00:00+00:00"),
        ("TIMESTAMP", "2023-10-29 02:30:00", "Europe/Berlin", "2023-10-29T00:30:00+00:00"),
    ],
)
@pytest.mark.parametrize("filter", ["", ", filter: moment IS NOT NULL"], ids=["footer", "query"])
def test_values_are_moments_of_the_nodes_zone(fresh, type, value, zone, newest, filter):
    sql = f"SELECT CAST('{value}' AS {type}) AS moment"
    limits = f"{{error_after: 1h, column: MOMENT{filter}}}"
    project = fresh(transform("t", sql, limits, f"timezone: {zone}"))

    found = only(project)

    assert (found["newest"], found["status"]) == (newest, "error")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT TIMESTAMP '2024-01-01' AS at_ WHERE false", "there are no rows"),
        ("SELECT CAST(NULL AS TIMESTAMP) AS at_", "at_ is NULL in all rows"),
        ("SELECT DATE '0044-03-15 (BC)' AS at_", "the newest at_ is 0044-03-15 (BC)"),
    ],
)
def test_no_moment_at_all_is_an_error_with_its_own_words(fresh, sql, message):
    project = fresh(transform("t", sql, "{warn_after: 1d, error_after: 2d, column: at_}"))

    found = only(project)

    assert (found["status"], found["age_seconds"], found["message"]) == ("error", None, message)


def test_infinity_is_no_time_that_rows_are_from(fresh):
    project = fresh(
        transform("t", "SELECT TIMESTAMP 'infinity' AS at_", "{error_after: 1s, column: at_}")
    )

    found = only(project)

    assert (found["status"], found["age_seconds"]) == ("error", None)
    assert "the newest at_ is infinity, which is no time" in found["message"]


def test_a_filter_that_fails_shows_no_private_value(fresh):
    columns = "columns: {k: {pii: true}}\n"
    limits = "{error_after: 1s, column: at_, filter: 'CAST(k AS INTEGER) = 1'}"
    files = transform("t", "SELECT 'SECRETVAL' AS k, TIMESTAMP '2024-06-01' AS at_", limits)
    project = fresh({path: f"{text}{columns}" for path, text in files.items()})

    outcomes = [project.run("freshness"), project.run("catalog", "show", "t")]

    assert all("SECRETVAL" not in each.stdout + each.stderr for each in outcomes)
    assert "k has pii: true" in only(project)["message"]


def test_a_value_in_the_future_has_no_age_and_is_told(fresh):
    value = "2024-06-05 06:30:01"
    sql = f"SELECT TIMESTAMP '{value}' AS at_"
    project = fresh(transform("t", sql, "{error_after: 1s, column: at_}"))

    found = only(project)

    assert (found["status"], found["age_seconds"]) == ("pass", 0)
    assert found["message"] == f"at_ is in the future, {value}: its age counts as 0"


def test_only_rows_that_the_filter_is_true_for_count(fresh):
    limits = "{{error_after: 6h, column: loaded, filter: {}}}"
    project = fresh(source("a", limits.format("id = 1")), source("b", limits.format("id = 3")))

    found = answers(project)

    assert found["source.a"]["newest"] == "2024-06-04T20:00:00+00:00"
    assert found["source.b"]["message"] == "there are no rows that filter: is true for"
    assert [each["status"] for each in found.values()] == ["error", "error"]


def test_a_node_that_has_never_run_is_an_error(seeknal_project):
    project = seeknal_project({**LOADED, **source("a", "{warn_after: 1d}")})

    outcome = project.run("freshness", "--format", "json")

    assert outcome.exit_code == 1
    found = nodes(outcome)["source.a"]
    assert (found["status"], found["message"]) == ("error", "it has never run")


def test_a_view_is_asked_for_its_rows(fresh):
    view = transform(
        *("v", "SELECT loaded FROM ref('source.a')", "{error_after: 6h, column: loaded}"),
        "materialized: view",
    )
    project = fresh(source("a", None), view)

    found = only(project)

    assert (found["status"], found["age_seconds"]) == ("pass", 5 * 3600)


def test_without_a_column_a_node_is_as_fresh_as_the_last_run_that_found_it_current(fresh, at):
    project = fresh(
        source("a", "{error_after: 6h}"),
        source("m", "{error_after: 6h}", "refresh: manual"),
        source("d", "{error_after: 6h}", "refresh: 2d"),
        transform("t", "SELECT id FROM ref('source.a')", "{error_after: 6h}"),
    )
    at("2024-06-05 12:00")
    project.run("run").assert_ok()

    at("2024-06-05 17:00")
    found = answers(project)

    reused, computed = (
        "a run that began then found its rows current",
        "a run computed its rows then",
    )
    told = {
        id: (each["status"], each["age_seconds"], each["message"]) for id, each in found.items()
    }
    assert told["source.a"] == told["transform.t"] == ("pass", 5 * 3600, reused)
    assert told["source.m"] == told["source.d"] == ("error", 10.5 * 3600, computed)


def test_a_run_that_fails_confirms_nothing_of_the_nodes_that_failed(fresh, at):
    project = fresh(source("a", "{error_after: 6h}"), source("b", "{error_after: 6h}", table="b"))
    at("2024-06-05 16:30")
    (project.path / "data/a.csv").unlink()
    project.run("run")

    found = answers(project)

    assert [each["age_seconds"] for each in found.values()] == [10 * 3600, 0]


LOADED["data/b.csv"] = LOADED["data/a.csv"]


def test_rows_that_a_rollback_gives_back_are_as_old_as_when_they_were_current(fresh, at):
    project = fresh(source("a", "{error_after: 6h}"))
    at("2024-06-05 09:30")
    project.write({"data/a.csv": "id\n5\n"})
    project.run("run").assert_ok()
    at("2024-06-05 10:30")
    project.run("run").assert_ok()

    project.run("rollback", "prod", "--yes").assert_ok()

    assert only(project)["age_seconds"] == 4 * 3600


def test_other_environments_have_their_own_rows(fresh, at):
    project = fresh(source("a", "{error_after: 6h, column: loaded}"))
    project.run("env", "create", "dev").assert_ok()
    project.write({"data/a.csv": "loaded\n2024-06-05 06:00:00\n"})
    project.run("run", "--env", "dev").assert_ok()

    ages = [only(project, "--env", name)["age_seconds"] for name in ("prod", "dev")]

    assert ages == [5 * 3600, 1800]
    assert project.run("freshness", "--env", "dve").exit_code == 2


def tracked(freshness):
    return {**FILES, "seeknal/daily.yml": f"{DAILY}    freshness: {freshness}\n"}


def test_a_tracked_node_is_as_fresh_as_its_ranges_are_done(seeknal_project, at):
    at(NOW)
    project = seeknal_project(tracked("{warn_after: 1d, error_after: 3d}"))
    project.run("run").assert_ok()
    at("2024-06-07 06:30")
    behind = only(project)
    at("2024-06-12 03:10")

    project.run("run", "--start", "2024-06-08", "--end", "2024-06-09").assert_ok()
    gap = only(project)

    assert (behind["status"], behind["newest"]) == ("warn", "2024-06-05T00:00:00+00:00")
    assert behind["message"] == "all ranges are done up to then"
    assert (gap["status"], gap["newest"]) == ("error", "2024-06-05T00:00:00+00:00")
    assert gap["message"].endswith("before others that are done: 2024-06-05 to 2024-06-07")


def test_ranges_that_are_invalidated_or_were_never_done_are_not_fresh(seeknal_project, at):
    at(NOW)
    project = seeknal_project(tracked("{warn_after: 1d, error_after: 3d}"))
    project.run("run", "--start", "2024-06-03", "--end", "2024-06-04").assert_ok()
    from_the_middle = only(project)
    project.run("run").assert_ok()
    project.run("invalidate", "daily", "--start", "2024-06-04", "--end", "2024-06-04").assert_ok()

    invalidated = only(project)

    assert from_the_middle["newest"] == "2024-06-01T00:00:00+00:00"
    assert from_the_middle["status"] == "error"
    assert (invalidated["status"], invalidated["newest"]) == ("warn", "2024-06-04T00:00:00+00:00")
    assert invalidated["message"] == "ranges are invalidated from then on"


def test_a_column_of_a_tracked_node_is_that_of_its_rows(seeknal_project, at):
    at(NOW)
    limits = "    freshness: {error_after: 1d, column: moment}\n"
    project = seeknal_project({**FILES, "seeknal/events.yml": f"{EVENTS}{limits}"})
    project.run("run").assert_ok()

    found = only(project)

    assert (found["newest"], found["status"]) == ("2024-06-05T05:00:00+00:00", "pass")


def test_a_column_that_the_stored_rows_do_not_have_is_an_error_with_the_nearest(fresh):
    project = fresh(source("a", None))
    project.write(source("a", "{error_after: 1d, column: loadde}"))

    outcome = project.run("freshness", "--format", "json")

    assert outcome.exit_code == 1
    message = nodes(outcome)["source.a"]["message"]
    assert message == "its stored rows have no column loadde: did you mean loaded?"


def test_a_column_that_is_no_moment_is_an_error_by_name(fresh):
    project = fresh(source("a", None))
    project.write(source("a", "{error_after: 1d, column: id}"))

    found = only(project)

    assert (found["status"], found["message"]) == (
        "error",
        "id is BIGINT, and no DATE or TIMESTAMP",
    )


@pytest.mark.parametrize(
    ("limits", "code", "help"),
    [
        ("{error_after: 1d, column: loadde}", "SK0755", "did you mean loaded?"),
        ("{error_after: 1d, column: id}", "SK0292", None),
        ("{error_after: 1d, column: loaded, filter: idd > 1}", "SK0293", "did you mean id?"),
    ],
)
def test_what_does_not_fit_the_columns_is_told_before_a_run(seeknal_project, limits, code, help):
    project = seeknal_project({**LOADED, **source("a", limits)})

    outcome = project.run("validate", "--format", "json")

    (found,) = outcome.json()["problems"]
    assert (found["code"], found["file"], found["line"]) == (code, "seeknal/a.yml", 5)
    assert help is None or found["help"] == help


@pytest.mark.parametrize("column", [", column: loaded", ""])
def test_rows_that_are_gone_are_told(fresh, column):
    project = fresh(source("a", f"{{error_after: 1d{column}}}"))
    for path in (project.path / "target/cache").rglob("*.parquet"):
        path.unlink()

    found = only(project)

    assert found["status"] == "error"
    assert found["message"] == "its stored rows are gone: seeknal run --select +source.a"


@pytest.mark.parametrize("marked", ["a", "t"])
def test_values_of_a_private_column_are_told_to_nobody(fresh, marked):
    pii = "columns: {loaded: {pii: true}}"
    sql = "SELECT loaded AS born FROM ref('source.a')"
    project = fresh(
        source("a", "{error_after: 1h, column: loaded}" if marked == "a" else None, pii),
        transform("t", sql, "{error_after: 1h, column: born}"),
    )

    outcomes = [
        project.run("freshness"),
        project.run("freshness", "--format", "json"),
        project.run("inspect", "transform.t", "--limit", "1"),
        project.run("catalog", "show", "transform.t", "--format", "json"),
    ]

    assert outcomes[0].exit_code == 1
    shown = outcomes[0].stdout + outcomes[1].stdout + outcomes[2].stderr
    assert "01:30" not in shown + str(outcomes[3].json()["freshness"])
    assert "5 hours" not in shown
    assert outcomes[3].json()["freshness"]["status"] == "error"


def test_inspect_catalog_and_page_show_it(fresh):
    project = fresh(source("a", "{warn_after: 4h, error_after: 6h, column: loaded}"))

    inspected = project.run("inspect", "a").assert_ok().stderr
    shown = project.run("catalog", "show", "a").assert_ok().stdout
    told = project.run("catalog", "show", "a", "--format", "json").assert_ok().json()
    (page,) = project.run("docs", "--format", "json").assert_ok().json()["nodes"]

    line = "warn, 5 hours old (warn after 4 hours, error after 6 hours): the newest loaded"
    assert f"freshness: {line}" in inspected
    assert line in shown
    assert told["freshness"]["status"] == page["freshness"]["status"] == "warn"
    assert page["freshness"]["newest"] == "2024-06-05T01:30:00+00:00"


def test_nothing_is_written_and_no_lock_is_taken(fresh):
    project = fresh(source("a", "{error_after: 6h, column: loaded}"))
    before = {path: path.stat().st_mtime_ns for path in (project.path / "target").rglob("*")}

    with locked(project):
        outcome = project.run("freshness")

    after = {path: path.stat().st_mtime_ns for path in (project.path / "target").rglob("*")}
    assert outcome.exit_code == 0
    assert {path.name for path in after.keys() ^ before.keys()} <= {"lock", ".lock"}


def locked(project):
    from seeknal.state.lock import project_lock

    return project_lock(project.path / "target", command="run", timeout=0)


def test_every_key_of_the_answer_is_explained(fresh):
    project = fresh(
        source("a", "{error_after: 6h, column: loaded}"), source("b", "{warn_after: 1d}")
    )

    found = project.run("freshness", "--format", "json").json()

    assert set(keys(found)) <= explained().keys()


def test_dbts_spelling_of_the_command_is_ours(fresh):
    project = fresh(source("a", "{error_after: 6h, column: loaded}"))

    outcome = project.run("source", "freshness").assert_ok()

    assert "source.a  pass" in outcome.stdout


def test_archived_months_are_asked_too(fresh, at):
    from seeknal.state.archive import archive

    project = fresh(source("a", "{error_after: 6h}"))
    at("2024-06-05 09:00")
    project.run("run").assert_ok()
    for path in (project.path / "target/history").glob("*.ndjson"):
        archive(path)

    found = only(project)

    assert found["newest"] == "2024-06-05T09:00:00+00:00"
