"""What has no exact equal is left out, with its line; nothing is approximated."""

import pytest
from tests.semantic.importing.conftest import NEWER, OLDER

from seeknal.plugin import Location
from seeknal_semantic.importing.templates import read_filter

pytestmark = pytest.mark.inside

MODEL = """
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: order, type: primary, expr: order_id}
      - {name: customer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_at, type: time, type_params: {time_granularity: day}}
      - {name: status, type: categorical}
    measures:
      - {name: total, agg: sum, expr: amount}
metrics:
"""
LINES = len(MODEL.strip().splitlines())


@pytest.fixture
def said(project):
    """What an import answers, and the texts that it wrote."""

    def said(dbt, *arguments, files=()):
        made = project(dbt, files)
        answer = made.run("metrics", "import", "dbt", "--format", "json", *arguments)
        answer.assert_ok()
        written = [made.path / entry["file"] for entry in answer.json()["written"]]
        return answer.json(), "".join(path.read_text() for path in written)

    return said


def told(answer):
    return [(entry["line"], entry["what"], entry["why"]) for entry in answer["left_out"]]


def nodes(answer):
    return [node for entry in answer["written"] for node in entry["nodes"]]


def simple(filter_):
    metric = "  - name: m\n    type: simple\n    type_params: {measure: total}\n"
    return f"{MODEL}{metric}    {filter_}\n"


@pytest.mark.parametrize(
    ("filter_", "why"),
    [
        ("{{ Dimension('order__ordered_at') }} <= now()", "a filter takes no"),
        ("{{ Dimension('order__status') }} = {{ var('x') }}", "a template that is not known: var"),
        ("{% if true %} a {% endif %}", "a filter with a template that is no name"),
        ("{{ Dimension('status') }} = 'x'", "does not say of which entity it is"),
        ("amount > 3", "amount is named without a template"),
        ("'{{ Dimension('order__status') }}' = 'x'", "a name stands within a text"),
        ("{{ Dimension('order__status') }} = 'a\\\\b'", "a backslash means other things"),
        ("{{ Dimension('order__status') }} = \\\"x\\\"", "x is named without a template"),
        ("{{ Dimension('order__nothing') }} = 'x'", "order__nothing"),
        ("{{ Dimension('customer__country') }} = 'x'", "customer__country"),
        ("{{ Dimension(__import__('os')) }} = 'x'", "a template that is not known"),
        ("{{ Dimension('order__status').upper() }} = 'x'", "a template that is not known"),
        ("{{ TimeDimension('metric_time', 'martian_year') }} = 1", "martian_year"),
        ("{{ Dimension('order__ordered_at').date_part('week') }} = 1", "a template that is not"),
        ("{{ Metric('gone', group_by=['customer']) }} > 1", "it needs metric gone"),
        ("{{ Dimension('order__status') }} = 'x'; drop table x", "a filter takes no"),
        ("{{ Dimension('order__status') }} = (select 1)", "a filter takes no"),
    ],
)
def test_a_filter_that_has_no_equal_leaves_its_metric_out(said, filter_, why):
    answer, text = said(simple(f'filter: "{filter_}"'))

    ((line, what, because),) = told(answer)
    assert (what, line) in [("metric m", LINES + 4), ("metric m", LINES + 1)]
    assert why in because
    assert "kind: metric" not in text
    assert nodes(answer) == ["semantic_model.orders"]


@pytest.mark.parametrize(
    ("filter_", "ours"),
    [
        ("{{ Dimension('order__status') }} = 'x'", "order__status = 'x'"),
        ("{{Dimension('order__status')}} IS NOT NULL", "order__status IS NOT NULL"),
        (
            "{{ TimeDimension('order__ordered_at', 'month') }} > '2026-01-01'",
            "order__ordered_at__month > '2026-01-01'",
        ),
        (
            "{{ TimeDimension('metric_time__week') }} > '2026-01-05'",
            "metric_time__week > '2026-01-05'",
        ),
        (
            "{{ Dimension('metric_time').date_part('dow') }} = 7",
            "metric_time__extract_dow = 7",
        ),
        (
            "{{ Entity('customer') }} in (1, 2) or {{ Entity('order') }} = 3",
            "customer in (1, 2) or order = 3",
        ),
        (
            "{{ TimeDimension('metric_time', 'day') }} < date '2026-02-01'",
            "metric_time__day < date '2026-02-01'",
        ),
    ],
)
def test_a_filter_with_an_equal_is_written_in_our_language(said, filter_, ours):
    answer, text = said(simple(f'filter: "{filter_}"'))

    assert told(answer) == []
    assert text.splitlines()[-1].removeprefix("filter: ").strip('"') == ours


