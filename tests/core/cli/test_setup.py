"""``init``, ``draft``, ``schema``, ``validate``, ``render``, ``clean``, ``plugins``, ..."""

import json
import shutil

import duckdb
import pytest
from tests.core.cli.conftest import FILES


def test_init_makes_a_project_that_runs(seeknal, nowhere, monkeypatch):
    made = seeknal("init", "shop")
    monkeypatch.chdir(nowhere / "shop")
    ran = seeknal("run", "--format", "json")

    assert made[0] == 0
    assert [line.strip() for line in made[2].splitlines()[1:3]] == ["cd shop", "seeknal run"]
    assert ran[0] == 0
    assert json.loads(ran[1])["counts"]["failed"] == 0
    assert (nowhere / "shop/outputs/revenue_by_region.csv").read_text().splitlines() == [
        "region,orders,revenue",
        "north,3,80.00",
        "south,2,48.80",
        "west,1,60.00",
    ]


def test_init_names_the_project_after_its_folder_and_ignores_what_runs_write(seeknal, nowhere):
    seeknal("init", "my-shop 2")

    folder = nowhere / "my-shop 2"
    assert (folder / "seeknal_project.yml").read_text().startswith("name: my_shop_2\n")
    assert "target/" in (folder / ".gitignore").read_text().splitlines()


def test_init_says_where_the_files_are_as_seen_from_here(seeknal, nowhere):
    named, here = seeknal("init", "shop"), seeknal("init", "--force")

    assert named[2].startswith("13 files in shop. Next:")
    assert here[2].startswith(f"13 files in {nowhere}. Next:")


def test_init_points_editors_to_the_schema(seeknal, nowhere):
    seeknal("init", "shop")

    file = nowhere / "shop/seeknal/sources/shop.yml"
    first = file.read_text().splitlines()[0]
    schema = file.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(schema.read_text())["title"] == "seeknal node"


def test_init_replaces_nothing_unless_forced(seeknal, nowhere):
    (nowhere / "seeknal_project.yml").write_text("name: mine\n")

    refused = seeknal("init")
    kept = (nowhere / "seeknal_project.yml").read_text()
    forced = seeknal("init", "--force")

    assert (refused[0], forced[0]) == (2, 0)
    assert "seeknal_project.yml" in refused[2]
    assert kept == "name: mine\n"


def test_init_knows_its_examples(seeknal, nowhere):
    code, _, err = seeknal("init", "x", "--example", "minimla")

    assert code == 2
    assert "did you mean minimal?" in err
    assert not (nowhere / "x").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("source", "refunds"),
        ("source", "refunds", "--type", "sqlite"),
        ("transform", "refunds"),
        ("feature_group", "refunds"),
        ("aggregation", "refunds"),
        ("second_order_aggregation", "refunds"),
        ("exposure", "refunds"),
        ("profile", "refunds"),
        ("rule", "refunds"),
        ("transform", "refunds", "--python"),
        ("source", "refunds", "--python"),
        ("feature_group", "refunds", "--python"),
        ("transform", "refunds", "--sql"),
        ("feature_group", "refunds", "--sql"),
        ("aggregation", "refunds", "--sql"),
        ("exposure", "refunds", "--sql"),
    ],
)
def test_a_draft_is_well_formed(fresh, arguments):
    from seeknal.kernel.plugins import load_plugins

    outcome = fresh.run("draft", *arguments).assert_ok()
    checked = fresh.run("validate", "--format", "json").json()
    unfilled = (".NAME", "FILL_IN")
    wrong = [
        problem["message"]
        for problem in checked["problems"]
        # The file that a drafted source names is not there yet.
        if problem["code"] != "SK0723" and not any(word in problem["message"] for word in unfilled)
    ]
    assert "refunds" in outcome.stderr
    if arguments[0] != "rule" or "not_null" in load_plugins().audit_types:
        assert wrong == []


@pytest.mark.parametrize(
    ("type", "line"),
    [
        ("csv", "table: data/FILE.csv"),
        ("tsv", "table: data/FILE.tsv"),
        ("xlsx", "table: data/FILE.xlsx"),
        ("http", "table: https://HOST/FILE.csv"),
        ("sqlite", "  table: FILL_IN"),
    ],
)
def test_the_draft_of_a_source_has_what_its_type_needs(fresh, type, line):
    outcome = fresh.run("draft", "source", "x", "--type", type, "--stdout").assert_ok()

    lines = [entry.partition("  #")[0] for entry in outcome.stdout.splitlines()]
    assert line in lines
    assert not any(entry.startswith("connection:") for entry in lines)


