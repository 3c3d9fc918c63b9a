"""Keys that are in several rows: no query joins by them, whatever audits said."""

import json

import pytest
from tests.semantic.layer.conftest import CUSTOMERS, SHOP

from seeknal import open_project
from seeknal.plugin import SeeknalError

pytestmark = pytest.mark.inside

PEOPLE = "data/customers.csv"
TWICE = "customer_id,country\n7,ID\n7,SG\n8,DE\n"
MODEL = "seeknal/semantic_models/customers.yml"
BY_COUNTRY = ("--metrics", "revenue", "--dimensions", "customer__country")
UNTOLD = CUSTOMERS.replace("type: primary,", "type: primary, audit: off,")
WARNED = CUSTOMERS.replace("type: primary,", "type: primary, audit: warn,")
NEVER_AUDITED = {path: None for path in SHOP if "semantic" in path or "metrics" in path}


def refused(outcome, *words, code="SK1526"):
    assert outcome.exit_code == 2, outcome.stdout
    assert f"error[{code}]" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    for word in words:
        assert word in outcome.stderr


@pytest.mark.parametrize("model", [UNTOLD, WARNED], ids=["off", "warn"])
def test_a_key_of_several_rows_is_no_way_to_a_dimension(shop, model):
    project = shop(**{MODEL: model, PEOPLE: TWICE})
    project.run("run").assert_ok()

    refused(
        project.run("query", *BY_COUNTRY),
        *("customers", "customer", "1 value", "source.customer_rows"),
    )


def test_rows_that_no_audit_saw_are_no_exception(shop):
    project = shop(**NEVER_AUDITED, **{PEOPLE: TWICE})
    project.run("run").assert_ok()
    project.write({path: SHOP[path] for path in NEVER_AUDITED})

    by_country = project.run("query", *BY_COUNTRY)
    filtered = project.run(
        "query", "--metrics", "revenue", "--filter", "customer__country IS NOT NULL"
    )

    refused(by_country)
    refused(filtered)


def test_what_does_not_join_by_the_key_is_answered(shop):
    project = shop(**{MODEL: UNTOLD, PEOPLE: TWICE})
    project.run("run").assert_ok()

    found = project.run("query", "--metrics", "revenue,customer_count", "--format", "json")
    printed = project.run("query", *BY_COUNTRY, "--compile")

    assert found.json() == [{"revenue": 14.5, "customer_count": 3}]
    assert printed.exit_code == 0


def test_a_key_that_is_none_joins_nothing_and_may_be_in_several_rows(shop):
    rows = "customer_id,country\n7,ID\n8,DE\n,SG\n,MY\n"
    project = shop(**{MODEL: UNTOLD, PEOPLE: rows})
    project.run("run").assert_ok()

    found = project.run("query", *BY_COUNTRY, "--format", "json").assert_ok().json()

    assert {row["customer__country"]: row["revenue"] for row in found} == {"ID": 10.5, "DE": 4.0}


def test_every_way_to_ask_refuses(shop):
    project = shop(**{MODEL: UNTOLD, PEOPLE: TWICE})
    project.run("run").assert_ok()
    asked = {"metrics": ["revenue"], "dimensions": ["customer__country"]}
    project.write({"asked.jsonl": json.dumps(asked) + '\n{"metrics": ["revenue"]}\n'})

    lines = project.run("query", "--queries", "asked.jsonl").stdout.splitlines()
    compared = project.run("diff", "prod", "prod", *BY_COUNTRY)

    assert [json.loads(line).get("code") for line in lines] == ["SK1526", None]
    refused(compared, "in prod")
    with open_project(project.path) as opened:
        with pytest.raises(SeeknalError, match="1 value") as caught:
            opened.query_metrics("revenue", ["customer__country"])
        assert caught.value.code == "SK1526"
        assert opened.query_metrics("revenue").fetchall() == [(14.5,)]


HISTORY = """
kind: semantic_model
name: customers
model: ref('source.customer_rows')
entities: [{name: customer, type: natural, expr: customer_id, audit: off}]
dimensions:
  - {name: since, type: time, validity: start}
  - {name: until, type: time, validity: end}
  - {name: country}
"""


