"""What is wrong with a semantic layer is told when the project is read: all of it, by its place."""

import pytest
from tests.semantic.layer.conftest import CUSTOMERS, METRIC, METRICS, MODELS, ORDERS

pytestmark = pytest.mark.inside


def metric(text):
    return {METRIC: METRICS + f"---\nkind: metric\nname: odd\n{text}\n"}


def model(line, after="measures:\n"):
    return {MODELS: ORDERS.replace(after, after + f"  - {line}\n"), METRIC: None}


@pytest.mark.parametrize(
    ("text", "code", "line", "told"),
    [
        ("type: simple\nmeasure: revenu", "SK1501", 4, "did you mean revenue"),
        ("type: simple\nmeasure: mtd_revenue", "SK1501", 4, "mtd_revenue is a metric"),
        ("type: ratio\nnumerator: revenue\ndenominator: xyz", "SK1501", 5, "is no metric and no"),
        ("type: derived\nexpr: a\ninputs: [{metric: total_revenu, alias: a}]", "SK1501", 5, "mean"),
        ("type: derived\nexpr: a + b\ninputs: [{metric: revenue, alias: a}]", "SK1501", 4, "'b'"),
        ("type: derived\nexpr: revenue\ninputs: [revenue, revenue]", "SK1502", 5, "two inputs"),
        ("type: derived\nexpr: revenue\ninputs: [revenue, mtd_revenue]", "SK1507", 5, "not stand"),
        ("type: derived\nexpr: odd\ninputs: [odd]", "SK1513", 5, "odd -> odd"),
        ("type: simple", "SK1507", 3, "needs measure"),
        ("type: ratio\nnumerator: revenue", "SK1507", 3, "needs denominator"),
        ("type: cumulative\nmeasure: revenue\nexpr: a", "SK1507", 5, "expr does not go with type"),
        ("type: simple\nmeasure: revenue\nwindow: 7 days", "SK1507", 5, "of type: cumulative"),
        (
            "type: cumulative\nmeasure: revenue\nwindow: 7 days\ngrain_to_date: month",
            "SK1507",
            6,
            "exclude",
        ),
        ("type: cumulative\nmeasure: revenue\nwindow: 0 days", "SK1506", 5, "holds nothing"),
        ("type: cumulative\nmeasure: revenue\nwindow: soon", "SK0203", 5, "a duration"),
        ("type: cumulative\nmeasure: revenue\ngrain_to_date: mnth", "SK1506", 5, "month"),
        ("type: cumulative\nmeasure: customer_count", "SK1512", 3, "needs a time"),
        ("type: simple\nmeasure: revenue\ntime_granularity: fortnight", "SK1506", 5, "no grain"),
        (
            "type: derived\nexpr: a\ninputs: [{metric: revenue, alias: a, offset: 0 days}]",
            "SK0203",
            5,
            "no offset",
        ),
        (
            "type: derived\nexpr: a\n"
            "inputs: [{metric: revenue, alias: a, offset: 1 day, offset_to_grain: month}]",
            "SK0203",
            5,
            "exclude each other",
        ),
        (
            "type: derived\nexpr: a\ninputs: [{metric: customer_count, alias: a, offset: 1 day}]",
            "SK1512",
            5,
            "needs a time",
        ),
        ("type: derived\nexpr: now()\ninputs: [revenue]", "SK1504", 4, "no NOW()"),
        ("type: derived\nexpr: 1 +\ninputs: [revenue]", "SK1504", 4, "syntax error"),
        ("type: simple\nmeasure: revenue\nfilter: custmer__country = 'ID'", "SK1503", 5, "mean"),
        ("type: simple\nmeasure: revenue\nfilter: drop table x", "SK1505", 5, "no expression"),
        ("type: simple\nmeasure: revenue\nfilter: a = (select 1)", "SK1505", 5, "SELECT"),
        ("type: simple\nmeasure: revenue\nfilter: metric('x', 'customer') > 1", "SK1501", 5, "'x'"),
        ("type: simple\nmeasure: revenue\nfilter: metric('revenue', 'shop') > 1", "SK1503", 5, ""),
        (
            "type: conversion\nbase_measure: revenue\nconversion_measure: order_count\nentity: x",
            "SK1503",
            6,
            "entity",
        ),
        (
            "type: conversion\nbase_measure: revenue\nconversion_measure: avg_order_value\n"
            "entity: customer",
            "SK1507",
            5,
            "average",
        ),
        (
            "type: simple\nmeasure: customer_count\nfilter: customer__region = 'x'",
            "SK1508",
            5,
            "orders has many rows of one customer",
        ),
    ],
)
def test_a_wrong_metric_is_told_at_the_key_that_is_wrong(problems, text, code, line, told):
    found = problems(**metric(text))

    wanted = METRICS.count("\n") + line
    assert [(each[0], each[1].split(":")[1]) for each in found] == [(code, str(wanted))], found
    assert told in found[0][2]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("{name: revenue, expr: amount}", "SK1502", "stands twice"),
        ("{name: Revenue, expr: amount}", "SK1502", "but for case"),
        ("{name: a__b, expr: amount}", "SK1511", "__"),
        ("{name: a b, expr: amount}", "SK1511", "no name"),
        ("{name: x, expr: sum(amount)}", "SK1504", "one row"),
        ("{name: x, expr: (select 1)}", "SK1504", "no expression"),
        ("{name: x, expr: amount; drop table y}", "SK1504", "one expression"),
        ("{name: x, expr: getenv('HOME')}", "SK1504", "getenv"),
        ("{name: x, agg: percentile}", "SK0203", "needs percentile"),
        ("{name: x, agg: percentile, percentile: 99}", "SK0203", "between 0 and 1"),
        ("{name: x, agg: sum, percentile: 0.5}", "SK0203", "agg: percentile alone"),
        ("{name: x, agg: total}", "SK0203", "sum or count"),
        ("{name: x, agg_time_dimension: orderd_at}", "SK1503", "did you mean ordered_at"),
        ("{name: x, agg_time_dimension: region}", "SK1512", "no time dimension"),
        ("{name: x, non_additive_dimension: {name: day}}", "SK1503", "no dimension"),
        (
            "{name: x, non_additive_dimension: {name: ordered_at, window_groupings: [shop]}}",
            "SK1503",
            "no entity",
        ),
        ("{name: x, filter: 'metric(''revenue'', ''customer'') > 1'}", "SK1505", "single rows"),
        ("{name: x, fliter: a}", "SK0201", "did you mean filter"),
    ],
)
def test_a_wrong_measure_is_told_with_its_line(problems, text, code, told):
    found = problems(**model(text))

    assert [each[0] for each in found] == [code], found
    line = found[0][1].split(":")[1]
    assert line == ("13" if code != "SK1502" else line)
    assert told in found[0][2]


