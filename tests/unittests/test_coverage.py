"""`seeknal test --coverage` tells nodes without a test, and what no test shows of the others."""

import pytest

from tests.answers import explained, keys
from tests.unittests.conftest import ADULTS

ONLY_ADULTS = ADULTS.replace("      - {user_id: 2, name: Bob, age: 3}\n", "")


def conditions(project, *words):
    """What no test shows: (file:line, clause, condition) and the outcomes."""
    answer = project.run("test", "--coverage", "--format", "json", *words).json()
    return {
        (f"{each['file']}:{each['line']}", each["clause"], each["condition"]): each["unseen"]
        for each in answer["coverage"]["conditions"]
    }


def test_a_condition_that_no_row_makes_false_is_told_with_its_line(shop):
    shop.write({"tests/adults.yml": ONLY_ADULTS})

    found = shop.run("test", "--coverage")

    assert found.exit_code == 0
    assert found.stdout.splitlines()[5:] == [
        "",
        "coverage: 1 of 1 node has a test, 1 of 2 outcomes of conditions seen (50 %)",
        "",
        "place                            condition        never",
        "-------------------------------  ---------------  -----",
        "seeknal/transforms/adults.sql:1  WHERE age >= 18  false",
    ]


def test_tests_show_together_what_each_shows(shop):
    child = ADULTS.replace("keeps_adults", "drops_children")
    shop.write({"tests/adults.yml": ONLY_ADULTS, "tests/children.yml": child})

    found = shop.run("test", "--coverage")

    assert found.stdout.splitlines()[-1] == (
        "coverage: 1 of 1 node has a test, 2 of 2 outcomes of conditions seen (100 %)"
    )


def test_nodes_without_a_test_are_named_and_their_conditions_count(passing):
    more = "SELECT name FROM ref('transform.adults') WHERE age > 60"
    passing.write({"seeknal/transforms/old.sql": more})

    found = passing.run("test", "--coverage")

    assert found.exit_code == 0
    assert found.stdout.splitlines()[6:] == [
        "coverage: 1 of 2 nodes has a test, 2 of 4 outcomes of conditions seen (50 %)",
        "without a test: transform.old",
    ]


def test_without_any_test_all_nodes_are_named(shop):
    found = shop.run("test", "--coverage")

    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        "no tests",
        "",
        "coverage: 0 of 1 node has a test, 0 of 2 outcomes of conditions seen (0 %)",
        "without a test: transform.adults",
    ]


def test_only_selected_nodes_count(passing):
    more = "SELECT name FROM ref('transform.adults') WHERE age > 60"
    passing.write({"seeknal/transforms/old.sql": more})

    named = passing.run("test", "--coverage", "keeps_adults", "--format", "json").json()
    selected = passing.run("test", "--coverage", "--select", "old", "--format", "json").json()

    assert (named["coverage"]["testable"], named["coverage"]["untested"]) == (1, [])
    assert selected["coverage"]["untested"] == ["transform.old"]
    assert (selected["tests"], selected["coverage"]["tested"]) == ([], 0)


def test_a_test_that_fails_still_shows_conditions_and_fails(passing):
    passing.write({"tests/adults.yml": ADULTS[: ADULTS.rindex("30")] + "31}\n"})

    found = passing.run("test", "--coverage", "--format", "json")

    assert found.exit_code == 1
    answer = found.json()
    assert (answer["status"], answer["tests"][0]["status"]) == ("failed", "failed")
    assert answer["coverage"]["percent"] == 100


def test_the_answer_is_explained_and_the_same_without_the_option(passing):
    plain = passing.run("test", "--format", "json").json()
    junit = passing.run("test", "--coverage", "--format", "junit").stdout

    answer = passing.run("test", "--coverage", "--format", "json").json()

    assert set(keys(answer)) - explained().keys() == set()
    assert [{**each, "seconds": 0} for each in answer["tests"]] == [
        {**each, "seconds": 0} for each in plain
    ]
    assert answer["coverage"]["conditions"] == [
        {
            "node": "transform.adults",
            "file": "seeknal/transforms/adults.sql",
            "line": 1,
            "clause": "WHERE",
            "condition": "age >= 18",
            "seen": ["true", "false"],
            "unseen": [],
        }
    ]
    assert "coverage" not in junit


def test_a_join_is_told_by_the_name_of_what_it_joins(shop):
    node = """
        SELECT a.name
        FROM ref('transform.adults') a
        LEFT JOIN ref('source.users') u USING (name)
        """
    text = """
        test: transform.joined
        inputs:
          transform.adults: {rows: [{name: Ann}]}
          source.users: {rows: [{name: Ann}]}
        expected_output: {rows: [{name: Ann}]}
        """
    shop.write({"seeknal/transforms/joined.sql": node, "tests/joined.yml": text})

    found = conditions(shop, "transform.joined")

    assert found == {
        (
            "seeknal/transforms/joined.sql:3",
            "LEFT JOIN",
            "LEFT JOIN source.users u USING (name)",
        ): ["not matched"]
    }


