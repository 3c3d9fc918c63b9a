"""``seeknal ingest --tables``: what each table is called, and that none stops the others."""

import json

import pytest

from seeknal.testing.project import TestProject


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile})
    return made


@pytest.fixture
def ingest(place):
    """Runs ``seeknal ingest --tables`` and gives the names and errors of the loads."""

    def run(*patterns, into="pg:dw.*"):
        words = [word for pattern in patterns for word in ("--tables", pattern)]
        outcome = place.run(
            *("ingest", "--connection", "pg", *words, "--into", into, "--format", "json")
        )
        assert "Traceback" not in outcome.stderr
        loads = json.loads(outcome.stdout)["loads"]
        return {load["name"]: load["error"] and load["error"]["message"] for load in loads}

    return run


def make(database, *tables):
    for table in tables:
        schema = table.partition(".")[0]
        database.run(
            f"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {table} (id int);"
            f"INSERT INTO {table} VALUES (1)"
        )


@pytest.mark.parametrize(
    ("patterns", "first", "both"),
    [
        (["t?.cust"], {"t1_cust"}, {"t1_cust", "t2_cust"}),
        (["t1.*", "t?.cust"], {"cust"}, {"cust", "t2_cust"}),
        (["[t]1.cust", "t2.cust"], {"t1_cust"}, {"t1_cust", "cust"}),
    ],
)
def test_a_name_does_not_depend_on_what_other_tables_there_are(
    ingest, database, patterns, first, both
):
    make(database, "t1.cust", "t2.other")
    alone = ingest(*[pattern for pattern in patterns if pattern != "t2.cust"])
    make(database, "t2.cust")

    beside = ingest(*patterns)

    assert set(alone) == first
    assert set(beside) == both
    assert not any(beside.values())


@pytest.mark.parametrize("patterns", [["cust"], ["t1.*", "t2.*"]])
def test_tables_that_would_have_one_name_are_refused_and_others_are_loaded(
    ingest, database, patterns
):
    make(database, "t1.cust", "t2.cust", "t2.other")

    loads = ingest(*patterns, "t2.other")

    assert loads["other"] is None
    assert "t1.cust and t2.cust" in loads["cust"]
    assert database.value("SELECT to_regclass('dw.cust')") is None
    assert database.value("SELECT count(*) FROM dw.other") == 1


@pytest.mark.parametrize("name", ['".."', '"a/b"', '".seeknal"', '"a""b."'])
def test_a_table_with_any_name_stops_no_other(ingest, place, database, name):
    make(database, f"shop.{name}", "shop.orders")

    loads = ingest("shop.*")

    assert loads.pop("orders") is None
    assert database.value("SELECT count(*) FROM dw.orders") == 1
    ((called, error),) = loads.items()
    assert called == name[1:-1].replace('""', '"')
    assert (error is None) == (name == '"a""b."')
    assert error is None or repr(called) in error
    landed = {path.name for path in place.path.glob("lake/postgresql/*")}
    assert landed == {"orders", *([called] if error is None else [])}


def test_a_table_that_the_warehouse_keeps_for_itself_stops_no_other(place, database):
    make(database, "shop.etl_audit_log", "shop.orders", "shop.zones")
    words = ("ingest", "--connection", "pg", "--tables", "shop.*", "--into", "pg:public.*")

    outcome = place.run(*words)

    assert outcome.exit_code == 0
    assert database.value("SELECT count(*) FROM zones") == 1


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_is_wrong_with_a_table_names_it_once(place, database, format):
    database.run(
        'CREATE SCHEMA shop; CREATE TABLE shop.nothing (); CREATE TABLE shop.odd ("A" int, a int)'
    )
    words = ("ingest", "--connection", "pg", "--tables", "shop.*", "--into", "pg:dw.*")

    outcome = place.run(*words, "--format", format)

    assert outcome.exit_code == 1
    assert "]: nothing: it has no columns" in outcome.stderr
    assert "]: odd: " in outcome.stderr
    assert "odd: odd" not in outcome.stderr + outcome.stdout


@pytest.mark.parametrize(
    ("table", "said"),
    [('"My Sch"."T/1"', "'T/1'"), ("..", "'..'"), ('shop.".x"', "'.x'"), ("../../x", "'../../x'")],
)
def test_a_table_whose_name_no_load_can_have_is_told(place, database, table, said):
    outcome = place.run(
        *("ingest", "--connection", "pg", "--table", table, "--into", "pg:dw", "--lake", "l")
    )

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert "--name" in outcome.stderr
    assert not (place.path / "l").exists()


@pytest.mark.parametrize("table", ['"My Sch"."T.1"', '"My Sch"."T ""2"'])
def test_a_table_in_quotes_gives_the_load_its_name(place, database, table):
    make_schema = f'CREATE SCHEMA "My Sch"; CREATE TABLE {table} (id int)'
    database.run(f"{make_schema}; INSERT INTO {table} VALUES (1)")

    place.run("ingest", "--connection", "pg", "--table", table, "--into", "pg:dw").assert_ok()

    name = table.split(".", 1)[1][1:-1].replace('""', '"')
    assert database.rows("SELECT source_name FROM etl_audit_log") == [(name,)]