@pytest.mark.parametrize(
    ("text", "after", "code", "told"),
    [
        ("{name: region}", "dimensions:\n", "SK1502", "stands twice"),
        ("{name: customer, expr: other}", "dimensions:\n", "SK1502", "dimension and an entity"),
        ("{name: metric_time, type: time}", "dimensions:\n", "SK1511", "metric's own time"),
        ("{name: d, type: time, time_granularity: dy}", "dimensions:\n", "SK1506", "day"),
        ("{name: d, time_granularity: day}", "dimensions:\n", "SK1507", "time dimensions"),
        ("{name: d, type: time, validity: start}", "dimensions:\n", "SK1507", "natural"),
        ("{name: k, type: primary}", "entities:\n", "SK1507", "second primary"),
        ("{name: customer, type: foreign}", "entities:\n", "SK1502", "stands twice"),
        ("{name: k, type: primry}", "entities:\n", "SK0203", "primary"),
    ],
)
def test_wrong_dimensions_and_entities_are_told(problems, text, after, code, told):
    found = problems(**model(text, after))

    assert [each[0] for each in found] == [code], found
    assert told in found[0][2]


@pytest.mark.parametrize("type", ["foreign", "natural"])
@pytest.mark.parametrize("stated", ["customer", "Customer"])
def test_what_repeats_in_the_rows_is_not_what_a_row_is(problems, type, stated):
    text = ORDERS.replace("type: foreign", f"type: {type}")
    text = text.replace("entities:\n", f"primary_entity: {stated}\nentities:\n")

    found = problems(**{MODELS: text, METRIC: None})

    told = [each for each in found if f"is {type}" in each[2]]
    assert [(code, place.split(":")[1]) for code, place, _ in told] == [("SK1507", "6")], found


