"""Values of every type arrive in StarRocks as they are, or are refused by their column."""

import math
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from seeknal.values.errors import RowsRefused
from seeknal_starrocks.testing import StandIn
from seeknal_starrocks.testing.ddl.words import RESERVED
from seeknal_starrocks.writetypes import may_be_field

pytestmark = [pytest.mark.inside, pytest.mark.versions]


@pytest.fixture(scope="module")
def one_server():
    with StandIn() as server:
        server.add_database("shop")
        yield server


@pytest.fixture
def server(one_server):
    """One for all of these tests, whose table ends with each."""
    yield one_server
    one_server.execute("DROP TABLE IF EXISTS told", "shop")


BIG = 2**127 - 1
EXACT = [
    ("true::BOOLEAN", "boolean", True),
    ("(-128)::TINYINT", "tinyint", -128),
    ("(-32768)::SMALLINT", "smallint", -32768),
    ("(-2147483648)::INTEGER", "int", -2147483648),
    ("9223372036854775807::BIGINT", "bigint", 2**63 - 1),
    ("255::UTINYINT", "smallint", 255),
    ("65535::USMALLINT", "int", 65535),
    ("4294967295::UINTEGER", "bigint", 2**32 - 1),
    ("18446744073709551615::UBIGINT", "largeint", 2**64 - 1),
    (f"{BIG}::HUGEINT", "largeint", BIG),
    (f"{2**128 - 1}::UHUGEINT", "varchar(40)", str(2**128 - 1)),
    ("0.1::DOUBLE", "double", 0.1),
    ("1e300::DOUBLE", "double", 1e300),
    ("5e-324::DOUBLE", "double", 5e-324),
    ("9007199254740993::DOUBLE", "double", 9007199254740992.0),
    ("0.1::FLOAT", "float", 0.10000000149011612),
    ("'-12345678901234567890123456789.123456789'::DECIMAL(38, 9)", "decimal(38,9)", None),
    ("0.1::DECIMAL(4, 4)", "decimal(4,4)", Decimal("0.1")),
    ("'0001-01-01'::DATE", "date", date(1, 1, 1)),
    ("'9999-12-31'::DATE", "date", date(9999, 12, 31)),
    ("'2026-01-02 03:04:05'::TIMESTAMP", "datetime", datetime(2026, 1, 2, 3, 4, 5)),
    ("'0005-01-02 03:04:05.5'::TIMESTAMP", "datetime", datetime(5, 1, 2, 3, 4, 5, 500000)),
    ("'2026-01-02 03:04:05.000001'::TIMESTAMP", "datetime", datetime(2026, 1, 2, 3, 4, 5, 1)),
    ("'2026-01-02 03:04:05'::TIMESTAMP_S", "datetime", datetime(2026, 1, 2, 3, 4, 5)),
    ("'2026-01-02 03:04:05.123'::TIMESTAMP_MS", "datetime", datetime(2026, 1, 2, 3, 4, 5, 123000)),
    ("'2026-01-02 03:04:05.000001'::TIMESTAMP_NS", "datetime", datetime(2026, 1, 2, 3, 4, 5, 1)),
    ("'2026-01-02 03:04:05+07'::TIMESTAMPTZ", "datetime", datetime(2026, 1, 1, 20, 4, 5)),
    ("'23:59:59.999999'::TIME", "varchar(32)", "23:59:59.999999"),
    ("INTERVAL '1 month 2 days 03:04:05'", "varchar(128)", "1 month 2 days 03:04:05"),
    (
        "'6f5902ac-237d-4b8b-9c0e-111111111111'::UUID",
        "varchar(36)",
        "6f5902ac-237d-4b8b-9c0e-111111111111",
    ),
    ("'red'::ENUM ('red', 'blue')", "varchar(1048576)", "red"),
    ("''", "varchar(1048576)", ""),
    ("'null'", "varchar(1048576)", "null"),
    ("'\\N'", "varchar(1048576)", "\\N"),
    ("'a\"b''c\\d' || chr(10) || chr(13) || chr(9) || chr(1) || ',;'", "varchar(1048576)", None),
    ("'Grüße, 你好, 🎈'", "varchar(1048576)", "Grüße, 你好, 🎈"),
    ("repeat('ä', 500000)", "varchar(1048576)", "ä" * 500000),
    ("[1, NULL, 3]", "array<int>", [1, None, 3]),
    ("[9223372036854775807]", "array<bigint>", [2**63 - 1]),
    ("[[0.1::DOUBLE], []]", "array<array<double>>", [[0.1], []]),
    ("['2026-01-02'::DATE]::DATE[1]", "array<date>", [date(2026, 1, 2)]),
    ("['a\"b', NULL, '']", "array<varchar(1048576)>", ['a"b', None, ""]),
    (
        "{'a': 1, 'b': 'x', 'c': NULL::TIMESTAMP}",
        "struct<a int, b varchar(1048576), c datetime>",
        {"a": 1, "b": "x", "c": None},
    ),
    ("MAP {'k': 1.5::DOUBLE}", "map<varchar(1048576),double>", {"k": 1.5}),
    ("""'{"a": [1, 9223372036854775807, null, "x"]}'::JSON""", "json", None),
    (
        """'[0.1,-0.001,1.7976931348623157e308,-9223372036854775808,1.50]'::JSON""",
        "json",
        "[0.1,-0.001,1.7976931348623157e308,-9223372036854775808,1.5]",
    ),
    ("""'{"0.1234567890123456789":"\\"1.2345678901234567890"}'::JSON""", "json", None),
]