@pytest.mark.parametrize(
    ("rows", "is_right"),
    [
        ("7,2026-01-01,2026-01-04,SG\n7,2026-01-04,,ID\n8,2026-01-01,,DE\n", True),
        ("7,2026-01-01,2026-01-06,SG\n7,2026-01-04,,ID\n8,2026-01-01,,DE\n", False),
        ("7,2026-01-01,,SG\n7,2026-01-04,,ID\n8,2026-01-01,,DE\n", False),
        ("7,2026-01-01,2026-03-01,SG\n7,2026-01-01,,ID\n8,2026-01-01,,DE\n", False),
        ("7,2026-01-04,2026-01-04,SG\n7,2026-01-01,,ID\n,2026-01-01,,x\n,2026-01-01,,y\n", True),
        ("7,,2026-01-04,SG\n7,2026-01-01,,ID\n8,2026-01-01,,DE\n", True),
    ],
    ids=["right", "overlap", "open", "start", "never", "no start"],
)
def test_rows_that_hold_for_a_while_may_not_overlap(shop, rows, is_right):
    people = "customer_id,since,until,country\n9,2026-01-01,2026-01-02,x\n" + rows
    project = shop(**{MODEL: HISTORY, PEOPLE: people})
    project.run("run").assert_ok()

    outcome = project.run("query", *BY_COUNTRY)

    if is_right:
        outcome.assert_ok()
    else:
        refused(outcome, "customers", "1 value")


DAILY = """
kind: semantic_model
name: customers
model: ref('source.customer_rows')
entities: [{name: customer, type: primary, expr: customer_id, audit: off}]
dimensions:
  - {name: day, type: time, partition: true}
  - {name: country}
"""


@pytest.mark.parametrize(("more", "is_right"), [("", True), ("7,2026-01-05,MY\n", False)])
def test_the_key_of_partitioned_rows_is_one_within_each(shop, more, is_right):
    orders = SHOP["seeknal/semantic_models/orders.yml"].replace(
        "dimensions:\n", "dimensions:\n  - {name: day, type: time, expr: ordered_at,"
        " partition: true}\n"
    )  # fmt: skip
    people = "customer_id,day,country\n7,2026-01-05,ID\n7,2026-01-06,SG\n8,2026-01-06,DE\n"
    project = shop(
        **{MODEL: DAILY, "seeknal/semantic_models/orders.yml": orders, PEOPLE: people + more}
    )
    project.run("run").assert_ok()

    outcome = project.run("query", *BY_COUNTRY)

    assert (outcome.exit_code == 0) is is_right
    if not is_right:
        refused(outcome, "customer", "day", "1 value")


SPINE = """
kind: time_spine
name: days
model: ref('source.day_rows')
column: day
time_granularity: day
custom_granularities: [{name: season}]
"""
DAYS = "day,season\n2026-01-05,a\n2026-01-06,b\n"


@pytest.mark.parametrize(
    ("more", "says"),
    [("2026-01-05,c\n", "1 value"), (",d\n", "1 row"), ("", None)],
    ids=["twice", "none", "right"],
)
def test_the_periods_of_a_time_spine_are_there_once(shop, more, says):
    spine = {
        "data/days.csv": DAYS + more,
        "seeknal/days.yml": "kind: source\nname: day_rows\nsource: csv\ntable: data/days.csv\n",
    }
    project = shop(**spine)
    project.run("run").assert_ok()
    project.write({"seeknal/spine.yml": SPINE})

    by_season = project.run("query", "--metrics", "revenue", "--dimensions", "metric_time__season")
    to_date = project.run("query", "--metrics", "mtd_revenue", "--dimensions", "metric_time__day")
    ran = project.run("run")

    assert by_season.exit_code == to_date.exit_code == (2 if says else 0)
    assert ran.exit_code == (1 if says else 0)
    if says:
        refused(by_season, "days", "day", says)
        refused(to_date, "days", "day", says)
        assert "entity_key" in ran.stdout + ran.stderr


REPORT = (
    "kind: transform\nname: report\nsql: |\n  FROM {{ metric_query(metrics=['revenue'],"
    " dimensions=['customer__country']) }}\n"
)


@pytest.mark.parametrize(
    ("model", "is_right"), [(UNTOLD, False), (WARNED, False), (CUSTOMERS, True)]
)
def test_sql_in_a_pipeline_joins_by_what_is_audited(shop, model, is_right):
    project = shop(**{MODEL: model, "seeknal/report.yml": REPORT})

    outcome = project.run("validate")

    assert (outcome.exit_code == 0) is is_right
    if not is_right:
        refused(outcome, "seeknal/report.yml:4:", "customers", "audit: error", code="SK1527")