def test_a_row_holds_from_one_time_to_another(problems):
    text = ORDERS.replace("type: primary", "type: natural")
    text = text.replace("time_granularity: day", "time_granularity: day, validity: start")

    found = problems(**{MODELS: text, METRIC: None})

    assert [each[0] for each in found] == ["SK1507"]
    assert "one with end" in found[0][2]


def test_a_model_needs_a_node_that_is_there(problems):
    found = problems(**{MODELS: ORDERS.replace("source.order_rows", "source.order_row")})

    assert [each[0] for each in found] == ["SK0310"]
    assert "source.order_rows" in found[0][2]
    assert found[0][1].startswith(f"{MODELS}:4:")


def test_a_dimension_needs_a_model(problems):
    text = "kind: semantic_model\nname: lost\ndimensions: [{name: a}]\n"

    found = problems(**{"seeknal/lost.yml": text})

    assert [each[0] for each in found] == ["SK0202"]
    assert "model" in found[0][2]


def test_metrics_in_a_circle_are_told_with_the_circle(problems):
    text = """
        {kind: metric, name: a, type: derived, expr: b, inputs: [b]}
        ---
        {kind: metric, name: b, type: ratio, numerator: c, denominator: revenue}
        ---
        {kind: metric, name: c, type: derived, expr: a + 1, inputs: [a]}
    """

    found = problems(**{"seeknal/circle.yml": text})

    assert [each[0] for each in found] == ["SK1513"], found
    assert "a -> b -> c -> a" in found[0][2]


def test_a_circle_through_a_filter_is_told_as_well(problems):
    text = """
        {kind: metric, name: a, type: derived, expr: b, inputs: [b]}
        ---
        kind: metric
        name: b
        type: simple
        measure: revenue
        filter: "metric('a', 'customer') > 1"
    """

    found = problems(**{"seeknal/circle.yml": text})

    assert [each[0] for each in found] == ["SK0320"], found
    assert "metric.a" in found[0][2]
    assert "metric.b" in found[0][2]


def test_all_that_is_wrong_is_told_together(problems):
    odd = {
        "seeknal/one.yml": "{kind: metric, name: one, type: simple, measure: revenu}\n",
        "seeknal/two.yml": "{kind: metric, name: two, type: ratio, numerator: x1, denominator: y1}",
        MODELS: ORDERS.replace("expr: amount, agg: average", "expr: amount +, agg: average"),
    }

    found = problems(**odd)

    assert sorted(each[0] for each in found) == ["SK1501", "SK1501", "SK1501", "SK1504"]


def test_two_metrics_of_one_name_are_told(problems):
    found = problems(
        **{"seeknal/m.yml": "{kind: metric, name: mtd_revenue, type: simple, measure: revenue}\n"}
    )

    assert [each[0] for each in found] == ["SK0215"]


def test_a_measure_of_two_models_is_told_where_a_metric_does_not_say_which(problems):
    other = CUSTOMERS.replace("customer_count", "revenue").replace('expr: "1"', "expr: customer_id")

    found = problems(**{"seeknal/semantic_models/customers.yml": other})

    assert {each[0] for each in found} == {"SK1502"}
    assert "customers, orders" in found[0][2] or "orders, customers" in found[0][2]
    assert "semantic_model:" in found[0][2]


