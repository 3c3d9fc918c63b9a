"""What the keys of a node that merges may say, and how its SQL speaks of what it has."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.inside

SOURCE = "{kind: source, name: orders, source: csv, table: data/orders.csv}\n"
HEAD = "/* ---\nmaterialized: incremental\nunique_keys: [id]\n--- */\n"
BOTH = """SELECT id, amount FROM ref('source.orders')
{% if is_incremental() %}WHERE amount > (SELECT max(amount) FROM {{ this }}){% endif %}
"""


@pytest.fixture
def shop(seeknal_project):
    def make(sql=BOTH, head=HEAD, **more):
        files = {
            "data/orders.csv": "id,amount\n1,10\n",
            "seeknal/orders.yml": SOURCE,
            "seeknal/transforms/latest.sql": head + sql,
        }
        others = {f"seeknal/{name}.yml": text for name, text in more.items()}
        return seeknal_project({**files, **others})

    return make


def told(project, *arguments):
    """Codes, lines and helps of what validating says."""
    answer = project.run("validate", "--format", "json", *arguments).json()
    return [(entry["code"], entry["line"], entry["help"]) for entry in answer["problems"]]


def test_a_node_that_does_not_say_how_rows_are_merged_is_told_both_ways(shop):
    made = shop("SELECT 1 AS id", "/* ---\nmaterialized: incremental\n--- */\n")

    ((code, line, help),) = told(made)

    assert (code, line) == ("SK0280", 2)
    assert "unique_keys:" in help
    assert "schedule:" in help


@pytest.mark.parametrize("spelling", ["unique_key: id", "unique_key: [id]", "unique_keys: id"])
def test_keys_are_written_as_in_dbt_too(shop, spelling):
    made = shop(head=HEAD.replace("unique_keys: [id]", spelling))

    assert told(made) == []


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("/* ---\nunique_keys: [id]\n--- */\n", 2),
        ("/* ---\nmaterialized: table\nunique_key: id\n--- */\n", 3),
        ("/* ---\nmaterialized: incremental\nunique_key: [id, ID]\n--- */\n", 3),
    ],
)
def test_keys_that_mean_nothing_are_refused_where_they_stand(shop, head, line):
    made = shop("SELECT 1 AS id", head)

    assert [found[:2] for found in told(made)] == [("SK0281", line)]


def test_a_source_does_not_merge(shop):
    source = SOURCE.replace("}", ", materialized: incremental, unique_keys: [id]}")
    made = shop(more=source.replace("orders,", "more,"))

    assert [found[0] for found in told(made)] == ["SK0281"]


@pytest.mark.parametrize("name", ["today", "run_id", "month_start"])
def test_names_that_would_make_it_start_over_are_refused(shop, name):
    made = shop(f"SELECT 1 AS id, '{{{{ {name} }}}}' AS said")

    assert {found[0] for found in told(made)} == {"SK0282"}


def test_both_queries_are_shown(shop):
    made = shop()

    text = made.run("render", "transform.latest").assert_ok().stdout
    answer = made.run("render", "transform.latest", "--format", "json").assert_ok().json()

    assert '"transform"."latest"' not in answer["sql"]
    assert answer["incremental"].endswith('SELECT max(amount) FROM "transform"."latest")')
    assert answer["sql"] in text
    assert answer["incremental"] in text


def test_a_node_whose_query_is_the_same_each_time_has_one(shop):
    made = shop("SELECT id, amount FROM ref('source.orders')")

    answer = made.run("render", "transform.latest", "--format", "json").assert_ok().json()

    assert "incremental" not in answer


def test_what_it_has_is_not_there_where_it_is_not_incremental(shop):
    made = shop("SELECT id, amount FROM {{ this }}")

    ((code, line, help),) = told(made)

    assert (code, line) == ("SK0401", 5)
    assert "{% if is_incremental() %}" in help


def test_to_read_itself_by_ref_is_still_a_circle_and_the_help_says_how(shop):
    made = shop(BOTH.replace("{{ this }}", "ref('transform.latest')"))

    ((code, line, help),) = told(made)

    assert (code, line) == ("SK0320", 6)
    assert "{{ this }}" in help


def test_what_only_the_later_query_reads_is_an_input_too(shop):
    more = "{kind: transform, name: more, sql: SELECT 1 AS id}\n"
    made = shop(
        BOTH.replace("WHERE", "JOIN ref('transform.more') USING (id) WHERE"),
        more=more,
    )

    shown = made.run("list", "--format", "json").assert_ok().json()

    (latest,) = [entry for entry in shown if entry["node"] == "transform.latest"]
    assert latest["inputs"] == ["source.orders", "transform.more"]


def test_an_input_is_declared_for_either_query(shop):
    head = HEAD.replace("--- */", "inputs: [source.orders, transform.more]\n--- */")
    more = "{kind: transform, name: more, sql: SELECT 1 AS id}\n"
    made = shop(
        BOTH.replace("WHERE", "JOIN ref('transform.more') USING (id) WHERE"), head, more=more
    )

    assert told(made) == []


def test_a_mistake_in_either_query_is_told_once_at_its_line(shop):
    first = shop(BOTH.replace("SELECT id,", "SELECT it AS id,"))
    later = shop(BOTH.replace("max(amount)", "max(nothing)"))

    found = [(line, help) for made in (first, later) for _, line, help in told(made)]

    assert found == [(5, "columns: id, amount"), (6, "columns: id, amount")]


def test_other_columns_in_the_later_query_are_told_before_a_run(shop):
    text = "SELECT id, amount{% if is_incremental() %}::VARCHAR AS amount, 1 AS more{% endif %}"
    made = shop(f"{text}\nFROM ref('source.orders')\n")

    answer = made.run("validate", "--format", "json").json()

    (problem,) = answer["problems"]
    assert problem["code"] == "SK0283"
    assert problem["message"].endswith("other columns: more, amount")


def test_a_key_that_is_no_column_is_told_before_a_run(shop):
    made = shop(head=HEAD.replace("[id]", "[di]"))

    ((code, _, help),) = told(made)

    assert code == "SK0755"
    assert "id" in help


def test_another_later_query_is_another_definition(shop):
    made = shop()
    made.run("run").assert_ok()
    made.write({"seeknal/transforms/latest.sql": HEAD + BOTH.replace("max", "min")})

    planned = made.run("plan").assert_ok().stdout

    assert "transform.latest  BREAKING" in planned
    assert "definition changed" in planned
    assert "starts over from its inputs as they are" in planned


def test_it_is_said_that_its_inputs_do_not_tell_its_rows(shop):
    made = shop("SELECT id, amount FROM ref('source.orders')")
    made.run("run").assert_ok()
    made.write({"data/orders.csv": "id,amount\n2,20\n"})
    planned = made.run("plan").assert_ok().stdout
    made.run("run").assert_ok()

    inspected = made.run("inspect", "transform.latest").assert_ok().stderr
    catalog = made.run("catalog", "show", "transform.latest").assert_ok().stdout
    lineage = made.run("lineage", "transform.latest").assert_ok().stdout

    assert "new rows are merged by id into those that it has" in planned
    assert "new rows were merged into earlier ones once" in inspected
    assert "new rows were merged into earlier ones once" in catalog
    assert "merged by id into rows that earlier runs made" in lineage


def test_columns_come_from_what_either_query_reads_and_through_what_it_has(shop):
    more = "kind: transform\nname: more\nsql: SELECT 1 AS id, 5 AS bonus\n"
    text = """SELECT o.id, o.amount{% if is_incremental() %} + t.other{% endif %} AS amount,
{% if is_incremental() %}m.bonus{% else %}0{% endif %} AS other
FROM ref('source.orders') o
{% if is_incremental() %}JOIN {{ this }} t USING (id) JOIN ref('transform.more') m USING (id)
{% endif %}"""
    made = shop(text, more=more)

    answer = made.run("lineage", "transform.latest", "--format", "json").assert_ok().json()

    (latest,) = [node for node in answer["nodes"] if node["id"] == "transform.latest"]
    values = {column["name"]: column["values"] for column in latest["lineage"]["columns"]}
    assert values["other"] == [["transform.more", "bonus"]]
    assert values["amount"] == [["source.orders", "amount"], ["transform.more", "bonus"]]
    assert latest["lineage"]["relations"] == ["source.orders", "transform.more"]
    assert latest["merges_by"] == ["id"]


def test_a_column_is_private_that_only_the_later_query_takes_from_a_private_one(shop):
    more = (
        "kind: transform\nname: more\nsql: SELECT 1 AS id, 'a@b.c' AS email\n"
        "columns: {email: {pii: true}}\n"
    )
    text = """SELECT o.id, {% if is_incremental() %}m.email{% else %}''{% endif %} AS said
