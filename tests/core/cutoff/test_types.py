"""A column that gets another type is another column, however much its stored values look alike."""

import random

import duckdb
import pytest
from tests.core.cutoff.typecases import READERS, answer, pairs

from seeknal import open_project

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def node(name, sql):
    return {f"seeknal/{name}.yml": f"kind: transform\nname: {name}\ntransform: |\n  {sql}\n"}


def base(value):
    return f"SELECT 0 AS id, {value} AS v"


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def expected(duck, value, reader):
    """What plain tables give; the text of a refusal where they give nothing."""
    try:
        duck.execute(f"CREATE OR REPLACE TABLE t AS {base(value)}")
    except duckdb.InvalidInputException as error:
        return f"refused: {error}"
    return answer(duck, f"SELECT {reader} AS r FROM t")


def read(reader, name):
    return f"WITH t AS (SELECT * FROM ref('transform.{name}')) SELECT {reader} AS r FROM t"


def refused(found):
    return isinstance(found, str)


def check(seeknal_project, duck, cases, readers):
    """Every reader of a column that went from one value to another equals a full rebuild."""
    wanted, files, edits = {}, {}, {}
    for number, (before, after) in enumerate(cases):
        files |= node(f"b{number}", base(before))
        edits |= node(f"b{number}", base(after))
        for place, reader in enumerate(readers):
            was, now = (expected(duck, value, reader) for value in (before, after))
            if not refused(was) and not refused(now):
                files |= node(f"b{number}_r{place}", read(reader, f"b{number}"))
                wanted[f"b{number}_r{place}"] = (before, after, reader, was, now)
    made = seeknal_project(files)
    made.run("run").assert_ok()
    first = rows(made, duck, wanted)
    assert {name: (wanted[name][:3], found) for name, found in first.items()} == {
        name: (case[:3], case[3]) for name, case in wanted.items()
    }

    made.write(edits)
    made.run("run").assert_ok()

    second = rows(made, duck, wanted)
    stale = {name: (*wanted[name], found) for name, found in second.items()}
    assert [case for case in stale.values() if case[-1] != case[-2]] == []


def rows(made, duck, names):
    with open_project(made.path) as opened:
        return {name: answer(opened._views(), f'FROM "transform"."{name}"') for name in names}


def test_readers_of_a_column_of_another_type_equal_a_full_rebuild(seeknal_project, duck):
    chance = random.Random(11)
    cases, readers = chance.sample(pairs(), 10), chance.sample(READERS, 10)

    check(seeknal_project, duck, cases, readers)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(12))
def test_every_reader_of_every_pair_of_types_equals_a_full_rebuild(seeknal_project, duck, part):
    check(seeknal_project, duck, pairs()[part::12], READERS)


def test_integers_divide_as_what_they_are(seeknal_project):
    summed = "SELECT sum(x) AS v FROM (VALUES (25)) AS r(x)"
    made = seeknal_project(
        {**node("b", summed), **node("r", "SELECT v // 2 AS half FROM ref('transform.b')")}
    )
    made.run("run").assert_ok()
    assert [str(row[0]) for row in made.rows("transform.r")] == ["12"]

    made.write(node("b", summed.replace("sum(x)", "sum(x)::DECIMAL(38,0)")))
    made.run("run").assert_ok()

    with duckdb.connect() as duck:
        rebuilt = duck.sql(f"SELECT v // 2 FROM ({summed.replace('sum(x)', '25::DECIMAL(38,0)')})")
        assert made.rows("transform.r") == rebuilt.fetchall()


def test_a_node_stored_as_a_table_gives_what_it_gives_as_a_view(seeknal_project, duck):
    sql = "SELECT v FROM (VALUES ('a'), ('b')) AS r(t), (SELECT t::ENUM('b', 'a') AS v)"
    largest = "SELECT max(v) AS v FROM ref('transform.{}')"
    view = {"seeknal/v.yml": node("v", sql)["seeknal/v.yml"] + "materialized: view\n"}
    made = seeknal_project(
        {**node("t", sql), **view, **node("of_t", largest.format("t"))}
        | node("of_v", largest.format("v"))
    )

    made.run("run").assert_ok()

    with open_project(made.path) as opened:
        found = {name: opened.table(f"transform.{name}").fetchall() for name in ("of_t", "of_v")}
    assert found == {"of_t": [("a",)], "of_v": [("a",)]}
