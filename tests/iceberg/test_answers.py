"""The commands for Iceberg tables answer in JSON, in the words of all other commands."""

import pytest
from tests.answers import explained, keys

TABLE = "atlas.out.t"
FILES = {
    "seeknal/t.yml": "kind: transform\nname: t\ntransform: SELECT 1 AS id\n"
    f"materializations: [{{type: iceberg, table: {TABLE}, mode: append}}]\n"
}


@pytest.fixture
def written(seeknal_project):
    """A table that two runs have written."""
    made = seeknal_project(FILES)
    made.run("run").assert_ok()
    made.run("run", "--full").assert_ok()
    return made


@pytest.fixture
def answer(written):
    """What a command answers, all of whose keys the reference explains."""

    def ask(*words):
        found = written.run("iceberg", *words, "--format", "json").json()
        assert sorted(set(keys(found)) - explained().keys()) == []
        return found

    return ask


def test_snapshots_are_a_list_newest_first(answer):
    found = answer("snapshots", TABLE)

    assert found[0]["current"]
    assert {entry["node"] for entry in found} == {"transform.t"}
    assert found[0]["rows"] == max(entry["rows"] for entry in found)


def test_a_table_is_described(answer):
    found = answer("show", TABLE)

    assert (found["status"], found["table"]) == ("success", TABLE)
    assert found["columns"] == [{"name": "id", "type": "int", "nullable": True}]
    assert found["partitions"] == []


def test_going_back_says_to_which_snapshot(answer):
    oldest = answer("snapshots", TABLE)[-1]["snapshot"]

    found = answer("rollback", TABLE, "--to", str(oldest))

    assert (found["status"], found["snapshot"]) == ("success", oldest)


def test_what_is_removed_is_counted(answer):
    before = len(answer("snapshots", TABLE))

    expired = answer("expire", TABLE, "--keep", "1", "--older-than", "0")
    kept = answer("maintain", "--dry-run")

    assert expired["snapshots"] == before - 1
    assert (kept["dry_run"], [entry["table"] for entry in kept["tables"]]) == (True, [TABLE])
    assert [entry["error"] for entry in kept["tables"]] == [None]


def test_a_missing_file_is_a_problem_with_a_code(answer, written):
    for file in (written.path / ".seeknal/iceberg/warehouse").rglob("*.parquet"):
        file.unlink()

    found = answer("validate", TABLE)

    assert found["status"] == "failed"
    problem = found["tables"][0]["problems"][0]
    assert (problem["code"], problem["severity"]) == ("SK1461", "error")
    assert "is missing" in problem["message"]


def test_a_table_that_is_not_there_is_an_error_in_json(written):
    outcome = written.run("iceberg", "show", "atlas.out.nosuch", "--format", "json")

    assert outcome.exit_code != 0
    assert outcome.json()["status"] == "failed"
    assert outcome.json()["error"]["code"] == "SK1403"
