"""Every answer in JSON speaks of one thing with one key, which the reference explains."""

import json

import pytest
from tests.answers import explained, keys
from tests.core.cli.conftest import FILES

from seeknal.cli.answers import error_answer
from seeknal.values.location import Location

pytestmark = pytest.mark.inside

EARLIER = {
    "audit",
    "audit_type",
    "batch",
    "batch_id",
    "closed",
    "created",
    "duration_ms",
    "expires",
    "location",
    "ok",
    "rows_out",
    "state",
    "updated",
}
"""Words that some answer used for what another one called otherwise."""

PROFILES = "connections:\n  away: {type: imaginary}\n"

COMMANDS = (
    ["plan", "dev"],
    ["apply", "dev", "--yes"],
    ["env", "create", "more"],
    ["env", "list"],
    ["env", "show", "dev"],
    ["diff", "prod", "dev"],
    ["promote", "dev", "--dry-run"],
    ["promote", "dev", "--yes"],
    ["run", "--full"],
    ["run", "--dry-run"],
    ["env", "history"],
    ["history"],
    ["history", "--node", "by_customer"],
    ["rollback", "prod", "--dry-run"],
    ["rollback", "prod", "--yes"],
    ["env", "delete", "more", "--yes"],
    ["audit"],
    ["validate"],
    ["list"],
    ["inspect", "--list"],
    ["inspect", "orders", "--schema"],
    ["impact", "orders"],
    ["lineage", "--with-data"],
    ["docs"],
    ["catalog", "list"],
    ["catalog", "show", "orders"],
    ["catalog", "search", "orders"],
    ["catalog", "lineage"],
    ["deliveries", "list"],
    ["deliveries", "retry"],
    ["check-intervals"],
    ["freshness"],
    ["schedule", "list"],
    ["scheduler", "status"],
    ["render", "big_orders"],
    ["draft", "transform", "new", "--stdout"],
    ["connection", "list"],
    ["plugins"],
    ["janitor"],
    ["run", "--select", "nosuch"],
    ["clean", "--dry-run"],
)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each command answers in a project that has changed since it ran."""
    from seeknal.testing.project import TestProject

    project = TestProject(tmp_path_factory.mktemp("answers"))
    project.write({**FILES, "profiles.yml": PROFILES})
    project.run("run").assert_ok()
    changed = FILES["seeknal/transforms/all.yml"].replace("amount > 8", "amount > 9")
    project.write({"seeknal/transforms/all.yml": changed})
    return {" ".join(words): project.run(*words, "--format", "json") for words in COMMANDS}


@pytest.mark.parametrize("words", [" ".join(words) for words in COMMANDS])
def test_every_key_of_an_answer_is_explained(answers, words):
    answer = json.loads(answers[words].stdout)

    assert sorted(set(keys(answer)) - explained().keys()) == []


@pytest.mark.parametrize("words", [" ".join(words) for words in COMMANDS])
def test_no_answer_uses_a_word_that_another_one_calls_otherwise(answers, words):
    answer = json.loads(answers[words].stdout)

    assert sorted(set(keys(answer)) & EARLIER) == []


@pytest.mark.parametrize("words", [" ".join(words) for words in COMMANDS])
def test_an_answer_that_is_one_object_says_its_version_and_how_it_went(answers, words):
    answer = json.loads(answers[words].stdout)

    if isinstance(answer, dict):
        assert list(answer)[:2] == ["schema_version", "status"]
        assert answer["schema_version"] == 1


def test_every_key_has_one_meaning():
    unclear = {key: told for key, told in explained().items() if len(told) != 1 or not told[0]}

    assert unclear == {}


def test_an_error_has_the_same_keys_wherever_it_stands(shop):
    shop.write({"data/orders.csv": "id,customer,amount\n1,a,ten\n", "profiles.yml": PROFILES})
    refused = shop.run("run", "--select", "nosuch", "--format", "json").json()
    failed = shop.run("run", "--format", "json").json()
    kept = shop.run("history", "--node", "by_customer", "--format", "json").json()
    shop.write({"seeknal/bad.yml": "kind: transform\nname: bad\ntrasnform: SELECT 1\n"})
    invalid = shop.run("run", "--format", "json").json()

    node = next(entry for entry in failed["nodes"] if entry["error"])
    errors = [refused["error"], node["error"], invalid["error"], kept[0]["error"]]
    same = {"code", "message", "help", "node", "file", "line", "column"}
    assert [set(error) for error in errors] == [same] * 4
    assert all(set(problem) == same | {"severity"} for problem in invalid["problems"])
    assert node["error"]["node"] == node["node"]


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["plan"],
        ["apply", "--yes"],
        ["validate"],
        ["list"],
        ["audit"],
        ["lineage"],
        ["impact", "orders"],
        ["lineage", "--with-data"],
        ["render", "big_orders"],
    ],
)
def test_an_invalid_project_is_answered_in_json_with_the_same_exit_code(shop, words):
    shop.write({"seeknal/bad.yml": "kind: transform\nname: bad\ntrasnform: SELECT 1\n"})
    text = shop.run(*words)

    told = shop.run(*words, "--format", "json")

    problems = told.json()["problems"]
    assert told.exit_code == text.exit_code == 2
    assert told.json()["status"] == "failed"
    assert ("seeknal/bad.yml", 3) in {(entry["file"], entry["line"]) for entry in problems}


def test_what_is_wrong_with_a_whole_file_has_no_line():
    answer = error_answer("it is none", place=Location("seeknal/bad.yml"))

    assert (answer["file"], answer["line"], answer["column"]) == ("seeknal/bad.yml", None, None)


@pytest.fixture
def owing(shop):
    """A shop whose report has a folder in its way."""
    (shop.path / "outputs/report.csv").unlink()
    (shop.path / "outputs/report.csv").mkdir()
    shop.write({"data/orders.csv": "id,customer,amount\n1,a,10\n"})
    assert shop.run("run").exit_code == 1
    return shop


def test_what_is_owed_and_given_up_is_told_with_the_same_keys(owing):
    ran = owing.run("deliveries", "retry", "--format", "json").json()
    listed = owing.run("deliveries", "list", "--format", "json").assert_ok().json()
    words = ("deliveries", "drop", listed[0]["id"], "--yes", "--format", "json")
    given_up = owing.run(*words).assert_ok().json()

    assert given_up["dropped"] == listed
    assert (listed[0]["status"], listed[0]["label"]) == ("owed", "outputs/report.csv")
    assert listed[0]["error"]["message"] == ran["nodes"][0]["targets"][0]["error"]["message"]
    assert sorted({*keys(ran), *keys(listed), *keys(given_up)} - explained().keys()) == []


def test_validation_with_connections_is_one_answer(shop):
    shop.write({"profiles.yml": PROFILES})

    told = shop.run("validate", "--connections", "--format", "json")

    assert told.exit_code == 1
    assert told.json()["status"] == "failed"
    assert [(entry["name"], entry["status"]) for entry in told.json()["connections"]] == [
        ("away", "failed")
    ]


def test_what_nobody_agreed_to_is_answered_in_json(shop, monkeypatch):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shop.run("env", "create", "dev").assert_ok()
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))

    told = shop.run("env", "delete", "dev", "--format", "json")

    assert (told.exit_code, told.json()["status"]) == (1, "not agreed")
