"""Loads of all rows that are asked for again: after one that was cut short, and after one that
was not."""

import pytest
from tests.postgres.killed import killed

from seeknal.ingesting.calls import Call
from seeknal.testing.project import TestProject
from seeknal.values.errors import StateError

pytestmark = pytest.mark.inside

INTO = ("--name", "orders", "--into", "pg:dw", "--lake", "lake")
TABLE = ("ingest", "--connection", "pg", "--table", "orders", *INTO)


def of_day(day):
    query = f"SELECT * FROM orders WHERE day = {day}"
    return ("ingest", "--connection", "pg", "--query", query, *INTO)


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile})
    database.run("CREATE TABLE orders (id int, day int); INSERT INTO orders VALUES (1, 1), (2, 2)")
    return made


def arrived(database):
    return [id for (id,) in database.rows("SELECT id FROM dw ORDER BY id")]


@pytest.mark.parametrize(
    "moment",
    ["loaded", "answered", pytest.param("kept", marks=pytest.mark.slow)],
)
def test_what_was_killed_with_its_rows_loaded_says_so_and_loads_none_again_once(
    place, database, moment
):
    killed(place, moment, TABLE)

    again = place.run(*TABLE).assert_ok()
    after = arrived(database)
    place.run(*TABLE).assert_ok()

    assert "had loaded these 2 rows" in again.stderr
    assert "nothing is loaded again" in again.stderr
    assert after == [1, 2]
    assert arrived(database) == [1, 1, 2, 2]


def test_a_file_that_was_loaded_before_the_call_was_killed_is_known_by_its_own_types(
    place, database
):
    place.write({"orders.json": '[{"id": 1, "big": 12345678901234567890123, "n": {"a": [1]}}]'})
    words = ("ingest", "--path", "orders.json", *INTO)
    killed(place, "loaded", words)

    again = place.run(*words).assert_ok()

    assert "nothing is loaded again" in again.stderr
    assert arrived(database) == [1]


def test_another_query_is_loaded_after_a_load_that_was_killed_with_its_rows_loaded(place, database):
    killed(place, "loaded", of_day(1))

    place.run(*of_day(2)).assert_ok()
    place.run(*of_day(1)).assert_ok()

    assert arrived(database) == [1, 2]


def test_other_rows_are_loaded_after_a_load_that_was_killed_with_its_rows_loaded(place, database):
    killed(place, "loaded", TABLE)
    database.run("TRUNCATE orders; INSERT INTO orders VALUES (3, 3), (4, 3)")

    outcome = place.run(*TABLE).assert_ok()

    assert arrived(database) == [1, 2, 3, 4]
    assert "the source has other rows now" in outcome.stderr


def test_force_loads_all_rows_after_a_load_that_was_killed_with_its_rows_loaded(place, database):
    killed(place, "loaded", TABLE)

    place.run(*TABLE, "--force").assert_ok()

    assert arrived(database) == [1, 1, 2, 2]


@pytest.mark.parametrize("statement", ["TRUNCATE dw", "DROP TABLE dw"])
def test_a_table_that_was_emptied_after_a_load_was_killed_is_loaded(place, database, statement):
    killed(place, "loaded", TABLE)
    database.run(statement)

    place.run(*TABLE).assert_ok()

    assert arrived(database) == [1, 2]


def test_without_the_file_of_a_load_that_was_killed_nothing_is_guessed(place, database):
    killed(place, "loaded", TABLE)
    (file,) = place.path.glob("lake/postgresql/**/*.parquet")
    file.unlink()

    outcome = place.run(*TABLE)

    assert outcome.exit_code == 1
    assert file.name in outcome.stderr
    assert "--force" in outcome.stderr
    assert arrived(database) == [1, 2]


def test_a_load_that_ended_is_loaded_again_each_time_it_is_asked_for(place, database):
    for _ in range(3):
        place.run(*TABLE).assert_ok()

    assert arrived(database) == [1, 1, 1, 2, 2, 2]
    assert not list(place.path.glob("lake/.seeknal/calls/*"))


def test_of_several_tables_none_is_doubled_when_the_call_is_killed_and_run_again(place, database):
    database.run("CREATE TABLE others (id int); INSERT INTO others VALUES (9)")
    words = ("ingest", "--connection", "pg", "--tables", "public.*", "--into", "pg:landed.*")
    killed(place, "loaded 2", words)

    place.run(*words).assert_ok()
    once = database.value("SELECT count(*) FROM landed.orders")
    place.run(*words).assert_ok()

    assert once == 2
    assert database.value("SELECT count(*) FROM landed.others") == 2
    assert database.value("SELECT count(*) FROM landed.orders") == 4
    assert not list(place.path.glob("lake/.seeknal/calls/*"))


def test_of_several_tables_none_is_doubled_when_another_fails_and_all_are_run_again(
    place, database
):
    database.run("CREATE TABLE wrong (_source_file int)")
    words = ("ingest", "--connection", "pg", "--tables", "public.*", "--into", "pg:landed.*")

    outcomes = [place.run(*words) for _ in range(3)]

    assert [outcome.exit_code for outcome in outcomes] == [1, 1, 1]
    assert database.value("SELECT count(*) FROM landed.orders") == 2
    assert len(list(place.path.glob("lake/.seeknal/calls/*"))) == 1


def test_a_call_whose_answer_nobody_has_seen_is_none_that_ended(place, database, monkeypatch):
    def unwritten(found):
        raise RuntimeError("it cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr("seeknal.cli.ingest.print_json", unwritten)
        place.run(*TABLE, "--format", "json")

    place.run(*TABLE).assert_ok()

    assert arrived(database) == [1, 2]


def test_a_call_whose_end_cannot_be_kept_says_so(place, monkeypatch):
    def full(call):
        raise StateError("the disk is full")

    monkeypatch.setattr(Call, "end", full)

    outcome = place.run(*TABLE)

    assert outcome.exit_code == 1
    assert "the disk is full" in outcome.stderr


def test_a_load_is_refused_while_a_call_that_loaded_the_same_is_at_work(place, monkeypatch):
    with monkeypatch.context() as patch:
        # Its answer is not out yet.
        patch.setattr(Call, "close", lambda call, is_success: None)
        place.run(*TABLE).assert_ok()

    outcome = place.run(*TABLE)

    assert outcome.exit_code == 1
    assert "is still at work" in outcome.stderr
    assert "--lock-timeout" in outcome.stderr
