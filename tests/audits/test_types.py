from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from seeknal.values.durations import Duration
from seeknal.values.errors import NodeError
from seeknal_audits.options import Between
from seeknal_audits.registry import ENTRIES
from seeknal_audits.wholes import _before

pytestmark = [pytest.mark.inside, pytest.mark.versions]


def test_not_null_counts_rows_and_reports_each_column(bench):
    bench.store("FROM (VALUES (1, NULL), (NULL, NULL), (3, 'c')) t(id, email)")

    result = bench.audit("not_null", columns=["id", "email"])

    assert result.failing_rows == 2
    assert result.message == "id is NULL in 1 row, email is NULL in 2 rows (66.7% of 3)"
    assert bench.sample(result) == [(1, None), (None, None)]


def test_what_judges_each_row_by_itself_says_so():
    by_row = {entry.type.name for entry in ENTRIES if entry.type.per_row}

    assert by_row == {"not_null", "accepted_values", "between", "regex", "expression"}


def test_names_are_quoted_whatever_they_hold(bench):
    bench.store("""SELECT NULL AS "a"" OR 1=1 --", 1 AS "select" """)

    result = bench.audit("not_null", columns=['a" OR 1=1 --', "select"])

    assert result.failing_rows == 1
    assert result.columns == ('a" OR 1=1 --', "select")


@pytest.mark.parametrize("type", ["INTEGER", "UTINYINT", "BIGINT", "HUGEINT", "VARCHAR", "DOUBLE"])
@pytest.mark.parametrize("as_view", [False, True])
def test_unique_counts_keys_and_their_rows(bench, type, as_view):
    values = "(1), (1), (1), (2), (2), (3), (NULL), (NULL)"
    bench.store(f"SELECT id::{type} AS id FROM (VALUES {values}) t(id)", as_view=as_view)

    result = bench.audit("unique", columns="id")

    assert result.failing_rows == 2
    assert result.message == "2 keys occur more than once, in 5 rows (62.5% of 8)"
    assert len(bench.sample(result)) == 5


@pytest.mark.parametrize(("nulls", "failing"), [("distinct", 0), ("equal", 1)])
@pytest.mark.parametrize("count", [1, 2])
def test_nulls_are_no_duplicates_unless_they_are_equal(bench, nulls, failing, count):
    bench.store(f"FROM (VALUES (1), (2){', (NULL)' * count}) t(id)")

    result = bench.audit("unique", columns=["id"], nulls=nulls)

    assert result.failing_rows == (failing if count > 1 else 0)


def test_several_columns_are_one_key(bench):
    bench.store("FROM (VALUES (1, 'a'), (1, 'b'), (2, 'a'), (2, NULL), (2, NULL)) t(id, part)")

    distinct = bench.audit("unique_combination", columns=["id", "part"])
    equal = bench.audit("unique", columns=["id", "part"], nulls="equal")

    assert distinct.passed
    assert equal.message == "1 combination occurs more than once, in 2 rows (40% of 5)"


@pytest.mark.parametrize(
    "bounds", ["0, 0", "-9223372036854775808, 9223372036854775807", "-3, -2", "0, 3000000000"]
)
def test_the_cheap_proof_of_uniqueness_holds_for_all_bounds(bench, bounds):
    low, high = bounds.split(", ")
    bench.store(f"SELECT unnest([CAST({low} AS BIGINT), CAST({high} AS BIGINT)]) AS id")

    result = bench.audit("unique", columns=["id"])

    assert result.passed is (low != high)


def test_accepted_values_names_the_most_frequent_others(bench):
    bench.store("FROM (VALUES ('a'), ('x'), ('y'), ('y'), ('it''s'), (NULL)) t(status)")

    result = bench.audit("accepted_values", column="status", values=["a", "b"])

    assert result.failing_rows == 4
    assert result.message.startswith(
        """status has other values in 4 rows: 'y' (2), "it's" (1), 'x' (1)"""
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("1.0::DOUBLE", [1]),
        ("0.1::FLOAT", [0.1]),
        ("1e30::DOUBLE", [1e30]),
        ("12345678901234567890::HUGEINT", [12345678901234567890]),
        ("'1'", [1]),
        ("true", [True]),
        ("DATE '2024-05-01'", ["2024-05-01"]),
        ("TIMESTAMPTZ '2024-05-01 12:00:00+02'", ["2024-05-01 10:00:00+00"]),
        ("'a'::ENUM('a', 'b')", ["a", "of no enum"]),
        ("gen_random_uuid()", None),
        ("'it''s'", ["it's"]),
    ],
)
def test_accepted_values_compare_as_the_column_does(bench, column, values):
    bench.store(f"SELECT {column} AS value")
    given = values or [str(bench.connection.execute("SELECT value FROM checked").fetchone()[0])]

    good = bench.audit("accepted_values", columns=["value"], values=given)

    assert good.passed


