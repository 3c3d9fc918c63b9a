"""``{{ metric_query(...) }}``: metrics as rows of a transform, read as any other input."""

import pytest
from tests.semantic.layer.conftest import CUSTOMERS, METRIC, METRICS, MODELS, ORDERS

REPORT = "seeknal/transforms/report.yml"
BY_REGION = """
kind: transform
name: report
sql: |
  SELECT region, total_revenue AS total
  FROM {{ metric_query(metrics=['total_revenue'], dimensions=['region']) }}
"""
BY_MONTH = """
kind: transform
name: report
sql: |
  WITH asked AS {{ metric_query(
    metrics=['revenue', 'unique_customers'],
    dimensions=['ordered_at__month', 'customer__country'],
    filter="region != 'west'", order_by='-revenue', limit=5) }}
  SELECT * FROM asked
"""


@pytest.fixture
def with_report(shop):
    """The shop with a transform, and with other files."""

    def made(text=BY_REGION, **more):
        return shop(**{REPORT.replace("/", "|"): text, **more})

    return made


def asked(project, *words):
    found = project.run("query", *words, "--format", "json").assert_ok().json()
    return [tuple(row.values()) for row in found]


def stepped(project):
    """What a run does to the report."""
    found = project.run("run", "--format", "json").assert_ok().json()
    return {entry["node"]: entry["status"] for entry in found["nodes"]}["transform.report"]


def test_its_rows_are_those_of_the_query(with_report):
    project = with_report()

    project.run("run").assert_ok()

    expected = asked(project, "--metrics", "total_revenue", "--dimensions", "region")
    assert project.rows("transform.report") == expected == [("north", 10.5)]


def test_every_key_of_a_query_counts(with_report):
    project = with_report(BY_MONTH)

    project.run("run").assert_ok()

    expected = asked(
        project,
        *("--metrics", "revenue,unique_customers"),
        *("--dimensions", "ordered_at__month,customer__country"),
        *("--filter", "region != 'west'", "--order-by", "-revenue", "--limit", "5"),
    )
    assert [tuple(map(str, row)) for row in project.rows("transform.report")] == [
        tuple(map(str, row)) for row in expected
    ]


def test_it_stands_wherever_a_query_may(with_report):
    project = with_report(
        "kind: transform\nname: report\nsql: |\n"
        "  {% set asked = metric_query(metrics=['revenue'], dimensions=['region']) %}\n"
        "  SELECT a.region, a.revenue, {{ metric_query(metrics=['order_count']) }} AS orders\n"
        "  FROM {{ asked }} AS a JOIN {{ asked }} AS b USING (region)\n"
        "  WHERE a.region IN (SELECT region FROM {{ asked }}) ORDER BY a.region\n"
    )

    project.run("run").assert_ok()

    assert project.rows("transform.report") == [("north", 10.5, 2), ("south", 4.0, 2)]


def test_a_saved_query_is_asked_by_its_name(with_report):
    saved = "kind: saved_query\nname: by_region\nmetrics: [revenue]\ndimensions: [region]\n"
    project = with_report(
        "{kind: transform, name: report,"
        " sql: \"FROM {{ metric_query(saved_query='by_region') }}\"}\n",
        **{"seeknal|saved_queries|all.yml": saved},
    )

    project.run("run").assert_ok()

    assert len(project.rows("transform.report")) == 2


def test_times_are_cut_as_their_types_ask_for(with_report):
    moments = (
        '{kind: transform, name: moments, sql: "SELECT order_id, customer_id, amount, region,'
        " status, TIMESTAMPTZ '2026-01-31 20:00:00+00' AS ordered_at"
        " FROM ref('source.order_rows')\"}\n"
    )
    project = with_report(
        "{kind: transform, name: report, sql: \"FROM {{ metric_query(metrics=['revenue'],"
        " dimensions=['ordered_at__month']) }}\"}\n",
        **{
            "seeknal|transforms|moments.yml": moments,
            MODELS.replace("/", "|"): ORDERS.replace("source.order_rows", "transform.moments"),
            "seeknal_project.yml": "name: test\ntimezone: Asia/Jakarta\n",
        },
    )

    project.run("run").assert_ok()

    assert [str(row[0])[:10] for row in project.rows("transform.report")] == ["2026-02-01"]


