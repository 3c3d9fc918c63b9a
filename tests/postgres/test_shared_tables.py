"""Two targets may share a table only where neither removes the other's rows."""

import pytest

NODE = (
    "kind: transform\nname: {name}\nsql: SELECT {number} AS id\nmaterializations:\n"
    "  - {{type: postgresql, connection: {connection}, table: {table}, mode: {mode}}}\n"
)
UPSERT = "upsert_by_key, unique_keys: [id]"
BY_TIME = "incremental_by_time, time_column: id"


@pytest.fixture
def two(project, database):
    """Makes a project of two nodes that deliver to the tables and in the modes that are given."""

    def make(one, other, tables=("out.t", "out.t"), connections=("pg", "pg")):
        nodes = {
            f"seeknal/n{number}.yml": NODE.format(
                name=f"n{number}",
                number=number,
                connection=connection,
                table=table,
                mode=mode,
            )
            for number, (mode, table, connection) in enumerate(
                zip((one, other), tables, connections, strict=True)
            )
        }
        again = database.profile.replace("connections:\n", "").replace("  pg:", "  again:")
        return project({**nodes, "profiles.yml": database.profile + again})

    return make


@pytest.mark.parametrize("one", ["full", "append", UPSERT, BY_TIME])
@pytest.mark.parametrize("other", ["full", BY_TIME])
def test_a_target_that_replaces_rows_has_its_table_alone(two, one, other):
    outcome = two(one, other).run("run")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr
    assert "transform.n0" in outcome.stderr
    assert "transform.n1" in outcome.stderr


@pytest.mark.parametrize(
    "tables", [("t", "public.t"), ("public.t", "t")], ids=["short first", "short last"]
)
def test_the_schema_of_the_connection_counts(two, tables):
    outcome = two("full", "full", tables=tables).run("validate")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr


def test_two_names_of_one_server_lead_to_one_table(two):
    outcome = two("full", "full", connections=("pg", "again")).run("validate")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr


def test_appends_and_upserts_share_a_table(two, database):
    outcome = two("append", UPSERT).run("run", "--workers", "1")

    assert "SK0223" not in outcome.stderr
    assert database.rows("SELECT id FROM out.t ORDER BY 1") == [(0,), (1,)]


def test_a_node_that_delivers_to_a_table_twice_is_refused(project):
    target = "  - {type: postgresql, connection: pg, table: out.t, mode: append}\n"
    made = project(
        {
            "seeknal/n.yml": "kind: transform\nname: n\nsql: SELECT 1 AS id\n"
            f"materializations:\n{target}{target}"
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert "delivers to out.t twice" in outcome.stderr
