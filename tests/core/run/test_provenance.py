"""Where rows are from: four columns that sources add, and that count for nothing where rows are
compared."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

FOUR = ("_source_file", "_ingested_at", "_batch_id", "_layer")
SETTINGS = "name: test\nprovenance: true\n"
SOURCE = """
    kind: source
    name: people
    source: csv
    layer: bronze
    table: data/people.csv
"""
SILVER = """
    kind: transform
    name: clean
    layer: silver
    transform: SELECT * REPLACE (upper(name) AS name) FROM ref('source.people')
"""
COUNTED = """
    kind: transform
    name: counted
    layer: gold
    transform: SELECT count(*) AS people FROM ref('transform.clean')
"""
PEOPLE = "id,name\n1,ada\n2,bob\n"


def project(**more):
    return {
        "seeknal_project.yml": SETTINGS,
        "data/people.csv": PEOPLE,
        "seeknal/people.yml": SOURCE,
        "seeknal/clean.yml": SILVER,
        "seeknal/counted.yml": COUNTED,
        **more,
    }


def described(made, node):
    """A node's rows as mappings."""
    answer = made.run("sql", f"FROM {node}", "--format", "json").assert_ok()
    return answer.json()


def statuses(outcome):
    return {step["node"]: step["status"] for step in outcome.json()["nodes"]}


def test_a_source_says_of_each_row_where_when_and_by_which_run_it_was_read(seeknal_project):
    made = seeknal_project(project())
    before = datetime.now(UTC)

    outcome = made.run("run", "--format", "json").assert_ok()

    (ada, bob) = described(made, "source.people")
    assert list(ada) == ["id", "name", *FOUR]
    assert {row["_source_file"] for row in (ada, bob)} == {"data/people.csv"}
    assert {row["_batch_id"] for row in (ada, bob)} == {outcome.json()["run_id"]}
    assert {row["_layer"] for row in (ada, bob)} == {"bronze"}
    read = datetime.fromisoformat(ada["_ingested_at"])
    assert before - timedelta(seconds=1) <= read <= datetime.now(UTC)


def test_a_node_that_carries_them_says_its_own_layer_and_one_that_aggregates_has_none(
    seeknal_project,
):
    made = seeknal_project(project())

    made.run("run").assert_ok()

    (ada, _) = described(made, "transform.clean")
    assert (ada["_source_file"], ada["_layer"]) == ("data/people.csv", "silver")
    assert described(made, "transform.counted") == [{"people": 2}]


def test_a_view_says_its_own_layer_too(seeknal_project):
    made = seeknal_project(
        project(**{"seeknal/clean.yml": SILVER + "    materialized: view\n"}),
    )

    made.run("run").assert_ok()

    assert {row["_layer"] for row in described(made, "transform.clean")} == {"silver"}


def test_a_source_may_ask_for_it_alone_or_leave_it_out(seeknal_project):
    other = SOURCE.replace("people\n", "others\n", 1)
    alone = seeknal_project(
        project(
            **{
                "seeknal_project.yml": "name: test\n",
                "seeknal/people.yml": SOURCE + "    provenance: true\n",
                "seeknal/others.yml": other,
            }
        )
    )
    left_out = seeknal_project(
        project(**{"seeknal/others.yml": other + "    provenance: false\n"}),
    )

    alone.run("run").assert_ok()
    left_out.run("run").assert_ok()

    assert set(FOUR) <= described(alone, "source.people")[0].keys()
    assert described(alone, "source.others")[0] == {"id": 1, "name": "ada"}
    assert described(left_out, "source.others")[0] == {"id": 1, "name": "ada"}


@pytest.mark.parametrize(
    ("type", "names"),
    [("csv", ("a.csv", "b.csv")), ("json", ("a.json", "b.json"))],
)
def test_of_several_files_each_row_names_its_own(seeknal_project, type, names):
    texts = {"csv": "id\n{}\n", "json": '[{{"id": {}}}]'}
    files = {f"data/{name}": texts[type].format(n) for n, name in enumerate(names)}
    source = f"kind: source\nname: all\nsource: {type}\ntable: data/*.{type}\n"
    made = seeknal_project({"seeknal_project.yml": SETTINGS, "seeknal/all.yml": source, **files})

    made.run("run").assert_ok()

    rows = described(made, '"source"."all"')
    assert [(row["id"], row["_source_file"]) for row in rows] == [
        (n, f"data/{name}") for n, name in enumerate(names)
    ]


def test_csv_files_of_several_layouts_name_their_own(seeknal_project):
    files = {
        "data/a.csv": "id;name\n1;ada\n",
        "data/b.csv": "id,name\n2,bob\n",
        "data/c.csv": "id,name\n2.5,cy\n".encode("utf-8-sig"),
    }
    source = "kind: source\nname: all\nsource: csv\ntable: data/*.csv\n"
    made = seeknal_project({"seeknal_project.yml": SETTINGS, "seeknal/all.yml": source, **files})

    made.run("run").assert_ok()

    rows = described(made, '"source"."all"')
    assert [(row["name"], row["_source_file"]) for row in rows] == [
        ("ada", "data/a.csv"),
        ("bob", "data/b.csv"),
        ("cy", "data/c.csv"),
    ]


