"""JSON values arrive as the file has them, as declared, or with an error that says where."""

import datetime as dt
import gzip
import json
import uuid
from decimal import Decimal

import pytest

from seeknal.builtin import jsonprobe, jsonrows
from seeknal.builtin.jsonnumerals import reads_decimals
from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

EXACT = reads_decimals()
"""Whether this DuckDB reads decimals of more digits than a double has; else they are refused."""
LONG = [("1.5", "1234567890123456789.12", "DECIMAL(38,2)", Decimal("1234567890123456789.12"))]
LONG = LONG if EXACT else []


def lines(*records):
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)


def first(files, content, **more):
    """Type and values of the only column."""
    files.write("a.json", content)
    relation = files.relation(files.source("json", "a.json", **more))
    return str(relation.types[0]), [row[0] for row in relation.fetchall()]


def refusal(files, content, **more):
    files.write("a.json", content)
    with pytest.raises(NodeError) as caught:
        files.read("json", "a.json", **more)
    return caught.value


@pytest.mark.parametrize("early", [1, 2_100])
@pytest.mark.parametrize(
    ("usual", "late", "type", "value"),
    [
        ("1", "3.75", "DOUBLE", 3.75),
        ("1", '"x"', "JSON", '"x"'),
        ("1", "true", "JSON", "true"),
        ("true", "1", "JSON", "1"),
        ("1.5", "9007199254740993", "DECIMAL(38,1)", Decimal("9007199254740993")),
        ("1", "123456789012345678901234567890", "HUGEINT", 123456789012345678901234567890),
        ("1", "1" * 39, "JSON", "1" * 39),
        *LONG,
        ('"2024-01-01"', '"2024-1-2"', "VARCHAR", "2024-1-2"),
        ('"2024-01-01"', '"2024-01-01 10:00:00"', "VARCHAR", "2024-01-01 10:00:00"),
        ('"2024-01-01T10:00:00"', '"2024-01-01 10:00:00"', "VARCHAR", "2024-01-01 10:00:00"),
        (
            '"2024-01-01T10:00:00Z"',
            '"2024-01-01T10:00:00+02:00"',
            "VARCHAR",
            "2024-01-01T10:00:00+02:00",
        ),
        (
            '"bbd05ae7-0000-4000-8000-abcdef012345"',
            '"BBD05AE7-0000-4000-8000-ABCDEF012345"',
            "VARCHAR",
            "BBD05AE7-0000-4000-8000-ABCDEF012345",
        ),
        ("null", "7", "BIGINT", 7),
        ("[]", "[7]", "BIGINT[]", [7]),
        ('{"b": 1}', '{"b": 1, "c": 2}', "STRUCT(b BIGINT, c BIGINT)", {"b": 1, "c": 2}),
        ('{"b": 1}', "[1]", "JSON", "[1]"),
    ],
)
def test_a_late_value_counts_as_much_as_an_early_one(
    files, monkeypatch, early, usual, late, type, value
):
    monkeypatch.setattr(jsonprobe, "SMALL", 0)
    content = f'{{"a": {usual}}}\n' * early + f'{{"a": {late}}}\n'

    found, values = first(files, content)

    assert (found, values[-1], len(values)) == (type, value, early + 1)


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("2024-01-01", "DATE", dt.date(2024, 1, 1)),
        ("2024-01-01T10:00:00", "TIMESTAMP", dt.datetime(2024, 1, 1, 10)),
        ("25-11-2025", "VARCHAR", "25-11-2025"),
        ("infinity", "VARCHAR", "infinity"),
        ("12:30", "VARCHAR", "12:30"),
        ("10:00:00", "TIME", dt.time(10)),
        ("2024-01-01T24:00:00", "VARCHAR", "2024-01-01T24:00:00"),
        ("0042", "VARCHAR", "0042"),
        (str(uuid.UUID(int=7)), "UUID", uuid.UUID(int=7)),
    ],
)
def test_text_that_reads_like_something_else_is_that_only_when_it_can_be_had_back(
    files, text, type, value
):
    assert first(files, lines({"a": text})) == (type, [value])


