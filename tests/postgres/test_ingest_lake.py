"""``seeknal ingest --from-lake``: a file is the same wherever it lies and however it is written."""

import os
import shutil

import duckdb
import pytest

from seeknal.testing.project import TestProject

INTO = ("--name", "orders", "--into", "pg:again", "--lake", "lake")


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile, "orders.csv": "id\n1\n2\n"})
    return made


@pytest.fixture
def file(place):
    """A file of the lake, whose rows are in the table ``again``."""
    place.run("ingest", "--path", "orders.csv", *INTO).assert_ok()
    (found,) = place.path.glob("lake/csv/**/*.parquet")
    return found.relative_to(place.path)


def of_link(place, file):
    (place.path / "link").symlink_to("lake")
    return "link" / file.relative_to("lake")


def of_detour(place, file):
    (place.path / "sub").mkdir()
    return f"sub/../{file}"


def of_lake_copy(place, file):
    shutil.copytree(place.path / "lake", place.path / "lake2")
    return "lake2" / file.relative_to("lake")


def of_renamed_copy(place, file):
    shutil.copy(place.path / file, place.path / "copy.parquet")
    return "copy.parquet"


@pytest.mark.parametrize("written", [of_link, of_detour, of_lake_copy, of_renamed_copy])
def test_a_file_of_the_lake_is_not_loaded_twice_however_it_is_named(place, database, file, written):
    path = written(place, file)

    outcome = place.run("ingest", "--from-lake", path, *INTO)

    assert outcome.exit_code == 1
    assert file.relative_to("lake").as_posix() in outcome.stderr
    assert "was loaded before" in outcome.stderr
    assert database.value("SELECT count(*) FROM again") == 2


def test_a_file_and_its_copy_are_not_loaded_in_one_call(place, database, file):
    copy = of_renamed_copy(place, file)
    database.run("DROP TABLE again")

    outcome = place.run("ingest", "--from-lake", copy, "--from-lake", file, *INTO)

    assert outcome.exit_code == 2
    assert "copy.parquet" in outcome.stderr
    assert database.value("SELECT to_regclass('again')") is None


def test_a_file_that_is_named_twice_is_loaded_once(place, database, file):
    link = of_link(place, file)
    database.run("DROP TABLE again")

    place.run("ingest", "--from-lake", link, "--from-lake", file, *INTO).assert_ok()

    assert database.value("SELECT count(*) FROM again") == 2


def test_rows_of_a_lake_elsewhere_are_named_by_their_place_in_it(place, database, file):
    of_lake_copy(place, file)

    place.run("ingest", "--from-lake", "lake2", *INTO, "--into", "pg:other").assert_ok()

    names = database.rows("SELECT DISTINCT _source_file FROM other")
    assert names == [(file.relative_to("lake").as_posix(),)]


@pytest.mark.parametrize("known", ["a/part.parquet", "lake/x/part.parquet"])
def test_a_file_of_others_is_known_by_its_content(place, database, known):
    for path in (known, "copy.parquet"):
        (place.path / path).parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql("SELECT 1 AS id").write_parquet(str(place.path / known))
    shutil.copy(place.path / known, place.path / "copy.parquet")
    place.run("ingest", "--from-lake", known, *INTO).assert_ok()

    outcome = place.run("ingest", "--from-lake", "copy.parquet", *INTO)

    assert outcome.exit_code == 1
    assert "was loaded before" in outcome.stderr
    ((name,),) = database.rows("SELECT DISTINCT _source_file FROM again")
    assert "part.parquet#" in name


def test_a_file_of_others_with_the_same_path_and_other_content_needs_force(place, database):
    path = place.path / "part.parquet"
    duckdb.sql("SELECT 1 AS id").write_parquet(str(path))
    place.run("ingest", "--from-lake", "part.parquet", *INTO).assert_ok()
    duckdb.sql("SELECT 2 AS id").write_parquet(str(path))

    outcome = place.run("ingest", "--from-lake", "part.parquet", *INTO)
    place.run("ingest", "--from-lake", "part.parquet", *INTO, "--force").assert_ok()

    assert outcome.exit_code == 1
    assert database.rows("SELECT id FROM again ORDER BY 1") == [(1,), (2,)]


def test_files_that_were_loaded_under_names_of_before_are_known(place, database, file):
    other = place.path / "part.parquet"
    duckdb.sql("SELECT 1 AS id").write_parquet(str(other))
    elsewhere = place.path / of_lake_copy(place, file)
    database.run(
        "DROP TABLE again; CREATE TABLE again (id int, _source_file text);"
        f"INSERT INTO again VALUES (1, '{other}'), (1, '{elsewhere}')"
    )

    outcomes = [
        place.run("ingest", "--from-lake", os.path.relpath(path, place.path), *INTO)
        for path in (other, elsewhere)
    ]

    assert [outcome.exit_code for outcome in outcomes] == [1, 1]
    assert all("was loaded before" in outcome.stderr for outcome in outcomes)


def test_a_file_that_landed_before_files_said_where_is_known_by_its_name(place, database, file):
    below = file.relative_to("lake").as_posix()
    old = place.path / "old" / file.name
    old.parent.mkdir()
    origin = '{"protocol": "csv", "name": "orders", "types": {}}'
    duckdb.sql(
        f"COPY (SELECT 1 AS id) TO '{old}' (FORMAT parquet,"
        f" KV_METADATA {{seeknal_ingest: '{origin}'}})"
    )

    outcome = place.run("ingest", "--from-lake", f"old/{file.name}", *INTO)

    assert outcome.exit_code == 1
    assert f"{below} was loaded before" in outcome.stderr
