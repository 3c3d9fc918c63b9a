import pytest
from attrs import evolve
from tests.audits.conftest import audit_of

from seeknal.values.errors import NodeError
from seeknal_audits import plugin
from seeknal_audits.thresholds import Threshold

pytestmark = pytest.mark.versions

TEN_WITH_TWO_NULLS = "SELECT nullif(range % 5, 0) AS v, range AS id FROM range(10)"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (False, "error")),
        ({"severity": "warn"}, (False, "warn")),
        ({"error_if": "> 1"}, (False, "error")),
        ({"error_if": "> 2"}, (True, "error")),
        ({"error_if": ">= 2"}, (False, "error")),
        ({"error_if": "> 20%"}, (True, "error")),
        ({"error_if": ">19.9 %"}, (False, "error")),
        ({"error_if": "1"}, (False, "error")),
        ({"warn_if": "> 1"}, (False, "warn")),
        ({"warn_if": "> 5"}, (True, "error")),
        ({"warn_if": "> 1", "error_if": "> 50%"}, (False, "warn")),
        ({"warn_if": "> 1", "error_if": "> 10%"}, (False, "error")),
        ({"severity": "warn", "error_if": "> 50%"}, (False, "warn")),
        ({"severity": "warn", "error_if": "> 10%"}, (False, "error")),
    ],
)
def test_limits_decide_whether_failing_rows_are_too_many(bench, given, expected):
    bench.store(TEN_WITH_TWO_NULLS)

    result = bench.audit("not_null", columns=["v"], **given)

    assert (result.passed, result.severity) == expected
    assert result.failing_rows == 2


def test_what_is_allowed_is_said_and_leaves_no_sample(bench):
    bench.store(TEN_WITH_TWO_NULLS)

    result = bench.audit("not_null", columns=["v"], error_if="> 50%", warn_if="> 3")

    assert result.message == (
        "v is NULL in 2 rows (20% of 10); allowed: error_if > 50% and warn_if > 3"
    )
    assert result.sample is None


def test_the_users_message_comes_first(bench):
    bench.store(TEN_WITH_TWO_NULLS)

    result = bench.audit("not_null", columns=["v"], message="v is needed")

    assert result.message == "v is needed (v is NULL in 2 rows (20% of 10))"


@pytest.mark.parametrize("text", ["", "many", "> many", "> -1", "10 %%", "> 1 row"])
def test_a_limit_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="is not a limit"):
        Threshold.parse(text)


def test_a_percentage_of_unique_counts_rows_and_not_keys(bench):
    bench.store("SELECT 1 AS id FROM range(10)")

    result = bench.audit("unique", columns=["id"], error_if="> 50%")

    assert (result.passed, result.failing_rows) == (False, 1)


def test_a_sample_holds_at_most_a_thousand_rows(bench):
    bench.store("SELECT NULL::INT AS v, range AS id FROM range(3000)")

    result = bench.audit("not_null", columns=["v"])

    assert result.failing_rows == 3000
    assert bench.sample(result) == [(None, number) for number in range(1000)]
    assert result.sample == "samples/transform.checked.1-not_null.parquet"
    assert len(list(bench.context.samples.iterdir())) == 1


def test_a_percentage_of_no_rows_is_nothing(bench):
    bench.store("SELECT 1 AS v WHERE false")

    result = bench.audit("row_count", min=1, error_if="> 0")

    assert (result.passed, result.message) == (False, "0 rows, expected at least 1")


def test_rows_that_fail_in_two_ways_are_counted_once(bench):
    bench.store("FROM (VALUES (NULL, NULL), (NULL, 1), (1, 1)) t(a, b)")

    result = bench.audit("not_null", columns=["a", "b"])

    assert result.failing_rows == 2


def test_results_come_in_the_order_of_the_audits_from_one_scan(bench):
    bench.store(TEN_WITH_TWO_NULLS, as_view=True)
    audits = [
        audit_of("row_count", min=1),
        audit_of("not_null", columns=["v"]),
        audit_of("expression", expression="id < 9"),
        audit_of("accepted_values", column="v", values=[1, 2, 3]),
        audit_of("between", column="id", min=1),
        audit_of("regex", column="id", pattern="^[0-8]$"),
    ]
    statements = []
    connection = bench.connection

    class Spy:
        def execute(self, sql, *rest):
            statements.append(sql)
            return connection.execute(sql, *rest)

    context = evolve(bench.context, cursor=Spy)

    results = plugin.audit(audits, bench.relation, context)

    assert [result.audit_type for result in results] == [audit.type for audit in audits]
    assert [result.failing_rows for result in results] == [0, 2, 1, 2, 1, 1]
    scans = [sql for sql in statements if sql.startswith("SELECT count(*), ")]
    assert len(scans) == 1
    assert all(result.duration_ms > 0 for result in results)


def test_another_plugins_audit_is_left_alone(bench):
    bench.store("SELECT 1 AS v")
    foreign = evolve(audit_of("row_count", min=1), options=object())

    assert plugin.audit([foreign], bench.relation, bench.context) is None
    assert plugin.audit_columns(foreign) is None


@pytest.mark.parametrize(
    ("type", "given"),
    [
        ("expression", {"expression": "missing > 1"}),
        ("expression", {"expression": "v + 'a' > 1"}),
        ("custom_sql", {"sql": "SELECT missing FROM __THIS__"}),
    ],
)
def test_sql_that_does_not_fit_the_rows_names_its_audit(bench, type, given):
    bench.store(TEN_WITH_TWO_NULLS)
    audits = [audit_of("not_null", columns=["id"]), audit_of(type, **given)]

    with pytest.raises(NodeError, match=f"audit {type} of transform.checked") as caught:
        plugin.audit(audits, bench.relation, bench.context)

    assert caught.value.code == "SK0912"
    assert caught.value.location.line == 7


def test_a_sample_holds_every_digit(bench):
    import duckdb

    query = "SELECT 1152921504606846977::HUGEINT AS v, INTERVAL '-1 month' AS i"
    bench.connection.execute(f"CREATE VIEW typed AS {query}")
    relation = evolve(bench.store("SELECT 1 AS v", as_view=True).relation, scan="typed")

    (result,) = plugin.audit([audit_of("expression", expression="v < 1")], relation, bench.context)

    found = duckdb.read_parquet(str(bench.context.project_root / result.sample))
    assert [str(value) for value in found.fetchall()[0]] == ["1152921504606846977", "-1 month"]