@pytest.mark.parametrize(
    ("column", "value"), [("1", "one"), ("1", True), ("true", 1), ("DATE '2024-05-01'", 5)]
)
def test_a_value_of_another_type_is_refused(bench, column, value):
    bench.store(f"SELECT {column} AS value")

    with pytest.raises(NodeError, match="cannot be compared") as caught:
        bench.audit("accepted_values", column="value", values=[value])

    assert caught.value.code == "SK0911"
    assert caught.value.location.line == 7


def test_a_fraction_is_not_rounded_to_what_is_accepted(bench):
    bench.store("SELECT 2 AS value")

    result = bench.audit("accepted_values", column="value", values=[1.5])

    assert result.failing_rows == 1


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"min": 3, "max": 3}, ""),
        ({"min": 4}, "3 rows, expected at least 4"),
        ({"max": 2}, "3 rows, expected at most 2"),
    ],
)
@pytest.mark.parametrize("as_view", [False, True])
def test_row_count_has_bounds(bench, bounds, message, as_view):
    bench.store("FROM range(3)", as_view=as_view)

    result = bench.audit("row_count", **bounds)

    assert (result.passed, result.failing_rows) == (not message, int(bool(message)))
    assert result.message == message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM __THIS__ WHERE range > 7",
        "SELECT __THIS__.range FROM __this__ WHERE range > 7 AND '__THIS__' <> ';'; -- end",
        'WITH big AS (SELECT * FROM "__THIS__" WHERE range > 7) SELECT a.* FROM big a, big b '
        "WHERE a.range = b.range",
        "SELECT * FROM __THIS__ t WHERE range > (SELECT avg(range) + 3 FROM __THIS__)",
    ],
)
def test_custom_sql_fails_with_the_rows_that_it_returns(bench, sql):
    bench.store("FROM range(10)")

    result = bench.audit("custom_sql", sql=sql)

    assert result.failing_rows == 2
    assert result.message == "the query returns 2 rows"
    assert bench.sample(result) == [(8,), (9,)]


def test_custom_sql_reads_other_nodes_by_the_names_it_is_given(bench):
    bench.store("FROM range(3)")
    bench.connection.execute("CREATE TABLE parent AS FROM range(2)")

    result = bench.audit(
        "custom_sql",
        sql="SELECT range FROM input_data EXCEPT SELECT range FROM source_other",
        inputs={"input_data": "transform.checked", "source_other": "source.other"},
    )

    assert result.failing_rows == 1


def test_relationships_finds_rows_without_a_match(bench):
    bench.store("FROM (VALUES (1), (2), (NULL), (4)) t(customer)")
    bench.connection.execute("CREATE TABLE parent AS FROM (VALUES (1), (2), (NULL)) t(id)")

    result = bench.audit("relationships", column="customer", to="source.customers", field="id")

    assert result.failing_rows == 1
    assert result.message == "1 row without a match in source.customers (id) (25% of 4)"
    assert bench.sample(result) == [(4,)]


def test_relationships_may_refer_to_the_node_itself(bench):
    bench.store("FROM (VALUES (1, NULL), (2, 1), (3, 9)) t(id, boss)")

    result = bench.audit("relationships", column="boss", to="transform.checked", field="id")

    assert bench.sample(result) == [(3, 9)]


def test_a_node_without_rows_is_told_with_what_to_do(bench):
    bench.store("SELECT 1 AS customer")

    def nothing(node):
        raise NodeError("no rows", code="SK0709")

    bench.context = evolve(bench.context, relation_of=nothing)

    with pytest.raises(NodeError, match=r"reads source\.customers") as caught:
        bench.audit("relationships", column="customer", to="source.customers", field="id")

    assert caught.value.code == "SK0916"
    assert "depends_on" in caught.value.help


