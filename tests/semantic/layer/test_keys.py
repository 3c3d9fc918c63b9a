"""The keys that a layer declares are audits of the nodes whose rows they are of."""

import json

import duckdb
import pytest
from tests.semantic.layer.conftest import ORDERS as MODEL_OF_ORDERS
from tests.semantic.layer.conftest import SHOP

pytestmark = pytest.mark.inside

ORDERS = "data/orders.csv"
CUSTOMERS = "data/customers.csv"
MODEL = "seeknal/semantic_models/orders.yml"
HEAD = "order_id,customer_id,ordered_at,region,amount,status\n"
TWICE = HEAD + "1,7,2026-01-05,north,10.5,paid\n1,8,2026-01-06,south,4,paid\n"
NONE = HEAD + "1,7,2026-01-05,north,10.5,paid\n,8,2026-01-06,south,4,paid\n"
STRANGER = (
    HEAD + "1,7,2026-01-05,north,10.5,paid\n2,9,2026-01-06,south,4,paid\n3,,2026-01-06,x,4,x\n"
)


def saying(audit):
    """The model of orders with that audit of its primary entity."""
    return MODEL_OF_ORDERS.replace("type: primary}", f"type: primary, audit: {audit}}}")


def ran(project, *more):
    """The exit code, and what a run says of each node."""
    outcome = project.run("run", "--format", "json", *more)
    assert "Traceback" not in outcome.stderr
    return outcome.exit_code, {each["node"]: each for each in outcome.json()["nodes"]}


def audits(found, node="source.order_rows"):
    return {
        (each["type"], *each["columns"]): (each["status"], each["failing_rows"], each["message"])
        for each in found[node]["audits"]
    }


def test_keys_are_audits_of_the_node_without_being_written_there(shop):
    code, found = ran(shop())

    assert code == 0
    assert audits(found) == {
        ("entity_key", "order_id"): ("passed", 0, ""),
        ("entity_reference", "customer_id"): ("passed", 0, ""),
    }
    assert audits(found, "source.customer_rows") == {
        ("entity_key", "customer_id"): ("passed", 0, "")
    }


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (TWICE, "1 key occurs more than once, in 2 rows"),
        (NONE, "1 row has none"),
    ],
    ids=["twice", "none"],
)
def test_a_primary_key_that_is_none_holds_the_rows_back(shop, rows, message):
    project = shop()
    project.run("run").assert_ok()
    before = project.rows("source.order_rows")
    project.write({ORDERS: rows})

    code, found = ran(project)

    assert code == 1
    assert found["source.order_rows"]["status"] == "failed"
    assert message in found["source.order_rows"]["error"]["message"]
    assert found["source.order_rows"]["error"]["file"] == MODEL
    assert project.rows("source.order_rows") == before


def test_the_rows_that_fail_are_kept(shop):
    project = shop(**{ORDERS: TWICE})

    outcome = project.run("run")

    assert "source.order_rows.1-entity_key.parquet" in outcome.stderr
    (kept,) = project.path.glob("target/**/source.order_rows.*-entity_key.parquet")
    assert [row[:2] for row in duckdb.sql(f"FROM '{kept}'").fetchall()] == [(1, 7), (1, 8)]


def test_a_foreign_key_that_leads_nowhere_is_a_warning(shop):
    project = shop(**{ORDERS: STRANGER})

    code, found = ran(project)

    assert code == 0
    assert audits(found)["entity_reference", "customer_id"] == (
        "warned",
        1,
        "customer: 1 row without a match in source.customer_rows",
    )


@pytest.mark.parametrize(
    ("audit", "status"), [("error", "failed"), ("warn", "warned"), ("off", None)]
)
def test_each_entity_says_how_bad_that_is(shop, audit, status):
    project = shop(**{MODEL: saying(audit), ORDERS: TWICE})

    code, found = ran(project)

    key = [each for each in found["source.order_rows"]["audits"] if each["type"] == "entity_key"]
    assert [each["status"] for each in key] == ([status] if status else [])
    assert code == (1 if audit == "error" else 0)


