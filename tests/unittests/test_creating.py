"""A test that is made of stored rows passes, shows what its node does, and tells no secrets."""

from __future__ import annotations

import re

import pytest

from tests.unittests.orders import CUSTOMERS, FILES, SOURCE, SPENT


def text_of(project, node):
    return (project.path / f"tests/generated/test_{node.replace('.', '_', 1)}.yml").read_text()


def test_what_is_made_passes_and_fails_once_the_node_does_something_else(ran):
    project = ran({"seeknal/transforms/spent.sql": SPENT})

    project.run("create-test", "transform.spent").assert_ok()
    before = project.run("test")
    failed = []
    for old, new in (("LEFT JOIN", "JOIN"), ("= 'paid'", "<> 'paid'"), ("sum(", "max(")):
        project.write({"seeknal/transforms/spent.sql": SPENT.replace(old, new)})
        failed.append(project.run("test").exit_code)

    before.assert_ok()
    assert failed == [1, 1, 1]


def test_what_is_made_passes_on_another_day_and_in_another_zone(ran, monkeypatch):
    sql = "SELECT id, date_diff('day', day, current_date) AS age FROM ref('source.orders')"
    project = ran({"seeknal/transforms/aged.sql": sql})
    project.run("create-test", "transform.aged").assert_ok()
    text = text_of(project, "transform.aged")
    earlier = re.sub(r"freeze_time: .*", "freeze_time: 2026-02-08T23:59:59Z", text)
    project.write({"tests/generated/test_transform_aged.yml": earlier})
    project.run("test", "--update").assert_ok()

    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    result = project.run("test")

    result.assert_ok()
    assert "age: 38" in text_of(project, "transform.aged")


def test_the_dates_of_templates_are_those_of_the_test(ran):
    sql = (
        "SELECT id, '{{ today }}' AS today, '{{ month_start }}' AS month"
        " FROM ref('source.orders') WHERE day < DATE '{{ yesterday }}'"
    )
    project = ran({"seeknal/transforms/dated.sql": sql})
    project.run("create-test", "transform.dated").assert_ok()
    text = text_of(project, "transform.dated")
    moved = re.sub(r"freeze_time: .*", "freeze_time: 2026-01-05T12:00:00Z", text)
    project.write({"tests/generated/test_transform_dated.yml": moved})

    project.run("test", "--update").assert_ok()

    expected = text_of(project, "transform.dated").partition("expected_output")[2]
    assert 'today: "2026-01-05", month: "2026-01-01"' in expected
    assert len(re.findall(r"id: ", expected)) <= 3
    project.run("test").assert_ok()


def test_private_values_are_nowhere_in_the_file(ran):
    source = SOURCE.format("orders") + "columns:\n  - {name: email, pii: true}\n"
    sql = (
        "SELECT id, lower(email) AS mail FROM ref('source.orders')"
        " WHERE email LIKE '%@example.com' AND status = 'paid'"
    )
    project = ran({"seeknal/sources/orders.yml": source, "seeknal/transforms/mails.sql": sql})

    project.run("create-test", "transform.mails").assert_ok()

    text = text_of(project, "transform.mails")
    assert not re.search(r"\b(ann|bob|cid|dan|eve|fay)@", text)
    assert re.search(r"email: [a-z]{3}@example\.com", text)
    project.run("test").assert_ok()


def test_a_secret_in_the_rows_is_nowhere_in_the_file(ran):
    source = SOURCE.format("orders")
    profile = "connections:\n  s: {type: sqlite, path: data/x.db}\n"
    sql = "SELECT id, email FROM ref('source.orders')"
    project = ran({"seeknal/sources/orders.yml": source, "seeknal/transforms/mails.sql": sql})
    notified = "notifications:\n  - {webhook: 'https://x.test/a', secret: 'bob@example.com'}\n"
    project.write({"profiles.yml": profile + notified})

    project.run("create-test", "transform.mails").assert_ok()

    assert "bob@example.com" not in text_of(project, "transform.mails")
    project.run("test").assert_ok()


def test_rows_can_be_narrowed_and_counted(ran):
    project = ran({"seeknal/transforms/spent.sql": SPENT})

    narrowed = project.run("create-test", "transform.spent", "--where", "customer = 10")
    again = project.run("create-test", "transform.spent", "--rows", "1", "--overwrite")

    narrowed.assert_ok()
    again.assert_ok()
    assert "1 row of source.orders" in again.stdout
    project.run("test").assert_ok()


