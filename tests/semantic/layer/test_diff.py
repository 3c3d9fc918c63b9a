"""``seeknal diff A B --metrics``: how the values of metrics moved between two environments."""

import pytest

pytestmark = pytest.mark.inside

ORDERS = (
    "order_id,customer_id,ordered_at,region,amount,status\n1,7,2026-01-05,north,10.5,paid\n"
    "2,8,2026-01-06,south,4,refunded\n3,8,2026-01-07,,1,paid\n"
)
LATER = ORDERS.replace("south,4,", "west,4,").replace("10.5", "12.5") + ("4,7,2026-02-01,,2,paid\n")


@pytest.fixture
def moved(shop):
    """The shop in prod, and in dev with other orders."""
    project = shop(**{"data|orders.csv": ORDERS})
    project.run("run").assert_ok()
    project.write({"data/orders.csv": LATER})
    project.run("run", "--env", "dev").assert_ok()
    return project


def data_of(project, *words):
    found = project.run("diff", *words, "--format", "json").assert_ok().json()
    assert found["nodes"] == []
    (section,) = found["sections"]
    assert section["name"] == "metrics"
    return section["data"]


def groups_of(data, metric):
    (found,) = [entry for entry in data["metrics"] if entry["metric"] == metric]
    return [(*entry["dimensions"].values(), entry["a"], entry["b"]) for entry in found["groups"]]


def test_each_metric_is_shown_before_and_after(moved):
    data = data_of(moved, "prod", "dev", "--metrics")

    assert groups_of(data, "revenue") == [(15.5, 19.5)]
    assert groups_of(data, "order_count") in ([("3", "4")], [(3, 4)])
    assert "unique_customers" in data["same"]


def test_what_cannot_be_asked_without_a_period_is_told(moved):
    data = data_of(moved, "prod", "dev", "--metrics")

    assert {entry["metric"] for entry in data["not_compared"]} == {
        "mtd_revenue",
        "revenue_growth_mom",
    }
    assert all(entry["code"] == "SK1522" for entry in data["not_compared"])


def test_groups_that_come_go_and_move_are_told_apart(moved):
    data = data_of(moved, "prod", "dev", "--metrics", "revenue", "--dimensions", "region")

    (found,) = data["metrics"]
    assert [(g["dimensions"]["region"], g["there"], g["a"], g["b"]) for g in found["groups"]] == [
        ("north", "both", 10.5, 12.5),
        ("south", "a", 4.0, None),
        ("west", "b", None, 4.0),
        (None, "both", 1.0, 3.0),
    ]


def test_it_is_the_answer_of_the_query_on_both_sides(moved):
    words = ("--metrics", "revenue", "--dimensions", "region,ordered_at__month")
    data = data_of(moved, "prod", "dev", *words)

    before = moved.run("query", *words, "--format", "json").json()
    after = moved.run("query", *words, "--env", "dev", "--format", "json").json()

    assert {g[-2] for g in groups_of(data, "revenue") if g[-2] is not None} <= {
        row["revenue"] for row in before
    }
    assert {g[-1] for g in groups_of(data, "revenue") if g[-1] is not None} <= {
        row["revenue"] for row in after
    }


def test_people_read_it(moved):
    shown = moved.run("diff", "prod", "dev", "--metrics", "revenue", "--dimensions", "region")

    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines() == [
        "metrics",
        "    revenue: 4 groups moved, 0 the same",
        "      ~ region=north: 10.5 -> 12.5",
        "      - region=south: 4.0",
        "      + region=west: 4.0",
        "      ~ region=NULL: 1.0 -> 3.0",
    ]


def test_no_more_groups_are_shown_than_asked_for(moved):
    asked = ("diff", "prod", "dev", "--metrics", "revenue", "--dimensions", "region")

    shown = moved.run(*asked, "--limit", "1").stdout
    every = moved.run(*asked, "--limit", "0").stdout

    assert "north" in shown
    assert "south" not in shown
    assert "and 3 more" in shown
    assert "NULL" in every


