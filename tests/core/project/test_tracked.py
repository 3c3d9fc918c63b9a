"""Keys that say how a node's rows lie in time, and what is wrong with them."""

import textwrap

import pytest

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.durations import Duration
from seeknal.values.tracking import Reach, Tracking

pytestmark = pytest.mark.inside

SOURCE = {
    "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\ntime_column: at\n"
    'schedule: "@daily"\nstart: 2024-01-01\n'
}
"""A tracked source beside which the node under test stands."""


def transform(*lines, sql="SELECT 1 AS at"):
    return {"seeknal/x.yml": "\n".join(("kind: transform", "name: x", f"sql: {sql}", *lines, ""))}


DAILY = ("time_column: at", 'schedule: "@daily"', "start: 2024-01-01")


SOON = (*DAILY[:2], "allow_partial: true")


def told(problems):
    return [(each.code, each.location.line) for each in problems]


def test_a_time_column_and_a_schedule_make_a_node_tracked(load):
    project = load(
        transform(
            *("time_column: at", "schedule: 6 hours", "start: 2024-01-01 06:00"),
            *("timezone: Europe/Berlin", "lookback: 3", "batch_size: 7 days"),
            "allow_partial: true",
        )
    )

    assert project.nodes["transform.x"].tracking == Tracking(
        column="at",
        schedule="6 hours",
        timezone="Europe/Berlin",
        start="2024-01-01 06:00",
        lookback=3,
        batch_size=28,
        allow_partial=True,
    )
    assert not project.warnings


def test_a_range_that_has_not_ended_is_to_be_shown_of_inputs_that_show_theirs(load):
    files = {**SOURCE, **transform(*SOON, sql="SELECT * FROM ref('source.a')")}

    (found,) = load(files).warnings

    assert (found.code, found.location.line, found.node) == ("SK0236", 6, "transform.x")
    assert "waits for source.a until a range has ended" in found.message


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("allow_partial: true\n", ""),
        (
            "",
            ' WHERE "at" >= {{ interval_start }} - INTERVAL 7 DAY AND "at" < {{ interval_start }}',
        ),
    ],
)
def test_nothing_is_told_where_no_input_is_waited_for_up_to_now(load, more, where):
    source = {"seeknal/a.yml": SOURCE["seeknal/a.yml"] + more}

    project = load({**source, **transform(*SOON, sql=f"SELECT * FROM ref('source.a'){where}")})

    assert not project.warnings


@pytest.mark.parametrize(
    ("key", "ours"),
    [("event_time", "time_column:"), ("begin", "start:"), ("incremental_strategy", "unique_keys:")],
)
def test_a_key_of_dbts_batches_is_answered_with_ours(problems, key, ours):
    (found,) = problems(transform(*DAILY, f"{key}: at"))

    assert (found.code, ours in found.help) == ("SK0201", True)


def test_a_date_without_dashes_is_answered_with_how_it_is_written(problems):
    (found,) = problems(transform(*DAILY[:2], "start: '20240101'"))

    assert found.message.startswith("start: '20240101' is no moment: write 2024-01-01,")


@pytest.mark.parametrize("line", ['schedule: "@daily"', "time_column: at", "timezone: Asia/Tokyo"])
def test_neither_of_them_alone_does_and_none_is_a_mistake(load, line):
    project = load(transform(line))

    assert project.nodes["transform.x"].tracking is None
    assert not project.warnings


@pytest.mark.parametrize(
    ("line", "value"), [("lookback: 3", 3), ("lookback: 3 days", Duration(3, "day"))]
)
def test_a_lookback_is_a_number_of_ranges_or_a_duration(load, line, value):
    project = load(transform(*DAILY, line))

    assert project.nodes["transform.x"].tracking.lookback == value


def test_a_sources_rows_lie_in_time_as_a_transforms_do(load):
    project = load({**SOURCE, **transform(*DAILY[:2], sql="SELECT * FROM ref('source.a')")})

    assert project.nodes["source.a"].tracking.start == "2024-01-01"
    assert project.nodes["transform.x"].tracking.start == ""


def test_a_python_node_says_the_same_keys(load):
    code = """
        from datetime import date
        from seeknal import transform

        @transform(
            name="x", time_column="at", schedule="@hourly", start=date(2024, 1, 1), batch_size=24
        )
        def x(ctx):
            return [{"at": ctx.interval.start}]
    """

    project = load({"seeknal/pipelines/x.py": textwrap.dedent(code)})

    tracking = project.nodes["transform.x"].tracking
    assert (tracking.column, tracking.start, tracking.batch_size) == ("at", "2024-01-01", 24)


def test_a_sql_file_says_them_in_its_front_block(load):
    text = "/* ---\ntime_column: at\nschedule: 1 week\nstart: 2024-01-01\n--- */\nSELECT 1 AS at\n"

    project = load({"seeknal/transforms/x.sql": text})

    assert project.nodes["transform.x"].tracking.schedule == "1 week"