def test_a_draft_in_sql_is_one_file_with_a_front_block(fresh):
    fresh.run("draft", "transform", "refunds", "--sql").assert_ok()

    written = (fresh.path / "seeknal/transforms/refunds.sql").read_text()
    assert written.startswith("/* ---\ndescription: What one row is.\n--- */\n")
    assert written.endswith("SELECT *\nFROM ref('source.NAME')\n")


@pytest.mark.parametrize(
    "arguments",
    [("source", "x", "--sql"), ("rule", "x", "--sql"), ("transform", "x", "--sql", "--python")],
)
def test_no_draft_in_sql_where_there_is_no_sql(fresh, arguments):
    outcome = fresh.run("draft", *arguments)

    assert outcome.exit_code == 2
    assert "SQL" in outcome.stderr or "--sql" in outcome.stderr


def test_the_schema_knows_documents_of_properties_and_sql_files(fresh):
    schema = fresh.run("schema").assert_ok().json()

    branches = {
        entry["if"]["properties"]["kind"]["enum"][0]: entry["then"] for entry in schema["allOf"]
    }
    assert "properties" in schema["properties"]["kind"]["enum"]
    keys = branches["properties"]["properties"]["nodes"]["additionalProperties"]["properties"]
    assert {"columns", "audits", "description"} <= keys.keys()
    assert "sql" not in keys
    assert "sql_file" in branches["transform"]["properties"]
    assert "name" in branches["transform"]["required"]


def test_a_draft_replaces_nothing_unless_forced(fresh):
    fresh.run("draft", "transform", "x").assert_ok()

    refused = fresh.run("draft", "transform", "x")
    printed = fresh.run("draft", "transform", "x", "--stdout").assert_ok()

    assert refused.exit_code == 2
    assert "kind: transform\nname: x\n" in printed.stdout
    fresh.run("draft", "transform", "x", "--force").assert_ok()


@pytest.mark.parametrize(("name", "said"), [("b" * 240, "128 at most"), ("a-b", "digits and _")])
def test_no_draft_has_a_name_that_no_node_can_have(fresh, name, said):
    outcome = fresh.run("draft", "transform", name)

    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert not (fresh.path / f"seeknal/transforms/{name}.yml").exists()


@pytest.mark.parametrize("written", [(), ("--sql",), ("--python",), ("--force",)])
def test_a_node_that_another_file_has_is_drafted_no_second_time(fresh, written):
    before = {path.name for path in (fresh.path / "seeknal").rglob("*.*")}

    outcome = fresh.run("draft", "transform", "big_orders", *written)

    assert outcome.exit_code == 2
    said = "transform.big_orders is already there, in seeknal/transforms/all.yml"
    assert said in outcome.stderr
    assert {path.name for path in (fresh.path / "seeknal").rglob("*.*")} == before


def test_a_node_of_a_project_that_is_wrong_elsewhere_is_seen_all_the_same(fresh):
    fresh.write({"seeknal/wrong.yml": "kind: nope\nname: x\n"})

    outcome = fresh.run("draft", "transform", "BIG_orders")

    assert outcome.exit_code == 2
    assert "transform.big_orders is already there" in outcome.stderr


def test_the_draft_of_properties_says_more_of_a_node(fresh):
    fresh.run("draft", "properties", "orders").assert_ok()

    checked = fresh.run("validate").assert_ok()
    listed = fresh.run("list", "--format", "json").assert_ok().json()
    assert "no problems" in checked.stdout + checked.stderr
    about = {node["node"]: node.get("description") for node in listed}
    assert about["source.orders"] == "What one row is."


def test_the_draft_of_properties_says_only_what_is_not_said_yet(fresh):
    fresh.write(
        {
            "seeknal/more.sql": """
                /* ---
                description: One number.
                columns: {n: What it is.}
                --- */
                SELECT 1 AS n
            """,
        }
    )
    fresh.run("draft", "properties", "more").assert_ok()

    checked = fresh.run("validate")

    assert "no problems" in checked.stdout + checked.stderr
    assert "owner: " in (fresh.path / "seeknal/properties/more.yml").read_text()


