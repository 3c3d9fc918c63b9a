"""What file targets write: the same value again where it is read, or what the docs say of it."""

import csv
import json
from decimal import Decimal

import duckdb
import pytest

from seeknal.builtin.jsonnumerals import reads_decimals
from seeknal.values.errors import DeliveryError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

EXACT = {
    "BOOLEAN": "true",
    "TINYINT": "(-128)::TINYINT",
    "SMALLINT": "7::SMALLINT",
    "INTEGER": "7",
    "BIGINT": "9007199254740993",
    "UBIGINT": "18446744073709551615::UBIGINT",
    "HUGEINT": "99999999999999999999999999999999999999::HUGEINT",
    "UHUGEINT": "99999999999999999999999999999999999999::UHUGEINT",
    "DECIMAL(38,3)": "12345678901234567890123456789012345.678::DECIMAL(38,3)",
    "DECIMAL(9,2)": "1.50::DECIMAL(9,2)",
    "FLOAT": "0.1::FLOAT",
    "DOUBLE": "0.30000000000000004::DOUBLE",
    "VARCHAR": "'a\"\\,;' || chr(10) || chr(13) || chr(9) || ' é' || chr(8232)",
    "BLOB": "'\\x00\\xFFa\"'::BLOB",
    "BIT": "'0101'::BIT",
    "UUID": "uuid '550e8400-e29b-41d4-a716-446655440000'",
    "DATE": "DATE '2024-01-01'",
    "TIME": "TIME '10:00:00.123456'",
    "TIME WITH TIME ZONE": "'10:00:00+02'::TIMETZ",
    "TIME_NS": "'10:00:00.123456789'::TIME_NS",
    "TIMESTAMP": "TIMESTAMP '2024-01-01 10:00:00.123456'",
    "TIMESTAMP_S": "'2024-01-01 10:00:00'::TIMESTAMP_S",
    "TIMESTAMP_MS": "'2024-01-01 10:00:00.123'::TIMESTAMP_MS",
    "TIMESTAMP_NS": "'2024-01-01 10:00:00.123456789'::TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2024-01-01 10:00:00.000001+02'",
    "INTERVAL": "INTERVAL '-1 month 2 days 3.000001 seconds'",
    "ENUM('a', 'b')": "'a'::ENUM('a', 'b')",
    "INTEGER[]": "[1, NULL]",
    "HUGEINT[]": "[9007199254740993::HUGEINT]",
    "INTEGER[2]": "[1, 2]::INTEGER[2]",
    'STRUCT("a b" DECIMAL(20,1), c TIME)': "{'a b': 1234567890123456789.5::DECIMAL(20,1),"
    " 'c': TIME '01:02:03'}",
    "MAP(VARCHAR, DECIMAL(20,1))": "map {'k': 1234567890123456789.5::DECIMAL(20,1)}",
    "MAP(INTEGER, VARCHAR)": "map {1: 'x'}",
    "JSON": """'{"a":1.5,"b":["x"]}'::JSON""",
    "STRUCT(x DOUBLE[])[]": "[{'x': [0.1, NULL]}, NULL]",
}
FAR = {
    "DATE": ("'0044-03-15 (BC)'::DATE", "'123456-01-01'::DATE", "'infinity'::DATE"),
    "TIMESTAMP": ("'-infinity'::TIMESTAMP", "'0044-03-15 (BC) 01:02:03'::TIMESTAMP"),
    "TIMESTAMP WITH TIME ZONE": ("'infinity'::TIMESTAMPTZ",),
}
CASES = [*EXACT.items(), *((type, sql) for type, many in FAR.items() for sql in many)]


LONG_DECIMALS = (
    "DECIMAL(38,3)",
    'STRUCT("a b" DECIMAL(20,1), c TIME)',
    "MAP(VARCHAR, DECIMAL(20,1))",
)
"""What DuckDB reads through doubles before 2.0, and is refused there."""


def all_values(cases):
    """A row with a value of each type, and one of NULLs."""
    given = ", ".join(f"{sql} AS v{n}" for n, (_, sql) in enumerate(cases))
    return f"SELECT {given} UNION ALL SELECT {', '.join(['NULL'] * len(cases))}"


def again(files, rows, cases):
    """The types whose value or NULL is not the same in ``rows``."""
    files.duckdb.execute("SET TimeZone = 'UTC'")
    checks = ", ".join(
        f"count_if(CAST(v{n} AS {type}) IS NOT DISTINCT FROM {sql}) = 1 AND count(v{n}) = 1"
        for n, (type, sql) in enumerate(cases)
    )
    ((*found,),) = files.duckdb.execute(f"SELECT {checks} FROM {rows}").fetchall()
    return [case for case, is_same in zip(cases, found, strict=True) if not is_same]


def test_json_reads_back_what_it_wrote(files):
    files.duckdb.execute("SET TimeZone = 'UTC'")
    cases = [case for case in CASES if reads_decimals() or case[0] not in LONG_DECIMALS]
    types = {f"v{n}": type for n, (type, _) in enumerate(cases)}
    files.deliver(files.rows(all_values(cases)), "a.json")

    files.relation(files.source("json", "a.json", columns=types)).create("found")

    assert again(files, "found", cases) == []
    found = files.duckdb.table("found")
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == types


def test_parquet_keeps_what_it_got(files):
    files.duckdb.execute("SET TimeZone = 'UTC'")

    files.deliver(files.rows(all_values(CASES)), "a.parquet")

    assert again(files, f"'{files.root}/a.parquet'", CASES) == []