def test_times_in_utc_are_the_same_moments(files):
    kind, (value,) = first(files, lines({"a": "2024-01-01T10:00:00Z"}))

    # Before 2.0, DuckDB leaves them as text.
    moment = value if kind == "TIMESTAMP WITH TIME ZONE" else dt.datetime.fromisoformat(value)
    assert moment.astimezone(dt.UTC) == dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)


def test_maps_keep_their_numbers(files):
    record = {"o": {f"k{n}": 1.5 if n == 0 else 9007199254740993 for n in range(200)}}

    kind, values = first(files, lines(record, record))

    assert kind == "MAP(VARCHAR, DECIMAL(38,1))"
    assert values[0]["k1"] == 9007199254740993


def test_a_number_that_no_type_holds_names_line_and_column(files):
    found = refusal(files, '{"a": 1.5}\n{"a": [{"b": 0.1}]}\n{"a": 1.00000000000000000001}\n')

    assert found.code == "SK0782"
    assert found.message.startswith("a.json, line 3, column 'a': 1.00000000000000000001 ")


def test_a_number_with_17_digits_is_the_double_that_it_writes(files):
    assert first(files, '{"a": 0.10000000000000001}\n') == ("DOUBLE", [0.1])


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("DECIMAL(30,2)", "1234567890123456789", Decimal("1234567890123456789")),
        ("DECIMAL(30,2)", '"0.10"', Decimal("0.10")),
        ("HUGEINT", "170141183460469231731687303715884105", 170141183460469231731687303715884105),
        ("BIGINT", "9007199254740993", 9007199254740993),
        ("BIGINT", '"12"', 12),
        ("BIGINT", "2.0", 2),
        ("VARCHAR", '"25-11-2025"', "25-11-2025"),
        ("VARCHAR", '{"b": [1, 2]}', '{"b":[1,2]}'),
        ("DOUBLE", "1.00000000000000000001", 1.0),
        ("DATE", '"2024-01-02"', dt.date(2024, 1, 2)),
        ("TIMESTAMP", '"2024-01-02T03:04:05.5"', dt.datetime(2024, 1, 2, 3, 4, 5, 500000)),
        ("TIME", '"03:04:05"', dt.time(3, 4, 5)),
        ("INTERVAL", '"3 days"', dt.timedelta(days=3)),
        ("BLOB", r'"a\\xFF"', b"a\xff"),
        ("INTEGER[2]", "[1, 2]", (1, 2)),
        ("STRUCT(amt DECIMAL(30,2), d TIME)", '{"amt": 1.5}', {"amt": Decimal("1.50"), "d": None}),
        ("STRUCT(AMT BIGINT)", '{"amt": 7}', {"amt": 7}),
        ("MAP(VARCHAR, DECIMAL(9,1))", '{"x": 1.5}', {"x": Decimal("1.5")}),
        ("DECIMAL(20,1)[]", "[1.5, 2]", [Decimal("1.5"), Decimal("2.0")]),
    ],
)
def test_declared_types_are_read_as_declared(files, type, text, value):
    assert first(files, f'{{"a": {text}}}\n', columns={"a": type})[1] == [value]


@pytest.mark.parametrize(
    ("type", "text", "shown"),
    [
        ("BIGINT", "1.5", "1.5"),
        ("BIGINT", '"abc"', '"abc"'),
        ("BIGINT", "true", "true"),
        ("TINYINT", "300", "300"),
        ("DECIMAL(9,2)", "1.005", "1.005"),
        ("DECIMAL(9,2)", "1.0000000000000000005", "1.0000000000000000005"),
        ("DECIMAL(4,2)", "123", "123"),
        ("DATE", '"2024-01-01T10:00:00"', '"2024-01-01T10:00:00"'),
        ("DATE", '"2024-02-30"', '"2024-02-30"'),
        ("TIMESTAMP", '"2024-01-01T10:00:00+02:00"', '"2024-01-01T10:00:00+02:00"'),
        ("TIMESTAMP", '"2024-01-01T10:00:00.1234567"', '"2024-01-01T10:00:00.1234567"'),
        ("BOOLEAN", '"maybe"', '"maybe"'),
        ("DOUBLE", '"x"', '"x"'),
        ("UUID", '"x"', '"x"'),
        ("TIME", '"25:00"', '"25:00"'),
        ("VARCHAR", "1.00000000000000000001", "1.00000000000000000001"),
    ],
)
def test_a_value_that_does_not_fit_its_declared_type_is_named(files, type, text, shown):
    found = refusal(files, f'{{"a": null}}\n\n{{"a": {text}}}\n', columns={"a": type})

    assert found.code in ("SK0782", "SK0783")
    assert found.message.startswith(f"a.json, line 3, column 'a': {shown} ")
    assert type in found.message