@pytest.mark.parametrize(
    ("kind", "name", "message", "help"),
    [
        ("properties", "ordres", "no node 'ordres'", "did you mean orders"),
        ("audit", "not_null", "not_null is an audit type already", "choose another name"),
    ],
)
def test_no_draft_is_written_that_no_project_can_have(fresh, kind, name, message, help):
    if kind == "audit":
        pytest.importorskip("seeknal_audits", reason="brings the audit types")

    outcome = fresh.run("draft", kind, name)

    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert help in outcome.stderr
    assert not (fresh.path / "seeknal" / ("audits" if kind == "audit" else kind)).exists()


def test_the_draft_of_an_audit_is_a_type_that_nodes_can_ask(fresh):
    pytest.importorskip("seeknal_audits", reason="own audits are the plugin's")
    fresh.run("draft", "audit", "present").assert_ok()
    fresh.write(
        {
            "seeknal/audited.yml": """
                kind: transform
                name: audited
                inputs: [{ref: source.orders}]
                transform: SELECT NULLIF(id, 2) AS id FROM ref('source.orders')
                audits: [{type: present, column: id}]
            """
        }
    )

    outcome = fresh.run("run", "--select", "+audited", "--format", "json")

    assert outcome.exit_code == 1
    (audit,) = outcome.json()["nodes"][-1]["audits"]
    assert (audit["type"], audit["status"], audit["failing_rows"]) == ("present", "failed", 1)


@pytest.mark.parametrize(
    "option", [("--sql",), ("--python",), ("--type", "csv")], ids=lambda option: option[0]
)
@pytest.mark.parametrize("kind", ["audit", "properties"])
def test_a_draft_of_what_is_no_node_takes_no_option_of_nodes(fresh, kind, option):
    outcome = fresh.run("draft", kind, "x", *option)

    assert outcome.exit_code == 2
    assert f"KIND and {option[0]} exclude each other" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("propertis", "x"), "did you mean properties"),
        (("trasform", "x"), "did you mean transform"),
        (("transform", "2x"), "cannot be a node's name"),
        (("source", "x", "--type", "cvs"), "did you mean csv"),
        (("transform", "x", "--type", "csv"), "--type is for sources"),
    ],
)
def test_a_draft_that_cannot_be_is_explained(fresh, arguments, message):
    outcome = fresh.run("draft", *arguments)

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_the_schema_describes_every_kind_and_source_type(seeknal, tmp_path):
    from seeknal.kernel.plugins import load_plugins

    code, out, _ = seeknal("schema")
    written = seeknal("schema", "--out", str(tmp_path / "s.json"))

    schema = json.loads(out)
    assert (code, written[0]) == (0, 0)
    assert json.loads((tmp_path / "s.json").read_text()) == schema
    plugins = load_plugins()
    assert schema["properties"]["kind"]["enum"] == [*plugins.kinds, "properties"]
    branches = {
        branch["if"]["properties"]["kind"]["enum"][0]: branch["then"] for branch in schema["allOf"]
    }
    assert set(branches) == {*plugins.kinds, "properties"}
    assert branches["source"]["properties"]["source"]["enum"] == list(plugins.source_types)
    assert branches["transform"]["additionalProperties"] is False


def test_validate_reports_everything_at_once(fresh):
    fresh.write(
        {
            "seeknal/a.yml": "kind: transform\nname: a\nsql: SELECT * FROM ref('source.ordes')\n",
            "seeknal/b.yml": "kind: trasform\nname: b\n",
            "seeknal/c.yml": "kind: transform\nname: c\nsqll: SELECT 1\n",
        }
    )

    text = fresh.run("validate")
    answer = fresh.run("parse", "--format", "json")

    assert text.exit_code == answer.exit_code == 2
    assert text.stdout == ""
    for place in ("seeknal/a.yml:3", "seeknal/b.yml:1", "seeknal/c.yml:3"):
        assert place in text.stderr
    assert answer.json()["status"] == "failed"
    assert {problem["file"] for problem in answer.json()["problems"]} >= {
        "seeknal/b.yml",
        "seeknal/c.yml",
    }


