"""Types and what queries make of them: values of each, and expressions that tell types apart."""

_MOST = "170141183460469231731687303715884105727::HUGEINT"
_MOST_UNSIGNED = "340282366920938463463374607431768211455::UHUGEINT"
_UNION = "UNION(n INTEGER, s VARCHAR)"

TYPES = {
    "TINYINT": ("1::TINYINT", "(-128)::TINYINT"),
    "UTINYINT": ("255::UTINYINT", "0::UTINYINT"),
    "SMALLINT": ("1::SMALLINT",),
    "USMALLINT": ("65535::USMALLINT",),
    "INTEGER": ("25", "1", "-7"),
    "UINTEGER": ("25::UINTEGER", "4294967295::UINTEGER"),
    "BIGINT": ("25::BIGINT", "9007199254740993::BIGINT"),
    "UBIGINT": ("25::UBIGINT", "18446744073709551615::UBIGINT"),
    "HUGEINT": ("25::HUGEINT", "-7::HUGEINT", "9007199254740993::HUGEINT"),
    "HUGEINT of 39 digits": (_MOST, "25::HUGEINT", f"-{_MOST} - 1"),
    "UHUGEINT": ("25::UHUGEINT", "0::UHUGEINT"),
    "UHUGEINT of 39 digits": (_MOST_UNSIGNED, "25::UHUGEINT"),
    "BIGNUM": ("'25'::BIGNUM", "'-123456789012345678901234567890123456789012345'::BIGNUM"),
    "DECIMAL(38,0)": ("25::DECIMAL(38,0)", "-7::DECIMAL(38,0)"),
    "DECIMAL(4,1)": ("2.5::DECIMAL(4,1)", "-0.1::DECIMAL(4,1)"),
    "FLOAT": ("0.1::FLOAT", "'-0.0'::FLOAT", "'nan'::FLOAT", "'infinity'::FLOAT"),
    "DOUBLE": ("0.1::DOUBLE", "'-0.0'::DOUBLE", "'nan'::DOUBLE", "'-infinity'::DOUBLE"),
    "BOOLEAN": ("true", "false"),
    "VARCHAR": ("'b'", "'a'", "''", "'25'"),
    "BLOB": (r"'\x00\xFF'::BLOB", "''::BLOB"),
    "BIT": ("'00010101'::BIT", "'0'::BIT", "'10101'::BIT"),
    "UUID": ("'018f0000-0000-7000-8000-000000000000'::UUID",),
    "JSON": ("""'{"a": 1}'::JSON""", "'null'::JSON", "'25'::JSON"),
    "ENUM": ("'b'::ENUM('b', 'a', 'it''s, (x)')", "'a'::ENUM('b', 'a', 'it''s, (x)')"),
    "ENUM of other order": ("'b'::ENUM('a', 'b')", "'a'::ENUM('a', 'b')"),
    "DATE": ("DATE '2024-02-29'", "DATE 'infinity'", "DATE '-infinity'", "DATE '5881580-07-10'"),
    "TIME": ("TIME '12:00:00.5'", "TIME '24:00:00'"),
    "TIME_NS": ("TIME_NS '01:02:03.123456789'",),
    "TIMETZ": ("TIMETZ '12:00:00.5-11:30'", "TIMETZ '23:30:00.5+00'", "TIMETZ '12:00:00.5+01'"),
    "TIMESTAMP": ("TIMESTAMP '2024-01-01 00:00:00'", "TIMESTAMP 'infinity'"),
    "TIMESTAMP_S": ("TIMESTAMP_S '2024-01-01 00:00:00'", "TIMESTAMP_S 'infinity'"),
    "TIMESTAMP_MS": ("TIMESTAMP_MS '2024-01-01 00:00:00.123'", "TIMESTAMP_MS '-infinity'"),
    "TIMESTAMP_NS": ("TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "TIMESTAMP_NS 'infinity'"),
    "TIMESTAMPTZ": ("TIMESTAMPTZ '2024-01-01 00:00:00+02'", "TIMESTAMPTZ 'infinity'"),
    "INTERVAL": (
        "INTERVAL '14 months -3 days 4 hours'",
        "INTERVAL '1 month'",
        "INTERVAL '30 days'",
        "INTERVAL '-1 microsecond'",
        "to_microseconds(-9223372036854775808)",
    ),
    "LIST": ("[3, 1]", "[]::INTEGER[]", "[NULL]::INTEGER[]"),
    "ARRAY": ("[3, 1]::FLOAT[2]", "[1, 3]::FLOAT[2]"),
    "ARRAY of ARRAY": ("[[3], [1]]::INTEGER[1][2]",),
    "MAP": ("MAP {'b': 1, 'a': 2}", "MAP {}::MAP(VARCHAR, INTEGER)"),
    "STRUCT": ("""{'a': 3, 'B c"''': 'x'}""", """{'a': NULL::INTEGER, 'B c"''': NULL::VARCHAR}"""),
    "unnamed STRUCT": ("row(3, 'x')", "row(1, 'y')"),
    "UNION": (
        f"union_value(n := 3)::{_UNION}",
        f"union_value(s := '3')::{_UNION}",
        f"union_value(s := NULL::VARCHAR)::{_UNION}",
    ),
    "UNION of special types": (
        'union_value("TAG" := 3::HUGEINT)::UNION("TAG" HUGEINT, "a b" TIMETZ[])',
        """union_value("a b" := ['01:00:00+02'::TIMETZ])::UNION("TAG" HUGEINT, "a b" TIMETZ[])""",
    ),
    "LIST of HUGEINT": ("[25::HUGEINT, NULL]", "[]::HUGEINT[]"),
    "LIST of HUGEINT of 39 digits": (f"[{_MOST}]",),
    "LIST of INTERVAL": ("[INTERVAL '-1 month 3 days', to_microseconds(9223372036854775807)]",),
    "LIST of UNION": (
        f"[union_value(n := 3)::{_UNION}, NULL]",
        f"[union_value(s := '3')::{_UNION}]",
    ),
    "ARRAY of UNION": (f"[union_value(n := 3)::{_UNION}]::{_UNION}[1]",),
    "MAP of special types": (
        "MAP {'b'::ENUM('b', 'a'): 25::HUGEINT, 'a'::ENUM('b', 'a'): NULL}",
        "MAP {}::MAP(ENUM('b', 'a'), HUGEINT)",
    ),
    "MAP of UNION": (f"MAP {{INTERVAL '1 month': union_value(s := 'x')::{_UNION}}}",),
    "STRUCT of special types": (
        "{'HUGEINT': 25::HUGEINT, 'ENUM(''a'')': 'b'::ENUM('b', 'a'), 'u': "
        f"union_value(n := 3)::{_UNION}, 'i': INTERVAL '1 month', 't': TIMETZ '12:00:00+02',"
        " 'f': [3, 1]::FLOAT[2], 'b': '0101'::BIT, 's': TIMESTAMP_S '2024-01-01', 'j': '{}'::JSON}",
    ),
    "unnamed STRUCT of UNION": (f"row(union_value(n := 3)::{_UNION}, '01'::BIT)",),
    "STRUCT of unnamed STRUCT": ("{'a': row(1, [row('b'::ENUM('b', 'a'))])}",),
    "GEOMETRY": ("'POINT(1.1 2)'::GEOMETRY", "'LINESTRING(0 0, 1 1)'::GEOMETRY"),
    "LIST of GEOMETRY": ("['POINT(1.1 2)'::GEOMETRY]",),
    "VARIANT": ("'x'::VARIANT", "{'a': 1}::VARIANT", "1.5::DOUBLE::VARIANT"),
}

READERS = (
    "typeof(v)",
    "v::VARCHAR",
    "v || ''",
    "v || v",
    "v // 2",
    "v + 1",
    "v - v",
    "v * 0.5",
    "-v",
    "max(v)",
    "min(v)",
    "sum(v)",
    "avg(v)",
    "any_value(typeof(v))",
    "count(DISTINCT v)",
    "list(v ORDER BY v)",
    "list_sort(list(v))",
    "arg_max(v, id)",
    "v > (SELECT min(v) FROM t)",
    "v = v",
    "v::VARCHAR::BLOB",
    "to_json(v)",
    "hash(v)",
    "row_number() OVER (ORDER BY v, hash(v::VARCHAR))",
    "length(v)",
    "len(v)",
    "upper(v)",
    "list_sum(v)",
    "list_sort(v)",
    "array_length(v)",
    "array_inner_product(v, v)",
    "v[1]",
    "v.a",
    "v.n",
    "v.s",
    "union_tag(v)",
    "enum_code(v)",
    "enum_range(v)",
    "map_keys(v)",
    "bit_count(v)",
    "~v",
    "date_part('year', v)",
    "date_part('month', v)",
    "date_part('timezone', v)",
    "extract(epoch FROM v)",
    "epoch_ns(v)",
    "date_trunc('day', v)",
    "v + INTERVAL '1 day'",
    "strftime(v, '%Y-%f')",
    "isinf(v)",
    "signbit(v)",
    "bit_length(v)",
    "json_type(v)",
    "unnest(v)",
    "variant_typeof(v)",
    "struct_extract_at(v, 1)",
    "create_sort_key(v, 'ASC NULLS LAST')",
)
"""What a query may do with a column ``v`` of ``t``. Most mean something for some types only."""
OF_VARIANT = ("typeof(v)", "v::VARCHAR", "variant_typeof(v)", "to_json(v)", "max(v)", "v = v")
"""Others, such as list_sort, end the process in DuckDB 1.5, also over a table."""


def query_of(name):
    """The query whose column ``v`` has the values of a type and, last, NULL."""
    values = TYPES[name]
    rows = [f"SELECT {number} AS id, {value} AS v" for number, value in enumerate(values)]
    # Of the same type, which DuckDB 1.5 has no name for if it is a struct without names.
    rows.append(f"SELECT {len(values)}, CASE WHEN 1 = 0 THEN {values[0]} END")
    return " UNION ALL ".join(rows)


def answer(duck, sql):
    """What a query gives, with every type; or that it is refused."""
    import duckdb

    try:
        found = duck.sql(sql)
        names = ", ".join(f'typeof("{name}"), "{name}"::VARCHAR' for name in found.columns)
        return sorted(map(str, duck.sql(f"SELECT {names} FROM ({sql})").fetchall()))
    except duckdb.Error as error:
        return f"refused: {type(error).__name__}"


def _cast(expression, *types):
    return {type: f"({expression})::{type}" for type in types}


_MADE = "union_value(n := 25)::UNION(n INTEGER, s VARCHAR)"
ALIKE = [
    _cast("25", "HUGEINT", "UHUGEINT", "DECIMAL(38,0)", "BIGNUM", "VARCHAR", "DOUBLE", "BIGINT"),
    _cast("'0101'", "BIT", "VARCHAR", "BIGNUM", "ENUM('0101', '2')"),
    _cast("'a'", "VARCHAR", "ENUM('b', 'a')", "ENUM('a', 'b')", "ENUM('a')"),
    _cast("'1 month'", "INTERVAL"),
    _cast("'1 month'::INTERVAL::VARCHAR", "VARCHAR", "INTERVAL"),
    _cast("'12:00:00.5-11:30'", "TIMETZ", "VARCHAR"),
    _cast("'01:02:03.123456789'", "TIME_NS", "VARCHAR"),
    _cast("'2024-01-01 00:00:01'", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    _cast("[3, 1]", "FLOAT[]", "FLOAT[2]", "DOUBLE[]"),
    _cast("['25']", "HUGEINT[]", "DECIMAL(38,0)[]", "VARCHAR[]", "UHUGEINT[]", "BIGNUM[]"),
    _cast("['1 month'::INTERVAL::VARCHAR]", "VARCHAR[]", "INTERVAL[]"),
    _cast("['12:00:00.5-11:30']", "TIMETZ[]", "VARCHAR[]"),
    _cast("['0101']", "BIT[]", "VARCHAR[]", "BIT[1]", "ENUM('0101')[]", "BIGNUM[]"),
    _cast("{'a': '25'}", *(f"STRUCT(a {kind})" for kind in ("HUGEINT", "VARCHAR", "BIGNUM"))),
    _cast("MAP {'a': '25'}", "MAP(ENUM('a'), HUGEINT)", "MAP(VARCHAR, DECIMAL(38,0))"),
    {
        "UNION": _MADE,
        "another UNION": "union_value(n := 25)::UNION(n INTEGER, t VARCHAR)",
        "STRUCT": "{'tag': 0::UTINYINT, 'n': 25::INTEGER, 's': NULL::VARCHAR}",
    },
    {
        "a list of UNION": f"[{_MADE}]",
        "a list of STRUCT": "[{'tag': 0::UTINYINT, 'n': 25::INTEGER, 's': NULL::VARCHAR}]",
    },
    {
        "unnamed": "row(1, 'x')",
        "named": "{'element1': 1, 'element2': 'x'}",
        "named empty": "{'a': 1, 'b': 'x'}",
    },
    _cast("'POINT(1 2)'", "GEOMETRY", "GEOMETRY('OGC:CRS84')", "VARCHAR"),
    {"GEOMETRY[]": "['POINT(1 2)'::GEOMETRY]", "BLOB[]": "[ST_AsWKB('POINT(1 2)'::GEOMETRY)]"},
]
"""Values that are stored, or written, alike, though their types differ."""


def pairs():
    """A value of one type and the like of another."""
    return [
        (values[one], values[other])
        for values in ALIKE
        for one in values
        for other in values
        if one != other
    ]
