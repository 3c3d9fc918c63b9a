"""``run``, ``plan`` and ``audit``: what they print and how they end."""

import json
import re

import pytest

from seeknal.cli.common import read_variables, scalar, words
from seeknal.values.errors import UsageError


def spaced(text):
    """Lines with runs of blanks as one, and times as T."""
    squeezed = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return [re.sub(r"\d+\.\d+ s", "T s", line) for line in squeezed]


def test_a_run_prints_a_line_per_node_and_totals(fresh):
    outcome = fresh.run("run").assert_ok()

    lines = spaced(outcome.stdout)
    assert sorted(lines[:-1]) == [
        "exposure.report run first run 2 rows T s -> outputs/report.csv",
        "source.orders run first run 3 rows T s",
        "transform.big_orders run first run 2 rows T s",
        "transform.by_customer run first run 2 rows T s",
    ]
    assert lines[-1] == "4 nodes: 4 run, 0 reused, 0 failed T s"
    assert outcome.stderr == ""


def test_columns_of_a_runs_lines_are_aligned(shop):
    outcome = shop.run("run", "--full").assert_ok()

    node_lines = outcome.stdout.splitlines()[:-1]
    assert {line.index("run  ") for line in node_lines} == {len("transform.by_customer") + 2}
    assert len({line.index(" s") for line in node_lines}) == 1


def test_a_second_run_reuses_everything(shop):
    outcome = shop.run("run").assert_ok()

    assert spaced(outcome.stdout)[-1] == "4 nodes: 0 run, 4 reused, 0 failed T s"
    assert "source.orders reused source unchanged" in spaced(outcome.stdout)


def test_a_runs_json_is_all_of_stdout(fresh):
    answer = fresh.run("run", "--format", "json").assert_ok().json()

    assert answer["schema_version"] == 1
    assert answer["status"] == "success"
    assert answer["counts"]["success"] == 4
    assert {entry["node"]: entry["rows"] for entry in answer["nodes"]}["source.orders"] == 3
    (target,) = next(entry for entry in answer["nodes"] if entry["targets"])["targets"]
    assert (target["status"], target["label"]) == ("delivered", "outputs/report.csv")


def test_a_failed_node_is_explained_on_stderr_and_the_run_exits_1(shop):
    shop.write({"data/orders.csv": "id,customer,amount\n1,a,ten\n"})

    outcome = shop.run("run")

    assert outcome.exit_code == 1
    assert "transform.by_customer failed" in "\n".join(spaced(outcome.stdout))
    assert "transform.by_customer:" in outcome.stderr
    assert "seeknal/transforms/all.yml" in outcome.stderr
    assert "1 skipped" in outcome.stdout


def test_quiet_prints_nothing_when_all_is_well(shop):
    outcome = shop.run("run", "--full", "--quiet")

    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (0, "", "")


def test_verbose_says_where_time_went(shop):
    plain = shop.run("run", "--full").assert_ok()
    verbose = shop.run("run", "--full", "--verbose").assert_ok()

    assert len(verbose.stdout) > len(plain.stdout)


def test_a_project_error_is_explained_and_exits_2(fresh):
    fresh.write({"seeknal/sources/orders.yml": "kind: source\nname: orders\nsource: cvs\n"})

    outcome = fresh.run("run")

    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "seeknal/sources/orders.yml:3" in outcome.stderr
    assert "csv" in outcome.stderr


def test_selection_options_reach_the_run(fresh):
    outcome = fresh.run("run", "--nodes", "+by_customer", "--format", "json").assert_ok()

    nodes = [entry["node"] for entry in outcome.json()["nodes"]]
    assert nodes == ["source.orders", "transform.by_customer"]


def test_kinds_and_tags_may_be_separated_by_commas(shop):
    outcome = shop.run("run", "--types", "source,exposure", "--format", "json").assert_ok()

    nodes = [entry["node"] for entry in outcome.json()["nodes"]]
    assert nodes == ["source.orders", "exposure.report"]


def test_refresh_reads_all_sources_or_the_named_one(shop):
    every = shop.run("run", "--refresh", "--format", "json").assert_ok().json()
    one = shop.run("run", "--refresh", "source.orders", "--format", "json").assert_ok().json()

    for answer in (every, one):
        reasons = {entry["node"]: entry["reason"] for entry in answer["nodes"]}
        assert reasons["source.orders"] == "refreshed (--refresh)"
        assert reasons["transform.by_customer"] == "inputs unchanged"


@pytest.mark.parametrize("command", [["run", "--dry-run"], ["run", "--show-plan"], ["plan"]])
def test_a_plan_says_what_would_happen_and_does_nothing(fresh, command):
    outcome = fresh.run(*command).assert_ok()

    lines = spaced(outcome.stdout)
    assert "source.orders run first run" in lines
    assert lines[-1] == "4 nodes: 4 to run, 0 reused"
    assert not (fresh.path / "target" / "run_state.json").exists()


