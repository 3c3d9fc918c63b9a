"""``inspect``, ``list`` and ``history``."""

import pytest


def test_inspect_shows_rows(shop):
    outcome = shop.run("inspect", "transform.by_customer", "--limit", "1").assert_ok()

    assert outcome.stdout.splitlines()[2].split()[:2] == ["a", "15"]
    assert "transform.by_customer: 2 rows, 3 columns" in outcome.stderr


def test_inspect_takes_a_name_without_its_kind(shop):
    outcome = shop.run("inspect", "big_orders", "--format", "json").assert_ok()

    assert [row["id"] for row in outcome.json()] == [1, 2]


def test_inspect_shows_columns(shop):
    outcome = shop.run("inspect", "by_customer", "--schema", "--format", "json").assert_ok()

    assert [(entry["name"], entry["type"]) for entry in outcome.json()] == [
        ("customer", "VARCHAR"),
        ("total", "HUGEINT"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
    ]


def test_inspect_shows_statistics(shop):
    outcome = shop.run("inspect", "orders", "--profile", "--format", "json").assert_ok()

    statistics = {entry["column_name"]: entry for entry in outcome.json()}
    assert (statistics["amount"]["min"], statistics["amount"]["max"]) == ("5", "20")


def test_a_node_that_never_ran_says_how_to_run_it(fresh):
    outcome = fresh.run("inspect", "by_customer")

    assert outcome.exit_code == 2
    assert "transform.by_customer has never run" in outcome.stderr
    assert "seeknal run --select +transform.by_customer" in outcome.stderr


def test_an_unknown_node_names_the_nearest(shop):
    outcome = shop.run("inspect", "by_custmer")

    assert outcome.exit_code == 2
    assert "by_customer" in outcome.stderr


def test_a_node_without_rows_says_so(shop):
    outcome = shop.run("inspect", "report")

    assert outcome.exit_code == 2
    assert "exposure.report keeps no rows" in outcome.stderr


def test_a_name_that_two_nodes_have_must_be_completed(shop):
    shop.write({"seeknal/transforms/o.yml": "kind: transform\nname: orders\nsql: SELECT 1 AS a\n"})

    outcome = shop.run("inspect", "orders")

    assert outcome.exit_code == 2
    assert "say source.orders or transform.orders" in outcome.stderr


def test_an_output_whose_node_was_removed_is_marked(shop):
    (shop.path / "seeknal/transforms/all.yml").unlink()
    (shop.path / "seeknal/exposures/report.yml").unlink()

    answer = shop.run("inspect", "--list", "--format", "json").assert_ok().json()

    found = {entry["node"]: entry["status"] for entry in answer}
    assert found["transform.big_orders"] == "removed"


def test_an_output_that_is_gone_says_how_to_build_it(shop):
    for file in (shop.path / "target/cache/transform/big_orders").glob("*.parquet"):
        file.unlink()

    outcome = shop.run("inspect", "big_orders")

    assert outcome.exit_code == 2
    assert "is gone" in outcome.stderr


def test_the_list_has_every_node_with_its_status(shop):
    shop.write({"seeknal/transforms/new.yml": "kind: transform\nname: new\nsql: SELECT 1 AS one\n"})

    answer = shop.run("inspect", "--list", "--format", "json").assert_ok().json()

    found = {entry["node"]: (entry["rows"], entry["status"]) for entry in answer}
    assert found["source.orders"] == (3, "ok")
    assert found["transform.new"] == (None, "never run")
    assert found["exposure.report"] == (None, "no rows")


@pytest.mark.parametrize("format_", ["table", "csv"])
def test_the_list_is_a_table_or_csv(shop, format_):
    outcome = shop.run("inspect", "--list", "--format", format_).assert_ok()

    assert "transform.big_orders" in outcome.stdout
    assert "silver" in outcome.stdout


def test_outputs_can_be_inspected_while_the_files_are_broken(shop):
    shop.write({"seeknal/transforms/broken.yml": "kind: [\n"})

    outcome = shop.run("inspect", "big_orders", "--format", "json").assert_ok()

    assert len(outcome.json()) == 2
    assert "seeknal validate" in outcome.stderr


def test_inspect_without_a_node_asks_which(shop):
    outcome = shop.run("inspect")

    assert outcome.exit_code == 2
    assert "which node?" in outcome.stderr


def test_list_shows_nodes_in_the_order_in_which_they_run(fresh):
    names = fresh.run("list", "--format", "names").assert_ok().stdout.split()

    assert names[0] == "source.orders"
    assert names[-1] == "exposure.report"


def test_list_answers_in_json(fresh):
    answer = fresh.run("list", "transform.big_orders", "--format", "json").assert_ok().json()

    (node,) = answer
    assert node["description"] == "Orders above eight"
    assert node["inputs"] == ["source.orders"]
    assert node["file"] == "seeknal/transforms/all.yml"
    assert (node["kind"], node["layer"], node["type"]) == ("transform", "silver", "table")


def test_list_can_be_narrowed(fresh):
    gold = fresh.run("list", "layer:gold", "--format", "names").assert_ok()
    tagged = fresh.run("list", "--tags", "raw", "--format", "names").assert_ok()
    kind = fresh.run("list", "--kind", "exposure", "--format", "names").assert_ok()

    assert gold.stdout.split() == ["transform.by_customer"]
    assert tagged.stdout.split() == ["source.orders"]
    assert kind.stdout.split() == ["exposure.report"]


def test_list_knows_what_was_modified(shop):
    file = shop.path / "seeknal/transforms/all.yml"
    file.write_text(file.read_text().replace("amount > 8", "amount > 6"))

    outcome = shop.run("list", "state:modified", "--format", "names").assert_ok()

    assert outcome.stdout.split() == ["transform.big_orders"]


def test_a_list_for_people_is_a_table(fresh):
    outcome = fresh.run("list").assert_ok()

    assert outcome.stdout.splitlines()[0].split() == [
        "node",
        "type",
        "layer",
        "tags",
        "inputs",
        "file",
    ]
    assert outcome.stderr == "4 nodes\n"


def test_history_has_a_line_per_run_newest_first(shop):
    shop.run("run", "--full").assert_ok()

    answer = shop.run("history", "--format", "json").assert_ok().json()

    assert [entry["counts"] for entry in answer][1] == {"success": 4}
    assert len(answer) == 2
    assert answer[0]["started_at"] > answer[1]["started_at"]


def test_history_of_a_node_and_of_a_run(shop):
    node = shop.run("history", "--node", "by_customer", "--format", "json").assert_ok().json()
    run_id = node[0]["run_id"]
    run = shop.run("history", "--run", run_id, "--format", "json").assert_ok().json()

    assert [entry["reason"] for entry in node] == ["first run"]
    assert len(run) == 4


def test_the_history_counts_in_the_words_of_a_runs_totals(shop):
    totals = shop.run("run", "--full").assert_ok().stdout.splitlines()[-1]

    line = shop.run("history", "--limit", "1").assert_ok().stdout.splitlines()[-1]

    assert "4 nodes: 4 run, " in totals
    assert "  4 run" in line


@pytest.mark.parametrize("options", [(), ("--node", "orders")])
def test_history_for_people_is_a_table(shop, options):
    outcome = shop.run("history", *options).assert_ok()

    assert "success" in outcome.stdout


def test_a_project_without_history_says_so(fresh):
    outcome = fresh.run("history").assert_ok()

    assert (outcome.stdout, outcome.stderr) == ("", "nothing has run yet\n")
