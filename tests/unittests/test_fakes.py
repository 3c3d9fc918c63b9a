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
    fakes = Fakes(KEY, taken=real)

    found = {fakes.fake(letter, "VARCHAR") for letter in real[:4]}

    assert found <= set("wxyz")


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
