"""``seeknal features``: what its commands print and answer."""

import re

import pytest

from tests.answers import explained, keys

FILES = {
    "seeknal_project.yml": "name: shop\n",
    "data/orders.csv": (
        "customer_id,at,known,spent\n1,2025-01-01,2025-01-02,5\n1,2025-01-10,2025-01-11,8\n"
        "2,2025-01-03,2025-01-03,1\n"
    ),
    "seeknal/sources.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n",
    "seeknal/groups.yml": """
        kind: feature_group
        name: spending
        entity: {name: customer, join_keys: [customer_id]}
        event_time: at
        created_time: known
        ttl: 30d
        features: {spent: {dtype: double}}
        inputs: [{ref: source.orders}]
    """,
}


@pytest.fixture
def fresh(seeknal_project):
    """A project with a feature group that has never run."""
    return seeknal_project(FILES)


@pytest.fixture
def shop(fresh, built):
    """The same after a run."""
    return built(fresh)


def test_a_group_that_has_never_run_is_listed_with_the_keys_of_others(fresh, shop):
    stored = shop.run("features", "list", "--format", "json").assert_ok().json()["groups"][0]
    (shop.path / "target").rename(shop.path / "elsewhere")

    listed = shop.run("features", "list", "--format", "json").assert_ok().json()["groups"][0]

    assert stored["stored"] is True
    assert stored["features"] == [{"name": "spent", "type": "DOUBLE"}]
    assert listed == {**dict.fromkeys(stored), "node": "feature_group.spending", "stored": False}


def test_a_group_that_has_never_run_is_said_to(fresh):
    printed = fresh.run("features", "list").assert_ok().stdout

    assert printed.splitlines()[-1].split(maxsplit=1) == ["feature_group.spending", "has never run"]


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["validate"],
        ["validate", "--entities", "SELECT 7 AS customer_id, DATE '2025-02-01' AS at"],
    ],
    ids=" ".join,
)
def test_every_key_of_an_answer_is_explained(shop, words):
    answer = shop.run("features", *words, "--format", "json").json()

    assert sorted(set(keys(answer)) - explained().keys()) == []
    assert list(answer)[:2] == ["schema_version", "status"]


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["get", "spending"],
        ["validate"],
        ["materialize", "--to", "nowhere"],
    ],
    ids=" ".join,
)
def test_an_environment_that_there_is_not_is_refused_instead_of_taken_for_production(shop, words):
    outcome = shop.run("features", *words, "--env", "stagng")

    assert outcome.exit_code == 2
    assert "SK0256" in outcome.stderr


@pytest.mark.parametrize("command", ["get", "validate", "materialize"])
def test_help_says_that_several_groups_may_be_named(fresh, command):
    usage = fresh.run("features", command, "--help").assert_ok().stdout.splitlines()[0]

    assert usage.endswith("]...")


def test_the_way_out_of_a_snapshot_that_is_gone_is_one_that_project_files_take(shop):
    shop.run("features", "get", "spending", "-o", "train.parquet").assert_ok()
    for stored in (shop.path / "target/cache/feature_group/spending").glob("*.parquet"):
        stored.unlink()
    gone = shop.run(
        "features",
        "get",
        "--manifest",
        "train.manifest.json",
        "-o",
        "x.parquet",
        "--format",
        "json",
    )
    advice = re.search(r"janitor: \{.*?\}", gone.json()["error"]["help"])

    shop.write({"seeknal_project.yml": f"name: shop\n{advice[0]}\n"})

    assert gone.json()["error"]["code"] == "SK1808"
    shop.run("validate").assert_ok()
