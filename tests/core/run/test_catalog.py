"""What runs leave for people to look up: a file for each table, and layer transitions."""

import json
import os
import shutil

import duckdb
import pytest
from tests.core import private

SETTINGS = "name: test\nprovenance: true\n"
SOURCE = """
    kind: source
    name: people
    source: csv
    layer: bronze
    domain: staff
    description: Everyone.
    business_purpose: To pay them.
    owner: hr@example.com
    tags: [daily]
    table: data/people.csv
    columns: {id: their number}
"""
CLEAN = """
    kind: transform
    name: clean
    layer: silver
    transform: SELECT * EXCLUDE (age), age + 1 AS older FROM ref('source.people')
"""
COUNTED = """
    kind: transform
    name: counted
    layer: gold
    transform: SELECT count(*) AS people FROM ref('transform.clean')
"""
PEOPLE = "id,name,age\n1,ada,40\n2,bob,\n"


def project(**more):
    return {
        "seeknal_project.yml": SETTINGS,
        "data/people.csv": PEOPLE,
        "seeknal/people.yml": SOURCE,
        "seeknal/clean.yml": CLEAN,
        "seeknal/counted.yml": COUNTED,
        **more,
    }


def table(made, node, environment=None):
    place = f"environments/{environment}/tables" if environment else "tables"
    return json.loads((made.path / "target/catalog" / place / f"{node}.json").read_text())


def written(made):
    """Which catalog files there are, and when each was written."""
    found = (made.path / "target/catalog").rglob("*.json")
    return {path.name: os.stat(path).st_mtime_ns for path in found}


def test_a_published_node_has_a_file_that_says_what_it_is(seeknal_project):
    made = seeknal_project(project())

    run = made.run("run", "--format", "json").assert_ok().json()

    found = table(made, "source.people")
    artifact = made.path / "target" / found.pop("artifact")
    columns = {column.pop("name"): column for column in found.pop("columns")}
    assert found.pop("updated_at") > run["started_at"]
    assert len(found.pop("fingerprint")) == 16
    assert found == {
        "schema_version": 1,
        "table_name": "source.people",
        "kind": "source",
        "layer": "bronze",
        "domain": "staff",
        "description": "Everyone.",
        "business_purpose": "To pay them.",
        "owner": "hr@example.com",
        "tags": ["daily"],
        "row_count": 2,
        "column_count": 7,
        "file_size_bytes": artifact.stat().st_size,
        "upstream_tables": [],
        "environment": "prod",
        "generation": 1,
        "batch_id": run["run_id"],
    }
    assert columns["id"] == {
        "type": "BIGINT",
        "nullable": True,
        "description": "their number",
        "null_count": 0,
        "approx_distinct": None,
        "min": "1",
        "max": "2",
    }
    assert columns["age"]["null_count"] == 1
    assert columns["name"]["min"] == "ada"
    assert table(made, "transform.clean")["upstream_tables"] == ["source.people"]


def test_a_run_without_work_rewrites_no_file_and_another_only_those_that_changed(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    before = written(made)

    made.run("run").assert_ok()
    idle = written(made)
    made.write({"seeknal/counted.yml": COUNTED.replace("AS people", "AS n")})
    made.run("run").assert_ok()
    after = written(made)

    assert idle == before
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"transform.counted.json", "current.json"}


def test_a_source_that_is_read_again_with_equal_rows_keeps_its_file(seeknal_project):
    made = seeknal_project(project(**{"seeknal/people.yml": SOURCE + "    refresh: always\n"}))
    made.run("run").assert_ok()
    before = written(made)

    made.run("run").assert_ok()

    after = written(made)
    assert {name for name in after if after[name] != before[name]} <= {"current.json"}