@pytest.mark.parametrize(
    ("arguments", "code", "help"),
    [
        (["transform.spent"], "SK1709", "--overwrite"),
        (["source.orders"], "SK1706", ""),
        (["transform.spnt"], "SK0301", "spent"),
        ([], "SK1708", "create-test transform.NAME"),
        (["transform.spent", "--where", "custmer = 10", "--overwrite"], "SK1707", "customer"),
        (["transform.spent", "--where", "DROP TABLE x", "--overwrite"], "SK1707", ""),
        (["transform.spent", "--ask", "[", "--overwrite"], "SK1708", "dimensions"),
        (["transform.spent", "--ask", "a: b, c: d", "--overwrite"], "SK1708", "is no YAML"),
        (["customers"], "SK1706", "from outside"),
    ],
)
def test_what_cannot_be_made_is_told(ran, arguments, code, help):
    project = ran({"seeknal/transforms/spent.sql": SPENT})
    project.run("create-test", "transform.spent").assert_ok()
    before = text_of(project, "transform.spent")

    result = project.run("create-test", *arguments)

    assert result.exit_code == 2
    assert code in result.stderr
    assert help in result.stderr
    assert text_of(project, "transform.spent") == before


def test_a_node_whose_inputs_have_never_run_is_told_with_what_to_run(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/transforms/spent.sql": SPENT})

    result = project.run("create-test", "transform.spent")

    assert result.exit_code == 2
    assert "seeknal run --select" in result.stderr


def test_one_node_that_fails_keeps_no_other_from_its_test(ran):
    project = ran({"seeknal/transforms/spent.sql": SPENT})
    project.write({"seeknal/transforms/late.sql": "SELECT * FROM ref('transform.later')"})
    project.write({"seeknal/transforms/later.sql": "SELECT 1 AS id"})

    result = project.run("create-test", "*", "--format", "json")

    assert result.exit_code == 1
    told = {each["node"]: each["error"] for each in result.json()["tests"]}
    assert told["transform.spent"] is None
    assert told["transform.late"]["code"] == "SK1703"


def test_a_node_of_ranges_is_tested_over_its_newest_range(ran):
    keys = "schedule: '@daily'\ntime_column: day\nstart: 2026-01-01\n"
    files = {
        "seeknal/sources/orders.yml": SOURCE.format("orders") + keys,
        "seeknal/transforms/daily.yml": (
            f"kind: transform\nname: daily\ninputs: [source.orders]\n{keys}transform: |\n"
            "  SELECT day, sum(amount) AS total FROM ref('source.orders') GROUP BY day\n"
        ),
    }
    project = ran(files)

    project.run("create-test", "transform.daily").assert_ok()

    assert re.search(r"interval: \{start: \S+Z, end: \S+Z\}", text_of(project, "transform.daily"))
    project.run("test").assert_ok()


def test_a_snapshot_is_tested_with_the_rows_that_it_had_before(ran):
    node = (
        "kind: snapshot\nname: history\ninputs: [source.customers]\nstrategy: check\n"
        "unique_key: id\ncheck_columns: [name]\n"
    )
    project = ran({"seeknal/snapshots/history.yml": node})
    project.write({"data/customers.csv": CUSTOMERS.replace("Bob", "Rob")})
    project.run("run").assert_ok()

    project.run("create-test", "snapshot.history").assert_ok()

    text = text_of(project, "snapshot.history")
    assert "  snapshot.history:\n" in text
    assert "is_current: false" in text[text.index("expected_output") :]
    project.run("test").assert_ok()


def test_a_node_that_merges_is_tested_with_rows_that_are_replaced_and_kept(ran):
    node = (
        "kind: transform\nname: latest\nunique_key: id\nmaterialized: incremental\n"
        "sql: SELECT id, name FROM ref('source.customers')\n"
    )
    project = ran({"seeknal/transforms/latest.yml": node})
    project.write({"data/customers.csv": "id,name\n11,Rob\n14,Dan\n"})
    project.run("run").assert_ok()

    project.run("create-test", "transform.latest").assert_ok()

    text = text_of(project, "transform.latest")
    given, expected = text[: text.index("expected_output")], text[text.index("expected_output") :]
    assert all(row in given for row in ("{id: 11, name: Bob}", "{id: 11, name: Rob}"))
    assert "{id: 11, name: Rob}" in expected
    assert "Bob" not in expected
    assert "name: Ann" in expected or "name: Cid" in expected
    project.run("test").assert_ok()


MODELS = {
    "seeknal/semantic_models/orders.yml": (
        "kind: semantic_model\nname: orders\nmodel: ref('source.orders')\n"
        "entities:\n  - {name: order, type: primary, expr: id}\n"
        "  - {name: customer, type: foreign, expr: customer}\n"
        "dimensions: [{name: status}]\nmeasures: [{name: amount, agg: sum}]\n"
    ),
    "seeknal/semantic_models/customers.yml": (
        "kind: semantic_model\nname: customers\nmodel: ref('source.customers')\n"
        "entities: [{name: customer, type: primary, expr: id}]\ndimensions: [{name: name}]\n"
    ),
    "seeknal/metrics/revenue.yml": "kind: metric\nname: revenue\ntype: simple\nmeasure: amount\n",
}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("status", "{status: paid, revenue: "), ("customer__name", "{customer__name: Ann, revenue: ")],
)
def test_a_metric_is_tested_as_it_is_asked(ran, asked, expected):
    pytest.importorskip("seeknal_semantic")
    project = ran(MODELS)

    project.run("create-test", "metric.revenue", "--ask", f"dimensions: [{asked}]").assert_ok()

    text = text_of(project, "metric.revenue")
    assert expected in text
    project.run("test").assert_ok()
    plain = f"query: {{dimensions: [{asked}]}}"
    quoted = text.replace(plain, f'query: {{"dimensions": ["{asked}"]}}')
    project.write({"tests/generated/test_metric_revenue.yml": quoted})
    assert plain in text
    project.run("test").assert_ok()


