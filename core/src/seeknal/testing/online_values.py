"""Values of each type, by which a store of feature groups shows that it changes none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

VALUES = {
    "BOOLEAN": ("true", "false"),
    "TINYINT": ("-128", "127"),
    "UTINYINT": ("0", "255"),
    "SMALLINT": ("-32768", "32767"),
    "USMALLINT": ("65535",),
    "INTEGER": ("-2147483648", "2147483647"),
    "UINTEGER": ("4294967295",),
    "BIGINT": ("-9223372036854775808", "9223372036854775807", "9007199254740993"),
    "UBIGINT": ("0", "18446744073709551615"),
    "HUGEINT": ("'99999999999999999999999999999999999999'", "-9007199254740993"),
    "DECIMAL(4,1)": ("1.5", "-999.9", "0"),
    "DECIMAL(18,3)": ("123456789012345.678",),
    "DECIMAL(38,10)": ("'1234567890123456789012345678.0123456789'", "0.1"),
    "FLOAT": ("0.1", "3.4e38", "'nan'", "'-inf'"),
    "DOUBLE": ("0.1", "1.7976931348623157e308", "5e-324", "-0.0", "'nan'", "'inf'", "'-inf'"),
    "VARCHAR": ("''", "'NULL'", "'ÄÖ, \"quoted\" and '' 𝄞 漢字'", r"'\N {} \'", "chr(10)", "'%s'"),
    "BLOB": ("'\\x00\\xFF'::BLOB", "''::BLOB"),
    "DATE": ("'2024-02-29'", "'0001-01-01'", "'9999-12-31'", "'1899-12-31'"),
    "TIMESTAMP": ("'2024-01-01 00:00:00.000001'", "'1969-12-31 23:59:59.999999'"),
    "TIMESTAMP WITH TIME ZONE": ("'2024-03-31 02:30:00.123456+05:30'", "'1900-01-01 00:00+00'"),
    "TIME": ("'23:59:59.999999'", "'00:00'"),
    "UUID": ("'550e8400-e29b-41d4-a716-446655440000'",),
    "ENUM('low', 'high ''and'' up')": ("'low'", "'high ''and'' up'"),
    "JSON": ("""'{"b":  1, "a": [1.50, null]}'""", "'null'"),
    "INTEGER[]": ("[1, NULL, 3]", "[]", "[NULL]"),
    "DOUBLE[]": ("[0.1, 'nan'::DOUBLE]",),
    "VARCHAR[]": ("['a,b', '{\"}', '', 'NULL', NULL]",),
    "DECIMAL(20,2)[]": ("[123456789012345678.25]",),
    "TIMESTAMP[]": ("['2024-01-01 00:00:00.000001'::TIMESTAMP]",),
    "TIMESTAMP WITH TIME ZONE[]": ("['2024-03-31 02:30:00.123456+05:30'::TIMESTAMPTZ, NULL]",),
    "STRUCT(t TIMESTAMP WITH TIME ZONE)": ("{'t': '1900-01-01 00:00+07'::TIMESTAMPTZ}",),
    "FLOAT[3]": ("[0.1, 0.2, 0.3]",),
    "STRUCT(a INTEGER, b VARCHAR)": ("{'a': 1, 'b': 'x \"y\"'}", "{'a': NULL, 'b': NULL}"),
    "STRUCT(d DECIMAL(30,10), h HUGEINT, t TIMESTAMP, n STRUCT(l DATE[]))": (
        "{'d': 12345678901234567890.0123456789, 'h': 99999999999999999999,"
        " 't': '2024-01-01 00:00:00.000001'::TIMESTAMP, 'n': {'l': ['2024-02-29'::DATE]}}",
    ),
    "STRUCT(a INTEGER)[]": ("[{'a': 1}, NULL, {'a': NULL}]", "[]"),
    "MAP(VARCHAR, INTEGER)": ("MAP {'b': 1, 'a': NULL}",),
}
"""Values of each type that come back as they are."""
RARE = {
    "HUGEINT": "'170141183460469231731687303715884105727'",
    "UHUGEINT": "'340282366920938463463374607431768211455'",
    "INTERVAL": "INTERVAL '14 months -3 days 25 hours 0.000001 seconds'",
    "BIT": "'0101'",
    "BIGNUM": "'123456789012345678901234567890123456789012345678901234567890'",
    "DATE": "'infinity'",
    "TIMESTAMP": "'-infinity'",
    "TIMESTAMP WITH TIME ZONE": "'infinity'",
    "TIMESTAMP_NS": "'2024-01-01 00:00:00.123456789'",
    "TIME WITH TIME ZONE": "'01:02:03+05:30'",
    "TIME": "'24:00:00'",
    "VARCHAR": "'a' || chr(0)",
    "STRUCT(a DOUBLE)": "{'a': 'nan'::DOUBLE}",
    "INTEGER[][]": "[[1], [2, 3]]",
    "TIMESTAMP[]": "['infinity'::TIMESTAMP, '20000-01-01'::TIMESTAMP]",
    "UNION(n INTEGER, t VARCHAR)": "union_value(n := 1)",
}
"""Values that may be refused, and are never changed."""
KEYS: dict[str, tuple[str, object, object]] = {
    "SMALLINT": ("7", 7, 40_000),
    "INTEGER": ("7", 7, 1 << 31),
    "BIGINT": ("9007199254740993", 9007199254740993, 9007199254740992),
    "UBIGINT": ("18446744073709551615", 18446744073709551615, -1),
    "HUGEINT": ("12345678901234567890", 12345678901234567890, 1 << 90),
    "DECIMAL(10,2)": ("1.50", Decimal("1.5"), Decimal("1.501")),
    "VARCHAR": ("'Ünïcode ''x'' 漢'", "Ünïcode 'x' 漢", "ünïcode 'x' 漢"),
    "ENUM('de', 'fr')": ("'de'", "de", "d"),
    "BOOLEAN": ("true", True, False),
    "DATE": ("'2024-02-29'", date(2024, 2, 29), date(2024, 3, 1)),
    "TIMESTAMP": (
        "'2024-01-01 00:00:00.000001'",
        datetime(2024, 1, 1, microsecond=1),
        datetime(2024, 1, 1),
    ),
    "TIMESTAMP WITH TIME ZONE": (
        "'2024-01-01 00:00:00+00'",
        datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(2024, 1, 1, 1, tzinfo=UTC),
    ),
    "UUID": ("'00000000-0000-0000-0000-0000000000ff'", UUID(int=255), UUID(int=1)),
}
"""Of each type of key one that is there, as DuckDB reads it and in Python, and one that is not."""
