"""Values of a test are exactly what its file says, and are compared exactly."""

import pytest

from tests.unittests.conftest import ADULTS

pytestmark = [pytest.mark.inside, pytest.mark.versions]

EXACT = [
    ("BIGINT", "9223372036854775807", "9223372036854775807"),
    ("BIGINT", "1e3", "1000"),
    ("BIGINT", "1_000", "1000"),
    ("BIGNUM", "1e45", "1" + 45 * "0"),
    (
        "HUGEINT",
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105727",
    ),
    (
        "UHUGEINT",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211455",
    ),
    (
        '"DECIMAL(38,10)"',
        "1234567890123456789012345678.0123456789",
        "1234567890123456789012345678.0123456789",
    ),
    ('"DECIMAL(4,2)"', "12.50", "12.5"),
    ("VARCHAR", "12.50", '"12.50"'),
    ("VARCHAR", "0.1", "'0.1'"),
    ("VARCHAR", "1e3", "'1e3'"),
    ("VARCHAR", "2024-01-01", "'2024-01-01'"),
    ("VARCHAR", "no", "'no'"),
    ("VARCHAR", "007", "'007'"),
    ("VARCHAR", "~", "null"),
    ("VARCHAR", '""', "''"),
    ("VARCHAR", '"null"', "'null'"),
    ("VARCHAR", '"a\\0b"', '"a\\x00b"'),
    ("VARCHAR", '"é\\U0001F600"', "é😀"),
    ("DOUBLE", "0.1", "0.10000000000001"),
    ("DOUBLE", ".nan", "nan"),
    ("DOUBLE", "-.inf", "-inf"),
    ("DOUBLE", "-0.0", "0"),
    ("FLOAT", "0.1", "0.1"),
    ("BOOLEAN", "true", "True"),
    ("DATE", "2024-02-29", "2024-02-29"),
    ("TIMESTAMP", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00"),
    ("TIMESTAMP", "2024-01-01", "2024-01-01 00:00"),
    ("TIMESTAMP_NS", "2024-01-01 10:00:00.123456789", "2024-01-01 10:00:00.123456789"),
    ("TIMESTAMPTZ", "2024-01-01T10:00:00+02:00", "2024-01-01 08:00:00+00"),
    ("TIME", "'10:00:00.5'", "'10:00:00.500'"),
    ("INTERVAL", "1 month", "1 month"),
    ("UUID", "C0FFEE00-0000-4000-8000-000000000000", "c0ffee00-0000-4000-8000-000000000000"),
    ("BLOB", "'\\x00\\xFFa'", "'\\x00\\xFFa'"),
    ("BIT", "'0101'", "'0101'"),
    ("\"ENUM('a', 'b')\"", "a", "a"),
    ("BIGINT[]", "[1, null, 3]", "[1, null, 3]"),
    ("VARCHAR[]", "[NULL, 'NULL', '', 1.50]", "[~, 'NULL', '', '1.50']"),
    ("DOUBLE[]", "[0.1, .nan]", "[0.10000000000001, .nan]"),
    ('"INTEGER[2]"', "[1, 2]", "[1, 2]"),
    (
        '"STRUCT(a HUGEINT, b VARCHAR[])[]"',
        "[{a: 5, b: [x]}, null, {b: []}]",
        "[{b: [x], a: 5}, null, {b: []}]",
    ),
    ('"MAP(INTEGER, DECIMAL(3,1))"', "{2: 2.5, 1: 1.5}", "{1: 1.5, 2: 2.5}"),
    ('"UNION(k INTEGER, s VARCHAR)"', "{s: x}", "{s: x}"),
    ("JSON", '{a: [1.10, "x", null]}', '\'{"a":[1.1,"x",null]}\''),
]


def test_each_value_equals_itself_however_it_is_spelled(shop):
    """All at once, as each costs a project."""
    names = [f"c{n}" for n in range(len(EXACT))]
    types = zip(names, EXACT, strict=True)
    listed = "".join(f"{12 * ' '}{name}: {type_}\n" for name, (type_, _, _) in types)
    given, expected = (
        "".join(
            f"{12 * ' '}{name}: {each[place]}\n" for name, each in zip(names, EXACT, strict=True)
        )
        for place in (1, 2)
    )
    shop.write(
        {
            "seeknal/transforms/same.sql": "SELECT * FROM ref('source.users')",
            "tests/same.yml": f"test: transform.same\ninputs:\n  source.users:\n"
            f"    columns:\n{listed}    rows:\n      -\n{given}"
            f"expected_output:\n  columns:\n{listed}  rows:\n      -\n{expected}",
        }
    )

    found = shop.run("test")

    assert found.exit_code == 0, found


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("VARCHAR", "null", "'null'"),
        ("VARCHAR", "''", "null"),
        ("VARCHAR", "'NULL'", "null"),
        ("VARCHAR", "1.50", "1.5"),
        (
            "HUGEINT",
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105726",
        ),
        ('"DECIMAL(38,10)"', "0.0000000001", "0.0000000002"),
        ("DOUBLE", "1.0", "1.00001"),
        ("DOUBLE", ".inf", "1e308"),
        ("TIMESTAMP_NS", "2024-01-01 10:00:00.123456789", "2024-01-01 10:00:00.123456788"),
        ("BLOB", "'\\x00'", "''"),
        ("INTEGER", "12", "12.7"),
        ("INTEGER", "12", "twelve"),
        ("VARCHAR[]", "[null]", "['NULL']"),
        ("VARCHAR[]", "['a, b']", "[a, b]"),
        ("VARCHAR[]", "[]", "null"),
        ('"STRUCT(a INTEGER)"', "{a: null}", "null"),
        ('"STRUCT(a DOUBLE)"', "{a: 1.0}", "{a: 1.1}"),
        ('"UNION(k VARCHAR, s VARCHAR)"', "{s: x}", "{k: x}"),
        ("JSON", "{a: 1}", '{a: "1"}'),
    ],
)
def test_values_that_are_nearly_the_same_differ(type_, given, expected, outcome_of):
    found = outcome_of(type_, [given], "x", [expected])

    assert found["status"] == "failed"