AGGREGATION = (
    "kind: aggregation\nname: x\ninputs: [source.a]\ngroup_by: [k]\ntime_column: at\n"
    "schedule: '@daily'\nfeatures: {n: {column: v, agg: [sum]}}\n"
)


@pytest.mark.parametrize(
    ("windows", "days"), [("[7d]", 7), ("[1d, 2 weeks]", 14), ("[1 month]", 31)]
)
def test_an_aggregation_reads_its_windows_before_a_range(load, windows, days):
    project = load({**SOURCE, "seeknal/x.yml": f"{AGGREGATION}windows: {windows}\n"})

    tracking = project.nodes["aggregation.x"].tracking
    assert tracking.column == "at"
    assert tracking.cuts == {"source.a": Reach(before=days * 86400)}


def test_a_window_that_is_none_is_told_alone(problems):
    text = f"{AGGREGATION}start: 2024-01-01\nwindows: [soon]\n"

    (found,) = problems({**SOURCE, "seeknal/x.yml": text})

    assert "'soon' is not a duration" in found.message


def test_windows_reach_back_in_what_an_aggregations_sql_names(load):
    text = AGGREGATION.replace("inputs: [source.a]", "sql: SELECT * FROM ref('source.a')")

    project = load({**SOURCE, "seeknal/x.yml": f"{text}windows: [2d]\n"})

    cuts = project.nodes["aggregation.x"].tracking.cuts
    assert cuts == {"source.a": Reach(before=2 * 86400)}


@pytest.mark.parametrize(
    "features", ["", "features: {n: {column: v, rolling: {window: 7d}, since: {condition: v > 1}}}"]
)
def test_an_aggregation_of_all_that_was_before_cannot_go_by_ranges(problems, features):
    text = AGGREGATION.replace("features: {n: {column: v, agg: [sum]}}\n", f"{features}\n")

    found = problems({**SOURCE, "seeknal/x.yml": text if features else AGGREGATION})

    assert told(found) == [("SK0235", 6)]


@pytest.mark.parametrize("key", ["", "start: 2024-01-01\n"])
def test_an_aggregation_by_application_date_has_no_time_of_its_own(seeknal_project, key):
    text = f"{AGGREGATION}windows: [7d]\napplication_date_col: to_day\n{key}"

    result = seeknal_project({**SOURCE, "seeknal/x.yml": text}).run("validate")

    assert (result.exit_code == 0) == (not key)
    assert ("no time of its rows" in result.stderr) == bool(key)


def test_defaults_give_them_to_the_nodes_that_say_the_rest(load):
    project = load(
        {
            "seeknal_project.yml": "name: p\ndefaults: {schedule: '@daily', start: 2024-01-01,"
            " lookback: 2}\n",
            **transform("time_column: at"),
            "seeknal/y.yml": "kind: transform\nname: y\nsql: SELECT 1 AS a\n",
            "seeknal/z.yml": "kind: transform\nname: z\nsql: SELECT 1 AS at\ntime_column: at\n"
            "schedule:\n",
        }
    )

    assert project.nodes["transform.x"].tracking.lookback == 2
    assert project.nodes["transform.y"].tracking is None
    assert project.nodes["transform.z"].tracking is None


def test_what_is_wrong_with_defaults_is_told_once_and_there(problems):
    found = problems(
        {
            "seeknal_project.yml": "name: p\ndefaults:\n  schedule: daily\n  timezone: Berlin\n"
            "  start: yesterday\n  batch_size: 0\n",
            **transform(),
            "seeknal/y.yml": "kind: transform\nname: y\nsql: SELECT 1 AS a\n",
        }
    )

    assert told(found) == [("SK0227", 3), ("SK0228", 4), ("SK0229", 5), ("SK0230", 6)]
    assert {each.location.file for each in found} == {"seeknal_project.yml"}


@pytest.mark.parametrize(
    "line",
    ["start: 2024-01-01", "lookback: 3", "batch_size: 5", "allow_partial: true", "restate: never"],
)
@pytest.mark.parametrize(
    ("others", "missing"),
    [
        ([], "no time_column: and schedule:"),
        (['schedule: "@daily"'], "no time_column:"),
        (["time_column: at"], "no schedule:"),
    ],
)
def test_keys_of_ranges_say_what_a_node_lacks_to_have_some(problems, line, others, missing):
    (found,) = problems(transform(line, *others))

    assert (found.code, found.location.line) == ("SK0226", 4)
    assert found.message.endswith(missing)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("schedule: 0 0 * *", "SK0227", "five fields"),
        ("schedule: daily", "SK0227", 'did you mean "@daily"?'),
        ("schedule: 7 hours", "SK0227", "6 hours or 8 hours"),
        ("timezone: Europe/Berln", "SK0228", "did you mean Europe/Berlin"),
        ("start: 3 days ago", "SK0229", "write 2024-06-01"),
        ("lookback: -1", "SK0230", "lookback: 3"),
        ("batch_size: 0", "SK0230", "batch_size: 7"),
        ("batch_size: 36 hours", "SK0230", "batch_size: 7"),
        ("batch_size: 1 month", "SK0230", "batch_size: 7"),
        ("batch_size: some", "SK0230", "batch_size: 7"),
    ],
)
def test_a_value_that_means_nothing_is_told_with_what_could_be_written(problems, line, code, said):
    key = line.partition(":")[0]
    lines = [entry for entry in DAILY if not entry.startswith(key)]

    (found,) = problems(transform(*lines, line))

    assert (found.code, found.location.line) == (code, 4 + len(lines))
    assert said in f"{found.message}; {found.help}"