def test_expression_is_true_for_every_row_and_null_passes(bench):
    bench.store("FROM (VALUES (1, 2), (5, 3), (NULL, 3)) t(low, high)")

    result = bench.audit("expression", expression="low <= high")

    assert result.message == "low <= high is false in 1 row (33.3% of 3)"


@pytest.mark.parametrize(
    ("query", "bounds", "failing"),
    [
        ("FROM (VALUES (0), (5), (11), (NULL)) t(v)", {"min": 0, "max": 10}, 1),
        ("FROM (VALUES (0.5), (-0.5)) t(v)", {"min": 0}, 1),
        ("FROM (VALUES ('a'), ('c')) t(v)", {"max": "b"}, 1),
        ("SELECT DATE '2024-01-01' AS v", {"min": "2024-01-02"}, 1),
        ("SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' AS v", {"max": "2024-01-02"}, 0),
    ],
)
def test_between_allows_its_bounds_and_null(bench, query, bounds, failing):
    bench.store(query)

    result = bench.audit("min_max", column="v", **bounds)

    assert result.failing_rows == failing


@pytest.mark.parametrize(
    ("column", "bounds"),
    [
        ("'100'", {"min": 30}),
        ("'100'", {"max": 30}),
        ("'100'", {"min": "1", "max": 2.5}),
        ("'a'::ENUM('a', 'b')", {"min": 1}),
        ("'5'::JSON", {"max": "10"}),
        ("1", {"min": "one"}),
        ("1", {"max": "2024-01-01"}),
        ("1.5::DECIMAL(9, 2)", {"max": "2024-01-01"}),
        ("true", {"min": 0}),
        ("DATE '2024-05-01'", {"min": 20240101}),
        ("TIMESTAMP '2024-05-01 00:00:00'", {"max": 1.5}),
        ("TIMESTAMPTZ '2024-05-01 00:00:00+00'", {"max": 1}),
        ("TIME '12:00:00'", {"max": 12}),
        ("INTERVAL 1 DAY", {"max": 1}),
        ("[1, 2]", {"min": 1}),
    ],
)
def test_a_bound_of_another_type_is_refused(bench, column, bounds):
    bench.store(f"SELECT {column} AS value")

    with pytest.raises(NodeError, match="cannot be compared") as caught:
        bench.audit("between", column="value", **bounds)

    assert caught.value.code == "SK0911"
    assert caught.value.location.line == 7
    assert "value" in caught.value.message


def test_a_bound_for_numbers_on_a_column_of_text_says_how_to_have_numbers(bench):
    bench.store("FROM (VALUES ('5'), ('x')) t(qty)")

    with pytest.raises(NodeError) as caught:
        bench.audit("between", column="qty", min=30)

    assert caught.value.message == "30 cannot be compared with qty, a column of type VARCHAR"
    assert 'CAST("qty" AS DOUBLE)' in caught.value.help


@pytest.mark.parametrize(
    ("column", "bound"),
    [
        ("DATE '2024-05-01'", "2024-05-01 12:00"),
        ("DATE '2024-05-01'", "2024-05-01 00:00:00+02"),
        ("TIMESTAMP '2024-05-01 00:00:00'", "2024-05-01 00:00:00+02"),
        ("TIMESTAMP_NS '2024-05-01 00:00:00'", "2024-05-01 00:00:00+02"),
        ("TIME '12:00:00'", "2024-05-01 12:00:00"),
        ("TIME '12:00:00'", "12:00:00+02"),
    ],
)
@pytest.mark.parametrize("type", ["between", "accepted_values"])
def test_a_text_that_the_columns_type_would_shorten_is_refused(bench, column, bound, type):
    bench.store(f"SELECT {column} AS value")
    given = {"min": bound} if type == "between" else {"values": [bound]}

    with pytest.raises(NodeError, match="cannot be compared") as caught:
        bench.audit(type, column="value", **given)

    assert caught.value.code == "SK0911"


