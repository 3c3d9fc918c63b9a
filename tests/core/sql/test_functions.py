"""What DuckDB's own catalogue says of its functions, against what seeknal holds of them."""

import itertools
import re

import duckdb
import pytest

from seeknal.sql.functions import effects_of, reads_outside
from seeknal.sql.refs import resolve_sql
from seeknal.sql.tokens import tokenize
from seeknal.values.location import Location
from seeknal.values.names import NodeId

pytestmark = [pytest.mark.inside, pytest.mark.versions]

# Functions whose stability DuckDB gives for a reason that is none for building again.
RAISES = {"error"}
KNOWS_THE_TIME_ZONE = {
    *("+", "-", "century", "date_diff", "date_part", "date_sub", "date_trunc", "datediff"),
    *("datepart", "datesub", "datetrunc", "day", "dayname", "dayofmonth", "dayofweek"),
    *("dayofyear", "decade", "era", "generate_series", "hour", "isodow", "isoyear", "julian"),
    *("last_day", "make_timestamptz", "microsecond", "millennium", "millisecond", "minute"),
    *("month", "monthname", "quarter", "range", "second", "strftime", "time_bucket", "timezone"),
    *("timezone_hour", "timezone_minute", "week", "weekday", "weekofyear", "year", "yearweek"),
}
"""They depend on the setting TimeZone, which is UTC wherever seeknal computes."""

FROM_ARGUMENTS = {
    *("generate_series", "histogram", "histogram_values", "icu_calendar_names", "json_each"),
    *("json_tree", "range", "repeat", "repeat_row", "seq_scan", "summary", "test_all_types"),
    *("test_vector_types", "unnest"),
}
"""Table functions that give the same rows for the same arguments, or make no rows of their own."""


def catalogue(select):
    return {name for (name,) in duckdb.connect().execute(select).fetchall()}


def effects(sql):
    resolved = resolve_sql(
        sql, inputs=(), known=(), node=NodeId("transform.x"), location=Location("x.yml")
    )
    return resolved.volatile or ("dated" if resolved.time_dependent else None)


def is_noticed(name):
    return effects(f"SELECT {name}(x)") is not None or reads_outside(name)


# A function that a later version adds counts as volatile until it is in the list.
@pytest.mark.skipif(
    not duckdb.__version__.startswith(("1.5", "2.0")), reason="the list is that of 1.5 and 2.0"
)
def test_every_function_of_the_catalogue_is_known():
    names = catalogue(
        "SELECT function_name FROM duckdb_functions() WHERE function_type <> 'pragma'"
    )
    words = {name for name in names if re.fullmatch(r"\w+", name)}

    unknown = {name for name in words if "not know" in (effects(f"SELECT {name}(x)") or "")}

    assert unknown == set()