def derived(expr):
    return f"""{MODEL}
  - {{name: a, type: simple, type_params: {{measure: total}}}}
  - name: m
    type: derived
    type_params:
      expr: "{expr}"
      metrics: [a]
"""


@pytest.mark.parametrize(
    "dbt",
    [
        simple("filter: \"{{ Dimension('order__status') }} like 'p%'\""),
        simple("filter: \"lower({{ Dimension('order__status') }}) = 'paid'\""),
        simple("filter: \"{{ Dimension('order__status') }} = 'a$b'\""),
        derived("a / 2"),
        derived("coalesce(a % 2, 0)"),
        derived("round(a)"),
        derived("greatest(a, 0)"),
    ],
)
def test_what_warehouses_mean_different_things_by_is_left_out_until_one_is_named(said, dbt):
    answer, text = said(dbt)
    answer_of_one, text_of_one = said(dbt, "--from-dialect", "duckdb", "--force")

    ((_, what, because),) = told(answer)
    assert what == "metric m"
    assert "--from-dialect" in because
    assert "name: m" not in text
    assert told(answer_of_one) == []
    assert "name: m" in text_of_one


@pytest.mark.parametrize(
    ("dialect", "dbt", "why"),
    [
        ("mysql", "{{ Dimension('order__status') }} like 'p%'", "compares texts by a collation"),
        ("mysql", "{{ Dimension('order__status') }} = 'PAID'", "compares texts by a collation"),
        ("mysql", "{{ Dimension('order__status') }} in ('a', 'b')", "compares several types"),
        ("mysql", "{{ Entity('order') }} in (1, 2)", None),
        ("mysql", "{{ TimeDimension('metric_time', 'month') }} >= '2026-02-01'", None),
        ("mysql", "{{ Dimension('metric_time').date_part('dow') }} = 7", None),
        ("mysql", "{{ Metric('a', group_by=['customer']) }} > 1", None),
        ("postgres", "{{ Dimension('order__status') }} = 'PAID'", None),
        ("postgres", "{{ Dimension('order__status') }} like 'p%'", None),
        ("postgres", "lower({{ Dimension('order__status') }}) = 'paid'", "another case"),
        ("postgres", "{{ Dimension('order__status') }} = true", "is not known"),
        ("snowflake", "lower({{ Dimension('order__status') }}) = 'x'", "no filter here says"),
        ("snowflake", "{{ Dimension('order__ordered_at') }} < '2026-02-01'", None),
        ("snowflake", "{{ Dimension('order__elsewhere') }} = 'x'", "type that is not known"),
    ],
)
def test_a_filter_of_a_dialect_is_taken_where_it_means_the_same(project, dialect, dbt, why):
    other = "  - {name: a, type: simple, type_params: {measure: total}}\n"
    made = project(simple(f'filter: "{dbt}"') + other)
    made.run("run").assert_ok()

    asked = ("metrics", "import", "dbt", "--from-dialect", dialect, "--format", "json")
    answer = made.run(*asked).assert_ok().json()

    if why is None:
        assert told(answer) == []
    else:
        ((_, what, because),) = told(answer)
        assert what == "metric m"
        assert why in because


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "snowflake"])
@pytest.mark.parametrize(("expr", "is_taken"), [("a / 2", False), ("(a - 1) * 2", True)])
def test_a_formula_of_a_dialect_is_taken_where_it_means_the_same(said, dialect, expr, is_taken):
    answer, text = said(derived(expr), "--from-dialect", dialect)

    assert ("name: m" in text) is is_taken
    assert [what for _, what, _ in told(answer)] == ([] if is_taken else ["metric m"])


def test_a_filter_of_which_the_types_are_not_known_is_left_out(said):
    dbt = simple("filter: \"{{ Dimension('order__status') }} = 'x'\"")

    answer, _ = said(dbt, "--from-dialect", "postgres")

    ((_, what, because),) = told(answer)
    assert what == "metric m"
    assert "a run makes those" in because