INCREMENTAL = """
kind: transform
name: grown
materialized: incremental
unique_keys: [user_id]
sql: |
  SELECT user_id, name FROM ref('source.users')
  {% if is_incremental() %}
  WHERE user_id > (SELECT max(user_id) FROM {{ this }})
  {% endif %}
"""
FIRST = """
test: transform.grown
name: first
inputs:
  source.users: {rows: [{user_id: 1, name: A}]}
expected_output: {row_count: 1}
"""
LATER = """
test: transform.grown
name: later
inputs:
  source.users: {rows: [{user_id: 1, name: A}, {user_id: 3, name: C}]}
  this: {rows: [{user_id: 2, name: B}]}
expected_output: {row_count: 2}
"""


@pytest.mark.parametrize(("tests", "unseen"), [((FIRST,), ["true", "false"]), ((FIRST, LATER), [])])
def test_sql_for_later_runs_is_shown_by_tests_with_earlier_rows(shop, tests, unseen):
    shop.write({"seeknal/transforms/grown.yml": INCREMENTAL, "tests/grown.yml": "---".join(tests)})

    found = conditions(shop, "transform.grown")

    assert [*found] == [
        (
            "seeknal/transforms/grown.yml:8",
            "WHERE",
            "user_id > (SELECT max(user_id) FROM transform.grown)",
        )
    ]
    assert [*found.values()] == [unseen]


def test_of_a_range_only_its_rows_count(shop):
    source = "kind: source\nname: users\nsource: csv\ntable: data/users.csv\ntime_column: day\n"
    node = """
        kind: transform
        name: daily
        time_column: day
        schedule: "@daily"
        start: 2026-01-01
        sql: SELECT day, count(*) AS n FROM ref('source.users') WHERE user_id > 1 GROUP BY day
        """
    text = """
        test: transform.daily
        interval: {start: 2026-02-01, end: 2026-02-02}
        inputs:
          source.users:
            rows: [{user_id: 2, day: 2026-02-01}, {user_id: 1, day: 2026-02-03}]
        expected_output: {rows: [{day: 2026-02-01, n: 1}]}
        """
    shop.write(
        {
            "seeknal/sources/users.yml": source + 'schedule: "@daily"\nstart: 2026-01-01\n',
            "seeknal/transforms/daily.yml": node,
            "tests/daily.yml": text,
        }
    )

    found = conditions(shop, "transform.daily")

    assert [*found.values()] == [["false"]]


def test_a_test_of_a_cte_shows_that_alone(shop):
    node = """
        WITH known AS (SELECT * FROM ref('source.users') WHERE name IS NOT NULL)
        SELECT name FROM known WHERE age > 18
        """
    text = """
        test: transform.known
        inputs: {source.users: {rows: [{name: Ann, age: 30}, {name: null}]}}
        ctes:
          known: {row_count: 1}
        """
    shop.write({"seeknal/transforms/known.sql": node, "tests/known.yml": text})

    found = conditions(shop, "transform.known")

    assert {condition: unseen for (_, _, condition), unseen in found.items()} == {
        "name IS NOT NULL": [],
        "age > 18": ["true", "false"],
    }


PYTHON = """
from seeknal import transform

@transform(name="grown_up", inputs=["source.users"])
def grown_up(ctx):
    return ctx.duckdb.sql("SELECT name FROM users WHERE age > 18")

@transform(name="counted", inputs=["source.users"])
def counted(ctx):
    return [{"n": len(ctx.ref("source.users").fetchall())}]
"""


def test_of_python_nodes_the_query_is_looked_at_where_it_is_known(shop):
    text = """
        test: transform.grown_up
        inputs: {source.users: {rows: [{name: Ann, age: 30}]}}
        expected_output: {row_count: 1}
        ---
        test: transform.counted
        name: counts
        inputs: {source.users: {rows: [{name: Ann, age: 30}]}}
        expected_output: {rows: [{n: 1}]}
        """
    shop.write({"seeknal/pipelines/nodes.py": PYTHON, "tests/nodes.yml": text})

    answer = shop.run("test", "--coverage", "--format", "json").json()

    assert answer["coverage"]["untested"] == ["transform.adults"]
    told = [each for each in answer["coverage"]["conditions"] if each["node"] != "transform.adults"]
    assert [(each["node"], each["condition"].strip("()"), each["unseen"]) for each in told] == [
        ("transform.grown_up", "age > 18", ["false"])
    ]


def test_another_dialect_is_looked_at_as_duckdb_runs_it(shop):
    node = """
        kind: transform
        name: grown
        dialect: postgres
        sql: |
          SELECT name FROM ref('source.users')
          WHERE name ~ '^A'
        """
    text = """
        test: transform.grown
        inputs: {source.users: {columns: {name: VARCHAR}, rows: [{name: Ann}]}}
        expected_output: {rows: [{name: Ann}]}
        """
    shop.write({"seeknal/transforms/grown.yml": node, "tests/grown.yml": text})

    found = conditions(shop, "transform.grown")

    assert [*found.values()] == [["false"]]


def test_clocks_say_in_the_second_run_what_they_said_in_the_first(shop):
    node = "SELECT name FROM ref('source.users') WHERE current_date = DATE '2020-02-29'"
    text = """
        test: transform.leap
        freeze_time: 2020-02-29T12:00:00Z
        inputs: {source.users: {rows: [{name: Ann}]}}
        expected_output: {row_count: 1}
        """
    shop.write({"seeknal/transforms/leap.sql": node, "tests/leap.yml": text})

    found = conditions(shop, "transform.leap")

    assert [*found.values()] == [["false"]]