def test_parquet_files_and_a_database_are_named(seeknal_project):
    made = seeknal_project({"seeknal_project.yml": SETTINGS})
    (made.path / "data").mkdir()
    with sqlite3.connect(made.path / "data/shop.db") as shop:
        shop.execute("CREATE TABLE orders AS SELECT 1 AS id")
    source = "kind: source\nname: {0}\nsource: {1}\ntable: {2}\n"
    made.write(
        {
            "seeknal/orders.yml": source.format("orders", "sqlite", "orders")
            + "params: {path: data/shop.db}\n",
        }
    )
    made.run("run").assert_ok()
    stored = made.path / "target/intermediate/source_orders.parquet"
    for name in ("x", "y"):
        (made.path / f"data/{name}.parquet").write_bytes(parquet_of(stored))
    made.write({"seeknal/files.yml": source.format("files", "parquet", "data/*.parquet")})

    made.run("run").assert_ok()

    assert described(made, "source.orders")[0]["_source_file"] == "data/shop.db/orders"
    assert [row["_source_file"] for row in described(made, "source.files")] == [
        "data/x.parquet",
        "data/y.parquet",
    ]


def parquet_of(path):
    import duckdb

    other = path.parent.parent / "plain.parquet"
    duckdb.sql(f"COPY (SELECT id FROM '{path}') TO '{other}' (FORMAT parquet)")
    return other.read_bytes()


def test_a_source_that_is_read_again_with_equal_rows_rebuilds_nothing_below_it(seeknal_project):
    made = seeknal_project(project(**{"seeknal/people.yml": SOURCE + "    refresh: always\n"}))
    first = made.run("run", "--format", "json").assert_ok().json()["run_id"]
    kept = described(made, "source.people")

    again = made.run("run", "--format", "json").assert_ok()

    assert statuses(again) == {
        "source.people": "success",
        "transform.clean": "reused",
        "transform.counted": "reused",
    }
    assert described(made, "source.people") == kept
    assert {row["_batch_id"] for row in described(made, "transform.clean")} == {first}
    assert len(list((made.path / "target/cache/source/people").glob("*.parquet"))) == 1


def test_a_database_that_is_read_again_with_equal_rows_rebuilds_nothing_below_it(seeknal_project):
    made = seeknal_project(project())
    with sqlite3.connect(made.path / "data/shop.db") as shop:
        shop.executescript("CREATE TABLE people (id, name); INSERT INTO people VALUES (1, 'ada');")
    made.write(
        {
            "seeknal/people.yml": """
                kind: source
                name: people
                layer: bronze
                source: sqlite
                table: people
                refresh: always
                params: {path: data/shop.db}
            """,
        }
    )
    made.run("run").assert_ok()
    before = described(made, "transform.clean")

    again = made.run("run", "--format", "json").assert_ok()

    assert statuses(again)["source.people"] == "success"
    assert statuses(again)["transform.clean"] == "reused"
    assert described(made, "transform.clean") == before


def test_what_is_declared_of_a_source_needs_not_name_them(seeknal_project):
    declared = "    contract: true\n    columns: {id: BIGINT, name: VARCHAR}\n    keys: [id]\n"
    made = seeknal_project(project(**{"seeknal/people.yml": SOURCE + declared}))

    made.run("run").assert_ok()
    checked = made.run("validate").assert_ok()

    assert "problem" not in checked.stderr
    assert described(made, "source.people")[0]["_layer"] == "bronze"


def test_records_in_lists_and_lines_that_are_left_out_are_named_too(seeknal_project):
    made = seeknal_project(
        {
            "seeknal_project.yml": SETTINGS,
            "data/a.json": '{"items": [{"id": 1}, {"id": 2}]}',
            "data/b.json": '{"items": [{"id": 3}]}',
            "data/a.csv": "id,n\n1,1\n2,2,2\n",
            "data/b.csv": "id,n\n3,3\n",
            "seeknal/j.yml": """
                kind: source
                name: j
                source: json
                table: data/*.json
                params: {records: items}
            """,
            "seeknal/c.yml": """
                kind: source
                name: c
                source: csv
                table: data/*.csv
                params: {ignore_errors: true}
            """,
        }
    )

    made.run("run").assert_ok()

    assert [(r["id"], r["_source_file"]) for r in described(made, "source.j")] == [
        (1, "data/a.json"),
        (2, "data/a.json"),
        (3, "data/b.json"),
    ]
    assert [(r["id"], r["_source_file"]) for r in described(made, "source.c")] == [
        (1, "data/a.csv"),
        (3, "data/b.csv"),
    ]