def test_validate_folds_twenty_sources_outside_and_shows_all_when_asked(seeknal_project):
    source = "kind: source\nname: s{0}\nsource: csv\ntable: ../x{0}.csv\n"
    project = seeknal_project(
        {f"seeknal/s{number:02}.yml": source.format(number) for number in range(20)}
    )

    folded = project.run("validate").stderr
    whole = project.run("validate", "--verbose").stderr

    assert folded.count("error[SK0216]") == 3
    assert "... and 17 more like this: seeknal/s03.yml:4" in folded
    assert whole.count("error[SK0216]") == 20


def test_validate_says_when_all_is_well(fresh):
    text = fresh.run("validate").assert_ok()
    answer = fresh.run("validate", "--format", "json").assert_ok().json()

    assert text.stdout == "4 nodes, no problems\n"
    assert answer == {
        "schema_version": 1,
        "status": "success",
        "node_count": 4,
        "problems": [],
        "unknown_columns": [],
        "unchecked": [],
        "skipped": [],
    }


def test_render_prints_the_sql_that_runs(fresh):
    outcome = fresh.run("render", "big_orders").assert_ok()

    assert outcome.stdout == 'SELECT * FROM "source"."orders"\nWHERE amount > 8\n'


def test_render_leaves_no_gap_where_the_front_block_was(fresh):
    text = "-- Head.\n/* ---\ntags: [a]\nlayer: silver\n--- */\n\nSELECT 1 AS a\n\nLIMIT 1\n"
    fresh.write({"seeknal/one.sql": text})

    outcome = fresh.run("render", "one").assert_ok()

    assert outcome.stdout == "-- Head.\nSELECT 1 AS a\n\nLIMIT 1\n"


AGGREGATION = """
    kind: aggregation
    name: spent
    group_by: [customer]
    features: {amount: {agg: [sum]}}
    inputs: [{ref: source.orders}]
"""


def test_render_prints_the_sql_that_an_aggregation_makes(fresh):
    fresh.write({"seeknal/spent.yml": AGGREGATION})

    outcome = fresh.run("render", "spent").assert_ok()

    rows = "(1, 'a', 10), (2, 'b', 20), (3, 'a', 5)"
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        connection.execute(
            f"CREATE TABLE source.orders AS FROM (VALUES {rows}) t(id, customer, amount)"
        )
        found = connection.sql(outcome.stdout).fetchall()
    assert sorted(found) == [("a", 15), ("b", 20)]
    assert '"source"."orders"' in outcome.stdout


def test_render_transpiles_what_an_aggregation_makes(fresh):
    fresh.write({"seeknal/spent.yml": AGGREGATION})

    outcome = fresh.run("render", "spent", "--target", "postgres", "--pretty").assert_ok()

    assert outcome.stdout.startswith("SELECT\n")


def test_render_says_what_to_run_where_the_inputs_are_not_known_yet(fresh):
    fresh.write(
        {
            "seeknal/pipelines/p.py": "from seeknal import transform\n\n\n"
            "@transform(name='made')\ndef made(ctx):\n    return [{'customer': 1, 'amount': 2}]\n",
            "seeknal/spent.yml": AGGREGATION.replace("source.orders", "transform.made"),
        }
    )

    outcome = fresh.run("render", "spent")

    assert outcome.exit_code == 2
    assert "the columns of transform.made are not known until it has run" in outcome.stderr
    assert "seeknal run --select +aggregation.spent" in outcome.stderr


def test_render_transpiles_and_lays_out(fresh):
    fresh.write(
        {"seeknal/t.yml": "kind: transform\nname: t\nsql: SELECT [1] AS l, 'x'::TEXT AS t\n"}
    )

    outcome = fresh.run("render", "t", "--target", "bigquery", "--pretty").assert_ok()

    assert "CAST('x' AS STRING)" in outcome.stdout
    assert len(outcome.stdout.splitlines()) > 1


