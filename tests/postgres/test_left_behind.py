"""Tables that no node delivers to any more: dropped when asked, and only where they are ours."""

import shutil
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.inside

TARGET = "{{type: postgresql, connection: pg, table: {table}, mode: {mode}}}"
NODE = """
    kind: transform
    name: {name}
    sql: {sql}
    materializations: [{target}]
"""
MODES = {
    "full": "full",
    "append": "append",
    "upsert": "upsert_by_key, unique_keys: [id]",
    "by time": "incremental_by_time, time_column: day",
}
ROWS = "SELECT i AS id, DATE '2026-01-01' + i::INT AS day FROM range({low}, {high}) AS r(i)"


def node(name="a", table="out.a", mode="full", low=0, high=10, sql=None):
    target = TARGET.format(table=table, mode=mode)
    rows = sql or ROWS.format(low=low, high=high)
    return {f"seeknal/{name}.yml": NODE.format(name=name, sql=rows, target=target)}


@pytest.fixture
def made(project):
    """A project of two nodes that have each delivered to a table."""
    found = project({**node(), **node("b", "out.b")})
    found.run("run").assert_ok()
    return found


def removed(made, name="a"):
    (made.path / f"seeknal/{name}.yml").unlink()
    made.run("run").assert_ok()
    return made


def dropped(made, *options, code=0):
    """What --targets does: name -> verdict and why."""
    outcome = made.run("janitor", "--targets", "--yes", "--format", "json", *options)
    assert outcome.exit_code == code, outcome.stderr
    found = outcome.json()["left_behind"]
    return {entry["target"]: (entry["verdict"], entry["why"]) for entry in found}


def left(made):
    return [
        entry["target"]
        for entry in made.run("janitor", "--format", "json").assert_ok().json()["left_behind"]
    ]


def there(database, table="out.a"):
    return database.value("SELECT to_regclass(%s) IS NOT NULL", table)


def test_the_table_of_a_removed_node_is_dropped_when_that_is_asked(made, database):
    removed(made)
    plan = made.run("plan").assert_ok()
    before = there(database)

    outcome = dropped(made)

    assert "1 target left behind: postgresql out.a" in plan.stderr
    assert before
    assert outcome == {"out.a": ("dropped", None)}
    assert not there(database)
    assert there(database, "out.b")
    assert left(made) == []


def test_a_dry_run_says_the_same_and_drops_nothing(made, database):
    removed(made)

    outcome = dropped(made, "--dry-run")

    assert outcome == {"out.a": ("dropped", None)}
    assert there(database)
    assert left(made) == ["out.a"]


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_node_that_comes_back_delivers_all_rows_to_a_new_table(project, database, mode):
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)
    assert dropped(made) == {"out.a": ("dropped", None)}

    made.write(node(mode=mode))
    again = made.run("run").assert_ok()

    assert database.rows("SELECT id FROM out.a ORDER BY 1") == [(id,) for id in range(10)]
    assert "already" not in again.stdout
    assert left(made) == []


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_target_that_comes_back_to_its_node_delivers_all_rows_as_well(project, database, mode):
    made = project(node(mode=mode))
    made.run("run").assert_ok()
    file = made.path / "seeknal/a.yml"
    text = file.read_text()
    file.write_text(text.partition("materializations")[0])
    made.run("run").assert_ok()
    assert dropped(made) == {"out.a": ("dropped", None)}

    file.write_text(text)
    made.run("run").assert_ok()

    assert database.rows("SELECT id FROM out.a ORDER BY 1") == [(id,) for id in range(10)]


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_table_of_many_deliveries_is_known_for_ours(project, database, mode):
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    for step in range(1, 4):
        made.write(node(mode=mode, low=5 * step, high=10 + 5 * step))
        made.run("run").assert_ok()
    database.run("VACUUM FREEZE out.a")
    removed(made)

    outcome = dropped(made)

    assert outcome == {"out.a": ("dropped", None)}
    assert not there(database)