def test_the_same_sides_hold_the_same_values(moved):
    shown = moved.run("diff", "prod", "prod", "--metrics", "revenue,order_count").assert_ok()

    assert shown.stdout.splitlines() == ["metrics", "    the same: revenue, order_count"]


def test_without_the_option_rows_are_compared_as_before(moved):
    found = moved.run("diff", "prod", "dev", "--format", "json").assert_ok().json()

    assert {entry["node"] for entry in found["nodes"]} == {"source.order_rows"}
    assert found["sections"] == []


def test_a_generation_is_a_side_too(moved):
    data = data_of(moved, "dev@2", "prod@1", "--metrics", "revenue")

    assert groups_of(data, "revenue") == [(19.5, 15.5)]


@pytest.mark.parametrize(
    ("words", "code", "help"),
    [
        (("--metrics", "reveneu"), "SK1501", "revenue"),
        (("--dimensions", "region"), "SK0250", "--metrics"),
        (("source.order_rows", "--metrics"), "SK0250", ""),
        (("--metrics", "revenue", "--dimensions", "regoin"), "SK1503", "region"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_an_error(moved, words, code, help):
    outcome = moved.run("diff", "prod", "dev", *words)

    assert outcome.exit_code == 2
    assert f"error[{code}]" in outcome.stderr
    assert help in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_wrong_files_are_told(moved):
    moved.write({"seeknal/metrics/odd.yml": "{kind: metric, name: odd, measure: revenu}\n"})

    outcome = moved.run("diff", "prod", "dev", "--metrics")

    assert outcome.exit_code == 2
    assert "error[SK1501]" in outcome.stderr


def test_an_environment_that_is_not_there_is_an_error(moved):
    outcome = moved.run("diff", "prod", "nowhere", "--metrics")

    assert outcome.exit_code == 2
    assert "nowhere" in outcome.stderr


def test_a_column_that_one_side_lacks_is_told_of_the_metric(shop):
    project = shop(**{"data|orders.csv": ORDERS.replace(",status", ",state")})
    project.write(
        {"seeknal/metrics/all.yml": "{kind: metric, name: all_revenue, measure: revenue}\n"}
    )
    project.run("run").assert_ok()
    project.write({"data/orders.csv": ORDERS})
    project.write(
        {
            "seeknal/metrics/all.yml": "{kind: metric, name: all_revenue, measure: revenue}\n---\n"
            "{kind: metric, name: paid, measure: revenue, filter: \"status = 'paid'\"}\n"
        }
    )
    project.run("run", "--env", "dev").assert_ok()

    data = data_of(project, "prod", "dev", "--metrics")

    assert [entry["metric"] for entry in data["not_compared"]] == ["paid"]
    assert "prod" in data["not_compared"][0]["message"]


def test_a_project_without_metrics_says_so(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": "{kind: transform, name: a, sql: SELECT 1 AS n}\n"})
    project.run("run").assert_ok()

    shown = project.run("diff", "prod", "prod", "--metrics").assert_ok().stdout

    assert shown.splitlines() == ["metrics", "    there are none"]


def test_groups_stand_in_the_order_of_their_values(shop):
    rows = "order_id,customer_id,ordered_at,region,amount,status\n"
    before = "".join(f"{n},7,2026-01-05,r{n},{n},paid\n" for n in (9, 10, 2))
    project = shop(
        **{
            "data|orders.csv": rows + before,
            "seeknal|more.yml": "{kind: semantic_model, name: more,"
            " model: ref('source.order_rows'), dimensions: [{name: size,"
            " expr: 'amount::DECIMAL(9,2)'}], measures: [{name: sizes, expr: order_id}]}\n",
        }
    )
    project.run("run").assert_ok()
    project.write({"data/orders.csv": rows + before.replace("9,7", "8,7").replace("2,7", "3,7")})
    project.run("run", "--env", "dev").assert_ok()

    data = data_of(project, "prod", "dev", "--metrics", "sizes", "--dimensions", "size")

    assert [group[0] for group in groups_of(data, "sizes")] == ["2.00", "9.00"]