def test_it_waits_for_what_the_metrics_are_about(with_report):
    project = with_report(BY_MONTH)

    (found,) = project.run("list", "--select", "transform.report", "--format", "json").json()

    assert {"source.order_rows", "source.customer_rows"} <= {*found["inputs"]}
    assert "semantic_model.orders" in found["inputs"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (METRIC, "status != 'refunded'", "status = 'paid' OR status IS NULL"),
        (MODELS, "{name: revenue, expr: amount", "{name: revenue, expr: amount * 2"),
        (MODELS, "expr: region}", "expr: upper(region)}"),
        (MODELS, "measures:", "  - {name: status, expr: upper(status)}\nmeasures:"),
    ],
)
def test_a_changed_definition_runs_it_again(with_report, file, old, new):
    project = with_report()
    project.run("run").assert_ok()
    text = {METRIC: METRICS, MODELS: ORDERS}[file]
    assert old in text

    project.write({file: text.replace(old, new)})

    assert stepped(project) == "success"
    assert stepped(project) == "reused"


def test_a_changed_description_does_not(with_report):
    project = with_report()
    project.run("run").assert_ok()

    project.write({MODELS: ORDERS.replace("Total order amount", "What was paid")})

    assert stepped(project) == "reused"


def test_another_week_runs_it_again(with_report):
    by_week = BY_REGION.replace("region", "ordered_at__week")
    project = with_report(by_week)
    project.run("run").assert_ok()

    project.write({"seeknal_project.yml": "name: test\nweek_start: sunday\n"})

    assert stepped(project) == "success"


def test_unread_metrics_leave_it_alone(with_report):
    project = with_report()
    project.run("run").assert_ok()

    other = METRICS.replace("grain_to_date: month", "grain_to_date: year")
    project.write({METRIC: other})

    assert stepped(project) == "reused"


CUSTOMER_MODEL = "seeknal/semantic_models/customers.yml"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (MODELS, "measures:", "measures:\n  - {name: most, expr: amount, agg: max}"),
        (MODELS, "agg: average", "agg: max"),
        (MODELS, "dimensions:", "dimensions:\n  - {name: state, expr: status}"),
        (MODELS, "entities:", "entities:\n  - {name: shop, type: foreign, expr: region}"),
        (MODELS, "expr: customer_id, agg: count_distinct", "expr: order_id, agg: count_distinct"),
        (CUSTOMER_MODEL, "{name: country}", "{name: country, expr: upper(country)}"),
        (METRIC, "grain_to_date: month", "grain_to_date: year"),
    ],
)
def test_what_it_does_not_ask_for_leaves_it_alone(with_report, file, old, new):
    project = with_report()
    text = {METRIC: METRICS, MODELS: ORDERS, CUSTOMER_MODEL: CUSTOMERS}[file]
    project.run("run").assert_ok()
    assert old in text

    project.write({file: text.replace(old, new, 1)})

    plan = project.run("plan", "--format", "json").assert_ok().json()
    assert "transform.report" not in {entry["node"] for entry in plan["changes"]} or [
        entry["action"] for entry in plan["changes"] if entry["node"] == "transform.report"
    ] == ["REUSE"]
    assert stepped(project) == "reused"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (MODELS, "expr: amount, agg: sum", "expr: amount + 1, agg: sum"),
        (MODELS, "expr: customer_id, agg: count_distinct", "expr: order_id, agg: count"),
        (MODELS, "type: foreign, expr: customer_id", "type: foreign, expr: order_id + 6"),
        (MODELS, "expr: ordered_at, time_granularity: day", "expr: ordered_at + INTERVAL 1 MONTH"),
        (MODELS, "agg: sum, desc", "agg: sum, filter: amount > 5, desc"),
        (MODELS, "expr: region}", "expr: upper(region)}"),
        (CUSTOMER_MODEL, "expr: customer_id", "expr: customer_id + 1"),
        (CUSTOMER_MODEL, "{name: country}", "{name: country, expr: upper(country)}"),
    ],
)
def test_what_it_asks_for_runs_it_again_however_far_away(with_report, file, old, new):
    text = {MODELS: ORDERS, CUSTOMER_MODEL: CUSTOMERS}[file]
    project = with_report(BY_MONTH)
    project.run("run").assert_ok()
    assert old in text

    project.write({file: text.replace(old, new, 1)})

    assert stepped(project) == "success"