def test_every_function_that_the_catalogue_calls_unstable_is_noticed():
    names = catalogue(
        "SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    )

    missed = {name for name in names if not is_noticed(name)}

    assert missed <= RAISES | KNOWS_THE_TIME_ZONE


def test_every_macro_over_such_a_function_is_noticed():
    macros = duckdb.connect().execute(
        "SELECT function_name, macro_definition FROM duckdb_functions()"
        " WHERE function_type IN ('macro', 'table_macro')"
    )

    missed = {
        name
        for name, body in macros.fetchall()
        if effects_of(tokenize(body)) != (None, False) and not is_noticed(name)
    }

    assert missed == set()


def test_every_table_function_is_noticed_unless_its_rows_come_from_its_arguments():
    names = catalogue(
        "SELECT function_name FROM duckdb_functions()"
        " WHERE function_type IN ('table', 'table_macro')"
    )

    missed = {name for name in names if not is_noticed(name)}

    assert missed <= FROM_ARGUMENTS


def test_every_view_of_the_engine_is_noticed():
    views = duckdb.connect().execute("SELECT schema_name, view_name FROM duckdb_views()").fetchall()

    missed = [
        (schema, view)
        for schema, view in views
        for name in (f"{schema}.{view}", f"system.{schema}.{view}", *bare(schema, view))
        if effects(f"FROM {name}") is None
    ]

    assert missed == []


def bare(schema, view):
    return () if schema == "information_schema" else (view, f'"{view}"')


VALUES = {
    "BIGINT": ["3"],
    "BIGINT[]": ["[3, 1]"],
    "BIT": ["'0101'::BIT"],
    "BLOB": ["'ab'::BLOB"],
    "BOOLEAN": ["true"],
    "DATE": ["DATE '2020-02-03'"],
    "DECIMAL": ["1.5"],
    "DOUBLE": ["0.5::DOUBLE"],
    "DOUBLE[]": ["[0.5::DOUBLE, 2.0]"],
    "FLOAT": ["0.5::FLOAT"],
    "HUGEINT": ["3::HUGEINT"],
    "INTEGER": ["3::INTEGER"],
    "INTERVAL": ["INTERVAL '3 days'"],
    "JSON": ["""'{"a": 1}'::JSON"""],
    "TIME": ["TIME '01:02:03'"],
    "TIMESTAMP": ["TIMESTAMP '2020-02-03 04:05:06'"],
    "TIMESTAMP WITH TIME ZONE": ["TIMESTAMPTZ '2020-02-03 04:05:06+00'"],
    "UUID": ["'47183823-2574-4bfd-b411-99ed177d3e43'::UUID"],
    "VARCHAR": ["'abc'", "'UTC'", "'%Y'", "'day'"],
    "VARCHAR[]": ["['abc', 'd']"],
}
ANYTHING = ["3", "'abc'", "[3, 1]", "{'a': 1}", "DATE '2020-02-03'"]


def calls():
    """Each scalar function over values that its parameters may have."""
    found = duckdb.connect().execute(
        "SELECT DISTINCT function_name, parameter_types FROM duckdb_functions()"
        " WHERE function_type IN ('scalar', 'macro') AND function_name SIMILAR TO '\\w+'"
        " AND function_name NOT IN ('sleep_ms', 'pg_sleep') ORDER BY ALL"
    )
    for name, types in found.fetchall():
        choices = [VALUES.get(kind or "", ANYTHING) for kind in types]
        for given in itertools.islice(itertools.product(*choices), 12):
            yield name, f'SELECT "{name}"({", ".join(given)})::VARCHAR FROM range(2)'


def answers(connection, sql):
    try:
        return str(connection.execute(sql).fetchall())
    except (duckdb.Error, ValueError) as error:
        return type(error).__name__


def test_a_scalar_function_that_gives_two_answers_is_noticed():
    one, other = duckdb.connect(), duckdb.connect(":memory:beside", config={"threads": 1})
    other.execute("ATTACH ':memory:' AS aside; CREATE SCHEMA aside.more; USE aside.more")
    for connection in (one, other):
        connection.execute("SET TimeZone = 'UTC'")

    differ = {name for name, sql in calls() if answers(one, sql) != answers(other, sql)}

    assert {"random", "now", "current_schema"} <= differ
    assert {name for name in differ if not is_noticed(name)} == set()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ago(INTERVAL 1 DAY)",
        "SELECT (INTERVAL 1 DAY).ago()",
        'SELECT "now"()',
        'SELECT "random"()',
        "SELECT main.now()",
        'SELECT "main"."now"()',
        "SELECT current_localtimestamp()",
        "SELECT current_localtime()",
        "SELECT pg_postmaster_start_time()",
        "SELECT version()",
        "SELECT getvariable('x')",
        "SELECT current_setting('threads')",
        "SELECT getenv('HOME')",
        'SELECT "current_timestamp"',
        'SELECT "localtime"',
        "SELECT list_transform([1], lambda x: random())",
        "FROM duckdb_columns()",
        "FROM duckdb_tables",
        "FROM pragma_table_info('x')",
        "FROM information_schema.tables",
        "FROM pg_catalog.pg_class",
        "FROM sqlite_master",
        "FROM pg_timezone_names()",
        "SELECT st_point(1, 2)",
        "SELECT 1 FROM http_get('x')",
        "SELECT count(*) FROM range(3) WHERE made_up(range) > 1",
        "SELECT a BETWEEN made_up(1) AND 2 FROM (SELECT 1 a)",
    ],
)
def test_what_no_input_decides_is_volatile(sql):
    found = effects(sql)

    assert found not in (None, "dated")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT main.current_date()",
        "SELECT age(d)",
        "SELECT d.age()",
        'SELECT "age"(d)',
        'SELECT "today"()',
        'SELECT "current_date"',
    ],
)
def test_what_the_day_decides_is_dated(sql):
    assert effects(sql) == "dated"


@pytest.mark.parametrize(
    "sql",
    [
        "WITH made_up(a) AS (SELECT 1) FROM made_up",
        "WITH one AS (SELECT 1), made_up(a, b) AS NOT MATERIALIZED (SELECT 1, 2) FROM made_up, one",
        "WITH RECURSIVE made_up(a) AS (SELECT 1 UNION SELECT 2 FROM made_up) FROM made_up",
        "SELECT * FROM range(3) AS made_up(a)",
        "SELECT * FROM range(3) made_up(a)",
        "SELECT * FROM (VALUES (1)) made_up(a)",
        'SELECT * FROM (VALUES (1)) "made up"(a)',
        "SELECT 'a'::DECIMAL(3, 1), CAST(1 AS NUMERIC(3))",
        "SELECT date('2020-01-01'), try(1), row(1, 2), map([1], [2]), array(SELECT 1)",
        "SELECT count(*) FILTER (WHERE true), sum(1) OVER (ORDER BY 1), coalesce(1, 2)",
        "SELECT * EXCLUDE (a) REPLACE (1 AS b) FROM (SELECT 1 a, 2 b)",
        "SELECT x, count(*) FROM (SELECT 1 x) GROUP BY GROUPING SETS ((x), ())",
        "SELECT x, count(*) FROM (SELECT 1 x) GROUP BY ROLLUP (x), CUBE (x)",
        "SELECT 1 WHERE 1 IN (1, 2) AND EXISTS (SELECT 1) AND 1 = ANY (SELECT 1)",
        "SELECT extract(year FROM d), trim(both 'a' FROM c), position('a' IN c) FROM t",
        "SELECT x.current_date, y.random FROM x, y",
        "SELECT * FROM x JOIN y USING (a)",
        "SELECT error('no')",
    ],
)
def test_brackets_that_call_nothing_of_the_kind_are_no_effect(sql):
    assert effects(sql) is None


@pytest.mark.parametrize("word", ["now", "today", "yesterday", "tomorrow", "current_timestamp"])
@pytest.mark.parametrize("kind", ["DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS"])
def test_no_text_is_cast_to_the_time_that_it_is(word, kind):
    found = duckdb.connect().execute(f"SELECT TRY_CAST('{word}' AS {kind}) IS NULL").fetchone()

    assert found == (True,)