def test_a_filter_that_is_left_out_is_told_with_the_names_that_it_says(said):
    dbt = simple("filter: \"{{ Dimension('order__status') }} LIKE 'name_7%'\"")

    answer, _ = said(dbt)

    ((_, _, because),) = told(answer)
    assert because.startswith("order__status LIKE 'name_7%' may not mean the same everywhere")


def test_what_has_no_name_is_told_as_such(said):
    answer, _ = said(f"{MODEL}  - {{type: simple}}\n")

    ((_, what, because),) = told(answer)
    assert (what, because) == ("a metric", "name is missing")


def test_a_name_that_is_a_word_of_sql_is_quoted():
    found = read_filter("{{ Entity('case') }} = 3", Location("x.yml"))

    assert found.text == '"case" = 3'


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        ("type_params: {measure: nothing}", "it needs measure nothing, not carried over"),
        ("type_params: {measure: total}\n    odd: 1", "nothing is known of odd"),
        ("type_params: {measure: {name: total, odd: 1}}", "nothing is known of odd"),
        ("type_params: {measure: total}\n    config: {enabled: false}", "it is disabled"),
        ("type_params: {measure: [total]}", "measure is no mapping"),
        ("calculation_method: sum", "nothing is known of calculation_method"),
    ],
)
def test_a_metric_of_which_not_all_is_known_is_left_out(said, metric, why):
    answer, _ = said(f"{MODEL}  - name: m\n    type: simple\n    {metric}\n")

    ((_, what, because),) = told(answer)
    assert (what, because) == ("metric m", why)


def test_what_needs_something_that_is_left_out_is_left_out_too(said):
    dbt = f"""{MODEL}
  - name: recent
    type: simple
    type_params: {{measure: total}}
    filter: "{{{{ Dimension('order__ordered_at') }}}} > current_date"
  - name: share
    type: ratio
    type_params: {{numerator: recent, denominator: all}}
  - {{name: all, type: simple, type_params: {{measure: total}}}}
saved_queries:
  - name: report
    query_params: {{metrics: [share], group_by: ["TimeDimension('metric_time', 'day')"]}}
"""

    answer, _ = said(dbt)

    assert [what for _, what, _ in told(answer)] == [
        "metric recent",
        "metric share",
        "saved query report",
    ]
    assert told(answer)[1][2] == "it needs metric recent, not carried over"
    assert nodes(answer) == ["semantic_model.orders", "metric.all"]


@pytest.mark.parametrize(
    ("dimension", "why"),
    [
        ("{name: d, type: categorical, expr: 'amount / 2'}", "amount / 2 may not mean the same"),
        ("{name: d, type: categorical, expr: cast(ordered_at as date)}", "may not mean the same"),
        (
            "{name: d, type: time, expr: \"date_trunc('week', ordered_at)\","
            " type_params: {time_granularity: week}}",
            "may not mean the same",
        ),
        (
            '{name: d, type: time, expr: "date_trunc(ordered_at, month)",'
            " type_params: {time_granularity: month}}",
            "may not mean the same",
        ),
        ("{name: d, type: categorical, expr: iff(quantity)}", "--from-dialect says whose SQL"),
        ("{name: d, type: categorical, expr: \"{{ var('x') }}\"}", "a template"),
        ("{name: d, type: time}", "the granularity of the time dimension is missing"),
        ("{name: d, type: time, type_params: {time_granularity: millisecond}}", "millisecond"),
        ("{name: d, type: categorical, expr: no_such_column}", "no_such_column"),
        ("{name: d__e, type: categorical, expr: status}", "has __"),
        ("{name: d, type: odd}", "type is 'odd'"),
        ("{name: d, type: categorical, expr: status, odd: 1}", "nothing is known of odd"),
    ],
)
def test_a_dimension_without_an_equal_leaves_the_rest_of_its_model(project, dimension, why):
    made = project(MODEL.replace("    measures:", f"      - {dimension}\n    measures:"))
    made.run("run").assert_ok()

    answer = made.run("metrics", "import", "dbt", "--format", "json").assert_ok().json()

    ((line, what, because),) = told(answer)
    assert line == LINES - 2
    assert what.startswith("dimension d")
    assert why in because
    assert nodes(answer) == ["semantic_model.orders"]
    made.run("validate").assert_ok()


