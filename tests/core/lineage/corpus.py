"""The corpus as values: queries of our own with all that they depend on.

Each file holds a query, then its columns as ``name: values | influences``, then what decides its
rows, and what it reads at all. Those of ``rare.txt`` depend on some columns only in coincidences
that random rows seldom have, or count a struct or an alias as more than it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One query with the columns that it depends on, as text such as ``t.a``."""

    sql: str
    columns: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    rows: frozenset[str]
    relations: frozenset[str]


def read(name: str) -> list[Case]:
    """Every case of a file."""
    text = Path(__file__).with_name(name).read_text()
    return [_case(block.splitlines()) for block in text.strip().split("\n\n")]


def _case(lines: list[str]) -> Case:
    sql, columns, *rest = (line.strip() for line in lines)
    facts = dict(line.split(":", 1) for line in rest)
    return Case(
        sql=sql,
        columns=tuple(_column(part) for part in columns.split("; ")),
        rows=frozenset(facts.get("rows", "").split()),
        relations=frozenset(facts["from"].split()),
    )


def _column(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    name, _, refs = text.rpartition(":")
    values, _, influences = refs.partition("|")
    return name, frozenset(values.split()), frozenset(influences.split())