def test_columns_that_changed_by_deliveries_are_ours_too(made, database):
    changed = "SELECT i AS id, 'x' AS more FROM range(7) AS r(i)"
    made.write(node(sql=changed))
    made.run("run").assert_ok()
    removed(made)

    outcome = dropped(made)

    assert outcome == {"out.a": ("dropped", None)}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO out.a (id, day) VALUES (1000, '2027-01-01')",
        "UPDATE out.a SET day = '2027-01-01' WHERE id = 3",
        "DELETE FROM out.a WHERE id = 3",
        "TRUNCATE out.a",
    ],
    ids=["insert", "update", "delete", "truncate"],
)
def test_a_table_that_somebody_else_wrote_to_stays(project, database, mode, statement):
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)
    database.run(statement)

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "somebody else has written to it" in why
    assert there(database)
    assert left(made) == ["out.a"]


@pytest.mark.parametrize("mode", ["append", MODES["upsert"], MODES["by time"]])
def test_what_somebody_wrote_between_two_deliveries_keeps_the_table(project, database, mode):
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    database.run("UPDATE out.a SET id = 99 WHERE id = 3")
    made.write(node(mode=mode, low=20, high=30))
    made.run("run").assert_ok()
    removed(made)

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "somebody else has written to it" in why
    assert there(database)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_table_that_seeknal_did_not_make_stays(project, database, mode):
    database.run("CREATE SCHEMA out; CREATE TABLE out.a (id bigint PRIMARY KEY, day date)")
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "seeknal did not make it" in why
    assert there(database)


def test_a_table_that_was_made_anew_by_somebody_stays(made, database):
    removed(made)
    database.run("DROP TABLE out.a; CREATE TABLE out.a AS SELECT 1 AS id")

    verdict, _ = dropped(made)["out.a"]

    assert verdict == "kept"
    assert there(database)


def test_a_view_in_its_place_stays(made, database):
    removed(made)
    database.run("DROP TABLE out.a; CREATE VIEW out.a AS SELECT 1 AS id")

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "view" in why
    assert there(database)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE VIEW out.reader AS SELECT id FROM out.a", 'view "out".reader'),
        ("CREATE MATERIALIZED VIEW out.reader AS SELECT id FROM out.a", '"out".reader'),
        (
            "ALTER TABLE out.a ADD PRIMARY KEY (id);"
            " CREATE TABLE out.reader (a bigint REFERENCES out.a (id))",
            "reader",
        ),
    ],
    ids=["view", "materialized view", "foreign key"],
)
def test_what_depends_on_a_table_keeps_it_and_is_named(made, database, statement, name):
    removed(made)
    database.run(statement)

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert name in why
    assert there(database)
    assert there(database, "out.reader")


def test_a_partition_of_somebody_elses_table_stays(made, database):
    removed(made)
    database.run(
        "CREATE TABLE out.whole (id bigint, day date) PARTITION BY RANGE (id);"
        "ALTER TABLE out.whole ATTACH PARTITION out.a FOR VALUES FROM (0) TO (100)"
    )

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "partition" in why
    assert there(database)


def test_a_published_table_stays(made, database):
    removed(made)
    database.run("CREATE PUBLICATION p FOR TABLE out.a")

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "publication" in why


def test_a_table_that_another_project_delivers_to_stays(project, database):
    files = {**node(mode="append"), **node("b", "out.b")}
    one = project({"seeknal_project.yml": "name: one\n", **files})
    other = project({"seeknal_project.yml": "name: other\n", **node("x", mode="append", low=50)})
    other.run("run").assert_ok()
    one.run("run").assert_ok()
    removed(one)

    verdict, why = dropped(one)["out.a"]

    assert verdict == "kept"
    assert "other delivered to it too" in why
    assert there(database)