@pytest.mark.parametrize(
    ("column", "bound"),
    [
        ("DATE '2024-05-01'", "2024-05-01"),
        ("DATE '2024-05-01'", "2024-05-01 00:00:00"),
        ("TIMESTAMP '2024-05-01 00:00:00'", "2024-05-01"),
        ("TIMESTAMP '2024-05-01 00:00:00'", "2024-05-01T00:00:00Z"),
        ("TIMESTAMPTZ '2024-05-01 00:00:00+00'", "2024-05-01 02:00:00+02"),
        ("TIMESTAMP_NS '2024-05-01 00:00:00.123456789'", "2024-05-01 00:00:00.123456789"),
        ("TIMESTAMP_NS '2024-05-01 23:59:59.999999999'", "2024-05-01 23:59:59.999999999"),
        ("TIME '12:00:00.5'", "12:00:00.5"),
        ("DATE '0001-01-01'", "0001-01-01"),
        ("12::DECIMAL(18, 3)", 12.0),
        ("0.1::FLOAT", 0.1),
        ("9007199254740993", 9007199254740993),
        ("2", "2"),
        ("'b'", "b"),
        ("'b'::ENUM('b')", "b"),
        ("INTERVAL 1 DAY", "24 hours"),
    ],
)
def test_a_value_is_between_itself_and_itself(bench, column, bound):
    bench.store(f"SELECT {column} AS value")

    result = bench.audit("between", column="value", min=bound, max=bound)

    assert result.passed


@pytest.mark.parametrize("bound", ["min", "max"])
def test_a_bound_that_is_no_number_is_refused(bound):
    with pytest.raises(ValueError, match="no number"):
        Between(columns=("value",), **{bound: float("nan")})


def test_regex_matches_text(bench):
    bench.store("FROM (VALUES ('ab-1'), ('AB'), (NULL)) t(code)")

    result = bench.audit("regex", column="code", pattern="^[a-z]+-[0-9]$")

    assert result.failing_rows == 1
    assert bench.sample(result) == [("AB",)]


@pytest.mark.parametrize("type", ["TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIMESTAMP_S"])
@pytest.mark.parametrize(("days", "passes"), [(1, True), (4, False)])
def test_freshness_looks_at_the_newest_row(bench, type, days, passes):
    newest = datetime.now(UTC) - timedelta(days=days)
    bench.store(f"SELECT '{newest:%Y-%m-%d %H:%M:%S}'::{type} AS at UNION ALL SELECT NULL")

    result = bench.audit("freshness", column="at", max_age="2 days")

    assert result.passed is passes
    assert passes or result.message.endswith("more than 2 days ago")


def test_freshness_needs_a_newest_row(bench):
    bench.store("SELECT NULL::TIMESTAMP AS at")

    result = bench.audit("freshness", column="at", max_age="1 month")

    assert result.message == "no row has a at"


def test_freshness_refuses_what_is_no_time(bench):
    bench.store("SELECT 'yesterday' AS at")

    with pytest.raises(NodeError, match="at is VARCHAR") as caught:
        bench.audit("freshness", column="at", max_age="2d")

    assert caught.value.code == "SK0913"


@pytest.mark.parametrize(
    ("age", "expected"),
    [("1 month", "2024-02-29"), ("1 year", "2023-03-31"), ("1 quarter", "2023-12-31")],
)
def test_months_are_taken_from_the_calendar(age, expected):
    moment = datetime(2024, 3, 31, tzinfo=UTC)

    before = _before(moment, Duration.parse(age))

    assert f"{before:%Y-%m-%d}" == expected


@pytest.mark.parametrize(("rows", "passes"), [(1000, True), (1090, True), (10, False), (0, False)])
def test_anomaly_compares_with_earlier_runs(bench, rows, passes):
    bench.store(f"FROM range({rows})")
    bench.history += [1000, 990, 1010, 1005, 1000]

    result = bench.audit("anomaly")

    assert result.passed is passes
    assert passes or "usual are 900 to 1,100 (by 5 earlier runs)" in result.message


def test_anomaly_passes_while_there_is_little_to_go_by(bench):
    bench.store("FROM range(1)")
    bench.history += [1000]

    result = bench.audit("anomaly")

    assert result.passed
    assert result.message == "only 1 earlier run to go by"
