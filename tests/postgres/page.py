"""The page of values as tests read it, and forms in which a value of each side can be compared.

Nothing here uses the plugin: PostgreSQL's texts and DuckDB's are brought to Python's own values.
"""

from __future__ import annotations

import json
import re
import struct
from decimal import Decimal
from pathlib import Path

from attrs import frozen

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "postgres-values.md"
TYPES = """
    CREATE EXTENSION citext;
    CREATE TYPE mood AS ENUM ('happy', 'sad', 'it''s');
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE DOMAIN price AS numeric(10,2);
"""
"""What the page's types need to be there."""


@frozen(kw_only=True)
class Row:
    """A line of one of the page's tables."""

    cells: tuple[str, ...]
    values: tuple[str, ...]
    outcome: str
    number: int

    @property
    def exact(self) -> bool:
        return self.outcome == "exact"

    @property
    def words(self) -> str:
        """What stands in the message of a value that is refused."""
        return self.outcome.removeprefix("refused: ")

    def __str__(self) -> str:
        return f"{self.number}-{self.cells[0][:30]}"


def rows(title: str) -> list[Row]:
    """The lines of the table below a title."""
    found = []
    inside = False
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            inside = line == f"## {title}"
        elif inside and line.startswith("| ") and not line.startswith("| ---"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells[-1] != "outcome":
                found.append(_row(cells, number))
    return found


def _row(cells: list[str], number: int) -> Row:
    place = next(index for index, cell in enumerate(cells) if cell.startswith("`"))
    values = tuple(text.replace("\\|", "|") for text in re.findall(r"`([^`]*)`", cells[place]))
    assert cells[-1] == "exact" or cells[-1].startswith("refused: "), cells
    rest = tuple(cell for index, cell in enumerate(cells[:-1]) if index != place)
    return Row(cells=rest, values=values, outcome=cells[-1], number=number)


def comparable(text: object, type: str) -> object:
    """A value's text, of PostgreSQL or DuckDB, as what it means; ``type`` is PostgreSQL's."""
    if text is None:
        return None
    assert isinstance(text, str)
    if type.endswith("[]"):
        items = _items(text) if text.startswith("{") else _listed(text)
        return _deep(items, re.sub(r"(\[\])+$", "", type))
    return _scalar(text, re.sub(r"\(.*\)", "", type))


def _deep(items: object, element: str) -> object:
    if isinstance(items, list):
        return [_deep(item, element) for item in items]
    return comparable(items, element)


def _listed(text: str) -> object:
    """DuckDB's list, given as the JSON of its elements' texts."""
    return json.loads(text)


def _items(text: str) -> object:
    """PostgreSQL's array literal as lists of texts."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[{},]|[^{},"]+', text)
    stack: list[list[object]] = [[]]
    for token in tokens:
        if token == "{":
            stack.append([])
        elif token == "}":
            done = stack.pop()
            stack[-1].append(done)
        elif token == "NULL":
            stack[-1].append(None)
        elif token != ",":
            quoted = token.startswith('"')
            stack[-1].append(re.sub(r"\\(.)", r"\1", token[1:-1]) if quoted else token)
    return stack[0][0]


def _scalar(text: str, type: str) -> object:
    if type in ("smallint", "integer", "bigint", "oid", "positive"):
        return Decimal(text)
    if type in ("numeric", "money", "price"):
        plain = text.replace("$", "").replace(",", "")
        return plain.lower()[:4] if plain.lower().lstrip("-")[:1] in "ni" else Decimal(plain)
    if type == "real":
        return struct.pack("f", float(text))
    if type == "double precision":
        return struct.pack("d", float(text))
    if type == "boolean":
        return text in ("t", "true")
    if type == "bytea":
        return bytes.fromhex(text[2:])
    if type == "interval":
        return _interval(text)
    if type in ("json", "jsonb"):
        return json.loads(text, parse_float=Decimal)
    if type.startswith(("date", "timestamp", "time")):
        return _moment(text)
    return text


def _moment(text: str) -> str:
    era = " BC" if "BC" in text else ""
    plain = text.replace(" (BC)", "").replace(" BC", "")
    return re.sub(r"(\.\d*?)0+(?=[+-]|$)", r"\1", plain).replace(".+", "+").rstrip(".") + era


def _interval(text: str) -> object:
    if "infinity" in text:
        return text
    months = days = micros = 0
    for count, unit in re.findall(r"([+-]?\d+) (year|mon|day)", text):
        if unit == "day":
            days += int(count)
        else:
            months += int(count) * (12 if unit == "year" else 1)
    clock = re.search(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?", text)
    if clock:
        sign, hours, minutes, seconds, fraction = clock.groups()
        micros = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1_000_000
        micros += int((fraction or "").ljust(6, "0"))
        micros *= -1 if sign == "-" else 1
    return months, days, micros


def text_of(name: str, type: str) -> str:
    """DuckDB's expression for a column's text; of lists the JSON of their elements' texts."""
    deep = type.count("[")
    element = re.sub(r"(\[\d*\])+$", "", type)
    return (
        f"CAST(to_json({_mapped(name, element, deep)}) AS VARCHAR)"
        if deep
        else _plain(name, element)
    )


def _mapped(name: str, element: str, deep: int) -> str:
    if deep == 0:
        return _plain(name, element)
    item = f"x{deep}"
    return f"list_transform({name}, lambda {item}: {_mapped(item, element, deep - 1)})"


def _plain(name: str, type: str) -> str:
    return f"'\\x' || hex({name})" if type == "BLOB" else f"CAST({name} AS VARCHAR)"