def test_a_plan_marks_what_depends_on_the_outcome(shop):
    data = shop.path / "data/orders.csv"
    data.write_text(data.read_text() + "4,c,9\n")

    outcome = shop.run("plan").assert_ok()

    lines = spaced(outcome.stdout)
    assert "transform.big_orders run inputs changed (only if they do, else reuse)" in lines
    assert lines[-1] == "4 nodes: 1 to run, 3 if their inputs change, 0 reused"


def test_a_plans_json_has_every_step(shop):
    answer = shop.run("plan", "--format", "json").assert_ok().json()

    assert answer["environment"] == "prod"
    assert answer["counts"] == {"reuse": 4}
    assert answer["nodes"][0] == {
        "node": "source.orders",
        "action": "reuse",
        "reason": "source unchanged",
        "conditional": False,
        "otherwise": None,
        "ranges": None,
        "notes": [],
    }


def test_the_environment_may_be_an_argument_of_plan(shop):
    answers = [
        shop.run(*words, "--format", "json").assert_ok().json()
        for words in (["plan", "dev"], ["plan", "--env", "dev"], ["env", "plan", "dev"])
    ]

    assert [answer["environment"] for answer in answers] == ["dev"] * 3


def test_an_unknown_node_is_a_usage_error_with_the_nearest(shop):
    outcome = shop.run("run", "--select", "by_custmer")

    assert outcome.exit_code == 2
    assert "by_customer" in outcome.stderr


def test_options_that_exclude_each_other_are_refused(shop):
    outcome = shop.run("run", "--fail-fast", "--continue-on-error")

    assert outcome.exit_code == 2
    assert "exclude each other" in outcome.stderr


def test_audit_checks_stored_outputs_and_changes_nothing(shop):
    before = (shop.path / "target/run_state.json").read_bytes()

    outcome = shop.run("audit", "--format", "json").assert_ok()

    assert outcome.json() == []
    assert (shop.path / "target/run_state.json").read_bytes() == before


def test_variables_are_read_as_yaml_reads_scalars():
    given = ["day=2026-01-01", "n=3", "rate=0.5", "on=true", "zip=01234", "empty=", "eq=a=b"]

    read = read_variables([*given, '{"region": "north", "deep": [1]}'])

    assert read == {
        "day": "2026-01-01",
        "n": 3,
        "rate": 0.5,
        "on": True,
        "zip": "01234",
        "empty": "",
        "eq": "a=b",
        "region": "north",
        "deep": [1],
    }
    assert [scalar(text) for text in ("1_000", "-5", "1e3", "nan1")] == [
        "1_000",
        -5,
        1000.0,
        "nan1",
    ]


@pytest.mark.parametrize("entry", ["novalue", "=x", '{"broken"', '["list"]'])
def test_a_malformed_variable_is_refused(entry):
    with pytest.raises(UsageError) as caught:
        read_variables([entry])

    assert caught.value.code == "SK0253"


def test_words_are_separated_by_commas_and_blanks():
    assert words(["a,b", "c d"]) == ("a", "b", "c", "d")


def test_json_output_parses_even_when_nodes_fail(shop):
    shop.write({"data/orders.csv": "id,customer,amount\n1,a,ten\n"})

    outcome = shop.run("run", "--format", "json")

    answer = json.loads(outcome.stdout)
    assert outcome.exit_code == 1
    assert answer["status"] == "failed"
    failed = next(entry for entry in answer["nodes"] if entry["status"] == "failed")
    assert failed["error"]["message"]
    assert failed["error"]["code"].startswith("SK")


def test_warnings_of_the_projects_files_are_said_in_one_line(fresh):
    fresh.write(
        {
            "seeknal/t.yml": (
                "kind: transform\nname: t\ninputs: [{ref: source.orders}]\nsql: SELECT 1 AS one\n"
            )
        }
    )

    text = fresh.run("run").assert_ok()
    answer = fresh.run("run", "--format", "json").assert_ok()

    for outcome in (text, answer):
        (line,) = [line for line in outcome.stderr.splitlines() if line.startswith("warning")]
        assert "source.orders" in line
        assert "(seeknal/t.yml:3" in line
    answer.json()


def test_the_day_can_be_chosen(fresh):
    fresh.write(
        {
            "seeknal/t.yml": (
                "kind: transform\nname: t\n"
                "sql: SELECT '{{ today }}' AS d, '{{ yesterday }}' AS y, '{{ end_date }}' AS e\n"
            )
        }
    )

    fresh.run("run", "--date", "2024-03-01", "--select", "t").assert_ok()
    wrong = fresh.run("run", "--date", "1 March")

    assert fresh.rows("transform.t") == [("2024-03-01", "2024-02-29", "2024-03-31")]
    assert wrong.exit_code == 2
    assert "2026-01-31" in wrong.stderr