def test_render_lists_what_a_dialect_cannot_say(fresh):
    sql = "SELECT * FROM ref('source.orders') USING SAMPLE 10%"
    fresh.write({"seeknal/t.yml": f"kind: transform\nname: t\nsql: {sql}\n"})

    loose = fresh.run("render", "t", "--target", "mysql")
    strict = fresh.run("render", "t", "--target", "mysql", "--strict")

    assert (loose.exit_code, strict.exit_code) == (0, 1)
    assert "warning[SK0486]:" in loose.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("big_order",), "big_orders"),
        (("source.orders",), "has no SQL"),
        (("big_orders", "--target", "snowflke"), "did you mean snowflake"),
    ],
)
def test_render_explains_what_it_cannot_do(fresh, arguments, message):
    outcome = fresh.run("render", *arguments)

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_clean_removes_outputs_and_a_run_builds_them_again(shop):
    outcome = shop.run("clean").assert_ok()
    left = sorted(path.name for path in (shop.path / "target").iterdir())
    again = shop.run("run", "--format", "json").assert_ok().json()

    assert left == [".lock"]
    assert "target: " in outcome.stderr
    assert again["counts"]["success"] == 4


def test_clean_can_be_tried_without_doing_it(shop):
    shop.run("clean", "--dry-run").assert_ok()

    assert (shop.path / "target/run_state.json").exists()


def test_clean_keeps_what_cannot_be_rebuilt_unless_told(shop, monkeypatch):
    shop.write({".seeknal/marks.json": "{}"})

    shop.run("clean").assert_ok()
    kept = (shop.path / ".seeknal/marks.json").exists()
    unanswered = shop.run("clean", "--all")
    still_kept = (shop.path / ".seeknal/marks.json").exists()
    shop.run("clean", "--all", "--yes").assert_ok()

    assert kept
    assert unanswered.exit_code == 2
    assert still_kept
    assert not (shop.path / ".seeknal/marks.json").exists()


def test_clean_removes_what_cannot_be_rebuilt_where_target_is_gone(shop):
    shop.write({".seeknal/marks.json": "{}"})
    shutil.rmtree(shop.path / "target", ignore_errors=True)

    shop.run("clean", "--all", "--yes").assert_ok()

    assert not (shop.path / ".seeknal/marks.json").exists()


def test_plugins_are_listed_with_what_they_add(seeknal):
    _, text, _ = seeknal("plugins")
    _, out, _ = seeknal("plugins", "--format", "json")

    kinds = next(entry for entry in json.loads(out) if entry["name"] == "kinds")
    assert "transform" in kinds["types"]["kind"]
    assert kinds["builtin"] is True
    assert "kinds" in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shells_script(seeknal, shell):
    code, out, _ = seeknal("completion", shell)

    assert code == 0
    assert "_SEEKNAL_COMPLETE" in out


def test_completion_offers_commands_and_nodes(fresh, monkeypatch, seeknal):
    monkeypatch.chdir(fresh.path)
    monkeypatch.setenv("_SEEKNAL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "seeknal inspect transform.b")
    monkeypatch.setenv("COMP_CWORD", "2")
    nodes = seeknal()
    monkeypatch.setenv("COMP_WORDS", "seeknal ins")
    monkeypatch.setenv("COMP_CWORD", "1")
    commands = seeknal()

    assert nodes[1].split() == ["plain,transform.big_orders", "plain,transform.by_customer"]
    assert commands[1].split() == ["plain,inspect"]


def test_completion_is_silent_outside_a_project(nowhere):
    from seeknal.cli.completion import node_names

    assert node_names(None) == []


PROFILES = """
connections:
  shop: {type: imaginary, password: "${SHOP_PASSWORD}"}
"""


def test_connections_are_listed_with_what_is_wrong(seeknal_project):
    project = seeknal_project({**FILES, "profiles.yml": PROFILES})

    outcome = project.run("connection", "list", "--format", "json").assert_ok()

    (entry,) = outcome.json()
    assert (entry["name"], entry["type"], entry["status"]) == ("shop", "imaginary", "failed")
    assert "imaginary" in entry["detail"]


def test_a_connection_that_cannot_be_used_fails_its_test(seeknal_project):
    project = seeknal_project({**FILES, "profiles.yml": PROFILES})

    one = project.run("connection", "test", "shop")
    old = project.run("connection-test", "shop")
    every = project.run("validate", "--connections")
    unknown = project.run("connection", "test", "shp")

    assert (one.exit_code, old.exit_code, every.exit_code) == (1, 1, 1)
    assert unknown.exit_code == 2
    assert "did you mean shop" in unknown.stderr


def test_without_profiles_that_is_said(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    outcome = fresh.run("connection", "list")

    assert outcome.exit_code == 2
    assert "there is no profiles.yml" in outcome.stderr
