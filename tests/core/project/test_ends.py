"""The ends of the range that is processed, as templates of tracked nodes name them."""

import pytest
from tests.core.project.test_tracked import DAILY, SOURCE, transform

from seeknal.values.tracking import END_MARK, START_MARK


def sql_of(load, sql, *lines, files=()):
    found = load({**transform(*DAILY, *lines, sql=f"|\n  {sql}"), **dict(files)})
    return found.nodes["transform.x"].sql


def test_the_ends_of_a_range_are_moments_and_in_quotes_their_text(load):
    sql = sql_of(
        load,
        "SELECT {{ interval_start }} AS at, '{{ interval_end }}' AS t, DATE '{{ interval_end }}' d",
    )

    assert sql.rendered.strip() == (
        f"SELECT TIMESTAMP '{START_MARK}' AS at, '{END_MARK}' AS t, DATE '{END_MARK}' d"
    )


def test_macros_and_snippets_know_them_too(load):
    files = {
        "seeknal/macros/m.sql": "{% macro of(end) %}b.c < {{ end }}{% endmacro %}"
        "{% macro own() %}b.c >= {{ interval_start }}{% endmacro %}",
        "seeknal/common/rules.yml": 'rules: [{id: early, value: "b.c = {{ interval_start }}"}]\n',
    }

    sql = sql_of(
        load,
        "SELECT c AS at FROM (SELECT 1 c) b"
        " WHERE {{ own() }} AND {{ of(interval_end) }} OR {{ rules.early }}",
        files=files,
    )

    assert sql.rendered.count(f"TIMESTAMP '{START_MARK}'") == 2
    assert sql.rendered.count(f"TIMESTAMP '{END_MARK}'") == 1


DIALECTS = ["postgres", "snowflake", "bigquery", "spark"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_other_dialects_they_are_moments_without_a_zone(seeknal_project, dialect):
    sql = "SELECT {{ interval_start }} AS at, '{{ interval_end }}' AS e"
    project = seeknal_project(transform(*DAILY, f"dialect: {dialect}", sql=sql))

    result = project.run("render", "transform.x")

    assert result.stdout.lower() == (
        "select cast('<interval_start>' as timestamp) as \"at\", '<interval_end>' as \"e\"\n"
    )


def test_people_are_shown_names_where_a_run_writes_the_ends(seeknal_project):
    sql = "SELECT {{ interval_start }} AS at, '{{ interval_end }}' AS e"
    project = seeknal_project(transform(*DAILY, sql=sql))

    result = project.run("render", "transform.x")

    assert result.stdout == ("SELECT TIMESTAMP '<interval_start>' AS at, '<interval_end>' AS e\n")


def test_people_see_the_sql_of_a_range_that_they_ask_for(seeknal_project):
    sql = "SELECT {{ interval_start }} AS at, '{{ interval_end }}' AS e"
    project = seeknal_project(transform(*DAILY, "timezone: Europe/Berlin", sql=sql))

    result = project.run(
        "render", "transform.x", "--start", "2024-06-01 06:00", "--end", "2024-06-02"
    )

    assert result.stdout == (
        "SELECT TIMESTAMP '2024-06-01 04:00:00' AS at, '2024-06-02 22:00:00' AS e\n"
    )


@pytest.mark.parametrize(
    ("lines", "start", "code"), [(DAILY, "soon", "SK0254"), ((), "2024-06-01", "SK0483")]
)
def test_ends_that_cannot_be_are_refused(seeknal_project, lines, start, code):
    project = seeknal_project(transform(*lines))

    result = project.run("render", "transform.x", "--start", start)

    assert (result.exit_code, code in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {{ interval_start.year }} AS at",
        "SELECT {{ interval_start - 1 }} AS at",
        "SELECT {{ 'a' if interval_start > '2024' else 'b' }} AS at",
        "{% if interval_start == '2024-01-01' %}SELECT 1 AS at{% endif %}",
        "{% if interval_start %}SELECT 1 AS at{% endif %}",
        "SELECT '{{ interval_start | upper }}' AS at",
        "SELECT '{{ interval_start | string }}' AS at",
        "SELECT '{{ interval_start | replace('-', '') }}' AS at",
        "SELECT '{{ interval_start[:10] }}' AS at",
        "SELECT '{{ interval_start.strftime('%Y') }}' AS at",
        "SELECT '{{ '%s' | format(interval_start) }}' AS at",
        "SELECT '{{ '{}'.format(interval_start) }}' AS at",
        "SELECT {{ [interval_start] }} AS at",
        "SELECT {{ {interval_start: 1} }} AS at",
        "SELECT {{ [interval_start, interval_end] | join(',') }} AS at",
        "SELECT {{ [interval_start, interval_end] | max }} AS at",
        "SELECT '{% set x %}{{ interval_start }}{% endset %}{{ x[:2] }}' AS at",
        "{% for x in interval_start %}SELECT 1 AS at{% endfor %}",
    ],
)
def test_what_else_a_template_does_with_them_belongs_into_the_sql(problems, sql):
    (found,) = problems(transform(*DAILY, sql=f"|\n  {sql}"))

    assert (found.code, found.location.line) == ("SK0407", 4)
    assert "in the SQL" in found.help


def test_a_node_without_ranges_is_told_what_it_takes_to_have_them(problems):
    (found,) = problems(transform(sql="|\n  SELECT {{ interval_start }} AS at"))

    assert (found.code, found.location.line) == ("SK0401", 4)
    assert "time_column: and schedule:" in found.help


def test_a_sources_query_is_restricted_without_them(problems):
    text = (
        SOURCE["seeknal/a.yml"]
        .replace("source: csv", "source: sqlite")
        .replace("table: data/a.csv", "query: \"SELECT '{{ interval_start }}'\"")
    )

    found = problems({"seeknal/a.yml": text})

    assert "sources, which are read within their range" in found[0].help


def test_a_macro_may_ask_whether_there_are_ranges(load):
    files = transform(
        sql="|\n  SELECT {% if interval_end is defined %}1{% else %}2{% endif %} AS a"
    )

    found = load(files).nodes["transform.x"].sql

    assert found.rendered.strip() == "SELECT 2 AS a"