def test_a_table_that_another_copy_of_the_project_delivers_to_stays(project, database):
    one = project({**node(), **node("b", "out.b")})
    copy = project({**node(high=20), **node("b", "out.b")})
    one.run("run").assert_ok()
    copy.run("run", "--select", "transform.a").assert_ok()
    removed(one)

    verdict, why = dropped(one)["out.a"]

    assert verdict == "kept"
    assert "another copy of the project" in why
    assert there(database)


def test_a_node_that_shares_the_table_keeps_it(project, database):
    made = project({**node(mode="append"), **node("b", mode="append", low=50, high=60)})
    made.run("run").assert_ok()
    removed(made)

    outcome = dropped(made)

    assert outcome == {}
    assert there(database)


def test_two_nodes_that_shared_a_table_leave_one_behind(project, database):
    files = {**node(mode="append"), **node("b", mode="append", low=50, high=60)}
    made = project({**files, **node("c", "out.c")})
    made.run("run").assert_ok()
    removed(made)
    removed(made, "b")

    outcome = dropped(made)

    assert outcome == {"out.a": ("dropped", None)}
    assert not there(database)


def test_a_renamed_node_that_delivers_to_the_same_table_leaves_nothing(made, database):
    (made.path / "seeknal/a.yml").unlink()
    made.write(node("renamed", '\'"out"."a"\''))

    before = left(made)
    made.run("run").assert_ok()

    assert before == left(made) == []
    assert dropped(made) == {}
    assert there(database)


def test_a_renamed_node_whose_table_is_named_after_it_leaves_the_old_one(project, database):
    text = "kind: transform\nname: {}\nsql: SELECT 1 AS id\n"
    text += "materializations: [{{type: postgresql, connection: pg}}]\n"
    made = project({"seeknal/n.yml": text.format("old")})
    made.run("run").assert_ok()
    made.write({"seeknal/n.yml": text.format("new")})
    made.run("run").assert_ok()

    outcome = dropped(made)

    assert outcome == {"public.old": ("dropped", None)}
    assert there(database, "public.new")


def test_another_connection_to_what_may_be_the_same_table_keeps_it(made, database):
    again = database.profile.replace("connections:\n", "").replace("  pg:", "  again:")
    again = again.replace("127.0.0.1", "localhost")
    made.write({"profiles.yml": database.profile + again})
    file = made.path / "seeknal/a.yml"
    file.write_text(file.read_text().replace("connection: pg", "connection: again"))
    (made.path / "seeknal/a.yml").rename(made.path / "seeknal/z.yml")

    before = dropped(made)
    made.run("run").assert_ok()
    after = dropped(made)

    assert before["out.a"][0] == after["out.a"][0] == "kept"
    assert "may be the same" in after["out.a"][1]
    assert there(database)


def test_another_connection_to_the_same_table_leaves_nothing_behind(made, database):
    again = database.profile.replace("connections:\n", "").replace("  pg:", "  again:")
    made.write({"profiles.yml": database.profile + again})
    file = made.path / "seeknal/a.yml"
    file.write_text(file.read_text().replace("connection: pg", "connection: again"))

    before = dropped(made)
    made.run("run").assert_ok()
    after = dropped(made)

    assert (before, after) == ({}, {})
    assert there(database)