@pytest.mark.parametrize("audit", ["off", "'off'", "false"])
def test_the_word_off_may_stand_without_quotes(read, audit):
    project = read(**{MODEL: saying(audit)})

    node = project.nodes["source.order_rows"]
    assert [each.type for each in node.audits] == ["entity_reference"]


def test_another_word_is_still_refused_without_quotes(problems):
    found = problems(**{MODEL: saying("no")})

    assert ("SK0107", f"{MODEL}:7:44") in [(code, place) for code, place, _ in found]


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        ("{name: shop, type: foreign, expr: region, audit: warn}", "of no model is 'shop' the"),
        (
            "{name: shop, type: natural, expr: region, audit: error}",
            "no dimension says by validity",
        ),
    ],
)
def test_an_audit_that_has_nothing_to_look_at_is_told(problems, entity, message):
    model = MODEL_OF_ORDERS.replace("dimensions:", f"  - {entity}\ndimensions:")

    found = problems(**{MODEL: model})

    assert found[0][0] == "SK1507"
    assert message in found[0][2]


def test_audits_of_keys_run_again_only_when_what_they_read_changes(shop):
    project = shop()
    project.run("run").assert_ok()

    nothing = ran(project)[1]
    project.write({CUSTOMERS: "customer_id,country\n7,ID\n"})
    fewer = ran(project)[1]

    assert [each["audits"] for each in nothing.values()] == [[], []]
    assert fewer["source.order_rows"]["reason"] == "what its audits read has changed"
    assert audits(fewer)["entity_reference", "customer_id"][0] == "warned"


def test_to_declare_a_key_computes_no_rows_again(shop):
    layer = {path: None for path in SHOP if "models" in path or "metrics" in path}
    project = shop(**layer)
    project.run("run").assert_ok()
    project.write({path: SHOP[path] for path in layer})

    code, found = ran(project)

    assert code == 0
    assert {each["reason"] for each in found.values()} == {"audits changed"}


def test_a_model_of_rows_that_are_made_of_those_that_refer_to_it_is_no_circle(shop):
    made = {
        "seeknal/made.yml": "kind: transform\nname: buyers\n"
        "sql: SELECT DISTINCT customer_id, 'ID' AS country FROM ref('source.order_rows')"
        " WHERE customer_id <> 8\n",
        "seeknal/semantic_models/customers.yml": "kind: semantic_model\nname: customers\n"
        "model: ref('transform.buyers')\n"
        "entities: [{name: customer, type: primary, expr: customer_id}]\n"
        "dimensions: [{name: country}]\nmeasures: [{name: customer_count, expr: '1'}]\n",
    }
    project = shop(**made)

    code, found = ran(project)

    assert code == 0
    assert audits(found, "transform.buyers")["entity_reference", "customer_id"] == (
        "warned",
        1,
        "customer: 1 row of source.order_rows without a match here",
    )


def test_models_may_refer_to_each_other(shop):
    both = (
        "kind: semantic_model\nname: customers\nmodel: ref('source.customer_rows')\n"
        "entities: [{name: customer, type: primary, expr: customer_id},"
        " {name: order_id, type: foreign, expr: customer_id - 6}]\n"
        "dimensions: [{name: country}]\nmeasures: [{name: customer_count, expr: '1'}]\n"
    )
    project = shop(**{"seeknal/semantic_models/customers.yml": both})

    code, found = ran(project)

    every = [audit for each in found.values() for audit in each["audits"]]
    assert code == 0
    assert sum(audit["type"] == "entity_reference" for audit in every) == 2
    assert {audit["status"] for audit in every} == {"passed"}


