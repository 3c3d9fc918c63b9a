"""The truth about a query's dependencies, found by changing its inputs and looking.

Small random tables; one column is changed in many ways while all else stays; the outputs before
and after are compared as multisets, each column for itself and the rows as wholes.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field

import duckdb

TABLES = {
    "t": {
        "a": "INTEGER",
        "b": "INTEGER",
        "c": "VARCHAR",
        "k": "INTEGER",
        "l": "INTEGER[]",
        "s": "STRUCT(x INTEGER, y INTEGER)",
    },
    "u": {"k": "INTEGER", "d": "INTEGER", "e": "VARCHAR"},
    "w": {"k": "INTEGER", "a": "INTEGER", "f": "INTEGER"},
}
"""The tables that every query of these tests may read."""

NAMES = {(table,): (table, tuple(columns)) for table, columns in TABLES.items()}


@dataclass
class Seen:
    """Which source columns were seen to change which outputs, by position; "*" is whole rows."""

    changed: dict[int | str, set[tuple[str, str]]] = field(default_factory=dict)
    runs: int = 0
    ordered: bool = False

    def note(self, output: int | str, source: tuple[str, str]) -> None:
        self.changed.setdefault(output, set()).add(source)

    def of(self, output: int | str) -> set[tuple[str, str]]:
        return self.changed.get(output, set())


Data = dict[str, dict[str, list[object]]]


class Laboratory:
    """One DuckDB in which queries are run over changing tables."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.duckdb = duckdb.connect(config={"threads": 1, "python_enable_replacements": False})
        for table in TABLES:
            self.load(table, {name: [] for name in TABLES[table]})

    def columns_of(self, sql: str) -> list[str]:
        return list(self.duckdb.sql(sql).columns)

    def observe(self, sql: str, *, rounds: int, changes: int = 4) -> Seen:
        """Change every column of every table ``changes`` times in each of ``rounds`` worlds."""
        seen = Seen()
        outputs = len(self.columns_of(sql))
        for _ in range(rounds):
            data = {table: self.rows(table) for table in TABLES}
            for table in TABLES:
                self.load(table, data[table])
            before = self.run(sql)
            if before is None:
                continue
            for table in TABLES:
                if re.search(rf"\b{table}\b", sql, re.IGNORECASE) is None:
                    continue
                self.change_columns(table, data[table], changes, sql, before, outputs, seen)
        return seen

    def change_columns(self, table, rows, changes, sql, before, outputs, seen) -> None:
        for column in TABLES[table]:
            for _ in range(changes):
                self.load(table, {**rows, column: self.changed(table, column, rows[column])})
                after = self.run(sql)
                if after is None:
                    continue
                seen.runs += 1
                self.compare(before, after, outputs, (table, column), seen)
        self.load(table, rows)

    def compare(self, before, after, outputs, source, seen) -> None:
        if Counter(before) != Counter(after):
            seen.note("*", source)
        for position in range(outputs):
            mine = Counter(row[position] for row in before)
            if mine != Counter(row[position] for row in after):
                seen.note(position, source)

    def run(self, sql: str) -> list[tuple[str, ...]] | None:
        try:
            rows = self.duckdb.execute(sql).fetchall()
        except duckdb.Error:
            return None
        return [tuple(map(repr, row)) for row in rows]

    def rows(self, table: str) -> dict[str, list[object]]:
        count = self.random.choice((3, 4, 5, 6))
        return {name: [self.value(table, name) for _ in range(count)] for name in TABLES[table]}

    def changed(self, table: str, column: str, values: list[object]) -> list[object]:
        how = self.random.random()
        if how < 0.35 and values:
            at = self.random.randrange(len(values))
            return [*values[:at], self.value(table, column), *values[at + 1 :]]
        if how < 0.55:
            return self.random.sample(values, len(values))
        if how < 0.65:
            return [None] * len(values)
        return [self.value(table, column) for _ in values]

    def value(self, table: str, column: str) -> object:
        kind = TABLES[table][column]
        if self.random.random() < 0.1:
            return None
        if kind == "INTEGER":
            return self.random.randint(0, 4)
        if kind == "VARCHAR":
            return self.random.choice(("p", "q", "pq", "P", "1"))
        if kind == "INTEGER[]":
            return [self.random.randint(0, 3) for _ in range(self.random.randint(0, 3))]
        return {"x": self.random.randint(0, 3), "y": self.random.randint(0, 3)}

    def load(self, table: str, rows: dict[str, list[object]]) -> None:
        listed = ", ".join(
            f"CAST({literal(values)} AS {TABLES[table][name]}[]) AS {name}"
            for name, values in rows.items()
        )
        unnested = ", ".join(f"unnest({name}) AS {name}" for name in rows)
        self.duckdb.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT {unnested} FROM (SELECT {listed})"
        )


def literal(value: object) -> str:
    """A value as DuckDB writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(part)}' for name, part in value.items())}}}"
    return str(value)