def test_the_schema_of_the_connection_has_changed_since(project, database):
    made = project({**node(table="a"), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)
    made.write({"profiles.yml": f"{database.profile}    schema: elsewhere\n"})

    verdict, why = dropped(made)["public.a"]

    assert verdict == "kept"
    assert "elsewhere.a" in why
    assert there(database, "public.a")


def schemas(database):
    query = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(out|seeknal)'"
    return {name for (name,) in database.rows(query)}


def test_the_schemas_of_an_environment_go_with_their_last_table(project, database):
    made = project({**node(), **node("b", "out.b")})
    made.run("run").assert_ok()
    made.write({**node(high=5), **node("b", "out.b", high=5)})
    made.run("run", "--env", "dev").assert_ok()
    made.run("env", "delete", "dev", "--yes").assert_ok()
    database.run("INSERT INTO out__dev.b VALUES (1000, '2027-01-01')")
    before, first, between = schemas(database), dropped(made), schemas(database)
    database.run("DELETE FROM out__dev.b WHERE id = 1000")

    second = dropped(made)

    assert before == between == {"out", "out__dev", "seeknal", "seeknal__dev"}
    assert {name: verdict for name, (verdict, _) in first.items()} == {
        "out__dev.a": "dropped",
        "out__dev.b": "kept",
    }
    assert second == {"out__dev.b": ("dropped", None)}
    assert schemas(database) == {"out", "seeknal"}


@pytest.mark.parametrize(
    "statement",
    ["CREATE SCHEMA out__dev", "GRANT USAGE ON SCHEMA out__dev TO pg_read_all_data"],
    ids=["made by somebody", "granted to somebody"],
)
def test_a_schema_that_somebody_else_has_a_hand_in_stays(project, database, statement):
    made = project({**node(), **node("b", "out.b")})
    made.run("run").assert_ok()
    if statement.startswith("CREATE"):
        database.run(statement)
    made.write(node(high=5))
    made.run("run", "--env", "dev").assert_ok()
    if statement.startswith("GRANT"):
        database.run(statement)
    made.run("env", "delete", "dev", "--yes").assert_ok()

    outcome = dropped(made)

    assert outcome == {"out__dev.a": ("dropped", None)}
    assert "out__dev" in schemas(database)


@pytest.mark.parametrize("suffix", ["schema", "table"])
def test_the_tables_of_a_deleted_environment_are_left_behind(project, database, suffix):
    name = {"schema": "out__dev.a", "table": "out.a__dev"}[suffix]
    settings = f"name: t\nenvironments: {{suffix: {suffix}}}\n"
    made = project({"seeknal_project.yml": settings, **node(), **node("b", "out.b")})
    made.run("run").assert_ok()
    made.write(node(high=5))
    made.run("run", "--env", "dev").assert_ok()
    before = left(made)
    made.run("env", "delete", "dev", "--yes").assert_ok()

    outcome = dropped(made)

    assert before == []
    assert outcome == {name: ("dropped", None)}
    assert not there(database, name)
    assert database.value("SELECT count(*) FROM out.a") == 10


def test_an_environment_that_is_made_again_begins_with_a_new_table(project, database):
    made = project(node(mode="append"))
    made.run("run").assert_ok()
    for _ in range(2):
        made.write(node(mode="append", high=5))
        made.run("run", "--env", "dev").assert_ok()
        made.run("env", "delete", "dev", "--yes").assert_ok()
        rows = database.rows("SELECT id FROM out__dev.a ORDER BY 1")
        outcome = dropped(made)

        assert rows == [(id,) for id in range(5)]
        assert outcome == {"out__dev.a": ("dropped", None)}


def test_an_environment_that_expired_leaves_its_tables_behind(project, database):
    made = project(node())
    made.run("run").assert_ok()
    made.run("env", "create", "dev", "--ttl", "1s").assert_ok()
    made.write(node(high=5))
    made.run("run", "--env", "dev").assert_ok()
    time.sleep(1.2)
    made.run("janitor").assert_ok()

    outcome = dropped(made)

    assert outcome == {"out__dev.a": ("dropped", None)}


def test_a_suffix_that_changed_leaves_the_old_names_behind(project, database):
    made = project({"seeknal_project.yml": "name: t\n", **node()})
    made.run("run").assert_ok()
    made.write(node(high=5))
    made.run("run", "--env", "dev").assert_ok()
    made.write({"seeknal_project.yml": "name: t\nenvironments: {suffix: table}\n"})

    outcome = dropped(made)

    assert outcome == {"out__dev.a": ("dropped", None)}


def test_rows_that_are_owed_keep_their_table(project, database):
    made = project({**node(mode="append"), **node("b", "out.b")})
    made.run("run").assert_ok()
    database.run("ALTER TABLE out.a ADD CHECK (id < 20)")
    made.write(node(mode="append", low=15, high=25))
    made.run("run")
    (made.path / "seeknal/a.yml").unlink()
    made.run("run")

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "deliveries" in why
    assert there(database)


def test_a_kill_before_the_record_is_made_good(project, database):
    made = project({**node(mode="append"), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)
    killed = "import os; from seeknal.state.destinations import Destinations\n"
    killed += "from seeknal.cli import main\n"
    killed += "Destinations.forget = lambda *given: os._exit(9)\n"
    words = ["janitor", "--targets", "--yes"]
    died = subprocess.run([sys.executable, "-c", f"{killed}main({words})"], cwd=made.path)
    after_kill = (died.returncode, there(database))

    made.write(node(mode="append"))
    made.run("run").assert_ok()
    rows = database.rows("SELECT id FROM out.a ORDER BY 1")
    removed(made)
    again = dropped(made)

    assert after_kill == (9, False)
    assert rows == [(id,) for id in range(10)]
    assert again == {"out.a": ("dropped", None)}


def test_a_kill_before_the_drop_doubles_no_row_when_the_node_comes_back(project, database):
    made = project({**node(mode="append"), **node("b", "out.b")})
    made.run("run").assert_ok()
    removed(made)
    killed = "import os; from seeknal_postgres import dropping; from seeknal.cli import main\n"
    killed += "real = dropping.drop\n"
    killed += "def drop(*given, dry_run):\n"
    killed += "    return real(*given, dry_run=True) if dry_run else os._exit(9)\n"
    killed += "dropping.drop = drop\n"
    words = ["janitor", "--targets", "--yes"]
    died = subprocess.run([sys.executable, "-c", f"{killed}main({words})"], cwd=made.path)
    after_kill = (died.returncode, there(database), left(made))

    made.write(node(mode="append"))
    made.run("run").assert_ok()

    assert after_kill == (9, True, ["out.a"])
    assert database.rows("SELECT id FROM out.a ORDER BY 1") == [(id,) for id in range(10)]


def test_a_lost_target_folder_loses_no_record(made, database):
    removed(made)
    shutil.rmtree(made.path / "target")
    made.run("run").assert_ok()

    outcome = dropped(made)

    assert outcome == {"out.a": ("dropped", None)}


def test_a_server_that_does_not_answer_is_a_problem_of_its_tables_alone(made, database):
    file = "{type: file, path: f.csv}"
    made.write({"seeknal/f.yml": NODE.format(name="f", sql="SELECT 1 AS id", target=file)})
    made.run("run").assert_ok()
    for name in "af":
        (made.path / f"seeknal/{name}.yml").unlink()
    made.run("run").assert_ok()
    port = database.parameters["port"]
    made.write({"profiles.yml": database.profile.replace(f"port: {port}", "port: 1")})

    outcome = dropped(made, code=1)

    assert outcome["f.csv"] == ("dropped", None)
    assert outcome["out.a"][0] == "kept"
    assert "connection 'pg'" in outcome["out.a"][1]


def test_deliveries_of_an_earlier_version_are_listed_and_stay(made, database):
    database.run(
        "ALTER TABLE seeknal.deliveries DROP COLUMN total, DROP COLUMN first_xid,"
        " DROP COLUMN table_oid"
    )
    shutil.rmtree(made.path / ".seeknal/deliveries", ignore_errors=True)
    made.run("run").assert_ok()
    removed(made)

    verdict, _ = dropped(made)["out.a"]

    assert verdict == "kept"
    assert there(database)


def test_a_password_in_a_url_is_not_put_on_record(project, database):
    at = database.parameters
    password = at["password"]
    url = f"postgresql://{at['user']}:{password}@127.0.0.1:{at['port']}/{at['dbname']}"
    made = project({})
    text = node()["seeknal/a.yml"].replace("connection: pg", f"connection: '{url}'")
    made.write({"seeknal/a.yml": text, **node("b", "out.b")})
    made.run("run")
    (made.path / "seeknal/a.yml").unlink()
    made.run("run")

    kept = [path.read_bytes() for path in (made.path / ".seeknal").rglob("*") if path.is_file()]
    outcome = dropped(made)

    assert not any(password.encode() in text for text in kept)
    assert outcome["out.a"][0] == "kept"


def test_a_reader_that_holds_the_table_keeps_it_for_now(made, database):
    made.write({"profiles.yml": f"{database.profile}    lock_timeout: 1s\n"})
    removed(made)

    with database.connect(autocommit=False) as reader:
        reader.execute("SELECT * FROM out.a")
        verdict, why = dropped(made)["out.a"]
    after = dropped(made)

    assert verdict == "kept"
    assert "somebody is using it" in why
    assert after == {"out.a": ("dropped", None)}


def test_where_a_node_delivers_that_cannot_be_told_keeps_all_tables(made, database):
    removed(made)
    made.write(node("c", "c"))
    file = made.path / "seeknal/c.yml"
    file.write_text(file.read_text().replace("connection: pg", "connection: later"))
    later = "  later: {type: postgresql, host: '${NOT_SET_HERE}'}\n"
    made.write({"profiles.yml": database.profile + later})

    verdict, why = dropped(made)["out.a"]

    assert verdict == "kept"
    assert "where transform.c delivers cannot be told" in why
    assert there(database)


READERS = {
    "source": {"seeknal/s.yml": "kind: source\nname: s\nsource: postgresql\nconnection: pg\n{}"},
    "transform": {"seeknal/s.yml": "kind: transform\nname: s\nsql: SELECT * FROM pg.out.A\n"},
    "Python": {
        "seeknal/pipelines/s.py": "from seeknal import source\n\n@source(name='s')\ndef s(ctx):\n"
        '    return ctx.duckdb.sql(\'select * from pg."out"."a"\')\n'
    },
    "Python that composes it": {
        "seeknal/pipelines/s.py": "from seeknal import source\n\n@source(name='s')\ndef s(ctx):\n"
        "    return [ctx.duckdb.sql(f'from pg.out.{name}') for name in ctx]\n"
    },
    "Python that adds to it": {
        "seeknal/pipelines/s.py": "from seeknal import source\n\n@source(name='s')\ndef s(ctx):\n"
        "    return [ctx.duckdb.sql('from pg.out.' + name) for name in ctx]\n"
    },
    "audit": {
        "seeknal/s.yml": "kind: transform\nname: s\nsql: SELECT 1 AS id\naudits:\n"
        "  - {type: custom_sql, sql: FROM __THIS__ WHERE id > (SELECT max(id) FROM pg.out.a)}\n"
    },
}
TABLES = {
    "table": "table: out.a\n",
    "table in another case": "table: '\"out\".A'\n",
    "query": "query: SELECT x.id FROM out.a AS x\n",
    "disabled": "table: out.a\nenabled: false\n",
}
READING = {
    **{name: files for name, files in READERS.items() if name != "source"},
    **{
        f"source of a {name}": {file: text.format(key) for file, text in READERS["source"].items()}
        for name, key in TABLES.items()
    },
}


def needing(name):
    """What a reader needs to be asked about."""
    without = name == "audit" and find_spec("seeknal_audits") is None
    return pytest.mark.skipif(without, reason="the audits plugin is not there")


@pytest.mark.parametrize(
    "files", [pytest.param(files, id=name, marks=needing(name)) for name, files in READING.items()]
)
def test_a_table_that_something_of_the_project_may_read_stays(made, database, files):
    removed(made)
    before = dropped(made, "--dry-run")
    made.write(files)

    verdict, why = dropped(made)["out.a"]

    assert before == {"out.a": ("dropped", None)}
    assert verdict == "kept"
    assert "may read it" in why
    assert there(database)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_a_transform_that_became_a_source_of_its_table_loses_no_row(project, database, mode):
    made = project({**node(mode=mode), **node("b", "out.b")})
    made.run("run").assert_ok()
    text = "kind: source\nname: a\nsource: postgresql\nconnection: pg\ntable: out.a\n"
    made.write({"seeknal/a.yml": text})
    made.run("run").assert_ok()

    outcome = dropped(made)

    assert outcome == {"out.a": ("kept", "source.a may read it")}
    assert database.value("SELECT count(*) FROM out.a") == 10


def test_the_table_of_a_deleted_environment_that_a_source_reads_stays(project, database):
    made = project({**node(), **node("b", "out.b")})
    made.run("run").assert_ok()
    made.write({**node(high=5), **node("b", "out.b", high=5)})
    made.run("run", "--env", "dev").assert_ok()
    made.run("env", "delete", "dev", "--yes").assert_ok()
    text = "kind: source\nname: s\nsource: postgresql\nconnection: pg\ntable: out__dev.a\n"
    made.write({"seeknal/s.yml": text})

    outcome = dropped(made)

    assert outcome == {
        "out__dev.a": ("kept", "source.s may read it"),
        "out__dev.b": ("dropped", None),
    }
    assert there(database, "out__dev.a")


def elsewhere(made, **changes):
    """Let the node deliver somewhere else."""
    made.write({**node(table="out.moved"), **changes})
    return made.run("run")


def test_a_table_that_was_never_reached_is_not_left_behind(project, database):
    made = project(node())
    profile = made.path / "profiles.yml"
    reached = profile.read_text()
    port = f"port: {database.parameters['port']}"
    profile.write_text(reached.replace(port, "port: 1"))
    assert made.run("run").exit_code == 1
    profile.write_text(reached)

    elsewhere(made).assert_ok()

    assert left(made) == []
    assert "left behind" not in made.run("plan").stderr


def test_a_table_that_was_written_once_stays_known_when_it_is_out_of_reach(made, database):
    profile = made.path / "profiles.yml"
    reached = profile.read_text()
    port = f"port: {database.parameters['port']}"
    made.write(node(high=11))
    profile.write_text(reached.replace(port, "port: 1"))
    assert made.run("run").exit_code == 1
    profile.write_text(reached)

    elsewhere(made).assert_ok()

    assert left(made) == ["out.a"]


def test_a_table_whose_first_rows_are_refused_is_not_left_behind(project):
    doubled = "SELECT 1 AS id, DATE '2026-01-01' AS day FROM range(2)"
    made = project(node(mode=MODES["upsert"], sql=doubled))
    assert made.run("run").exit_code == 1
    made.run("deliveries", "drop", "a", "--yes").assert_ok()

    elsewhere(made).assert_ok()

    assert left(made) == []


def test_what_keeps_a_target_from_being_named_is_said_with_what_is_left(made):
    (made.path / "seeknal/a.yml").unlink()
    wrong = made.path / "profiles.yml"
    wrong.write_text(wrong.read_text() + "  other: {type: postgresql, host: '${NOT_THERE}'}\n")
    text = NODE.format(
        name="c", sql="SELECT 1 AS id", target=TARGET.format(table="out.c", mode="full")
    )
    made.write({"seeknal/c.yml": text.replace("connection: pg", "connection: other")})
    made.run("run")

    outcome = made.run("janitor")

    assert "which  cannot use" not in outcome.stdout + outcome.stderr
    assert "where transform.c delivers cannot be told: environment variable NOT_THERE" in (
        outcome.stdout + outcome.stderr
    )