HISTORY = """
kind: semantic_model
name: prices
model: ref('source.price_rows')
entities: [{name: product, type: natural, expr: product_id}]
dimensions:
  - {name: valid_from, type: time, validity: start}
  - {name: valid_to, type: time, validity: end}
  - {name: price}
"""
PRICES = "kind: source\nname: price_rows\nsource: csv\ntable: data/prices.csv\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,2026-01-01,2026-02-01,5\n1,2026-02-01,,6\n2,2026-01-01,,7\n", None),
        ("1,2026-01-01,,5\n1,2026-01-01,,6\n", "1 key has two rows that begin at the same time"),
        ("1,2026-01-01,2026-02-02,5\n1,2026-02-01,,6\n", "1 key has rows that hold at one time"),
        ("1,2026-01-01,,5\n1,2026-02-01,,6\n", "1 key has rows that hold at one time"),
        (
            "1,2026-01-01,2026-09-01,5\n1,2026-02-01,2026-02-01,6\n1,2026-03-01,2026-04-01,6\n",
            "1 key has rows that hold at one time",
        ),
        ("1,,2026-02-01,5\n1,2026-01-01,,6\n", None),
    ],
    ids=["right", "start", "overlap", "open", "around", "no start"],
)
def test_rows_of_a_natural_key_hold_one_after_the_other(shop, rows, message):
    project = shop(
        **{
            "data/prices.csv": "product_id,valid_from,valid_to,price\n9,2026-01-01,2026-01-02,1\n"
            + rows,
            "seeknal/prices.yml": PRICES,
            "seeknal/semantic_models/prices.yml": HISTORY,
        }
    )

    code, found = ran(project)

    assert code == (0 if message is None else 1)
    assert (message or "") in (found["source.price_rows"]["error"] or {}).get("message", "")


def test_the_key_of_partitioned_rows_is_one_within_each_partition(shop):
    daily = (
        "kind: semantic_model\nname: stock\nmodel: ref('source.stock_rows')\n"
        "entities: [{name: product, type: primary, expr: product_id}]\n"
        "dimensions: [{name: day, type: time, partition: true}]\n"
        "measures: [{name: left, agg: sum}]\n"
    )
    rows = "product_id,day,left\n1,2026-01-01,5\n1,2026-01-02,6\n"
    source = "kind: source\nname: stock_rows\nsource: csv\ntable: data/stock.csv\n"
    project = shop(
        **{
            "data/stock.csv": rows,
            "seeknal/stock.yml": source,
            "seeknal/semantic_models/stock.yml": daily,
        }
    )

    right = ran(project)
    project.write({"data/stock.csv": rows + "1,2026-01-02,7\n"})
    wrong = ran(project)

    assert audits(right[1], "source.stock_rows") == {
        ("entity_key", "product_id", "day"): ("passed", 0, "")
    }
    assert wrong[0] == 1
    assert audits(wrong[1], "source.stock_rows")["entity_key", "product_id", "day"][1] == 1


def test_they_are_seen_where_audits_are_seen(shop):
    project = shop()
    project.run("run").assert_ok()

    listed = project.run("list", "--format", "json").json()
    asked = project.run("audit", "--format", "json")
    history = project.run("history", "--format", "json")

    (orders,) = [each for each in listed if each["node"] == "source.order_rows"]
    assert orders["audits"] == [
        {"type": "entity_key", "severity": "error"},
        {"type": "entity_reference", "severity": "warn"},
    ]
    assert "entity_reference" in json.dumps(asked.json())
    assert history.exit_code == 0


def test_they_can_fail_a_promotion(shop):
    project = shop()
    project.run("run").assert_ok()
    made = (
        "kind: transform\nname: more\nsql: SELECT 1 AS id UNION ALL SELECT 1\n---\n"
        "kind: semantic_model\nname: more\nmodel: ref('transform.more')\n"
        "entities: [{name: thing, type: primary, expr: id}]\n"
    )
    project.write({"seeknal/more.yml": made})

    built = project.run("run", "--env", "dev")
    project.run("promote", "dev", "--yes")

    assert built.exit_code == 1
    assert "entity_key(id)" in built.stdout + built.stderr
    assert project.run("sql", "SELECT * FROM transform.more").exit_code != 0


def test_a_column_that_is_not_there_is_told_once(shop):
    project = shop(**{MODEL: MODEL_OF_ORDERS.replace("expr: customer_id}", "expr: customer_di}")})

    checked = project.run("validate")

    assert checked.exit_code == 2
    assert checked.stderr.count("customer_di is no column") == 1
    assert "entity_reference" not in checked.stderr


