"""``seeknal plan`` names the metrics that a change touches, and says whether they can move."""

import pytest
from tests.semantic.layer.conftest import METRIC, METRICS, MODELS, ORDERS

pytestmark = pytest.mark.inside

CLEAN = "kind: transform\nname: clean\nsql: |\n  SELECT {} FROM ref('source.order_rows')\n"
COLUMNS = "order_id, customer_id, ordered_at, region, amount, status"
OVER_CLEAN = ORDERS.replace("source.order_rows", "transform.clean")
PAID = {"total_revenue", "revenue_growth_mom"}
OF_REVENUE = {"revenue", "revenue_per_customer", "mtd_revenue"}


@pytest.fixture
def planned(shop):
    """What a plan says of metrics after a change of files, by metric; and as it is shown."""

    def planned(files, before=None):
        clean = {"seeknal|clean.yml": CLEAN.format(COLUMNS), MODELS.replace("/", "|"): OVER_CLEAN}
        project = shop(**{**clean, **(before or {})})
        project.run("run").assert_ok()
        project.write(files)
        found = project.run("plan", "--format", "json").assert_ok().json()["sections"]
        shown = project.run("plan").assert_ok().stdout
        data = next((entry["data"] for entry in found if entry["name"] == "metrics"), [])
        return {entry["metric"]: (entry["moves"], entry["why"]) for entry in data}, shown

    return planned


def test_without_a_change_nothing_is_said(planned):
    found, shown = planned({})

    assert found == {}
    assert "metrics" not in shown


def test_a_changed_definition_may_move_it_and_what_reads_it(planned):
    found, shown = planned({METRIC: METRICS.replace("!= 'refunded'", "= 'paid'")})

    assert found == {
        "total_revenue": (True, "definition changed"),
        "revenue_growth_mom": (True, "reads metric.total_revenue"),
    }
    assert "metrics\n    total_revenue may move: definition changed\n" in shown


def test_a_description_moves_nothing(planned):
    found, shown = planned({MODELS: OVER_CLEAN.replace("Total order amount", "What was paid")})
    named, _ = planned({METRIC: METRICS.replace("type: simple", "type: simple\ndescription: x")})

    assert {moves for moves, _ in found.values()} <= {False}
    assert "may move" not in shown
    assert named["total_revenue"] == (False, "description, tags or owner")


def test_a_changed_column_moves_only_what_reads_it(planned):
    status = COLUMNS.replace("status", "upper(status) AS status")

    found, shown = planned({"seeknal/clean.yml": CLEAN.format(status)})

    moving = {name for name, (moves, _) in found.items() if moves}
    assert moving == {"total_revenue", "revenue_growth_mom"}
    assert found["mtd_revenue"] == (False, "it reads nothing of what changed")
    assert found["revenue"] == (False, "it reads nothing of what changed")
    assert "stay as they are: " in shown


def test_a_measure_is_a_metric_too(planned):
    amount = COLUMNS.replace("amount", "amount * 2 AS amount")

    found, _ = planned({"seeknal/clean.yml": CLEAN.format(amount)})

    assert found["revenue"] == (True, "reads transform.clean")
    assert found["order_count"][0] is False


def test_other_rows_move_everything_over_them(planned):
    rows = CLEAN.replace("FROM ref", "FROM (SELECT * FROM ref").replace(
        "order_rows')", "order_rows') WHERE amount > 5)"
    )

    found, _ = planned({"seeknal/clean.yml": rows.format(COLUMNS)})

    assert {moves for moves, _ in found.values()} == {True}
    assert {"order_count", "mtd_revenue", "total_revenue"} <= found.keys()


def test_new_and_removed_ones_are_told(planned):
    new = METRICS.replace("mtd_revenue", "this_month")

    found, shown = planned({METRIC: new})

    assert found["this_month"] == (None, "new")
    assert found["mtd_revenue"] == (None, "removed")
    assert "    this_month is new\n" in shown
    assert "    mtd_revenue is removed\n" in shown


def test_a_joined_column_moves_what_filters_by_it(planned):
    german = (
        "{kind: metric, name: german, type: simple, measure: revenue,"
        " filter: \"customer__country = 'DE'\"}\n"
    )
    people = (
        "kind: transform\nname: people\nsql: |\n  SELECT customer_id, {} AS country"
        " FROM ref('source.customer_rows')\n"
    )
    customers = "kind: semantic_model\nname: customers\nmodel: ref('transform.people')\nentities:\n"
    customers += "  - {name: customer, type: primary, expr: customer_id}\n"
    customers += "dimensions:\n  - {name: country}\n"
    before = {
        "seeknal|metrics|german.yml": german,
        "seeknal|people.yml": people.format("country"),
        "seeknal|semantic_models|customers.yml": customers,
    }

    found, _ = planned({"seeknal/people.yml": people.format("lower(country)")}, before)

    assert {name for name, (moves, _) in found.items() if moves} == {"german"}


@pytest.mark.parametrize(
    ("old", "new", "moving"),
    [
        ("measures:", "measures:\n  - {name: most, expr: amount, agg: max}", {"most"}),
        ("agg: average", "agg: max", {"avg_order_value"}),
        ("measures:", "  - {name: state, expr: status}\nmeasures:", set()),
        ("expr: region}", "expr: upper(region)}", set()),
        ("measures:", "  - {name: status, expr: upper(status)}\nmeasures:", PAID),
        ("expr: amount, agg: sum", "expr: amount * 2, agg: sum", {*PAID, *OF_REVENUE}),
    ],
)
def test_only_what_asks_for_another_definition_may_move(planned, old, new, moving):
    assert old in OVER_CLEAN

    found, _ = planned({MODELS: OVER_CLEAN.replace(old, new, 1)})

    assert {name for name, (moves, _) in found.items() if moves} == moving


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: foreign, expr: customer_id", "type: foreign, expr: order_id"),
        ("expr: ordered_at, time", "expr: ordered_at + INTERVAL 1 MONTH, time"),
        ("  - {name: region, type: categorical, expr: region}\n", ""),
    ],
)
def test_anything_may_move_by_other_joins_and_times_and_by_what_is_gone(planned, old, new):
    assert old in OVER_CLEAN

    found, _ = planned({MODELS: OVER_CLEAN.replace(old, new, 1)})

    assert {moves for moves, _ in found.values()} == {True}
