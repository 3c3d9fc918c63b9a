"""The example of features: what its model learns from is what was known, by the files alone."""

import csv
import filecmp
from collections import defaultdict
from datetime import datetime, timedelta

import pytest

import seeknal
from tests.examples import EXAMPLES, copy_of, script

EXAMPLE = EXAMPLES / "features"
LABELLED = ("--entities", "source.labels", "--timestamp", "asked_at")
ONLINE = {"profiles.yml": "connections:\n  serving: {type: postgresql, url: '${SERVING_URL}'}\n"}


@pytest.fixture
def shop(tmp_path, built):
    """A copy of the example that has run."""
    return built(copy_of("features", tmp_path))


@pytest.fixture
def serving(shop, database, monkeypatch):
    """The example whose year ended yesterday, with its newest features in a database."""
    at = database.parameters
    place = f"{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}"
    monkeypatch.setenv("SERVING_URL", f"postgresql://{place}")
    shop.write(ONLINE)
    script(shop, "make_data.py", "--until", "yesterday")
    shop.run("run").assert_ok()
    shop.run("features", "materialize", "--to", "serving").assert_ok()
    return shop


def table(name, *times):
    """The rows of a CSV file, with these columns as moments."""
    with (EXAMPLE / "data" / f"{name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            moments = {column: datetime.fromisoformat(row[column]) for column in times}
            yield {**row, **moments}


def by_customer(rows):
    found = defaultdict(list)
    for row in rows:
        found[int(row["customer_id"])].append(row)
    return found


def plan_at(rows, moment):
    """The plan of a customer, as it was known at a moment."""
    known = [row for row in rows if max(row["since"], row["known_at"]) <= moment]
    newest = max(known, key=lambda row: (row["since"], row["known_at"]), default={"plan": None})
    return newest["plan"]


def purchases_at(rows, moment):
    """How many purchases of 30 days were known, up to the last of which all are; None: of none."""
    for last in sorted((row["happened_at"] for row in rows), reverse=True):
        window = [r for r in rows if last - timedelta(90) < r["happened_at"] <= last]
        if last <= moment and max(row["recorded_at"] for row in window) <= moment:
            held = last + timedelta(60) >= moment
            month = [row for row in window if last - timedelta(30) < row["happened_at"]]
            return len(month) if held else None
    return None


def test_its_data_is_what_its_script_makes(shop):
    files = sorted(path.name for path in (EXAMPLE / "data").iterdir())

    script(shop, "make_data.py")

    same = filecmp.cmpfiles(EXAMPLE / "data", shop.path / "data", files, shallow=False)[0]
    assert sorted(same) == files


def test_each_row_has_what_was_known_at_its_moment_and_nothing_else(shop):
    profiles = by_customer(table("customers", "since", "known_at"))
    bought = by_customer(table("transactions", "happened_at", "recorded_at"))

    with seeknal.get_historical_features(
        ("profile:plan", "spending:purchases_30d"),
        "source.labels",
        timestamp="asked_at",
        project=shop.path,
    ) as training:
        rows = training.fetchall()

    assert [row[-2:] for row in rows] == [
        (plan_at(profiles[customer], asked), purchases_at(bought[customer], asked))
        for customer, asked, *_ in rows
    ]
    assert len({row[-1] for row in rows}) > 5


def test_it_has_corrections_late_records_and_features_whose_ttl_is_over(shop):
    profiles = by_customer(table("customers", "since", "known_at"))
    bought = table("transactions", "happened_at", "recorded_at")

    corrected = [rows for rows in profiles.values() if rows[0]["since"] == rows[-1]["since"]]
    late = [row for row in bought if row["recorded_at"] - row["happened_at"] > timedelta(1)]
    lost = shop.run("features", "get", "spending:spent_30d", *LABELLED, "--format", "csv").stdout

    assert any(len(rows) > 1 for rows in corrected)
    assert late
    assert any(line.endswith(",") for line in lost.splitlines())


def test_nothing_is_found_in_it(shop):
    labels = ("--label", "churned", "--label-time", "seen_at")

    outcome = shop.run("features", "validate", *LABELLED, *labels, "--format", "json")

    assert outcome.assert_ok().json()["findings"] == []


def test_its_training_set_is_made_again_after_the_data_went_on(shop):
    printed = script(shop, "train.py")
    outputs = shop.path / "outputs"
    script(shop, "make_data.py", "--until", "2026-02-15")
    shop.run("run").assert_ok()

    again = ("--manifest", "outputs/train.manifest.json", "--output", "outputs/again.parquet")
    shop.run("features", "get", *again).assert_ok()

    assert "882 rows" in printed
    assert filecmp.cmp(outputs / "train.parquet", outputs / "again.parquet", shallow=False)


def test_without_scikit_learn_it_says_that_no_model_is_fitted(shop):
    (shop.path / "scripts/sklearn.py").write_text("raise ImportError('as if it were not there')\n")

    printed = script(shop, "train.py")

    assert printed.splitlines()[-1] == "scikit-learn is not installed: no model is fitted"
    assert not (shop.path / "outputs/model.json").exists()


def test_it_looks_up_the_newest_features_of_customers(serving):
    rows = sorted(serving.rows("feature_group.profile"), key=lambda row: row[1:3])
    newest = {customer: (plan, household) for customer, _, _, plan, _, household in rows}

    printed = script(serving, "score.py", "4", "6", "999").splitlines()

    for line, customer in zip(printed, (4, 6), strict=False):
        plan, household = newest[customer]
        told = f"customer_id {customer}, plan {plan}, household {household}, spent_30d "
        assert line.startswith(told)
    assert printed[2] == "customer_id 999"
