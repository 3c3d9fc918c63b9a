"""Every type of StarRocks' is read as it is, or refused by name."""

import datetime as dt
import logging
from decimal import Decimal

import duckdb
import pytest

from seeknal.values.errors import NodeError

# A column's type: its type in DuckDB, and values as they are held and as they arrive.
TYPES = {
    "BOOLEAN": ("BOOLEAN", [True, False]),
    "TINYINT": ("TINYINT", [-128, 5]),
    "SMALLINT": ("SMALLINT", [-32768]),
    "INT": ("INTEGER", [-(2**31)]),
    "BIGINT": ("BIGINT", [-(2**63), 2**63 - 1]),
    "LARGEINT": ("HUGEINT", [-(2**127), 2**127 - 1]),
    "FLOAT": ("FLOAT", [16777216.0, 0.10000000149011612, 1.1754943508222875e-38]),
    "DOUBLE": ("DOUBLE", [0.1, -1.7976931348623157e308, 5e-324]),
    "DECIMAL(38, 10)": ("DECIMAL(38,10)", [Decimal("-1234567890123456789012345678.0123456789")]),
    "DECIMAL(9, 0)": ("DECIMAL(9,0)", [Decimal(123456789)]),
    "DATE": ("DATE", [dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    "DATETIME": ("TIMESTAMP", [dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime(1, 1, 1)]),
    "CHAR(5)": ("VARCHAR", ["ab", ""]),
    "VARCHAR(60)": ("VARCHAR", ["é€😀", "\\N", "NULL", "a\tb\nc\0d"]),
    "STRING": ("VARCHAR", ["x" * 250, "x" * 251, "x" * 70_000]),
    "VARBINARY": ("BLOB", [b"\x00\xff\x80", b""]),
    "JSON": ("JSON", ['{"a": [1, "x\\"y"]}', "null"]),
    "ARRAY<INT>": ("INTEGER[]", [[1, None, 3], []]),
    "ARRAY<VARCHAR(20)>": ("VARCHAR[]", [['a"b', "c\\d", "e,]f", "null", "é", "", None]]),
    "ARRAY<BOOLEAN>": ("BOOLEAN[]", [[True, False, None]]),
    "ARRAY<DECIMAL(10, 2)>": ("DECIMAL(10,2)[]", [[Decimal("1.50"), None]]),
    "ARRAY<DATETIME>": ("TIMESTAMP[]", [[dt.datetime(2024, 1, 2, 3, 4, 5, 6)]]),
    "ARRAY<DATE>": ("DATE[]", [[dt.date(2024, 1, 2)]]),
    "ARRAY<LARGEINT>": ("HUGEINT[]", [[2**127 - 1]]),
    "ARRAY<DOUBLE>": ("DOUBLE[]", [[0.1, 1e300]]),
    "ARRAY<ARRAY<INT>>": ("INTEGER[][]", [[[1], [], None, [None]]]),
    "ARRAY<JSON>": ("JSON[]", [['{"a": "it\'s"}', None]]),
    "MAP<INT, VARCHAR(9)>": ("MAP(INTEGER, VARCHAR)", [{1: "x", 2: None}, {}]),
    "MAP<VARCHAR(9), ARRAY<INT>>": ("MAP(VARCHAR, INTEGER[])", [{"a:b": [1]}]),
    "MAP<DATE, INT>": ("MAP(DATE, INTEGER)", [{dt.date(2024, 1, 2): 1}]),
    "STRUCT<x INT, y VARCHAR(9)>": (
        "STRUCT(x INTEGER, y VARCHAR)",
        [{"x": 1, "y": "a}"}, {"x": None, "y": None}],
    ),
    "STRUCT<a STRUCT<b ARRAY<MAP<INT, INT>>>, cd DATE>": (
        "STRUCT(a STRUCT(b MAP(INTEGER, INTEGER)[]), cd DATE)",
        [{"a": {"b": [{1: 2}, {1: None}]}, "cd": dt.date(2024, 1, 2)}],
    ),
}


@pytest.fixture
def table(server):
    """Makes a table ``lake.raw.t`` with a column ``v`` of a type."""
    server.add_catalog("lake")

    def make(type, *values):
        server.add_table("lake.raw.t", {"v": type}, [(value,) for value in values])
        return server

    return make


@pytest.mark.parametrize("type", TYPES)
def test_a_type_is_read_as_it_is(type, table, ask):
    expected, values = TYPES[type]
    server = table(type, *values, None)

    columns, rows = ask(server, "lake.raw.t")

    assert columns == [("v", expected)]
    assert rows == [(value,) for value in values] + [(None,)]


TOLD = [type for type in TYPES if "<" in type or type in ("LARGEINT", "JSON")]
PLAIN = [type for type in TYPES if type not in TOLD]


def test_types_that_the_wire_tells_are_the_same_in_a_query(server, ask):
    columns = {f"c{at}": type for at, type in enumerate(PLAIN)}
    row = tuple(TYPES[type][1][0] for type in PLAIN)
    server.add_catalog("lake")
    server.add_table("lake.raw.t", columns, [row])

    found, rows = ask(server, f"SELECT {', '.join(columns)} FROM lake.raw.t")

    assert found == [(name, TYPES[type][0]) for name, type in columns.items()]
    assert rows == [row]


@pytest.mark.parametrize("type", TOLD)
def test_a_type_that_a_query_does_not_tell_is_text_until_it_is_declared(type, table, ask, caplog):
    expected, values = TYPES[type]
    server = table(type, *values, None)
    caplog.set_level(logging.INFO)

    plain = ask(server, "SELECT v FROM lake.raw.t")
    declared = ask(server, "SELECT v FROM lake.raw.t", columns={"v": expected})

    assert plain[0] == [("v", "VARCHAR")]
    assert caplog.messages[0].startswith("read as text, unless columns: gives a type: v (")
    assert declared == ([("v", expected)], [(value,) for value in values] + [(None,)])


CHANGED = {
    ("ARRAY<DECIMAL(10, 2)>", "INTEGER[]"): [Decimal("1.50")],
    ("MAP<DATE, DECIMAL(20, 5)>", "MAP(DATE, INTEGER)"): {dt.date(2024, 1, 2): Decimal("1.5")},
    ("ARRAY<DATETIME>", "DATE[]"): [dt.datetime(2024, 1, 2, 3, 4, 5)],
    ("ARRAY<DATETIME>", "TIME[]"): [dt.datetime(2024, 1, 2, 3, 4, 5)],
    ("ARRAY<DOUBLE>", "FLOAT[]"): [1e300],
    ("ARRAY<DOUBLE>", "INTEGER[]"): [1e300],
    ("ARRAY<INT>", "BOOLEAN[]"): [3],
    ("STRUCT<x ARRAY<DOUBLE>>", "STRUCT(x INTEGER[])"): {"x": [1.5]},
    ("JSON", "INTEGER[]"): "[1, 1.5]",
    ("JSON", "INTEGER"): "1.5",
    ("JSON", "STRUCT(a INTEGER)"): '{"a": 1, "b": 2}',
    ("DATETIME", "TIME"): dt.datetime(2024, 1, 2, 3, 4, 5),
}


@pytest.mark.parametrize(("type", "declared"), CHANGED)
def test_a_value_that_a_declared_type_would_change_stops_the_reading(type, declared, table, ask):
    server = table(type, CHANGED[type, declared])

    with pytest.raises(duckdb.Error, match=r"column 'v' holds .*, which .* does not hold"):
        ask(server, "lake.raw.t", columns={"v": declared})


@pytest.mark.parametrize(
    ("type", "declared", "value"),
    [
        ("ARRAY<DECIMAL(10, 2)>", "INTEGER[]", [1, None]),
        ("MAP<DATE, DECIMAL(20, 5)>", "MAP(DATE, INTEGER)", {dt.date(2024, 1, 2): 1}),
        ("STRUCT<x INT, y ARRAY<INT>>", "STRUCT(x BIGINT, y VARCHAR[])", {"x": 1, "y": ["2"]}),
        ("ARRAY<DATETIME>", "DATE[]", [dt.date(2024, 1, 2)]),
    ],
)
def test_values_that_are_in_others_are_read_as_declared(type, declared, value, table, ask):
    held = {"ARRAY<DATETIME>": [dt.datetime(2024, 1, 2)]}.get(type, value)
    server = table(type, held, None)

    columns, rows = ask(server, "lake.raw.t", columns={"v": declared})

    assert columns == [("v", declared)]
    assert rows == [(value,), (None,)]


@pytest.mark.parametrize(
    ("type", "declared", "value"),
    [
        ("STRUCT<x INT, y INT>", "STRUCT(x INTEGER)", {"x": 1, "y": 2}),
        ("STRUCT<x INT, y INT>", "STRUCT(z INTEGER, y INTEGER)", {"x": 1, "y": 2}),
        ("ARRAY<INT>", "MAP(INTEGER, INTEGER)", [1]),
        ("ARRAY<INT>", "INTEGER[2]", [1]),
    ],
)
def test_a_value_of_another_form_is_not_said_to_be_the_servers_fault(
    type, declared, value, table, ask
):
    server = table(type, value)

    with pytest.raises(NodeError, match="column 'v' has a value that is no ") as refused:
        ask(server, "lake.raw.t", columns={"v": declared})

    assert refused.value.code == "SK1914"
    assert refused.value.help == "columns: {v: VARCHAR} shows what it is"


def test_the_largest_largeint_of_a_table_is_refused_with_what_reads_it(seeknal_project, servers):
    server = servers()
    server.execute("CREATE TABLE t (al LARGEINT)", "shop")
    server.execute(f"INSERT INTO t VALUES ({2**127 - 1})", "shop")
    place = f"host: 127.0.0.1, port: {server.port}, user: root, database: shop"
    source = "kind: source\nname: t\nsource: starrocks\nconnection: dwh\ntable: t\n"
    made = seeknal_project(
        {
            "profiles.yml": f"connections:\n  dwh: {{type: starrocks, {place}}}\n",
            "seeknal/t.yml": source,
        }
    )

    refused = made.run("run")
    made.write({"seeknal/t.yml": f"{source}columns: {{al: VARCHAR}}\n"})
    read = made.run("run")

    assert "columns: {al: VARCHAR}" in refused.stdout + refused.stderr
    read.assert_ok()
    assert made.rows("source.t") == [(str(2**127 - 1),)]


@pytest.mark.parametrize(
    ("type", "help"),
    [
        ("BITMAP", "bitmap_to_string(`v`)"),
        ("HLL", "hll_cardinality(`v`)"),
        ("PERCENTILE", "percentile_approx_raw(`v`, 0.5)"),
    ],
)
def test_a_type_without_values_is_refused_with_what_to_read_of_it(type, help, table, ask):
    server = table(type)

    with pytest.raises(NodeError, match=f"column 'v' has {type}") as refused:
        ask(server, "lake.raw.t")

    assert refused.value.code == "SK1911"
    assert refused.value.help.endswith(help)
