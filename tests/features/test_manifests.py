"""A training set is made again from its manifest, whatever has happened since."""

import json

import duckdb
import pytest

import seeknal
from seeknal.values.errors import RunError, UsageError

pytestmark = pytest.mark.inside


@pytest.fixture
def written(customers):
    """The training set's file, and its rows."""
    path = customers.path / "train.parquet"
    with seeknal.get_historical_features(
        ["spend:amount", "profile:tier"], customers.path / "entities.csv", project=customers.path
    ) as found:
        found.write(path)
        return path, found.fetchall()


def manifest_of(path):
    return path.with_name("train.manifest.json")


def again(customers, path):
    with seeknal.recreate_training_set(manifest_of(path), project=customers.path) as found:
        return found.fetchall()


def test_files_hold_the_rows_the_entities_and_from_what_they_are(customers, written):
    path, rows = written

    found = json.loads(manifest_of(path).read_text())

    assert duckdb.sql(f"FROM '{path}'").fetchall() == rows
    assert duckdb.sql(f"FROM '{path.with_name('train.entities.parquet')}'").fetchall() == [
        row[:3] for row in rows
    ]
    assert [each["node"] for each in found["features"]] == [
        "feature_group.spend",
        "feature_group.profile",
    ]
    assert found["files"]["rows"]["rows"] == 5


def test_it_is_the_same_after_the_data_and_the_definition_went_on(customers, written):
    path, rows = written
    data = customers.path / "data/moves.csv"
    data.write_text(data.read_text().replace(",25,", ",99,") + "9,2026-01-01,2026-01-01,1,z\n")
    groups = customers.path / "seeknal/groups.yml"
    groups.write_text(groups.read_text().replace("ttl: 30d", "ttl: 1d"))
    customers.run("run").assert_ok()
    (customers.path / "entities.csv").unlink()

    found = again(customers, path)

    assert found == rows


def test_the_command_makes_the_same_file_again(customers, written):
    _path, _ = written

    customers.run(
        "features", "get", "--manifest", "train.manifest.json", "--output", "again.parquet"
    ).assert_ok()

    one, other = (
        json.loads((customers.path / f"{name}.manifest.json").read_text())["files"]["rows"]
        for name in ("train", "again")
    )
    assert one["sha256"] == other["sha256"]


def test_a_snapshot_that_is_gone_is_named(customers, written):
    path, _ = written
    for stored in (customers.path / "target/cache/feature_group/spend").glob("*.parquet"):
        stored.unlink()
    output = json.loads(manifest_of(path).read_text())["features"][0]["output"]

    with pytest.raises(RunError) as error:
        again(customers, path)

    assert error.value.code == "SK1808"
    assert f"snapshot {output} of feature_group.spend" in error.value.message
    assert "output_retention" in error.value.help


def test_a_view_is_read_as_it_was(customers):
    groups = customers.path / "seeknal/groups.yml"
    groups.write_text(
        groups.read_text().replace("name: profile", "name: profile\nmaterialized: view")
    )
    customers.run("run").assert_ok()
    path = customers.path / "train.parquet"
    with seeknal.get_latest_features("profile", project=customers.path) as found:
        found.write(path)
        rows = found.fetchall()
    data = customers.path / "data/moves.csv"
    data.write_text(data.read_text().replace(",c\n", ",zz\n"))
    customers.run("run").assert_ok()

    found = again(customers, path)

    assert found == rows


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.with_name("train.entities.parquet").unlink(), "there is no"),
        (
            lambda path: path.with_name("train.entities.parquet").write_bytes(path.read_bytes()),
            "is not what the manifest was written with",
        ),
        (lambda path: manifest_of(path).write_text("{}"), "is no manifest"),
        (lambda path: manifest_of(path).write_text("half"), "is no manifest"),
        (
            lambda path: manifest_of(path).write_text(
                manifest_of(path).read_text().replace("30 days", "90 days")
            ),
            "was changed since it was written",
        ),
    ],
)
def test_what_is_no_whole_training_set_is_refused(customers, written, damage, said):
    path, _ = written
    damage(path)

    with pytest.raises(UsageError) as error:
        again(customers, path)

    assert error.value.code == "SK1809"
    assert said in error.value.message


def test_a_training_set_that_was_not_written_says_so(customers):
    with seeknal.get_latest_features("spend", project=customers.path) as found:
        manifest = found.manifest

    with pytest.raises(UsageError) as error:
        seeknal.recreate_training_set(manifest, project=customers.path)

    assert "was not written" in error.value.message


def test_only_parquet_keeps_every_type(customers):
    with (
        seeknal.get_latest_features("spend", project=customers.path) as found,
        pytest.raises(UsageError) as error,
    ):
        found.write(customers.path / "train.csv")

    assert error.value.code == "SK1809"