def test_a_filters_fault_is_marked_where_it_stands(problems):
    text = "type: simple\nmeasure: revenue\nfilter: \"region = 'x' AND now() > 1\""

    found = problems(**metric(text))

    line = METRICS.count("\n") + 5
    assert found[0][1] == f"{METRIC}:{line}:27"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("metrics: [revenu]", "SK1501", "did you mean revenue"),
        ("metrics: [revenue]\ndimensions: [regin]", "SK1503", "did you mean region"),
        ("metrics: [revenue]\ndimensions: [region__month]", "SK1506", "no time dimension"),
        ("metrics: [revenue]\ndimensions: [ordered_at__hour]", "SK1506", "by day"),
        ("metrics: [revenue, customer_count]\ndimensions: [metric_time]", "SK1512", "no time"),
        ("metrics: [customer_count]\ndimensions: [customer__region]", "SK1508", "more than once"),
        ("metrics: [revenue]\nfilter: status = 'x'", "SK1503", "status"),
        ("metrics: [revenue]\norder_by: [-region]", "SK1503", "not in the query"),
        ("metrics: [revenue]\nstart: 31.1.2026", "SK1506", "no date"),
        ("metrics: [revenue]\ntimezone: Mars/North", "SK1506", "no time zone"),
        ("metrics: [revenue]\nlimit: -1", "SK0203", "at least 0"),
        ("limit: 1", "SK0203", "needs metrics, dimensions"),
    ],
)
def test_a_wrong_saved_query_is_told(problems, text, code, told):
    found = problems(**{"seeknal/q.yml": f"kind: saved_query\nname: q\n{text}\n"})

    assert [each[0] for each in found] == [code], found
    assert told in found[0][2]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("time_granularity: dya", "SK1506", "did you mean day"),
        ("custom_granularities: [{name: month}]", "SK1511", "every project has"),
        ("custom_granularities: [{name: season}, {name: Season}]", "SK1502", "two grains"),
    ],
)
def test_a_wrong_time_spine_is_told(problems, text, code, told):
    spine = "kind: time_spine\nname: days\nmodel: source.order_rows\ncolumn: ordered_at\n"

    found = problems(**{"seeknal/days.yml": f"{spine}{text}\n"})

    assert [each[0] for each in found] == [code], found
    assert told in found[0][2]


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({MODELS: ORDERS.replace("expr: amount, agg: average", "expr: amont, agg: average")}, 15),
        ({MODELS: ORDERS.replace("expr: region}", "expr: regin}")}, 11),
        ({METRIC: METRICS.replace("status !=", "stauts !=")}, 5),
    ],
)
def test_a_column_that_the_rows_do_not_have_is_told_by_validate(shop, files, line):
    outcome = shop(**files).run("validate", "--format", "json")

    (found,) = outcome.json()["problems"]
    assert (found["code"], found["line"]) == ("SK1510", line)
    assert "did you mean" in found["help"]


BOTH = CUSTOMERS.replace("customer_count", "revenue").replace('expr: "1"', "expr: customer_id")
OF_ORDERS = METRICS.replace("measure: revenue", "measure: revenue, semantic_model: orders").replace(
    "measure: revenue, semantic_model: orders\nfilter",
    "measure: revenue\nsemantic_model: orders\nfilter",
)


def of_two_models(more=""):
    """Files in which two models have a measure ``revenue``, and each metric says whose."""
    metrics = OF_ORDERS.replace(
        "denominator: unique_customers", "denominator: unique_customers, semantic_model: orders"
    )
    return {
        "seeknal/semantic_models/customers.yml": BOTH,
        METRIC: metrics,
        **({"seeknal/more.yml": more} if more else {}),
    }