def test_no_value_of_a_confidential_column_is_told(shop):
    sources = (
        "kind: source\nname: order_rows\nsource: csv\ntable: data/orders.csv\n"
        "columns: [{name: customer_id, pii: true}]\n---\n"
        "{kind: source, name: customer_rows, source: csv, table: data/customers.csv}\n"
    )
    project = shop(**{"seeknal/sources.yml": sources, ORDERS: STRANGER.replace(",9,", ",987654,")})

    outcome = project.run("run", "--format", "json")

    assert "without a match" in outcome.stdout
    assert "987654" not in outcome.stdout + outcome.stderr


def sources(order_columns, customer_columns):
    """The shop's sources, whose columns are described so."""
    return (
        "kind: source\nname: order_rows\nsource: csv\ntable: data/orders.csv\n"
        f"columns: [{order_columns}]\n---\n"
        "kind: source\nname: customer_rows\nsource: csv\ntable: data/customers.csv\n"
        f"columns: [{customer_columns}]\n"
    )


def test_kept_rows_show_no_value_of_a_column_that_a_joined_node_keeps_to_itself(shop):
    private = "{name: customer_id, pii: true}"
    project = shop(**{"seeknal/sources.yml": sources("", private), ORDERS: STRANGER})

    project.run("run").assert_ok()

    (kept,) = project.path.glob("target/**/source.order_rows.*-entity_reference.parquet")
    assert duckdb.sql(f"SELECT order_id, customer_id FROM '{kept}'").fetchall() == [(2, "***")]


NUMBERED = "customer_id,country\n7,ID\n8,DE\nsecret-9,DE\n"
CUSTOMERS_MODEL = "seeknal/semantic_models/customers.yml"


def test_why_a_key_cannot_be_asked_tells_no_value_of_a_column_of_a_joined_node(shop):
    casting = SHOP[CUSTOMERS_MODEL].replace(
        "expr: customer_id", "expr: CAST(customer_id AS INTEGER), audit: off"
    )
    private = sources("", "{name: customer_id, pii: true}")
    project = shop(
        **{"seeknal/sources.yml": private, CUSTOMERS_MODEL: casting, CUSTOMERS: NUMBERED}
    )

    outcome = project.run("run")

    assert "SK1523" in outcome.stderr
    assert "customer_id has pii: true" in outcome.stderr
    assert "secret" not in outcome.stdout + outcome.stderr


def test_why_a_key_cannot_be_asked_tells_no_value_of_the_rows_that_refer_to_it(shop):
    to_orders = SHOP[CUSTOMERS_MODEL].replace(
        "dimensions:",
        "  - {name: order_id, type: foreign, expr: customer_id - 6}\ndimensions:",
    )
    casting = MODEL_OF_ORDERS.replace("expr: customer_id}", "expr: CAST(region AS INTEGER)}")
    private = sources("{name: region, pii: true}", "")
    files = {"seeknal/sources.yml": private, CUSTOMERS_MODEL: to_orders, MODEL: casting}
    project = shop(**files)

    outcome = project.run("run")

    assert "of source.customer_rows cannot be asked for customer: Conversion" in outcome.stderr
    assert "north" not in outcome.stdout + outcome.stderr


def test_a_promotion_asks_them_of_the_rows_that_it_would_make(shop):
    strict = MODEL_OF_ORDERS.replace("expr: customer_id}", "expr: customer_id, audit: error}")
    few = "kind: transform\nname: few\nsql: SELECT * FROM ref('source.customer_rows')\n"
    model = SHOP["seeknal/semantic_models/customers.yml"].replace(
        "source.customer_rows", "transform.few"
    )
    project = shop(
        **{MODEL: strict, "seeknal/few.yml": few, "seeknal/semantic_models/customers.yml": model}
    )
    project.run("run").assert_ok()
    fewer = few.rstrip() + " WHERE customer_id <> 8\n"
    project.write({"seeknal/few.yml": fewer})

    built = project.run("run", "--env", "dev")
    promoted = project.run("promote", "dev", "--yes")

    assert built.exit_code == 1
    assert "entity_reference(customer_id)" in built.stderr
    assert promoted.exit_code != 0
    assert len(project.rows("transform.few")) == 2