@pytest.mark.parametrize(
    ("call", "code", "told", "help"),
    [
        ("metric_query(metrics=['total_revenu'])", "SK1501", "total_revenu", "total_revenue"),
        (
            "metric_query(metrics=['revenue'], dimensions=['regoin'])",
            "SK1503",
            "regoin",
            "did you mean region?",
        ),
        ("metric_query(metric=['revenue'])", "SK1515", "'metric'", "did you mean metrics?"),
        ("metric_query()", "SK1515", "names metrics", ""),
        ("metric_query('revenue')", "SK0406", "by name", "metrics"),
        ("metric_query(metrics=[revenue])", "SK0401", "'revenue' is undefined", ""),
        ("metric_query(metrics=['revenue']) | upper", "SK0406", "as it is", ""),
        ("metrik_query(metrics=['revenue'])", "SK0401", "undefined", "metric_query"),
        ("metric_query(metrics=['revenue'], limit='x; DROP TABLE y')", "SK1515", "limit", ""),
        ("metric_query(metrics=['revenue'], filter='1=1; DROP TABLE y')", "SK1505", "filter", ""),
    ],
    ids=lambda value: value if "metri" in str(value) else "",
)
def test_what_is_wrong_is_told_where_it_is_asked(with_report, call, code, told, help):
    project = with_report(
        "kind: transform\nname: report\nsql: |\n  SELECT *\n  FROM {{ " + call + " }}\n"
    )

    outcome = project.run("validate")

    assert outcome.exit_code == 2
    said = outcome.stdout + outcome.stderr
    assert f"error[{code}]" in said
    assert f"{REPORT}:5:11" in said or f"{REPORT}:5:" in said
    assert told in said
    assert help in said
    assert "Traceback" not in said


def test_a_fan_out_is_told_with_its_path(with_report):
    project = with_report(BY_REGION.replace("total_revenue", "customer_count"))

    outcome = project.run("validate")

    assert "error[SK1508]" in outcome.stdout + outcome.stderr
    assert f"{REPORT}:5:" in outcome.stdout + outcome.stderr


def test_what_is_wrong_with_a_metric_is_told_once(with_report):
    project = with_report(**{METRIC.replace("/", "|"): METRICS.replace("revenue\nf", "revenu\nf")})

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert said.count("error[") == 1
    assert f"{METRIC}:" in said
    assert REPORT not in said


def test_a_metric_over_what_asks_for_it_is_a_circle(with_report):
    model = ORDERS.replace("source.order_rows", "transform.report")
    project = with_report(**{MODELS.replace("/", "|"): model})

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert "error[SK0320]" in said
    assert "transform.report" in said
    assert "metric.total_revenue" in said


def test_other_dialects_are_refused(with_report):
    project = with_report(BY_REGION.replace("name: report", "name: report\ndialect: postgres"))

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert "error[SK0406]" in said
    assert "postgres" in said


def test_it_stands_in_no_query_of_a_source(with_report):
    source = (
        "{kind: source, name: asked, source: csv, table: data/orders.csv,"
        " query: \"{{ metric_query(metrics=['revenue']) }}\"}\n"
    )
    project = with_report(**{"seeknal|asked.yml": source})

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert "metric_query() stands in" in said
    assert "seeknal/asked.yml:1" in said


def test_column_lineage_passes_through_it(with_report):
    project = with_report()

    shown = project.run("lineage", "transform.report.total", "--format", "text").assert_ok().stdout

    assert "source.order_rows.amount" in shown
    assert "source.order_rows.status" in shown
    assert "source.order_rows.customer_id" not in shown


def test_a_view_is_what_the_query_is(with_report):
    project = with_report(BY_REGION.replace("name: report", "name: report\nmaterialized: view"))
    project.run("run").assert_ok()

    found = project.run("sql", "FROM transform.report", "--format", "json").assert_ok().json()

    assert found == [{"region": "north", "total": 10.5}]


def test_the_rendered_sql_is_what_runs(with_report):
    project = with_report()
    project.run("run").assert_ok()

    shown = project.run("render", "transform.report").assert_ok().stdout

    assert 'FROM "source"."order_rows" AS "orders"' in shown
    assert "metric_query" not in shown