def test_rows_in_another_order_rebuild_who_sees_it_and_nobody_else(seeknal_project):
    made = seeknal_project(
        project(
            **{
                "seeknal/first.yml": """
                    kind: transform
                    name: first
                    transform: SELECT first(name) AS name FROM ref('source.people')
                """,
            }
        )
    )
    made.run("run").assert_ok()
    made.write({"data/people.csv": "id,name\n2,bob\n1,ada\n"})

    again = made.run("run", "--format", "json").assert_ok()

    found = statuses(again)
    assert found["transform.first"] == "success"
    assert found["transform.counted"] == "reused"
    assert made.rows("transform.first") == [("bob",)]


def test_other_rows_are_read_anew_with_their_own_provenance(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    made.write({"data/people.csv": PEOPLE + "3,cy\n"})

    second = made.run("run", "--format", "json").assert_ok()

    batch = second.json()["run_id"]
    assert {row["_batch_id"] for row in described(made, "transform.clean")} == {batch}
    assert described(made, "transform.counted") == [{"people": 3}]


def test_who_computes_with_them_reads_them_as_he_reads_any_column(seeknal_project):
    days = """
        kind: transform
        name: loads
        transform: SELECT _batch_id AS batch, count(*) AS n FROM ref('source.people') GROUP BY 1
    """
    made = seeknal_project(project(**{"seeknal/loads.yml": days}))
    made.run("run").assert_ok()
    made.write({"data/people.csv": PEOPLE.replace("ada", "eve")})

    second = made.run("run", "--format", "json").assert_ok()

    assert statuses(second)["transform.loads"] == "success"
    assert made.rows("transform.loads") == [(second.json()["run_id"], 2)]


def test_a_reader_of_unchanged_columns_is_left_alone_though_it_carries_them(seeknal_project):
    ids = """
        kind: transform
        name: ids
        transform: SELECT id, _source_file, _ingested_at, _batch_id, _layer
          FROM ref('source.people')
    """
    made = seeknal_project(project(**{"seeknal/ids.yml": ids}))
    made.run("run").assert_ok()
    made.write({"data/people.csv": PEOPLE.replace("ada", "eve")})

    second = made.run("run", "--format", "json").assert_ok()

    assert statuses(second)["transform.ids"] == "reused"
    assert statuses(second)["transform.clean"] == "success"


def test_another_layer_is_shown_where_it_is_said(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()
    made.write(
        {
            "seeknal/people.yml": SOURCE.replace("bronze", "raw"),
            "seeknal/clean.yml": SILVER.replace("silver", "core"),
        }
    )

    made.run("run").assert_ok()

    assert {row["_layer"] for row in described(made, "source.people")} == {"raw"}
    assert {row["_layer"] for row in described(made, "transform.clean")} == {"core"}


def test_a_layer_where_nothing_is_traced_is_no_reason_to_build_again(seeknal_project):
    made = seeknal_project(project(**{"seeknal_project.yml": "name: test\n"}))
    made.run("run").assert_ok()
    made.write({"seeknal/clean.yml": SILVER.replace("silver", "core")})

    second = made.run("run", "--format", "json").assert_ok()

    assert set(statuses(second).values()) == {"reused"}


def test_a_source_with_such_a_column_of_its_own_is_refused(seeknal_project):
    made = seeknal_project(project(**{"data/people.csv": "id,name,_Batch_Id\n1,ada,7\n"}))

    outcome = made.run("run", "--select", "source.people")

    assert outcome.exit_code == 1
    assert "SK0717" in outcome.stderr + outcome.stdout
    assert "'_Batch_Id'" in outcome.stderr + outcome.stdout


def test_columns_of_that_name_are_content_where_nothing_is_traced(seeknal_project):
    made = seeknal_project(
        project(
            **{
                "seeknal_project.yml": "name: test\n",
                "data/people.csv": "id,name,_batch_id\n1,ada,7\n",
            }
        )
    )
    made.run("run").assert_ok()
    made.write({"data/people.csv": "id,name,_batch_id\n1,ada,8\n"})

    second = made.run("run", "--format", "json").assert_ok()

    assert statuses(second)["transform.clean"] == "success"
    assert made.rows("transform.clean") == [(1, "ADA", 8)]


def test_a_python_source_and_a_python_node_carry_them(seeknal_project):
    code = """
        from seeknal.pipeline import source, transform

        @source(name="made", source="python", layer="staged")
        def made():
            return [{"id": 1}]

        @transform(name="more", inputs=["source.made"], layer="bronze")
        def more(ctx):
            return ctx.ref("source.made")
    """
    made = seeknal_project({"seeknal_project.yml": SETTINGS, "seeknal/pipelines/made.py": code})

    made.run("run").assert_ok()

    assert described(made, "source.made")[0]["_source_file"] == "seeknal/pipelines/made.py"
    assert described(made, "source.made")[0]["_layer"] == "staged"
    assert described(made, "transform.more")[0]["_layer"] == "bronze"


def test_a_plain_run_with_nothing_to_do_says_so(seeknal_project):
    made = seeknal_project(project())
    made.run("run").assert_ok()

    again = made.run("run", "--format", "json").assert_ok()

    assert set(statuses(again).values()) == {"reused"}
    assert made.run("validate").assert_ok()
