"""Where rows of a database are from, and what is left alone when they are read again."""

import pytest

pytestmark = pytest.mark.inside

FILES = {
    "seeknal_project.yml": "name: test\nprovenance: true\n",
    "seeknal/nodes.yml": """
        kind: source
        name: people
        layer: bronze
        source: postgresql
        connection: pg
        table: public.people
        refresh: always
        ---
        kind: transform
        name: clean
        layer: silver
        transform: SELECT * REPLACE (upper(name) AS name) FROM ref('source.people')
        ---
        kind: transform
        name: counted
        layer: gold
        transform: SELECT count(*) AS n FROM ref('transform.clean')
    """,
}


def run(made):
    answer = made.run("run", "--format", "json").assert_ok().json()
    return answer["run_id"], {step["node"]: step["status"] for step in answer["nodes"]}


def origins(made, node):
    query = f"SELECT DISTINCT _source_file, _batch_id, _layer FROM {node}"
    found = made.run("sql", query, "--format", "json").assert_ok().json()
    return [tuple(row.values()) for row in found]


@pytest.mark.parametrize(
    "between",
    ["SELECT 1", "UPDATE people SET name = name WHERE id = 1"],
    ids=["as they were", "in another order"],
)
def test_equal_rows_that_are_read_again_rebuild_nothing(project, database, between):
    database.run(
        "CREATE TABLE people AS SELECT i AS id, 'n' || i AS name FROM generate_series(1, 9) i"
    )
    made = project(FILES)
    first, _ = run(made)
    database.run(between)

    _, statuses = run(made)

    assert statuses == {
        "source.people": "success",
        "transform.clean": "reused",
        "transform.counted": "reused",
    }
    assert origins(made, "source.people") == [("pg/public.people", first, "bronze")]
    assert origins(made, "transform.clean") == [("pg/public.people", first, "silver")]


def test_other_rows_come_with_their_own_run(project, database):
    database.run("CREATE TABLE people AS SELECT 1 AS id, 'a' AS name")
    made = project(FILES)
    run(made)
    database.run("INSERT INTO people VALUES (2, 'b')")

    second, statuses = run(made)

    assert set(statuses.values()) == {"success"}
    assert origins(made, "transform.clean") == [("pg/public.people", second, "silver")]