def test_what_does_not_fit_the_rows_is_told_in_validate(with_report):
    project = with_report(BY_REGION.replace("total_revenue AS total", "revenu AS total"))

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert "revenu" in said
    assert f"{REPORT}:4:" in said


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("1,7,", "1,9,", "reused"), ("10.5", "11.5", "success"), ("paid", "refunded", "success")],
)
def test_only_columns_that_it_reads_build_it_again(with_report, old, new, status):
    project = with_report()
    project.run("run").assert_ok()
    data = (project.path / "data/orders.csv").read_text()

    project.write({"data/orders.csv": data.replace(old, new)})

    assert stepped(project) == status


def test_a_plan_says_that_the_metric_changed(with_report):
    project = with_report()
    project.run("run").assert_ok()
    project.write({METRIC: METRICS.replace("status != 'refunded'", "status = 'paid'")})

    found = project.run("plan", "--format", "json").assert_ok().json()["changes"]

    by = {entry["node"]: entry["category"] for entry in found}
    assert by["metric.total_revenue"] == "BREAKING"
    assert by["transform.report"] in ("BREAKING", "INDIRECT")


def test_without_the_plugin_it_is_said_what_to_install(seeknal_project, monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "semantic")
    project = seeknal_project(
        {REPORT: "kind: transform\nname: report\nsql: FROM {{ metric_query(metrics=['a']) }}\n"}
    )

    outcome = project.run("validate")

    assert outcome.exit_code == 2
    assert "error[SK0401]" in outcome.stderr + outcome.stdout
    assert "needs seeknal-semantic" in outcome.stderr + outcome.stdout


def test_keys_may_be_spelt_as_saved_queries_spell_them(with_report):
    project = with_report(
        "kind: transform\nname: report\nsql: |\n  FROM {{ metric_query(metrics=['revenue'],"
        " group_by=['region'], where=\"region = 'north'\") }}\n"
    )

    project.run("run").assert_ok()

    assert project.rows("transform.report") == [("north", 10.5)]


@pytest.mark.parametrize(
    "files",
    [
        {
            "seeknal/exposures/board.yml": "kind: exposure\nname: board\ntype: file\n"
            "params: {path: out/board.csv}\nsql: FROM {{ metric_query(metrics=['revenue']) }}\n"
        },
        {
            "seeknal/exposures/board.yml": "kind: exposure\nname: board\ntype: file\n"
            "params: {path: out/board.csv}\ninputs: [feature_group.spent]\n",
            "seeknal/spent.yml": "kind: feature_group\nname: spent\nentity: {name: customer,"
            " join_keys: [customer]}\nfeatures: {revenue: {dtype: double}}\ntransform: |\n"
            "  FROM {{ metric_query(metrics=['revenue'], dimensions=['customer']) }}\n",
        },
    ],
    ids=["exposure", "feature_group"],
)
def test_every_kind_that_takes_sql_takes_it(shop, files):
    project = shop(**{name.replace("/", "|"): text for name, text in files.items()})

    project.run("validate").assert_ok()
    project.run("run").assert_ok()

    assert "revenue" in (project.path / "out/board.csv").read_text()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("source.order_rows", "transform.nope", "SK0310"), ("expr: amount", "expr: amout", "SK1510")],
)
def test_what_is_wrong_with_a_model_is_told_once(with_report, old, new, code):
    project = with_report(**{MODELS.replace("/", "|"): ORDERS.replace(old, new)})

    outcome = project.run("validate")

    said = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert REPORT not in said
    assert {line[6:12] for line in said.splitlines() if line.startswith("error[")} == {code}


def test_all_calls_that_fail_are_told_together_each_on_its_line(with_report):
    text = """
kind: transform
name: report
sql: |
  SELECT *
  FROM {{ metric_query(metrics=['reveneu']) }} AS a,
    {{ metric_query(metrics=['revenue']) }} AS b,
    {{ metric_query(metrics=['revenue'], dimensions=['regoin']) }} AS c,
    {{ metric_query(metrics=['revenue'], filter="region = 3") }} AS d
"""
    project = with_report(text)

    outcome = project.run("validate")

    told = [line for line in outcome.stderr.splitlines() if "report.yml:" in line]
    assert outcome.exit_code != 0
    assert [line.partition("report.yml:")[2].partition(":")[0] for line in told] == ["5", "7"]
    assert "did you mean revenue" in outcome.stderr
    assert "did you mean region?" in outcome.stderr