FROM ref('source.orders') o
{% if is_incremental() %}JOIN ref('transform.more') m USING (id){% endif %}"""
    made = shop(text, more=more)

    answer = made.run("lineage", "transform.latest", "--format", "json").assert_ok().json()

    (latest,) = [node for node in answer["nodes"] if node["id"] == "transform.latest"]
    assert {column["name"]: column["pii"] for column in latest["columns"]} == {
        "id": False,
        "said": True,
    }


READING = """
import os
from seeknal import transform

@transform(materialized="incremental", unique_keys=["id"], params={"name": "PATH"}%s)
def latest(ctx):
    return [{"id": 1, "said": os.environ[ctx.params["name"]], "run": ctx.run_id}]
"""


@pytest.mark.parametrize(("more", "codes"), [("", ["SK0284"]), (", volatile=True", [])])
def test_a_function_says_what_it_reads_or_that_it_merges_each_time(seeknal_project, more, codes):
    made = seeknal_project({"seeknal/pipelines/latest.py": READING % more})

    assert [found[0] for found in told(made)] == codes


def test_a_function_that_names_its_run_is_not_run_for_that(seeknal_project):
    text = READING.replace('os.environ[ctx.params["name"]]', '"a"')
    made = seeknal_project({"seeknal/pipelines/latest.py": text % ""})
    made.run("run").assert_ok()

    planned = made.run("plan").assert_ok().stdout

    assert "0 to run, 1 reused" in planned


def test_a_node_of_ranges_of_time_may_read_what_it_has(shop):
    keys = 'materialized: incremental\ntime_column: at\nschedule: "@daily"\nstart: 2024-01-01'
    head = f"/* ---\n{keys}\n--- */\n"
    sql = """SELECT DATE '2024-01-01' AS at, id FROM ref('source.orders')
WHERE id NOT IN (SELECT id FROM {{ this }})
"""
    made = shop(sql, head)

    made.run("validate").assert_ok()
    shown = made.run("render", "transform.latest").assert_ok().stdout

    assert 'WHERE id NOT IN (SELECT id FROM "transform"."latest")' in shown


def test_the_cache_keeps_both_queries(shop):
    made = shop()
    first = made.run("render", "transform.latest").assert_ok().stdout

    again = made.run("render", "transform.latest").assert_ok().stdout

    assert again == first
