"""The example of ranges of time: hours, days and weeks, with a gap and with rows that come late."""

import csv
import importlib.util

import pytest
from tests.examples import copy_of, script


@pytest.fixture
def at(at):
    """Lets it be a moment; it is the morning after the last day of the data until then."""
    at("2025-09-15 09:30")
    return at


@pytest.fixture
def shop(tmp_path, at):
    return copy_of("events", tmp_path)


def others(shop):
    """The keys of rows that are not what the example's own check computes, by node."""
    path = shop.path / "scripts/check.py"
    spec = importlib.util.spec_from_file_location("events_check", path)
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    return {node: keys for node, _, keys in check.differences() if keys}


def arrive(shop, day):
    shop.run("python", "scripts/make_data.py", "--day", day).assert_ok()


def ranges(outcome):
    """How many ranges were processed, by node."""
    steps = outcome.assert_ok().json()["nodes"]
    return {step["node"]: step["ranges"]["processed"] for step in steps if step.get("ranges")}


def test_the_script_makes_the_same_data_again(shop):
    before = {path.name: path.read_bytes() for path in (shop.path / "data").iterdir()}
    arrive(shop, 4)
    late = shop.path / "data/2025-09-04.late.csv"
    assert late.exists()

    script(shop, "make_data.py")

    assert {path.name: path.read_bytes() for path in (shop.path / "data").iterdir()} == before


@pytest.mark.parametrize("moment", ["2025-09-15 00:00", "2025-12-24 18:20", "2028-01-01 00:00"])
def test_one_run_is_all_that_is_needed_whenever_it_is(shop, at, moment):
    at(moment)

    shop.run("run").assert_ok()

    assert others(shop) == {}


def test_a_gap_keeps_back_what_would_be_computed_without_it(shop):
    shop.run("run", "--end", "2025-09-07").assert_ok()
    shop.run("run", "--start", "2025-09-10", "--end", "2025-09-14").assert_ok()
    before = others(shop)

    shop.run("run").assert_ok()

    late = [f"2025-09-{day:02}" for day in range(8, 15)]
    assert before["transform.daily"] == late[:2]
    assert before["transform.last_7_days"] == late
    assert before["transform.weekly"] == ["2025-09-08"]
    assert others(shop) == {}


def test_what_comes_late_is_found_by_looking_back(shop, at):
    shop.run("run").assert_ok()
    arrive(shop, 14)
    before = others(shop)
    at("2025-09-15 10:30")

    shop.run("run").assert_ok()

    assert before["transform.daily"] == ["2025-09-14"]
    assert others(shop) == {}


def test_what_comes_too_late_for_that_is_found_once_it_is_invalidated(shop, at):
    shop.run("run").assert_ok()
    arrive(shop, 9)
    at("2025-09-15 10:30")
    shop.run("run").assert_ok()
    before = others(shop)
    shop.run("invalidate", "events", "--start", "2025-09-09", "--end", "2025-09-09").assert_ok()

    done = ranges(shop.run("run", "--format", "json"))

    assert before["transform.daily"] == ["2025-09-09"]
    assert others(shop) == {}
    assert done == {
        "source.events": 24,
        "transform.daily": 1,
        "transform.last_7_days": 6,
        "transform.weekly": 1,
    }


def test_the_report_is_what_the_rolling_sums_are(shop):
    shop.run("run").assert_ok()
    arrive(shop, 12)
    shop.run("run", "--start", "2025-09-12", "--end", "2025-09-12").assert_ok()
    shop.run("run").assert_ok()

    with (shop.path / "outputs/last_7_days.csv").open(newline="") as file:
        delivered = list(csv.DictReader(file))
    stored = shop.run("sql", "FROM last_7_days ORDER BY day", "--format", "json").json()

    assert others(shop) == {}
    assert [row["day"] for row in delivered] == [row["day"] for row in stored]
    assert [float(row["revenue"]) for row in delivered] == [row["revenue"] for row in stored]


def test_an_environment_processes_only_what_it_makes_different(shop):
    shop.run("run").assert_ok()
    same = ranges(shop.run("run", "--env", "same", "--format", "json"))
    file = shop.path / "seeknal/transforms/weekly.sql"
    file.write_text(file.read_text().replace("now.revenue +", "2 * now.revenue +"))

    other = ranges(shop.run("run", "--env", "other", "--format", "json"))

    assert same == {}
    assert other == {"transform.weekly": 2}