def test_rows_are_a_bag_unless_their_order_counts(outcome_of):
    bag = outcome_of("BIGINT", [1, 2, 2], "x", [2, 1, 2])
    fewer = outcome_of("BIGINT", [1, 2, 2], "x", [2, 1])
    ordered = outcome_of("BIGINT", [1, 2, 3], "x", [2, 1, 3], "  ordered: true\n")

    assert bag["status"] == "passed"
    assert fewer["differences"][0]["unexpected"] == [["2"]]
    assert "row 1 is (1), not (2)" in ordered["differences"][0]["said"][0]


def test_floats_that_fit_several_rows_are_paired_so_that_all_fit(outcome_of):
    given = ["1.0", "1.05", "1.1"]

    found = outcome_of("DOUBLE", given, "x", ["1.1", "1.02", "0.97"], "  tolerance: 0.05\n")

    assert found["status"] == "passed"


def test_a_tolerance_is_a_part_of_the_larger_value(outcome_of):
    within = outcome_of("DOUBLE", ["1000"], "x", ["1009"], "  tolerance: 0.01\n")
    beyond = outcome_of("DOUBLE", ["1000"], "x", ["1011"], "  tolerance: 0.01\n")

    assert (within["status"], beyond["status"]) == ("passed", "failed")


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("columns: [user_id, age, name]", "the columns are user_id, name, age, in this order"),
        ("columns: [user_id, nmae, age]", "there is no column 'nmae': did you mean name?"),
        ("columns: [user_id, name]", "the column 'age' is not expected"),
        (
            "columns: {user_id: BIGINT, name: VARCHAR, age: BIGINT}",
            "the column 'age' is INTEGER, not BIGINT",
        ),
        ("row_count: 3", "there is 1 row, not 3"),
        ("rows: [{name: Ann}]", "the columns 'user_id', 'age' are not expected"),
    ],
)
def test_columns_types_and_counts_are_told_where_they_differ(expected, said, shop):
    columns = "columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}"
    rows = "rows: [{user_id: 1, name: Ann, age: 30}]"
    text = f"inputs: {{source.users: {{{columns}, {rows}}}}}\nexpected_output: {{{expected}}}\n"
    shop.write({"tests/a.yml": f"test: transform.adults\n{text}"})

    (found,) = shop.run("test", "--format", "json").json()

    assert said in found["differences"][0]["said"]


def test_a_partial_expectation_looks_at_the_named_columns_alone(passing):
    text = ADULTS[: ADULTS.rindex("  rows:")]
    passing.write({"tests/adults.yml": f"{text}  partial: true\n  rows: [{{name: Ann}}]\n"})

    found = passing.run("test")

    assert found.exit_code == 0


def test_rows_of_one_key_are_told_as_changed_however_much_they_differ(shop):
    sql = "SELECT user_id, name, age FROM ref('source.users')"
    node = f"kind: transform\nname: keyed\nkeys: [user_id]\nsql: {sql}\n"
    text = """
        test: transform.keyed
        inputs: {source.users: {rows: [{user_id: 1, name: Ann, age: 30}]}}
        expected_output: {rows: [{user_id: 1, name: Bob, age: 31}]}
        """
    shop.write({"seeknal/transforms/keyed.yml": node, "tests/a.yml": text})

    (found,) = shop.run("test", "--format", "json").json()

    assert found["differences"][0]["changed_rows"] == [
        {"expected": ["1", "Bob", "31"], "actual": ["1", "Ann", "30"]}
    ]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "null"], "BIGINT"),
        (["1", "99999999999999999999"], "HUGEINT"),
        (["1", "0.5"], "DOUBLE"),
        (["true"], "BOOLEAN"),
        (["2024-01-01"], "DATE"),
        (["2024-01-01", "2024-01-01T10:00:00"], "TIMESTAMP"),
        (["2024-01-01T10:00:00+02:00"], "TIMESTAMP WITH TIME ZONE"),
        (["1", "x"], "VARCHAR"),
        (["007"], "VARCHAR"),
        (["'1'"], "VARCHAR"),
        (["[1, 2]", "[]"], "BIGINT[]"),
        (["{a: 1}", "{b: x}"], "STRUCT(a BIGINT, b VARCHAR)"),
        (["1" * 60], "VARCHAR"),
    ],
)
def test_types_that_nobody_says_are_as_the_values_look(values, type_, shop):
    rows = ", ".join(f"{{x: {value}}}" for value in values)
    text = (
        "test: transform.typed\n"
        f"inputs: {{source.users: {{rows: [{rows}]}}}}\n"
        f'expected_output: {{partial: true, columns: [t], rows: [{{t: "{type_}"}}]}}\n'
    )
    sql = "SELECT DISTINCT typeof(x) AS t FROM ref('source.users')"
    shop.write({"seeknal/transforms/typed.sql": sql, "tests/a.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0, found