def test_a_wrong_value_deep_inside_is_named_too(files):
    content = '{"a": {"b": [{"c": 1}, {"c": "x"}]}}'

    found = refusal(files, content, columns={"a": "STRUCT(b STRUCT(c BIGINT)[])"})

    assert "line 1, column 'a.b[].c': \"x\" is no BIGINT" in found.message


def test_a_long_decimal_is_exact_or_refused(files):
    content = '{"a": 1234567890123456789.12}\n'
    if not EXACT:
        assert refusal(files, content, columns={"a": "DECIMAL(30,2)"}).code == "SK0782"
        return

    found = first(files, content, columns={"a": "DECIMAL(30,2)"})

    assert found == ("DECIMAL(30,2)", [Decimal("1234567890123456789.12")])


def test_declared_columns_of_records_are_read_as_declared(files):
    content = '{"d": {"items": [{"x": 1234567890123456789, "id": 1}, {"x": 0.1, "id": 2}]}}'
    files.write("a.json", content)

    found = files.read("json", "a.json", records="d.items", columns={"X": "DECIMAL(30,2)"})

    assert found[1] == [(Decimal("1234567890123456789"), 1), (Decimal("0.10"), 2)]


def test_an_empty_list_of_records_is_no_rows(files):
    files.write("a.json", '{"data": {"items": []}}')

    declared = files.read("json", "a.json", records="data.items", columns={"id": "BIGINT"})
    plain = files.read("json", "a.json", records="data.items")

    assert declared == (["id"], [])
    assert plain[1] == []


def test_a_list_behind_a_byte_order_mark_is_read(files):
    files.write("a.json", b'\xef\xbb\xbf[{"a": 1}, {"a": 2}]')

    assert files.read("json", "a.json") == (["a"], [(1,), (2,)])


def test_keys_that_differ_by_case_are_columns_of_their_own(files):
    files.write("a.json", '{"a": 1, "A": 1.5}\n{"A": 9007199254740993}\n')

    names, rows = files.read("json", "a.json")

    assert names == ["a", "A_1"]
    assert rows == [(1, Decimal("1.5")), (None, Decimal("9007199254740993"))]


def test_keys_that_differ_by_case_inside_an_object_say_what_to_do(files):
    content = '{"o": {"a": 1, "A": 2}}\n'

    found = refusal(files, content)

    assert found.code == "SK0781"
    assert first(files, content, maximum_depth=1)[1] == ['{"a":1,"A":2}']


def test_a_key_that_is_there_twice_names_the_line(files):
    found = refusal(files, '{"a": 1}\n{"a": 1, "a": 2}\n')

    assert "line 2" in found.message
    assert "duplicate" in found.message


def test_messages_fit_a_screen(files):
    found = refusal(files, '{"a": 1, "a": "' + "x" * 100_000 + '"}\n')

    assert len(found.message) < 500


def test_a_long_value_is_read_or_the_option_is_named(files, monkeypatch):
    long = "x" * 36_000_000
    content = lines({"a": "b"}) * 50 + lines({"a": long})

    assert first(files, content)[1][-1] == long
    monkeypatch.setattr(jsonrows, "_SIZES", (None,))
    found = refusal(files, content)
    assert found.code == "SK0780"
    assert "maximum_object_size" in found.help
    assert len(found.message) < 200


def test_lines_that_are_no_json_are_counted_where_that_is_allowed(files):
    files.write("a.jsonl", '{"a": 1}\n{"a": x}\n{"a": 2}\n')

    assert files.read("jsonl", "a.jsonl", ignore_errors=True)[1] == [(1,), (None,), (2,)]
    assert files.warnings == ["1 line that is no JSON: NULL in each column"]


def test_records_that_are_no_objects_are_one_column(files):
    assert first(files, "[1, 1.5, 9007199254740993]") == (
        "DECIMAL(38,1)",
        [Decimal(1), Decimal("1.5"), Decimal(9007199254740993)],
    )
    assert first(files, '1\n"x"\n')[1] == ["1", '"x"']