NODES = """
from seeknal import transform


@transform(name="rows", inputs=["source.orders"])
def rows(ctx):
    found = ctx.ref("source.orders").fetchall()
    return [{"id": row[0], "large": row[3] > 6} for row in found if row[3] is not None]


@transform(name="strict", inputs=["source.orders", "source.customers"])
def strict(ctx):
    names = dict(ctx.ref("source.customers").fetchall())
    return [{"id": row[0], "name": names[row[1]]} for row in ctx.ref("source.orders").fetchall()]
"""


def test_a_function_is_tested_over_rows_that_it_takes(ran):
    project = ran(
        {"seeknal/pipelines/rows.py": NODES.replace("names[row[1]]", "names.get(row[1])")}
    )
    project.write({"seeknal/pipelines/rows.py": NODES})

    project.run("create-test", "transform.rows", "transform.strict").assert_ok()

    text = text_of(project, "transform.rows")
    assert "large: true" in text
    assert "large: false" in text
    assert "name: Ann" in text_of(project, "transform.strict")
    project.run("test").assert_ok()


def test_private_values_within_others_are_nowhere_in_the_file(ran):
    sql = (
        "SELECT customer, list(email) AS mails, map {max(email): min(email)} AS pair,"
        " {'mail': max(email)} AS packed FROM ref('source.orders') GROUP BY customer"
    )
    project = ran(
        {
            "seeknal/sources/orders.yml": SOURCE.format("orders")
            + "columns:\n  - {name: email, pii: true}\n",
            "seeknal/transforms/mails.sql": sql,
            "seeknal/transforms/copied.sql": "SELECT * FROM ref('transform.mails')",
        }
    )

    project.run("create-test", "transform.copied").assert_ok()

    assert not re.search(r"\b(ann|bob|cid|dan|eve|fay)@", text_of(project, "transform.copied"))
    assert "mail" in text_of(project, "transform.copied")
    project.run("test").assert_ok()


def test_it_is_told_that_no_rows_come_out(ran):
    sql = "SELECT id FROM ref('source.orders') WHERE status = 'lost'"
    project = ran({"seeknal/transforms/lost.sql": sql})

    result = project.run("create-test", "transform.lost")

    result.assert_ok()
    assert "transform.lost gives no rows" in result.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM ref('source.orders') WHERE random() < 0.5",
        "SELECT uuid() AS id FROM ref('source.orders')",
    ],
)
def test_no_test_is_made_of_what_is_other_each_time(ran, sql):
    project = ran({"seeknal/transforms/drawn.sql": sql})

    result = project.run("create-test", "transform.drawn")

    assert result.exit_code in (1, 2)
    assert "SK1719" in result.stderr
    assert not (project.path / "tests/generated").exists()