def test_metrics_say_whose_measure_they_are_made_of(layer):
    found = layer(**of_two_models())

    assert {found.metrics["mtd_revenue"].input.model.name} == {"orders"}
    assert found.metrics["revenue_per_customer"].numerator.metric.input.model.name == "orders"


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("kind: saved_query\nname: q\nmetrics: [revenue]\n", "seeknal/more.yml:3:11"),
        (
            "kind: saved_query\nname: q\nmetrics: [mtd_revenue]\n"
            "filter: \"metric('revenue', 'customer') > 1\"\n",
            "seeknal/more.yml:4:10",
        ),
        (
            "kind: metric\nname: x\ntype: simple\nmeasure: order_count\n"
            "filter: \"metric('revenue', 'customer') > 1\"\n",
            "seeknal/more.yml:5:10",
        ),
        (
            "kind: metric\nname: x\ntype: derived\nexpr: revenue\ninputs: [revenue]\n",
            "seeknal/more.yml:5:10",
        ),
    ],
    ids=["saved query", "its filter", "filter", "input"],
)
def test_a_measure_of_two_models_is_told_wherever_it_is_named(problems, more, place):
    found = problems(**of_two_models(more))

    assert [(code, at) for code, at, _ in found] == [("SK1502", place)]
    assert "'revenue' is a measure of several models: customers, orders" in found[0][2]


def test_a_measure_that_the_named_model_does_not_have_is_not_taken_from_another(problems):
    wrong = "kind: metric\nname: x\ntype: simple\nmeasure: customer_count\nsemantic_model: orders\n"

    found = problems(**{"seeknal/more.yml": wrong})

    assert [(code, at) for code, at, _ in found] == [("SK1501", "seeknal/more.yml:4:10")]
    assert "'customer_count' is no measure of model orders, but of customers" in found[0][2]


CONVERSION = """
kind: semantic_model
name: visits
model: ref('source.visit_rows')
default_time_dimension: visited_at
entities: [{name: visit, type: primary}, {name: customer, type: foreign}]
dimensions: [{name: visited_at, type: time}, {name: channel}]
measures: [{name: visit_count, agg: count}]
---
kind: metric
name: converted
type: conversion
base_measure: visit_count
conversion_measure: order_count
entity: customer
filter: visit__channel = 'ad'
---
kind: saved_query
name: by_channel
metrics: [converted]
dimensions: [channel]
filter: channel <> 'ad'
---
{kind: source, name: visit_rows, source: csv, table: data/visits.csv}
"""
VISITS = {
    "seeknal/visits.yml": CONVERSION,
    "data/visits.csv": "visit,customer,visited_at,channel\n1,7,2026-01-01,ad\n",
}


def test_a_conversion_is_filtered_and_grouped_by_what_may_convert_alone(shop):
    project = shop(**VISITS)

    checked = project.run("metrics", "validate")
    shown = project.run("metrics", "show", "converted")

    assert checked.exit_code == 0, checked.stderr
    assert "dimensions: metric_time, visited_at, channel," in shown.stdout
    assert "region" not in shown.stdout


def test_what_a_conversion_leads_to_is_no_name_of_its_filter(problems):
    wrong = CONVERSION.replace("visit__channel = 'ad'", "order_id__region = 'north'")

    found = problems(**{**VISITS, "seeknal/visits.yml": wrong})

    assert [(code, at) for code, at, _ in found] == [("SK1514", "seeknal/visits.yml:15:9")]


def test_a_grain_of_the_projects_own_is_none_of_a_metric(problems):
    files = {
        "seeknal/days.yml": "kind: transform\nname: days\nsql: SELECT DATE '2026-01-01' AS day,"
        " 'h1' AS half\n---\nkind: time_spine\nname: days\nmodel: ref('transform.days')\n"
        "column: day\ntime_granularity: day\ncustom_granularities: [{name: half}]\n",
        **metric("type: simple\nmeasure: revenue\ntime_granularity: half"),
    }

    found = problems(**files)

    assert [(code, at) for code, at, _ in found] == [("SK1506", f"{METRIC}:23:19")]
    assert "metric_time__half in the query" in found[0][2]