def test_words_that_change_in_files_change_in_the_catalog(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    made.write({"seeknal/people.yml": SOURCE.replace("Everyone.", "All people.")})

    made.run("run").assert_ok()

    assert table(made, "source.people")["description"] == "All people."


def test_a_node_that_is_gone_loses_its_file_and_a_damaged_one_is_written_again(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    (made.path / "seeknal/counted.yml").unlink()
    (made.path / "target/catalog/tables/transform.clean.json").write_text("{")
    made.write({"data/people.csv": PEOPLE + "3,cy,1\n"})

    made.run("run").assert_ok()

    names = {path.name for path in (made.path / "target/catalog/tables").iterdir()}
    assert names == {"source.people.json", "transform.clean.json"}
    assert table(made, "transform.clean")["row_count"] == 3


def test_environments_have_files_of_their_own(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    before = written(made)
    made.write({"seeknal/clean.yml": CLEAN.replace("age + 1", "age + 2")})

    made.run("run", "--env", "dev").assert_ok()

    assert table(made, "transform.clean")["environment"] == "prod"
    dev = table(made, "transform.clean", "dev")
    assert dev["environment"] == "dev"
    assert {column["name"]: column["min"] for column in dev["columns"]}["older"] == "42"
    tables = {name: at for name, at in before.items() if name != "current.json"}
    folder = made.path / "target/catalog/tables"
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == tables


def test_an_environment_that_is_deleted_takes_its_files_along(seeknal_project):
    made = seeknal_project(project())
    made.run("run", "--env", "dev").assert_ok()

    made.run("env", "delete", "dev", "--yes").assert_ok()

    assert not (made.path / "target/catalog/environments/dev").exists()


def test_statistics_need_no_rows_unless_all_are_asked_for(seeknal_project, monkeypatch):
    statements = []

    class Counted:
        def __init__(self, connection):
            self.connection = connection

        def execute(self, sql, *more):
            statements.append(sql)
            return self.connection.execute(sql, *more)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.connection.close()

    made = seeknal_project(project())
    made.run("run").assert_ok()
    made.write({"data/people.csv": PEOPLE + "3,cy,1\n"})
    from seeknal.run import catalog
    from seeknal.sql import own

    connect, own_duckdb = duckdb.connect, own.own_duckdb

    def keep(*given, **more):
        with monkeypatch.context() as patch:
            patch.setattr(duckdb, "connect", lambda *a, **k: Counted(connect(*a, **k)))
            patch.setattr(own, "own_duckdb", lambda: Counted(own_duckdb()))
            keep_catalog(*given, **more)

    keep_catalog = catalog.keep_catalog
    monkeypatch.setattr("seeknal.run.execution.keep_catalog", keep)

    made.run("run").assert_ok()
    footers = [*statements]
    statements.clear()
    made.write({"seeknal_project.yml": SETTINGS + "catalog: {profile: full}\n"})
    made.write({"data/people.csv": PEOPLE + "3,cy,2\n"})
    made.run("run").assert_ok()

    assert len(footers) == 1
    assert "parquet_metadata(" in footers[0]
    assert "read_parquet" not in footers[0]
    assert len(statements) == 2
    columns = {column["name"]: column for column in table(made, "source.people")["columns"]}
    assert columns["id"]["approx_distinct"] == 3


def test_values_of_private_columns_are_in_no_file(seeknal_project):
    private = SOURCE.replace("{id: their number}", "{name: {pii: true}, id: number}")
    contact = """
        kind: transform
        name: contacts
        transform: SELECT id, name, name AS contact FROM ref('source.people')
    """
    made = seeknal_project(
        project(**{"seeknal/people.yml": private, "seeknal/contacts.yml": contact})
    )

    made.run("run").assert_ok()

    found = "".join(path.read_text() for path in (made.path / "target/catalog/tables").iterdir())
    assert "ada" not in found
    columns = {column["name"]: column for column in table(made, "transform.contacts")["columns"]}
    assert columns["id"]["max"] == "2"
    assert columns["contact"]["null_count"] == 0


ADDRESSES = "id,name,email,age\n1,open,ada@example.com,40\n2,known,bob@example.com,50\n"


def told(made, node, environment=None):
    """The columns of which the catalog tells the smallest value."""
    found = table(made, node, environment)["columns"]
    return {column["name"] for column in found if column["min"] is not None}


@pytest.mark.parametrize(
    ("select", "shown"),
    [
        ("SELECT id, email AS name, age FROM ref('source.people')", {"id", "age"}),
        ("SELECT id, upper(email) AS name, name AS email FROM ref('source.people')", {"id"}),
        ("SELECT name AS id, email || age AS age FROM ref('source.people')", {"id"}),
        ("SELECT name, max(email) AS age FROM ref('source.people') GROUP BY name", {"name"}),
        ("SELECT age + 1 AS older, name FROM ref('source.people')", {"older", "name"}),
        ("SELECT id, email AS name, age FROM ref('transform.handed')", {"id", "age"}),
        ("SELECT id, said AS name, age FROM ref('transform.handed')", {"id", "age"}),
        ("SELECT id, said AS name, age FROM ref('transform.seen')", {"id", "age"}),
    ],
)
def test_a_column_made_of_private_ones_tells_no_values_under_any_name(
    seeknal_project, select, shown
):
    handed = "SELECT *, email AS said FROM ref('source.people')"
    made = seeknal_project(
        {
            "data/people.csv": ADDRESSES,
            "seeknal/people.yml": private.PEOPLE,
            "seeknal/handed.sql": handed,
            "seeknal/seen.yml": f"""
                kind: transform
                name: seen
                materialized: view
                transform: {handed}
            """,
            "seeknal/made.sql": select,
        }
    )

    made.run("run").assert_ok()

    assert told(made, "transform.made") == shown
    assert told(made, "source.people") == {"id", "name", "age"}


def test_python_that_nobody_can_trace_over_private_columns_tells_no_values(seeknal_project):
    code = """
        from seeknal.pipeline import transform

        @transform(name="made", inputs=["source.people"])
        def made(ctx):
            rows = ctx.ref("source.people").project("id, email, age").fetchall()
            return [{"id": id, "name": email, "age": age} for id, email, age in rows]
    """
    made = seeknal_project(
        {
            "data/people.csv": ADDRESSES,
            "seeknal/people.yml": private.PEOPLE,
            "seeknal/pipelines/made.py": code,
        }
    )

    made.run("run").assert_ok()

    assert told(made, "transform.made") == set()


def test_columns_of_a_node_that_is_gone_tell_no_values(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    (made.path / "seeknal/counted.yml").unlink()
    (made.path / "seeknal/clean.yml").unlink()
    shutil.rmtree(made.path / "target/catalog")

    made.run("catalog", "list").assert_ok()

    assert told(made, "transform.clean") == set()
    assert table(made, "transform.clean")["columns"][0]["null_count"] == 0
    assert "id" in told(made, "source.people")


def test_columns_that_are_marked_later_tell_no_values_from_the_next_run_on(seeknal_project):
    made = seeknal_project(
        {
            "data/people.csv": ADDRESSES,
            "seeknal/people.yml": private.PEOPLE.replace(", pii: true", ""),
            "seeknal/made.sql": "SELECT id, email AS name FROM ref('source.people')",
        }
    )
    made.run("run").assert_ok()
    made.write({"seeknal/people.yml": private.PEOPLE})

    made.run("run").assert_ok()

    assert told(made, "source.people") == {"id", "name", "age"}
    assert told(made, "transform.made") == {"id"}


def test_a_map_of_another_definition_tells_no_values_of_what_was_private_then(seeknal_project):
    files = {
        "data/people.csv": ADDRESSES,
        "seeknal/people.yml": private.PEOPLE,
        "seeknal/made.sql": "SELECT id, email AS name FROM ref('source.people')",
    }
    made = seeknal_project(files)
    made.run("run").assert_ok()
    made.write({"seeknal/made.sql": "SELECT 1 AS id, 'x' AS name"})
    made.run("run").assert_ok()
    made.run("rollback", "prod", "--yes").assert_ok()

    made.run("catalog", "list").assert_ok()

    assert told(made, "transform.made") == set()


def test_types_that_are_stored_as_others_tell_no_bounds(seeknal_project):
    odd = """
        kind: transform
        name: odd
        transform: |
          SELECT INTERVAL (n) DAY AS i, [n] AS l, {'a': n} AS s, n::DOUBLE AS d, n % 2 = 0 AS b,
            n::HUGEINT AS h
          FROM range(300000) AS r(n)
    """
    made = seeknal_project({"seeknal/odd.yml": odd})

    made.run("run").assert_ok()

    columns = {column["name"]: column for column in table(made, "transform.odd")["columns"]}
    assert {name: columns[name]["min"] for name in "ilsh"} == dict.fromkeys("ilsh")
    assert (columns["d"]["min"], columns["d"]["max"]) == ("0.0", "299999.0")


def test_the_history_says_from_which_layer_to_which_rows_went(seeknal_project):
    made = seeknal_project(project())
    run = made.run("run", "--format", "json").assert_ok().json()

    found = made.run("history", "--run", run["run_id"], "--format", "json").assert_ok().json()

    steps = {record["node"]: record for record in found}
    source, clean, counted = (
        steps[node] for node in ("source.people", "transform.clean", "transform.counted")
    )
    assert (source["source_layers"], source["layer"]) == ([], "bronze")
    assert source["source_files"] == ["data/people.csv"]
    assert (clean["source_layers"], clean["layer"]) == (["bronze"], "silver")
    assert (clean["rows_in"], clean["rows"]) == (2, 2)
    assert (clean["columns_added"], clean["columns_removed"]) == (["older"], ["age"])
    assert clean["reads"] == [
        {
            "node": "source.people",
            "layer": "bronze",
            "rows": 2,
            "artifact": source["artifact"],
        }
    ]
    assert counted["columns_added"] == ["people"]
    assert set(counted["columns_removed"]) >= {"id", "_batch_id"}
    assert all(step["started_at"] <= step["finished_at"] for step in steps.values())


def test_a_failing_node_says_what_it_had_read(seeknal_project):
    wrong = CLEAN.replace("age + 1", "(name::INTEGER)")
    made = seeknal_project(project(**{"seeknal/clean.yml": wrong}))
    assert made.run("run").exit_code == 1

    found = made.run("history", "--node", "transform.clean", "--format", "json").assert_ok().json()

    assert (found[0]["status"], found[0]["rows_in"]) == ("failed", 2)
    assert found[0]["reads"][0]["node"] == "source.people"


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_map_that_moves_is_followed(seeknal_project, command):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    made.write({"seeknal/clean.yml": CLEAN.replace("age + 1", "age + 2")})
    if command == "promote":
        made.run("run", "--env", "dev").assert_ok()
        made.run("promote", "dev", "--yes").assert_ok()
    else:
        made.run("run").assert_ok()
        made.run("rollback", "prod", "--yes").assert_ok()

    found = made.run("catalog", "show", "clean", "--format", "json").assert_ok().json()

    wanted = "42" if command == "promote" else "41"
    assert {c["name"]: c["min"] for c in found["columns"]}["older"] == wanted


@pytest.mark.parametrize("provenance", ["true", "false"])
def test_all_tell_of_rows_that_came_out_the_same_again_when_they_were_made_first(
    seeknal_project, provenance
):
    settings = f"name: test\nprovenance: {provenance}\n"
    people = SOURCE.replace("    columns: {id: their number}\n", "")
    made = seeknal_project(
        project(**{"seeknal_project.yml": settings, "seeknal/people.yml": people})
    )
    first = made.run("run", "--format", "json").assert_ok().json()["run_id"]
    before = origins(made, "source.people")
    made.write({"data/people.csv": PEOPLE.replace("1,ada", '"1",ada')})

    second = made.run("run", "--format", "json").assert_ok().json()["run_id"]
    after = origins(made, "source.people")
    shutil.rmtree(made.path / "target/catalog")
    anew = origins(made, "source.people")

    assert second != first
    assert before == after == anew
    assert after["runs"] == {first}
    assert len(after["times"]) == 1


def origins(made, node):
    """Which runs and times are told of a table's rows, by all that tells them."""
    shown = made.run("catalog", "show", node, "--format", "json").assert_ok().json()
    documents = made.run("docs", "--format", "json").assert_ok().json()["nodes"]
    page = next(entry for entry in documents if entry["id"] == node)
    listed = made.run("inspect", "--list", "--format", "json").assert_ok().json()
    entry = next(entry for entry in listed if entry["node"] == node)
    return {
        "runs": {shown["run_id"], page["run_id"]},
        "times": {
            shown["updated_at"],
            page["last_run"],
            page["freshness"]["loaded_at"],
            entry["last_run"],
        },
    }


def test_what_a_rollback_gives_back_is_told_with_the_layer_that_its_rows_say(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    later = CLEAN.replace("silver", "platinum").replace("kind: ", "description: Later.\n    kind: ")
    made.write({"seeknal/clean.yml": later.replace("age + 1", "age + 2")})
    edited = layers(made)
    made.run("run", "--env", "dev").assert_ok()
    made.run("promote", "dev", "--yes").assert_ok()
    promoted = layers(made)

    made.run("rollback", "prod", "--yes").assert_ok()

    assert edited == layers(made) == {("silver", "Later.")}
    assert promoted == {("platinum", "Later.")}
    rows = made.run("sql", "SELECT DISTINCT _layer FROM transform.clean", "--format", "json")
    assert rows.assert_ok().json()[0]["_layer"] == "silver"


def layers(made):
    """The layer and the words that the page and the catalog tell of a table."""
    documents = made.run("docs", "--format", "json").assert_ok().json()["nodes"]
    page = next(entry for entry in documents if entry["id"] == "transform.clean")
    shown = made.run("catalog", "show", "clean", "--format", "json").assert_ok().json()
    return {(entry["layer"], entry["description"]) for entry in (page, shown)}


def test_rows_that_do_not_say_their_layer_are_of_the_one_that_files_say(seeknal_project):
    made = seeknal_project(project(**{"seeknal_project.yml": "name: test\n"}))
    made.run("run").assert_ok()
    made.write({"seeknal/clean.yml": CLEAN.replace("silver", "platinum")})

    run = made.run("run", "--format", "json").assert_ok().json()

    assert {node["status"] for node in run["nodes"]} == {"reused"}
    assert {layer for layer, _ in layers(made)} == {"platinum"}