@pytest.mark.parametrize(
    ("dialect", "expr", "ours"),
    [
        ("duckdb", "amount / 2", "amount / 2"),
        ("snowflake", "iff(status = 'paid', amount, 0)", "CASE WHEN \\\"status\\\" = 'paid'"),
        ("postgres", "quantity / 2", "//"),
    ],
)
def test_expressions_of_a_dialect_are_translated(project, dialect, expr, ours):
    made = project(MODEL.replace("expr: amount}", f'expr: "{expr}"}}'))
    made.run("run").assert_ok()

    asked = ("metrics", "import", "dbt", "--from-dialect", dialect, "--format", "json")
    answer = made.run(*asked).assert_ok().json()

    assert told(answer) == []
    assert ours.lower() in (made.path / "seeknal/semantic/semantic.yml").read_text().lower()


def test_an_expression_of_which_the_types_are_not_known_is_left_out(said):
    answer, _ = said(
        MODEL.replace("expr: amount}", 'expr: "quantity / 2"}'), "--from-dialect=postgres"
    )

    assert "known only after a run" in told(answer)[0][2]


def test_a_division_of_whole_numbers_gives_what_the_warehouse_gives(project, by_hand):
    made = project(MODEL.replace("expr: amount}", 'expr: "quantity / 2"}'))
    made.run("run").assert_ok()
    made.run("metrics", "import", "dbt", "--from-dialect", "postgres").assert_ok()

    found = made.run("query", "--metrics", "total", "--format", "json").assert_ok().json()

    assert found[0]["total"] == by_hand(made, "SELECT sum(quantity // 2) FROM orders")[0][0]


def test_a_model_of_which_the_project_has_no_rows_is_left_out_with_all_that_it_measures(said):
    answer, _ = said(OLDER.replace("ref('orders')", "ref('fct_orders')"))

    first, *others = [entry for entry in told(answer) if entry[1].startswith("semantic model")]
    assert first[1] == "semantic model orders"
    assert "the project has no node fct_orders" in first[2]
    assert "metric.revenue" not in nodes(answer)
    assert "semantic_model.customers" in nodes(answer)
    assert not others


def test_a_transform_is_meant_where_a_source_has_the_same_name(said):
    rows = "{kind: source, name: orders, source: csv, table: data/orders.csv}\n"

    _, text = said(MODEL.removesuffix("metrics:\n"), files=[("seeknal/more.yml", rows)])

    assert "model: ref('transform.orders')" in text


@pytest.mark.parametrize(
    ("old", "new", "what", "why"),
    [
        ("semantic_model: true", "semantic_model: false", None, None),
        ("enabled: true\n", "enabled: false\n", "semantic model orders", "it is disabled"),
        ("period_agg: last", "period_agg: sum", "metric so_far", "period_agg is 'sum'"),
        ("window: 30 days", "window: 30d", "metric last_30_days", "'30d' is no number of days"),
        ("window: 30 days", "window: 3 sols", "metric last_30_days", "is no number of days"),
        (
            "input_metric: order_total, window",
            "input_metric: growth, window",
            "metric last_30_days",
            "growth is no simple metric",
        ),
        (
            "input_metric: order_total, window",
            "input_metric: revenue, window",
            "metric last_30_days",
            "revenue fills gaps",
        ),
        ("percentile: 0.75", "percentile: 75.0", "metric top_quarter of", "not between 0 and 1"),
        ("agg: count, expr: 1", "agg: count", "metric orders of", "a count without expr"),
        ("granularity: day\n    derived", "", None, None),
        ("name: all_days", "name: gone", "time spine gone", "no node gone"),
    ],
)
def test_the_newer_form_is_read_as_strictly(said, old, new, what, why):
    answer, _ = said(NEWER.replace(old, new, 1), "--from-dialect", "duckdb")

    if what is not None:
        assert [entry for entry in told(answer) if entry[1].startswith(what) and why in entry[2]]