def test_csv_has_the_text_of_each_value(files):
    files.duckdb.execute("SET TimeZone = 'UTC'")
    files.deliver(files.rows(all_values(CASES)), "a.csv")

    with (files.root / "a.csv").open(newline="", encoding="utf-8") as file:
        _, texts, nothing = csv.reader(file)

    assert set(nothing) == {""}
    for (type, sql), text in zip(CASES, texts, strict=True):
        query = f"SELECT CAST(?::VARCHAR AS {type}) IS NOT DISTINCT FROM {sql}"
        assert files.duckdb.execute(query, [text]).fetchall() == [(True,)], (type, sql, text)


def test_csv_tells_null_from_empty_text(files):
    files.deliver(files.rows("SELECT NULL AS a, '' AS b, 'x' AS c"), "a.csv")

    assert (files.root / "a.csv").read_text() == 'a,b,c\n,"",x\n'


@pytest.mark.parametrize(
    ("sql", "written", "count"),
    [
        ("'nan'::DOUBLE", None, 1),
        ("'-inf'::FLOAT", None, 1),
        ("['inf'::DOUBLE, 1.5, NULL]", [None, 1.5, None], 1),
        ("['inf'::FLOAT, 1.5]::FLOAT[2]", [None, 1.5], 1),
        ("{'a': 'nan'::DOUBLE, 'b': ['nan'::FLOAT]}", {"a": None, "b": [None]}, 2),
        ("map {'a': 'nan'::DOUBLE, 'b': 2.0}", {"a": None, "b": 2.0}, 1),
        ("[{'x': map {'y': ['nan'::DOUBLE]}}]", [{"x": {"y": [None]}}], 1),
    ],
)
def test_json_has_null_for_what_is_no_number_and_a_warning_counts_it(files, sql, written, count):
    files.deliver(files.rows(f"SELECT {sql} AS v"), "a.json")

    text = (files.root / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == [{"v": written}]
    assert files.warnings[0].startswith(f"{count} value")


@pytest.mark.parametrize(
    "sql",
    [
        """'{"a": NaN}'::JSON""",
        """'[1234567890123456789.12]'::JSON""",
        """[{'j': '{"a": -Infinity}'::JSON}]""",
        "union_value(num := 'nan'::DOUBLE)",
    ],
)
def test_json_refuses_what_it_would_write_otherwise(files, sql):
    with pytest.raises(DeliveryError) as caught:
        files.deliver(files.rows(f"SELECT {sql} AS v"), "a.json")

    assert caught.value.code == "SK0785"
    assert "'v'" in caught.value.message


def test_text_that_reads_like_a_token_is_text(files):
    sql = """'{"a": "NaN", "b": 0.1, "c": "\\"1234567890123456789.12"}'::JSON"""

    files.deliver(files.rows(f"SELECT {sql} AS v"), "a.json")

    assert json.loads((files.root / "a.json").read_text())[0]["v"]["a"] == "NaN"


@pytest.mark.parametrize("path", ["a.parquet"])
@pytest.mark.parametrize(
    "sql", ["170141183460469231731687303715884105727::HUGEINT", "(2::UHUGEINT ** 127)::UHUGEINT"]
)
def test_whole_numbers_that_parquet_has_no_room_for_are_refused(files, path, sql):
    with pytest.raises(DeliveryError, match="1701411834604692317316873037158841057"):
        files.deliver(files.rows(f"SELECT {sql} AS v"), path)

    assert not (files.root / path).exists()


def test_printed_json_is_json_and_exact(seeknal_project):
    made = seeknal_project({"seeknal_project.yml": "name: p\n"})
    query = (
        "SELECT 'nan'::DOUBLE AS a, ['inf'::DOUBLE] AS b, {'x': 'nan'::FLOAT} AS c,"
        " 170141183460469231731687303715884105727::HUGEINT AS d,"
        " 1234567890123456789.12::DECIMAL(30,2) AS e, 'NaN' AS f"
    )

    found = made.run("sql", query, "--format", "json").assert_ok()

    (row,) = json.loads(found.stdout, parse_float=Decimal, parse_constant=pytest.fail)
    assert row == {
        "a": None,
        "b": [None],
        "c": {"x": None},
        "d": 170141183460469231731687303715884105727,
        "e": Decimal("1234567890123456789.12"),
        "f": "NaN",
    }


def test_json_about_outputs_is_json(seeknal_project):
    made = seeknal_project(
        {
            "seeknal_project.yml": "name: p\n",
            "seeknal/t.yml": """
                kind: transform
                name: t
                sql: SELECT 'nan'::DOUBLE AS v, 1::HUGEINT AS h
            """,
        }
    )
    made.run("run").assert_ok()

    for command in (["inspect", "t"], ["inspect", "t", "--schema"], ["sql", "FROM t"]):
        found = made.run(*command, "--format", "json").assert_ok()
        assert json.loads(found.stdout, parse_constant=pytest.fail)


def test_a_query_written_as_parquet_keeps_long_numbers(seeknal_project):
    made = seeknal_project({"seeknal_project.yml": "name: p\n"})
    query = "SELECT 9007199254740993::HUGEINT AS a, INTERVAL '-1 month' AS b"

    made.run("sql", query, "--format", "parquet", "--output", "o.parquet").assert_ok()

    path = next(made.path.rglob("o.parquet"), None) or "o.parquet"
    assert duckdb.sql(f"SELECT a, b::INTERVAL = INTERVAL '-1 month' FROM '{path}'").fetchall() == [
        (Decimal(9007199254740993), True)
    ]