def test_a_column_that_is_other_each_time_is_left_out(ran):
    sql = "SELECT id, random() AS drawn FROM ref('source.orders') WHERE amount > 6"
    project = ran({"seeknal/transforms/drawn.sql": sql})

    result = project.run("create-test", "transform.drawn")

    result.assert_ok()
    assert "drawn: not expected" in result.stderr
    assert "partial: true" in text_of(project, "transform.drawn")
    project.run("test").assert_ok()


def test_a_secret_within_a_value_or_in_what_comes_out_is_nowhere_in_the_file(ran):
    sql = (
        "SELECT id, {'mail': email} AS packed, [email] AS listed, encode(email) AS bytes"
        " FROM ref('source.orders')"
    )
    made = "SELECT id, concat('bob', '@example', '.com') AS made FROM ref('transform.packed')"
    project = ran({"seeknal/transforms/packed.sql": sql, "seeknal/transforms/made.sql": made})
    copied = "SELECT * FROM ref('transform.packed')"
    project.write({"seeknal/transforms/copied.sql": copied})
    notified = "notifications:\n  - {webhook: 'https://x.test/a', secret: 'bob@example.com'}\n"
    project.write({"profiles.yml": notified})

    project.run("create-test", "transform.copied").assert_ok()
    told = project.run("create-test", "transform.made")

    told.assert_ok()
    assert "bob@example.com" not in text_of(project, "transform.copied")
    assert "bob@example.com" not in text_of(project, "transform.made")
    assert "made: not expected, as there is a secret in it" in told.stderr
    project.run("test").assert_ok()


def test_a_private_truth_is_not_turned_round(ran):
    source = SOURCE.format("orders") + "columns:\n  - {name: paid, pii: true}\n"
    rows = "".join(f"{number},{str(number % 2 == 0).lower()}\n" for number in range(200))
    copied = "SELECT * FROM ref('source.orders') WHERE id < 150"
    project = ran(
        {
            "data/orders.csv": "id,paid\n" + rows,
            "seeknal/sources/orders.yml": source,
            "seeknal/transforms/copied.sql": copied,
        }
    )

    seen = set()
    for _ in range(8):
        project.run("create-test", "transform.copied", "--overwrite").assert_ok()
        given = text_of(project, "transform.copied").partition("expected_output")[0]
        found = re.findall(r"id: (\d+), paid: (true|false)", given)
        seen |= {(int(id) % 2 == 0) == (paid == "true") for id, paid in found}
        (project.path / ".seeknal" / "fakes.key").unlink()

    assert seen == {True, False}


def test_rows_for_an_exposure_with_sql_show_its_filter(ran):
    node = (
        "kind: exposure\nname: sent\ntype: file\nparams: {path: outputs/sent.csv, format: csv}\n"
        "sql: SELECT id, amount FROM ref('source.orders') WHERE amount > 6\n"
    )
    project = ran({"seeknal/exposures/sent.yml": node})

    project.run("create-test", "exposure.sent").assert_ok()

    project.run("test").assert_ok()
    project.write({"seeknal/exposures/sent.yml": node.replace("> 6", "> 2")})
    assert project.run("test").exit_code == 1


def test_a_kind_that_makes_much_sql_gets_rows_all_the_same(ran):
    node = "kind: profile\nname: shown\ninputs: [source.customers]\n"
    project = ran({"seeknal/profiles/shown.yml": node})

    project.run("create-test", "profile.shown").assert_ok()

    assert "name: Ann" in text_of(project, "profile.shown")
    project.run("test").assert_ok()


def test_a_range_of_rows_that_no_one_cuts_is_met_by_rows_of_it(ran):
    node = (
        "kind: transform\nname: running\ninputs: [source.orders]\ntime_column: day\n"
        "schedule: '@daily'\nstart: 2026-01-01\nkeys: [day]\ntransform: |\n"
        "  SELECT day, sum(amount) + coalesce((SELECT max(total) FROM {{ this }}), 0) AS total\n"
        "  FROM ref('source.orders') WHERE status = 'paid' GROUP BY day\n"
    )
    project = ran({"seeknal/transforms/running.yml": node})

    project.run("create-test", "transform.running").assert_ok()

    expected = text_of(project, "transform.running").partition("expected_output")[2]
    assert "day: 2026-01-06" in expected
    project.run("test").assert_ok()
    project.write({"seeknal/transforms/running.yml": node.replace("max(total)", "min(total)")})
    assert project.run("test").exit_code == 1
