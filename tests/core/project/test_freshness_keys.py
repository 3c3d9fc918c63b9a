"""Keys that say how old a node's rows may be, in every spelling, and what is wrong with them."""

import pytest

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.durations import Duration
from seeknal.values.freshness import Freshness

pytestmark = pytest.mark.inside

LIMITS = {"warn_after": Duration(12, "hour"), "error_after": Duration(1, "day")}


def source(*lines):
    head = ("kind: source", "name: x", "source: csv", "table: a.csv")
    return {"seeknal/x.yml": "\n".join((*head, *lines, ""))}


def told(problems):
    return [(each.code, each.location.line, each.location.column) for each in problems]


@pytest.mark.parametrize(
    "lines",
    [
        ("freshness: {warn_after: 12h, error_after: 1 day, column: loaded}",),
        ("freshness: {warn_after: 12h, error_after: 1 day, time_column: loaded}",),
        (
            "loaded_at_field: loaded",
            "freshness:",
            "  warn_after: {count: 12, period: hour}",
            "  error_after: {count: 1, period: day}",
        ),
        (
            "freshness:",
            "  loaded_at_field: loaded",
            "  warn_after: {count: 12, period: hour}",
            "  error_after: 1d",
        ),
    ],
    ids=["ours", "of-2x", "of-dbt", "of-dbt-within"],
)
def test_limits_and_column_are_read_in_every_spelling(load, lines):
    project = load(source(*lines))

    assert project.nodes["source.x"].freshness == Freshness(**LIMITS, column="loaded")
    assert not project.warnings


def test_the_zone_of_a_node_is_that_of_its_column(load):
    lines = ("freshness: {warn_after: 12h, column: loaded}", "timezone: Asia/Jakarta")

    found = load(source(*lines)).nodes["source.x"].freshness

    assert found.timezone == "Asia/Jakarta"


def test_freshness_of_2x_that_says_how_a_source_is_read_is_accepted_with_a_note(load):
    project = load(source("freshness: {time_column: created_at}"))

    assert told(project.warnings) == [("SK0207", 5, 1)]
    assert project.nodes["source.x"].freshness is None


def test_null_says_that_no_age_is_asked_whatever_the_defaults_say(load):
    files = {
        "seeknal_project.yml": "name: p\ndefaults: {freshness: {warn_after: 12h}}\n",
        **source("freshness: null"),
        "seeknal/y.yml": "kind: transform\nname: y\nsql: SELECT 1 AS a\n",
        "seeknal/v.yml": "kind: transform\nname: v\nmaterialized: view\nsql: SELECT 1 AS a\n",
        "seeknal/e.yml": "kind: exposure\nname: e\ninputs: [transform.y]\n",
    }

    nodes = load(files).nodes

    asked = [id for id, node in nodes.items() if node.freshness is not None]
    assert asked == ["transform.y"]


@pytest.mark.parametrize(
    ("defaults", "line", "column"),
    [
        ("loaded_at_field: shared", "freshness: {warn_after: 1d, column: own}", "own"),
        ("loaded_at_field: shared", "freshness: {warn_after: 1d}", "shared"),
        ("freshness: {warn_after: 1d, column: shared}", "loaded_at_field: own", "own"),
        ("freshness: {warn_after: 1d, column: shared}", "tags: [a]", "shared"),
    ],
)
def test_what_a_node_says_wins_over_defaults(load, defaults, line, column):
    project = f"name: p\ndefaults:\n  {defaults}\n"

    found = load({"seeknal_project.yml": project, **source(line)}).nodes["source.x"].freshness

    assert found == Freshness(warn_after=Duration(1, "day"), column=column)


def test_limits_of_a_project_from_the_cache_are_those_of_its_files(tmp_path):
    text = "freshness: {warn_after: 12h, error_after: 1d, column: loaded, filter: id > 1}"
    for path, content in {"seeknal_project.yml": "name: p\n", **source(text)}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)

    first = load_project(tmp_path, load_plugins()).nodes["source.x"].freshness
    kept = load_project(tmp_path, load_plugins()).nodes["source.x"].freshness

    assert first == kept == Freshness(**LIMITS, column="loaded", filter="id > 1")


@pytest.mark.parametrize(
    ("line", "code", "column", "help"),
    [
        ("freshness: 12h", "SK0203", 12, None),
        ("freshness: {}", "SK0291", 1, "freshness: {warn_after: 12h, error_after: 1d}"),
        ("freshness: {column: a}", "SK0291", 1, "freshness: {warn_after: 12h, error_after: 1d}"),
        ("freshness: {wran_after: 1d}", "SK0201", 13, "did you mean warn_after or error_after?"),
        ("freshness: {warn_after: soon}", "SK0203", 25, None),
        ("freshness: {warn_after: 90}", "SK0291", 25, "warn_after: 90h, or 90d"),
        ("freshness: {warn_after: 0h}", "SK0291", 25, "warn_after: 12h"),
        ("freshness: {warn_after: 1 month}", "SK0291", 25, "warn_after: 30d"),
        ("freshness: {warn_after: {count: 1, period: hors}}", "SK0203", 44, None),
        ("freshness: {warn_after: {count: -1, period: hour}}", "SK0203", 25, None),
        ("freshness: {warn_after: {count: 1}}", "SK0202", 25, "of what: minute, hour or day"),
        (
            "freshness: {warn_after: 1d, error_after: 24h}",
            "SK0291",
            42,
            "rows are warned of first: a longer error_after",
        ),
        (
            "freshness: {warn_after: 1d, column: cast(a as date)}",
            "SK0291",
            37,
            "compute it in the node's SQL, and name that column",
        ),
        ("freshness: {warn_after: 1d, filter: a > 1}", "SK0291", 37, None),
        (
            "freshness: {warn_after: 1d, column: a, filter: drop table a}",
            "SK0291",
            48,
            "filter: status = 'paid'",
        ),
        ("loaded_at_field: a", "SK0291", 1, "freshness: {error_after: 1d}"),
        (
            "loaded_at_query: select 1",
            "SK0201",
            1,
            "freshness: {column: loaded_at}: a column of the node's rows",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(problems, line, code, column, help):
    (found,) = problems(source(line))

    assert told([found]) == [(code, 5, column)]
    assert help is None or found.help == help


def test_two_columns_are_refused_wherever_they_stand(problems):
    lines = ("freshness: {warn_after: 1d, column: a}", "loaded_at_field: b")

    (found,) = problems(source(*lines))

    assert told([found]) == [("SK0291", 6, 18)]


@pytest.mark.parametrize(
    "text",
    [
        "kind: exposure\nname: e\ninputs: [source.x]\nfreshness: {warn_after: 1d}\n",
        "kind: rule\nname: r\ninputs: [source.x]\nfreshness: {warn_after: 1d}\n"
        "rule: {type: 'null', columns: [a]}\n",
        "kind: transform\nname: v\nmaterialized: view\nfreshness: {warn_after: 1d}\n"
        "sql: SELECT 1 AS a\n",
    ],
    ids=["exposure", "rule", "view-without-column"],
)
def test_a_node_without_rows_of_an_age_refuses_it(problems, text):
    found = problems({**source(), "seeknal/n.yml": text})

    assert ("SK0290", 4, 1) in told(found)


def test_what_defaults_say_wrongly_is_told_once(problems):
    project = "name: p\ndefaults:\n  freshness: {warn_after: 1d, error_after: 1h}\n"

    (found,) = problems({"seeknal_project.yml": project, **source()})

    assert told([found]) == [("SK0291", 3, 44)]