def test_a_schedule_that_only_says_when_is_checked_alike(problems):
    found = problems(transform("schedule: 61 * * * *"))

    assert told(found) == [("SK0227", 4)]


def test_all_of_it_is_told_together(problems):
    found = problems(
        transform(
            *("time_column: at", "schedule: 7 hours", "timezone: Mars", "start: soon"),
            *("lookback: -2", "batch_size: -3"),
        )
    )

    assert told(found) == [
        *(("SK0227", 5), ("SK0228", 6), ("SK0229", 7), ("SK0230", 8), ("SK0230", 9)),
    ]


def test_a_lookback_and_ranges_that_are_never_restated_exclude_each_other(problems):
    found = problems(transform(*DAILY, "lookback: 1", "restate: never"))

    assert told(found) == [("SK0231", 7)]


def test_a_source_without_a_start_is_told_and_its_readers_are_not(problems):
    source = SOURCE["seeknal/a.yml"].replace("start: 2024-01-01\n", "")

    found = problems(
        {"seeknal/a.yml": source, **transform(*DAILY[:2], sql="SELECT * FROM ref('source.a')")}
    )

    assert [(each.code, each.node) for each in found] == [("SK0232", "source.a")]


def test_a_node_whose_inputs_remember_no_ranges_needs_a_start_of_its_own(problems):
    (found,) = problems(transform(*DAILY[:2]))

    assert (found.code, found.location.line) == ("SK0232", 5)
    assert "start: 2024-01-01" in found.help


def test_a_view_keeps_no_ranges(problems):
    found = problems(transform(*DAILY, "materialized: view"))

    assert told(found) == [("SK0233", 7)]


def test_a_node_that_stores_no_rows_has_no_ranges_of_them(problems):
    text = (
        "kind: exposure\nname: e\ninputs: [{ref: source.a}]\ntime_column: at\n"
        "schedule: '@daily'\nlookback: 2\n"
    )

    found = problems({**SOURCE, "seeknal/e.yml": text})

    assert told(found) == [("SK0226", 4), ("SK0226", 6)]


def test_an_exposure_may_say_when_it_is_due(load):
    text = "kind: exposure\nname: e\ninputs: [{ref: source.a}]\nschedule: '@daily'\n"

    assert not load({**SOURCE, "seeknal/e.yml": text}).warnings


def test_a_date_has_no_ranges_below_a_day(problems):
    lines = ("time_column: at", "schedule: 6 hours", DAILY[2], "columns:", "  AT: DATE")

    found = problems(transform(*lines))

    assert told(found) == [("SK0234", 8)]


def test_a_date_has_ranges_of_days(load):
    project = load(transform(*DAILY, "columns: {at: DATE}"))

    assert project.nodes["transform.x"].tracking is not None


@pytest.mark.parametrize(
    "change",
    [
        ('"@daily"', '"@hourly"'),
        ('"@daily"', "1 week"),
        ("time_column: at", "time_column: other"),
        ("start:", "timezone: Asia/Tokyo\nstart:"),
        ('schedule: "@daily"\nstart: 2024-01-01\n', ""),
    ],
)
def test_unit_zone_and_column_are_part_of_the_definition(load, change):
    files = transform(*DAILY)
    changed = {"seeknal/x.yml": files["seeknal/x.yml"].replace(*change)}

    before, after = (load(each).nodes["transform.x"] for each in (files, changed))

    assert before.definition != after.definition


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("schedule", ('"@daily"', "0 6 * * *")),
        ("start", ("2024-01-01", "2023-01-01")),
        ("lookback", ("start:", "lookback: 2\nstart:")),
        ("batch_size", ("start:", "batch_size: 2\nstart:")),
        ("allow_partial", ("start:", "allow_partial: true\nstart:")),
        ("restate", ("start:", "restate: never\nstart:")),
    ],
)
def test_the_other_keys_say_only_what_is_due(load, key, change):
    files = transform(*DAILY)
    changed = {"seeknal/x.yml": files["seeknal/x.yml"].replace(*change)}

    before, after = (load(each).nodes["transform.x"] for each in (files, changed))

    assert before.definition == after.definition
    assert [name for name in after.notes if before.notes.get(name) != after.notes[name]] == [key]


def test_what_is_known_of_it_comes_from_the_cache_as_it_was(seeknal_project):
    project = seeknal_project(transform(*DAILY, "lookback: 3 days"))
    read = load_project(project.path, load_plugins())

    cached = load_project(project.path, load_plugins())

    assert cached == read
    assert cached.nodes["transform.x"].tracking.lookback == Duration(3, "day")