@pytest.mark.parametrize(("value", "type", "wanted"), EXACT)
def test_a_value_arrives_as_it_is_and_null_as_null(server, deliver, value, type, wanted):
    query = f"SELECT 1 AS id, {value} AS v UNION ALL SELECT 2, NULL"

    deliver(query)

    known = "SELECT COLUMN_TYPE FROM information_schema.columns WHERE COLUMN_NAME = 'v'"
    assert server.execute(known, "shop") == [(type,)]
    found = server.execute("SELECT id, v FROM told ORDER BY id", "shop")
    if wanted is None:
        wanted = duckdb.execute(f"SELECT {value}").fetchone()[0]
    if type == "json":
        wanted = wanted.replace(" ", "")
    assert found == [(1, wanted), (2, None)]


def test_minus_zero_stays_one(server, deliver):
    deliver("SELECT 1 AS id, -0.0::DOUBLE AS v")

    ((found,),) = server.execute("SELECT v FROM told", "shop")

    assert math.copysign(1, found) == -1


REFUSED = [
    ("'nan'::DOUBLE", "nan"),
    ("'inf'::FLOAT", "inf"),
    ("'infinity'::DATE", "infinity"),
    ("'0001-01-01 (BC)'::DATE", "BC"),
    ("'10000-01-01'::DATE", "10000"),
    ("'infinity'::TIMESTAMP", "infinity"),
    ("'-infinity'::TIMESTAMPTZ", "infinity"),
    ("'10000-01-01 00:00:00'::TIMESTAMP_S", "10000"),
    ("'2026-01-01 00:00:00.000000001'::TIMESTAMP_NS", "000000001"),
    ("'a' || chr(0)", "VARCHAR"),
    ("repeat('x', 1048577)", "xxx"),
    ("['nan'::DOUBLE]", "nan"),
    ("{'a': 'infinity'::DATE}", "infinity"),
    ("MAP {'k': ['inf'::DOUBLE]}", "inf"),
    ("'null'::JSON", "null"),
    ("""'"text"'::JSON""", "text"),
    ("""'{"a": "\\u0000"}'::JSON""", "u0000"),
    ("""'{"a": 123456789012345678901}'::JSON""", "123456789012345678901"),
    ("'[-9223372036854775809]'::JSON", "-9223372036854775809"),
    ("""'{"a": 0.1234567890123456789}'::JSON""", "0.1234567890123456789"),
    ("""'{"a": [{"b": 9007199254740993.0}]}'::JSON""", "9007199254740993.0"),
    ("""'{"1": "2", "a": 1e-400}'::JSON""", "1e-400"),
]


@pytest.mark.parametrize(("value", "shown"), REFUSED)
def test_a_value_that_starrocks_lacks_is_refused_before_a_table_is_made(
    server, deliver, value, shown
):
    with pytest.raises(RowsRefused, match=r"v holds .*, which is no ") as caught:
        deliver(f"SELECT 1 AS id, {value} AS v")

    assert shown in caught.value.message
    assert shown not in caught.value.kept or shown == "VARCHAR"
    assert server.execute("SHOW TABLES", "shop") == []


def test_a_value_is_shown_without_what_a_terminal_obeys(deliver):
    with pytest.raises(RowsRefused) as caught:
        deliver("SELECT 1 AS id, chr(27) || '[31mé' || chr(10) || chr(0) AS v")

    assert "v holds \\x1b[31mé\\n\\x00, which" in caught.value.message
    assert caught.value.message.isprintable()


def test_a_private_value_is_in_no_message(deliver):
    with pytest.raises(RowsRefused) as caught:
        deliver("SELECT 1 AS id, 's3cret' || chr(0) AS v", private=frozenset(("v",)))

    assert "s3cret" not in f"{caught.value.message} {caught.value.kept}"


@pytest.mark.parametrize(
    "value",
    [
        "'x'::BLOB",
        "'101'::BIT",
        "['x'::BLOB]",
        "['1'::JSON]",
        "{'a b': 1}",
        "{'select': 1}",
        "[{'Label': 1}]",
        "MAP {1: 2}",
        "union_value(a := 1)",
    ],
)
def test_a_type_that_is_loaded_into_none_is_refused_by_its_column(server, deliver, value):
    with pytest.raises(RowsRefused, match="column 'v' is"):
        deliver(f"SELECT 1 AS id, {value} AS v")

    assert server.execute("SHOW TABLES", "shop") == []


def test_a_reserved_word_is_no_field(deliver):
    named = [word for word in sorted(RESERVED) if not may_be_field(word)]

    assert named == sorted(RESERVED)
    assert may_be_field("amount")


@pytest.mark.parametrize("name", ["größe", "a b", "select", "a.b", 'say "hi"', "it's", "ключ"])
def test_a_column_may_have_any_name_that_starrocks_has(server, deliver, name):
    quoted = name.replace('"', '""')

    deliver(f'SELECT 1 AS id, 2 AS "{quoted}"')

    assert server.execute(f"SELECT `{name}` FROM told", "shop") == [(2,)]


@pytest.mark.parametrize("name", ["a=b", "a`b", "a,b", "__op", "a(b", " a"])
def test_a_name_that_starrocks_does_not_take_is_refused(deliver, name):
    with pytest.raises(RowsRefused, match="is no name of a column"):
        deliver(f'SELECT 1 AS id, 2 AS "{name}"')


def test_a_table_begins_with_a_column_by_which_it_can_be_sorted(server, deliver):
    deliver("SELECT 0.5::DOUBLE AS price, 'a' AS name, 1 AS id")

    columns = [row[0] for row in server.execute("DESC told", "shop")]
    assert columns == ["name", "price", "id"]
    assert server.execute("SELECT price, name, id FROM told", "shop") == [(0.5, "a", 1)]


def test_rows_without_such_a_column_are_refused(deliver):
    with pytest.raises(RowsRefused, match="no column has a type"):
        deliver("SELECT 0.5::DOUBLE AS price")