def test_a_filter_of_an_input_metric_goes_where_its_measure_goes(project, by_hand):
    total = "label: Order total\n        agg: sum\n        expr: amount\n"
    filter_ = "        filter: \"{{ Dimension('order__order_status') }} = 'paid'\"\n"
    dbt = NEWER.replace(total, total + filter_)
    made = project(dbt)
    made.run("metrics", "import", "dbt").assert_ok()
    made.run("run").assert_ok()

    found = made.run("query", "--metrics", "so_far", "--format", "json").assert_ok().json()

    right = by_hand(made, "SELECT sum(amount) FROM orders WHERE status = 'paid'")[0][0]
    assert float(found[0]["so_far"]) == float(right)


def test_metric_time_without_a_grain_is_left_out_where_it_means_another_one(said):
    filter_ = "filter: \"{{ TimeDimension('metric_time') }} > '2026-01-01'\""
    hours = MODEL.replace(
        "      - {name: status",
        "      - {name: seen, type: time, expr: ordered_at,"
        " type_params: {time_granularity: hour}}\n      - {name: status",
    )

    by_day, _ = said(simple(filter_))
    by_hour, _ = said(simple(filter_).replace(MODEL, hours))

    assert told(by_day) == []
    assert "metric_time without a grain" in told(by_hour)[0][2]


def test_what_changes_no_value_is_told_and_the_rest_is_kept(said):
    dbt = f"""{MODEL}
  - name: m
    description: "{{{{ doc('m') }}}}"
    type: simple
    type_params: {{measure: total}}
    config: {{meta: {{owner: me}}, tags: [a], group: finance}}
saved_queries:
  - name: q
    query_params: {{metrics: [m]}}
    exports: [{{name: e, config: {{export_as: table}}}}]
"""

    answer, text = said(dbt)

    assert [what for _, what, _ in told(answer)] == [
        "metric m: description",
        "metric m: config: group",
        "saved query q: exports",
    ]
    assert nodes(answer)[1:] == ["metric.m", "saved_query.q"]
    assert "meta: {owner: me}" in text
    assert "tags: [a]" in text


HIDDEN = (
    MODEL.replace("name: total", "name: revenue")
    + """
  - name: revenue
    type: simple
    type_params: {measure: revenue}
    filter: "{{ Dimension('order__ordered_at') }} > current_date"
  - {name: revenue_so_far, type: cumulative, type_params: {measure: revenue}}
  - name: share
    type: ratio
    type_params: {numerator: revenue, denominator: revenue_so_far}
"""
)


@pytest.mark.parametrize(
    "dbt",
    [
        HIDDEN,
        NEWER.replace("<> 'refunded'", "<> current_user", 1),
    ],
    ids=["older", "newer"],
)
def test_a_measure_never_stands_in_for_the_metric_of_its_name(project, by_hand, dbt):
    made = project(dbt)
    importing = ("metrics", "import", "dbt", "--from-dialect", "duckdb", "--format", "json")
    answer = made.run(*importing).assert_ok().json()
    made.run("run").assert_ok()

    asked = made.run("query", "--metrics", "revenue")

    assert asked.exit_code == 2
    assert "SK1501" in asked.stderr
    assert {"metric.share", "metric.growth", "saved_query.monthly"}.isdisjoint(nodes(answer))


def test_a_measure_that_others_take_has_another_name_then(project, by_hand):
    made = project(HIDDEN)
    made.run("metrics", "import", "dbt").assert_ok()
    made.run("run").assert_ok()

    asked = ("query", "--metrics", "revenue_so_far", "--format", "json")
    found = made.run(*asked).assert_ok().json()

    right = by_hand(made, "SELECT sum(amount) FROM orders")[0][0]
    assert float(found[0]["revenue_so_far"]) == float(right)


OURS = """
kind: semantic_model
name: ours
model: ref('transform.orders')
measures: [{name: sold, expr: quantity}]
---
{kind: metric, name: theirs, type: simple, measure: sold}
"""


def test_nothing_that_is_taken_over_changes_what_a_name_of_ours_means(said):
    dbt = (
        MODEL.replace("name: total", "name: theirs, create_metric: true")
        + """
  - {name: sold, type: simple, type_params: {measure: theirs}}
  - {name: share, type: ratio, type_params: {numerator: theirs, denominator: other}}
  - {name: other, type: simple, type_params: {measure: theirs}}
"""
    )

    answer, _ = said(dbt, files=[("seeknal/ours.yml", OURS)])

    assert told(answer) == [
        (15, "metric sold", "the project has a measure of that name"),
        (16, "metric share", "it needs metric theirs, not carried over"),
    ]
    assert nodes(answer) == ["semantic_model.orders", "metric.other"]


