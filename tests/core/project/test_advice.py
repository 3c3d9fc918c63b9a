"""DuckDB's advice is passed on only where it helps within a project."""

import pytest

ORDERS = {
    "data/orders.csv": "id,amounts\n1,7\n",
    "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n",
}


def problem(project):
    (found,) = project.run("validate", "--format", "json").json()["problems"]
    return found


def reader(sql):
    return {**ORDERS, "seeknal/t.sql": f"/* ---\nname: t\n--- */\n{sql}\n"}


def test_an_arrow_of_a_lambda_is_pointed_at_and_the_word_is_named(seeknal_project):
    columns = "'{}'::JSON -> 'a' AS j,\n  list_transform([id], x -> x + 1) AS l"
    project = seeknal_project(reader(f"SELECT {columns}\nFROM ref('orders')"))

    found = problem(project)

    assert (found["line"], found["column"]) == (5, 26)
    assert "lambda x: x + 1" in found["help"]
    assert "SET" not in f"{found['message']}{found['help']}"


DEEP = f"SELECT {'(' * 1200}id{')' * 1200} AS a"


@pytest.mark.parametrize("command", ["validate", "run"])
def test_too_deep_an_expression_is_not_told_to_set_an_option(seeknal_project, command):
    project = seeknal_project(reader(f"{DEEP} FROM ref('orders')"))

    outcome = project.run(command)

    assert outcome.exit_code != 0
    assert "depth" in outcome.stderr
    assert "max_expression_depth" not in outcome.stderr


@pytest.mark.parametrize(
    "query", ["FROM plain_unknown", "SELECT list_transform([1], x -> x)", DEEP]
)
def test_a_query_is_not_told_to_set_what_it_cannot_or_to_read_a_system_table(
    seeknal_project, query
):
    project = seeknal_project(ORDERS)
    project.run("run").assert_ok()

    outcome = project.run("sql", query)

    assert outcome.exit_code == 2
    assert "pg_" not in outcome.stderr
    assert "SET " not in outcome.stderr


@pytest.mark.parametrize(
    ("table", "help"), [("plain_unknown", None), ("ordrs", "did you mean source.orders?")]
)
def test_only_nodes_are_meant_by_a_table_that_is_not_there(seeknal_project, table, help):
    project = seeknal_project(reader(f"SELECT * FROM {table} JOIN ref('orders') ON true"))

    found = problem(project)

    assert f"{table} does not exist" in found["message"]
    assert help is None or found["help"] == help
    assert "pg_" not in str(found["help"])
    assert "pragma_" not in str(found["help"])