def test_a_key_called_json_is_a_key(files):
    files.write("a.json", '{"json": {"b": 1}}\n{"json": {"b": 2.5}}\n')

    assert files.read("json", "a.json") == (["json"], [({"b": 1.0},), ({"b": 2.5},)])


def test_tokens_that_are_no_json_numbers_stay_what_they_mean(files):
    kind, values = first(files, '{"a": NaN}\n{"a": -Infinity}\n{"a": 1}\n')

    assert kind == "DOUBLE"
    assert [str(value) for value in values] == ["nan", "-inf", "1.0"]


def test_folders_keep_their_zeros_and_their_declared_types(files):
    files.write("d/code=007/a.json", '{"a": 1}\n')

    plain = files.read("json", "d/code=*/a.json")
    declared = files.read("json", "d/code=*/a.json", columns={"code": "INTEGER", "a": "VARCHAR"})

    assert plain == (["a", "code"], [(1, "007")])
    assert declared == (["a", "code"], [("1", 7)])


@pytest.mark.parametrize("depth", [3, 30])
def test_what_is_nested_deeply_keeps_its_values(files, depth):
    content = '{"a":' * depth + "[1.5, 9007199254740993]" + "}" * depth

    _, (value,) = first(files, content)

    for _ in range(depth - 1):
        value = value["a"]
    assert value == [Decimal("1.5"), Decimal(9007199254740993)]


def test_what_is_nested_too_deeply_is_refused(files):
    found = refusal(files, '{"a":' * 300 + "1" + "}" * 300)

    assert "deep" in found.message or "depth" in found.message


LINE = '{"a": 1}\n'
NO_JSON = '{"a":\n'


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (NO_JSON + LINE, 1),
        (LINE + NO_JSON + LINE, 2),
        (LINE + "\n\n" + NO_JSON + LINE, 4),
        (LINE + '{"a": 2', 2),
        (LINE * 5_000 + NO_JSON + LINE, 5_001),
        ("[" + '{"a": 1},\n' * 400 + '{"a": }]', 401),
        ("[\n\n" + '{"a": 1},\n' * 2 + '{"a": x}]', 5),
    ],
)
def test_what_is_no_json_is_named_with_its_line(files, content, line):
    found = refusal(files, content)

    assert found.code == "SK0742"
    assert found.message.startswith(f"a.json, line {line:,}: "), found.message
    assert len(found.message.splitlines()) == 1


def test_bytes_that_are_no_text_are_named_with_file_and_line(files):
    files.write("a.json", LINE)
    files.write("b.json", LINE.encode() + b'{"a": "\xff"}\n')

    with pytest.raises(NodeError) as caught:
        files.read("json", "*.json")

    assert caught.value.message.startswith("b.json, line 2: ")
    assert "UTF-8" in caught.value.message


def test_a_key_that_differs_by_case_is_renamed_with_a_warning(files):
    files.write("a.json", '{"a": 1, "A": 2}\n')

    assert files.read("json", "a.json") == (["a", "A_1"], [(1, 2)])
    assert files.warnings == [
        "key 'A' differs from another only by upper and lower case: its column is 'A_1'"
    ]


def test_a_very_long_key_is_not_shown_in_full(files):
    long = "x" * 200_000

    found = refusal(files, lines({"k": {long: 1, long.upper(): 2}}))

    assert found.code == "SK0781"
    assert len(found.message) < 200


@pytest.mark.parametrize("content", [gzip.compress(b'{"a": 1}\n' * 5_000)[:-9], b"nope"])
def test_a_broken_gz_file_is_named(files, content):
    files.write("a.json.gz", content)

    with pytest.raises(NodeError) as caught:
        files.read("json", "a.json.gz")

    assert caught.value.code == "SK0742"
    # Before 2.0, DuckDB sees only that the last record is cut off.
    assert "GZIP" in caught.value.message or not EXACT
    assert "a.json.gz" in caught.value.message


def test_records_in_an_object_without_keys_say_so(files):
    found = refusal(files, '{"data": {}}', records="data.items")

    assert (found.code, found.help) == ("SK0745", "it has no keys")