TWO_MODELS = MODEL.replace("{name: status, type: categorical}", "{name: status, type: categorical,"
                           " expr: upper(status)}").replace("metrics:\n", """
  - name: details
    model: ref('orders')
    entities:
      - {name: order, type: primary, expr: order_id}
    dimensions:
      - {name: status, type: categorical}
metrics:
""")  # fmt: skip


@pytest.mark.parametrize("lost", ["upper(status)", "status, odd: 1"])
def test_no_other_dimension_stands_in_for_one_of_the_same_name_that_is_left_out(said, lost):
    dbt = (
        TWO_MODELS.replace("upper(status)", lost)
        + """
  - name: paid
    type: simple
    type_params: {measure: total}
    filter: "{{ Dimension('order__status') }} = 'PAID'"
saved_queries:
  - name: q
    query_params: {metrics: [all], group_by: [Dimension('order__status')]}
"""
    )

    answer, _ = said(dbt)

    assert [what for _, what, _ in told(answer)][:2] == [
        "dimension status of model orders",
        "metric paid",
    ]
    assert told(answer)[1][2] == "it needs dimension status, not carried over"
    assert [node for node in nodes(answer) if node.startswith(("metric", "saved"))] == []


def test_no_dimension_stands_in_for_one_of_a_model_that_is_left_out(said):
    details = "  - name: details\n    model: ref('orders')\n"
    measured = f"{details}    measures: [{{name: n, agg: max, expr: amount}}]\n"
    dbt = TWO_MODELS.replace("ref('orders')", "ref('gone')", 1).replace(details, measured)
    metric = """
  - name: m
    type: simple
    type_params: {measure: n}
    filter: "{{ Dimension('order__status') }} = 'x'"
"""

    answer, _ = said(dbt + metric)

    assert [what for _, what, _ in told(answer)] == ["semantic model orders", "metric m"]


@pytest.mark.parametrize("expr", ["cast(ordered_at as date)", "date_trunc('day', ordered_at)"])
def test_a_time_that_is_cut_to_its_period_is_taken_as_it_is(project, by_hand, expr):
    old = "{name: ordered_at, type: time,"
    made = project(MODEL.replace(old, f'{old} expr: "{expr}",').removesuffix("metrics:\n"))
    made.run("metrics", "import", "dbt").assert_ok()
    made.run("run").assert_ok()

    asked = ("query", "--metrics", "total", "--dimensions", "metric_time__month")
    found = made.run(*asked, "--format", "json").assert_ok().json()

    right = by_hand(made, "SELECT sum(amount) FROM orders GROUP BY date_trunc('month', ordered_at)")
    assert sorted(float(row["total"]) for row in found) == sorted(float(row[0]) for row in right)


SPINE = """
models:
  - name: all_days
    time_spine:
      standard_granularity_column: date_day
      custom_granularities: [{name: fiscal_quarter, column_name: season}, {name: season}]
    columns: [{name: date_day, granularity: day}]
"""


def test_a_grain_of_our_own_never_stands_in_for_one_of_theirs(said):
    dbt = (
        MODEL
        + """
  - name: a
    type: simple
    type_params: {measure: total}
    filter: "{{ TimeDimension('metric_time', 'fiscal_quarter') }} = 'S1'"
  - {name: b, type: simple, type_params: {measure: total}, time_granularity: fiscal_quarter}
  - name: c
    type: cumulative
    type_params: {measure: total, grain_to_date: fiscal_quarter}
  - name: d
    type: simple
    type_params: {measure: total}
    filter: "{{ TimeDimension('metric_time', 'season') }} = 'S1'"
saved_queries:
  - {name: q, query_params: {metrics: [d], group_by: [metric_time__fiscal_quarter]}}
"""
        + SPINE
    )

    answer, _ = said(dbt)

    assert sorted(what for _, what, _ in told(answer)) == [
        "grain fiscal_quarter",
        "metric a",
        "metric b",
        "metric c",
        "saved query q",
    ]
    assert nodes(answer) == ["semantic_model.orders", "time_spine.all_days", "metric.d"]
