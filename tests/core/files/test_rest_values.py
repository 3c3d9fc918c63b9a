"""What the pages of an API say arrives as it is, of one type over all of them, or is refused."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.core.files.restserver import page

from seeknal.builtin import restrows
from seeknal.builtin.jsonnumerals import reads_decimals
from seeknal.values.errors import NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

PAGES = {"type": "page"}
MOMENT = "TIMESTAMP WITH TIME ZONE" if reads_decimals() else "VARCHAR"
"""DuckDB 1.5 sees no moment in a text that ends with Z."""


def serve(rest, *pages):
    """Each is a list of records, as values or as JSON."""
    rest.api.on("/items", [*map(page, pages), page([])])


def values(rest, *pages, **more):
    serve(rest, *pages)
    columns, rows = rest.read(pagination=PAGES, **more)
    return dict(zip(columns, zip(*rows, strict=True), strict=True))


def refused(rest, *pages, **more):
    serve(rest, *pages)
    return rest.refused(pagination=PAGES, **more)


def test_objects_and_lists_are_structs_and_lists(rest):
    serve(
        rest,
        [{"id": 1, "to": {"city": "Bern", "zip": 3000}, "tags": ["a"], "lines": [{"n": 1}]}],
        [{"id": 2, "to": {"city": None, "zip": 1}, "tags": [], "lines": [{"n": 2, "p": 1.5}]}],
    )

    found = rest.relation(pagination=PAGES)

    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "id": "BIGINT",
        "to": "STRUCT(city VARCHAR, zip BIGINT)",
        "tags": "VARCHAR[]",
        "lines": "STRUCT(n BIGINT, p DOUBLE)[]",
    }
    assert found.fetchall()[1] == (2, {"city": None, "zip": 1}, [], [{"n": 2, "p": 1.5}])


def test_a_key_may_be_missing_and_come_on_a_later_page(rest):
    found = values(rest, [{"id": 1}, {}], [{"id": 3, "note": "x"}], [{"note": None}])

    assert found == {"id": (1, None, 3, None), "note": (None, None, "x", None)}


def test_null_on_one_page_says_nothing_of_the_type(rest):
    found = values(rest, [{"x": None, "y": None}], [{"x": {"a": 1}, "y": [1]}], [{"x": None}])

    assert found == {"x": (None, {"a": 1}, None), "y": (None, [1], None)}


@pytest.mark.parametrize(
    ("first", "second", "type"),
    [
        ("1", "2", "BIGINT"),
        ("1", "2.5", "DOUBLE"),
        ("1", "9223372036854775807", "BIGINT"),
        ("1", "18446744073709551615", "HUGEINT"),
        ("-1", "18446744073709551616", "HUGEINT"),
        ("true", "false", "BOOLEAN"),
        ('"2026-01-31"', '"2026-02-01"', "DATE"),
        ('"2026-01-31T10:00:00Z"', '"2026-02-01T00:00:00Z"', MOMENT),
        ('"2026-01-31"', '"soon"', "VARCHAR"),
        ('"2026-01-31"', '""', "VARCHAR"),
        ("1e3", "2E-3", "DOUBLE"),
    ],
)
def test_a_type_is_one_that_holds_the_values_of_all_pages(rest, first, second, type):
    serve(rest, f'[{{"x": {first}}}]'.encode(), f'[{{"x": {second}}}]'.encode())

    assert rest.types(pagination=PAGES) == {"x": type}


@pytest.mark.parametrize(
    "number",
    [
        "0.1",
        "12345678901234567890.123456789",
        "0.1234567890123456789012345678",
        "9007199254740993",
        "170141183460469231731687303715884105727",
        "99999999999999999999999999999999999999",
        "99999999999999999999999999999999999999999999",
        "1e400",
        "-0.00000000000000000000000000000000000000001",
        "3.141592653589793238462643383279502884197169399",
        "100000000000000000000000.5",
    ],
)
def test_a_number_is_exactly_what_it_was_or_is_refused_by_name(rest, number):
    serve(rest, f'[{{"x": {number}}}]'.encode())

    try:
        _, ((found,),) = rest.read(pagination=PAGES)
    except NodeError as error:
        found, refusal = None, error
    else:
        refusal = None

    if refusal is not None:
        assert refusal.code == "SK0782"
        assert "page 1, record 1, column 'x'" in refusal.message
    else:
        assert Decimal(repr(found) if isinstance(found, float) else found) == Decimal(number)


def test_a_number_that_cannot_be_kept_names_its_page(rest):
    pages = [[{"x": 1.5}] * 3, [{"x": 2.5}] * 2]
    bad = b'[{"x": 1.5}, {"x": 0.12345678901234567890123456789012345678901234567890}]'

    error = refused(rest, *pages, bad)

    assert error.code == "SK0782"
    assert error.message.startswith("page 3, record 2, column 'x': 0.1234")


@pytest.mark.skipif(not reads_decimals(), reason="this DuckDB makes a double of it first")
def test_declared_decimals_are_exact(rest):
    found = values(
        rest,
        b'[{"x": 12345678901234567890.12}]',
        b'[{"x": "0.10"}]',
        columns={"x": "DECIMAL(38,2)"},
    )

    assert found == {"x": (Decimal("12345678901234567890.12"), Decimal("0.10"))}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (1, "a", "page 2, record 1 has a text as 'x', which is a number on page 1"),
        ("a", 1, "page 2, record 1 has a number as 'x', which is a text on page 1"),
        (True, 1, "page 2, record 1 has a number as 'x', which is a boolean on page 1"),
        ({"a": 1}, [1], "page 2, record 1 has a list as 'x', which is an object on page 1"),
        ({"a": 1}, {"a": "b"}, "has a text as 'x.a', which is a number on page 1"),
        ([{"a": [1]}], [{"a": ["b"]}], "has a text as 'x[].a[]', which is a number on page 1"),
        ([1], [2, "b"], "has a text as 'x[]', which is a number on page 1"),
    ],
)
def test_a_key_of_two_kinds_is_refused_with_page_key_and_both(rest, first, second, message):
    error = refused(rest, [{"x": None}, {"x": first}], [{"x": second}])

    assert error.code == "SK0795"
    assert message in error.message
    assert "columns: {x: JSON} keeps both" in error.help


def test_two_kinds_on_one_page_are_refused_too(rest):
    error = refused(rest, [{"x": 1}, {"x": "a"}])

    assert "page 1, record 2 has a text as 'x', which is a number before on this page" in str(error)


@pytest.mark.parametrize(
    ("type", "expected"),
    [("JSON", ("1", '"a"', "[2]")), ("VARCHAR", ("1", "a", "[2]"))],
)
def test_a_declared_column_may_have_any_kind(rest, type, expected):
    found = values(rest, [{"x": 1}], [{"x": "a"}, {"x": [2]}], columns={"X": type})

    assert found == {"x": expected}


def test_below_the_depth_that_is_typed_kinds_may_differ(rest):
    serve(rest, [{"x": {"a": 1, "b": {"c": 1}}}], [{"x": {"a": 2, "b": {"c": "y"}}}])

    refusal = rest.refused(pagination=PAGES)
    rest.api.requests.clear()
    found = rest.types(pagination=PAGES, maximum_depth=3)

    assert "'x.b.c'" in refusal.message
    assert found == {"x": "STRUCT(a BIGINT, b STRUCT(c JSON))"}


def test_an_object_with_ever_new_keys_is_a_map(rest):
    records = [{"x": {f"k{n}-{m}": m for m in range(300)}} for n in range(24)]

    serve(rest, records[:3], records[3:20], records[20:])

    assert rest.types(pagination=PAGES) == {"x": "MAP(VARCHAR, BIGINT)"}


@pytest.mark.parametrize(
    ("declared", "value", "code", "message"),
    [
        ("BIGINT", 1.5, "SK0783", "page 2, record 1, column 'x': 1.5"),
        ("DATE", "tomorrow", "SK0783", "page 2, record 1, column 'x': "),
        ("DECIMAL(9,2)", 1.005, "SK0783", "page 2, record 1, column 'x': 1.005"),
    ],
)
def test_a_value_that_does_not_fit_its_declared_type_names_its_page(
    rest, declared, value, code, message
):
    good = {"BIGINT": 1, "DATE": "2026-01-01", "DECIMAL(9,2)": 1.25}[declared]

    error = refused(rest, [{"x": good}], [{"x": value}], columns={"x": declared})

    assert error.code in (code, "SK0782")
    assert message in error.message


def test_a_key_that_looks_like_a_list_is_declared_by_its_name(rest):
    pages = [{"x[]": 1}], [{"x[]": "a"}]

    refusal = refused(rest, *pages)
    rest.api.requests.clear()
    found = values(rest, *pages, columns={"x[]": "VARCHAR"})

    assert "has a text as 'x[]', which is a number on page 1" in refusal.message
    assert found == {"x[]": ("1", "a")}


def test_a_declared_column_that_no_record_has_is_refused(rest):
    error = refused(rest, [{"id": 1}], columns={"idd": "BIGINT"})

    assert error.code == "SK0741"
    assert "did you mean id?" in error.help


def test_names_that_differ_by_case_only_are_told(rest):
    found = values(rest, [{"A": 1}], [{"a": 2}])

    assert sorted(found.values(), key=str) == sorted([(1, None), (None, 2)], key=str)
    assert len(found) == 2


def test_texts_keep_every_letter(rest):
    texts = ["", " a\tb\nc\r", "\u2028\u2029", "😀", '"\\', "\x7f", "null", "1", "\x00x"]

    found = values(rest, [{"x": text} for text in texts[:4]], [{"x": text} for text in texts[4:]])

    assert found == {"x": tuple(texts)}


def test_half_a_letter_is_refused(rest):
    error = refused(rest, [{"x": "a"}], b'[{"x": "\\ud800"}]')

    assert "page 2, record 1: this is no JSON" in error.message
    assert error.help is None


def test_records_written_over_many_lines_are_one_each(rest):
    body = json.dumps([{"id": n, "s": {"a": [n, n]}} for n in range(20)], indent=3).encode()

    found = values(rest, body.replace(b"\n", b"\r\n"), body)

    assert found["id"] == (*range(20), *range(20))
    assert found["s"][5] == {"a": [5, 5]}


def test_dates_have_the_format_that_is_said(rest):
    found = values(
        rest,
        [{"d": "31.01.2026", "t": "31.01.2026 10:30"}],
        columns={"d": "DATE", "t": "TIMESTAMP"},
        dateformat="%d.%m.%Y",
        timestampformat="%d.%m.%Y %H:%M",
    )

    assert found == {"d": (date(2026, 1, 31),), "t": (datetime(2026, 1, 31, 10, 30),)}


@pytest.mark.parametrize("largest", [1, 40, 400, 10**9])
def test_records_in_several_files_are_read_as_one(rest, monkeypatch, largest):
    monkeypatch.setattr(restrows, "_LARGEST", largest)
    pages = [
        [{"id": n, **({"late": {"x": n}} if n > 20 else {}), "n": n if n < 15 else n + 0.5}]
        for n in range(30)
    ]
    expected = [(n, n if n < 15 else n + 0.5, {"x": n} if n > 20 else None) for n in range(30)]

    serve(rest, *pages)
    found = rest.relation(pagination=PAGES)

    assert sorted(found.columns) == ["id", "late", "n"]
    assert sorted(found.project("id, n, late").fetchall()) == expected


@pytest.mark.parametrize("largest", [1, 100])
def test_a_bad_value_in_one_of_several_files_names_its_page(rest, monkeypatch, largest):
    monkeypatch.setattr(restrows, "_LARGEST", largest)
    pages = [[{"x": n}, {"x": n}] for n in range(9)]

    error = refused(rest, *pages, [{"x": 1}, {"x": 1.5}], [{"x": 2}], columns={"x": "BIGINT"})

    assert "page 10, record 2, column 'x': 1.5" in error.message
