"""Private values get stand-ins: of the same shape, the same for the same value, and never real."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from seeknal.unittests.fakes import Fakes, key_of

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("text", "type", "shape"),
    [
        ("Ann-Marie O'Neil", "VARCHAR", r"[A-Z][a-z]{2}-[A-Z][a-z]{4} [A-Z]'[A-Z][a-z]{3}"),
        ("+49 (170) 123", "VARCHAR", r"\+\d\d \(\d{3}\) \d{3}"),
        ("1985-02-28", "DATE", r"1985-\d\d-\d\d"),
        ("1985-02-28 10:11:12.5", "TIMESTAMP", r"1985-\d\d-\d\d \d\d:\d\d:\d\d\.5"),
        ("127", "TINYINT", r"1[0-2]\d"),
        ("-10.50", "DECIMAL(9,2)", r"-[1-9]\d\.\d\d"),
        ("true", "BOOLEAN", r"true|false"),
        ("3 days 09:10:11", "INTERVAL", r"[1-9] days \d\d:\d\d:\d\d"),
        ("0101", "BIT", r"[01]{4}"),
        ('{"k1": "v", "k2": null}', "MAP(VARCHAR, VARCHAR)", None),
        ("[[1, 2], [3]]", "INTEGER[][]", None),
        ("a-b", "ENUM('a-b', 'it''s')", r"a-b|it's"),
        ('{"n": "Bob", "x": [10, null]}', "STRUCT(n VARCHAR, x INTEGER[])", None),
        ("\\xAA\\xBBab", "BLOB", r"(\\x[0-9A-F]{2}){4}"),
        ("550e8400-e29b-41d4-a716-446655440000", "UUID", r"[0-9a-f-]{36}"),
    ],
)
def test_a_fake_has_the_shape_of_what_it_stands_for(text, type, shape):
    import duckdb

    fake = Fakes(KEY).fake(text, type)

    value = f"CAST(? AS JSON)::{type}" if shape is None else f"CAST(? AS {type})"
    assert duckdb.execute(f"SELECT {value} IS NOT NULL", [fake]).fetchall() == [(True,)]
    assert shape is None or re.fullmatch(shape, fake)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1961-03-04", r"1961-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
        ("1961-03-04T10:11:12Z", r"1961-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("04.03.1961", r"(0[1-9]|1[0-2])\.(0[1-9]|1[0-2])\.1961"),
        ("19610304", r"1961(0[1-9]|1[0-2])(0[1-9]|[12]\d)"),
    ],
)
def test_a_day_that_stands_in_a_text_stays_one(text, shape):
    fake = Fakes(KEY).fake(text, "VARCHAR")

    assert re.fullmatch(shape, fake)


@pytest.mark.parametrize("type", ["MAP(VARCHAR, VARCHAR)", "JSON", "VARCHAR"])
def test_keys_are_values_too_but_for_those_that_the_sql_names(type):
    text = '{"Ann Smith": "x", "list": ["Ann Smith"]}'

    fake = Fakes(KEY, kept=["$.list[0]", "list"]).fake(
        text if type != "MAP(VARCHAR, VARCHAR)" else '{"Ann Smith": "x", "list": "y"}', type
    )

    assert "Ann" not in fake
    assert '"list"' in fake


def test_fields_of_a_struct_keep_their_names():
    fake = Fakes(KEY).fake('{"Ann": "Ann", "n": 17}', "STRUCT(Ann VARCHAR, n INTEGER)")

    assert re.fullmatch(r'\{"Ann": "[A-Z][a-z]{2}", "n": \d\d\}', fake)
    assert '"Ann": "Ann"' not in fake


def test_a_value_inside_of_another_has_the_fake_that_it_has_alone():
    fakes = Fakes(KEY)

    inside = fakes.fake('["ann@example.com"]', "VARCHAR[]")

    assert inside == f'["{fakes.fake("ann@example.com", "VARCHAR")}"]'


def test_a_value_has_the_same_fake_wherever_it_stands():
    one, other = Fakes(KEY), Fakes(KEY)

    found = [one.fake("ann@example.com", "VARCHAR"), other.fake("ann@example.com", "VARCHAR")]

    assert found[0] == found[1] != "ann@example.com"
    assert Fakes(b"o" * 32).fake("ann@example.com", "VARCHAR") != found[0]


def test_no_two_values_share_a_fake_while_there_are_others():
    fakes = Fakes(KEY)

    found = {fakes.fake(f"{number:03}", "VARCHAR") for number in range(900)}

    assert len(found) == 900


def test_no_fake_is_a_value_that_is_real():
    real = [chr(letter) for letter in range(ord("a"), ord("w"))]
    fakes = Fakes(KEY)
    fakes.avoid(real)

    found = {fakes.fake(letter, "VARCHAR") for letter in real[:4]}

    assert found <= set("wxyz")


def test_keys_stay_keys_where_all_of_their_shape_are_real():
    real = [str(number) for number in range(1, 61)]
    fakes = Fakes(KEY)
    fakes.avoid(real)

    found = {fakes.fake(number, "BIGINT") for number in real}

    assert len(found) == 60


def test_what_the_sql_compares_with_stays():
    fakes = Fakes(KEY, kept=["@example.com", "x"])

    fake = fakes.fake("ann@example.com", "VARCHAR")

    assert fake.endswith("@example.com")
    assert not fake.startswith("ann")


def test_a_project_keeps_its_key_and_shows_it_to_nobody(tmp_path: Path):
    first = key_of(tmp_path)

    again = key_of(tmp_path)

    assert again == first
    assert stat.S_IMODE((tmp_path / ".seeknal" / "fakes.key").stat().st_mode) == 0o600