def facts(two, models="", name="key", **dimension):
    """Two facts of one key, which the second has as another type."""
    more = "".join(f", {word}: {said}" for word, said in dimension.items())
    entry = f"{{name: {name}, expr: k{more}}}"
    where = "dimensions" if dimension else "entities"
    entry = (
        entry if dimension else entry.replace("name: key", "name: key, type: foreign, audit: off")
    )
    return {
        "seeknal/f.yml": "kind: transform\nname: f1\nsql: SELECT * FROM (VALUES ('01', 1),"
        f" ('1', 2), ('2', 4)) AS t(k, v)\n---\nkind: transform\nname: f2\nsql: {two}\n---\n"
        f"kind: semantic_model\nname: one\nmodel: ref('transform.f1')\n{where}: [{entry}]\n"
        "measures: [{name: v, agg: sum}]\n---\n"
        f"kind: semantic_model\nname: two\nmodel: ref('transform.f2')\n{where}: [{entry}]\n"
        f"measures: [{{name: w, agg: sum}}]\n{models}"
    }


NUMBERS = "SELECT CAST(k AS {}) AS k, w FROM (VALUES (1, 10), (2, 20)) AS t(k, w)"


@pytest.mark.parametrize("type", ["INT", "DOUBLE", "DECIMAL(9,2)", "BIGINT"])
def test_metrics_are_not_joined_by_texts_and_numbers(seeknal_project, type):
    project = seeknal_project(facts(NUMBERS.format(type)))
    project.run("run").assert_ok()

    both = project.run("query", "--metrics", "v,w", "--dimensions", "key")
    asked = project.run("query", "--metrics", "v", "--filter", "metric('w', 'key') > 1")
    alone = project.run("query", "--metrics", "v,w", "--format", "json")

    for each in (both, asked):
        refused(each, "key", "VARCHAR", "one", "two", code="SK1525")
    assert alone.json() == [{"v": 7, "w": 30}]


def test_a_text_is_no_way_to_the_row_of_a_number(seeknal_project):
    people = (
        "---\nkind: transform\nname: people\nsql: SELECT 1 AS id, 'x' AS country\n---\n"
        "kind: semantic_model\nname: people\nmodel: ref('transform.people')\n"
        "entities: [{name: key, type: primary, expr: id}]\ndimensions: [{name: country}]\n"
    )
    project = seeknal_project(facts(NUMBERS.format("BIGINT"), models=people))
    project.run("run")

    text = project.run("query", "--metrics", "v", "--dimensions", "key__country")
    number = project.run("query", "--metrics", "w", "--dimensions", "key__country")

    refused(text, "key", "VARCHAR", "INTEGER", "people", code="SK1525")
    number.assert_ok()


def test_a_date_and_a_moment_of_one_name_are_told_apart(seeknal_project):
    moments = "SELECT TIMESTAMP '2026-01-01 00:00:00' AS k, 1 AS w"
    files = facts(moments, name="at", type="categorical")
    files = {path: text.replace("'01', 1", "DATE '2026-01-01', 1").replace(
        "('1', 2), ('2', 4)", "(NULL, 2)") for path, text in files.items()}  # fmt: skip
    project = seeknal_project(files)
    project.run("run").assert_ok()

    outcome = project.run("query", "--metrics", "v,w", "--dimensions", "at")

    refused(outcome, "at", "DATE", "TIMESTAMP", code="SK1525")


@pytest.mark.parametrize("type", ["TINYINT", "DECIMAL(20,4)", "UBIGINT", "HUGEINT"])
def test_whole_numbers_of_all_widths_are_joined(seeknal_project, type):
    files = facts(NUMBERS.format(type))
    files = {path: text.replace("'01', 1), ('1'", "CAST(3 AS INT), 1), (1").replace(
        "'2', 4", "2, 4") for path, text in files.items()}  # fmt: skip
    project = seeknal_project(files)
    project.run("run").assert_ok()

    found = project.run("query", "--metrics", "v,w", "--dimensions", "key", "--format", "csv")

    assert len(found.assert_ok().stdout.splitlines()) == 4
