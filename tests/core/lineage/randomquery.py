"""Random queries over the laboratory's tables, most of which DuckDB accepts."""

from __future__ import annotations

import random

from tests.core.lineage.experiment import TABLES

NUMBERS = ("a", "b", "k", "d", "f")


class RandomQuery:
    """Makes queries from a seed; each relation is known by the numbers and texts that it has."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def query(self) -> str:
        kind = self.random.random()
        if kind < 0.12:
            return self.union()
        if kind < 0.25:
            return self.with_cte()
        return self.select(2)

    def name(self, prefix: str = "x") -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def pick(self, *options):
        return self.random.choice(options)

    def union(self) -> str:
        word = self.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL")
        left, right = self.two_numbers(), self.two_numbers()
        return f"{left} {word} {right}"

    def two_numbers(self) -> str:
        source, columns = self.source(1)
        first, second = self.number(columns, 1), self.number(columns, 1)
        return f"SELECT {first} AS p, {second} AS q FROM {source}{self.where(columns)}"

    def with_cte(self) -> str:
        name = self.name("cte")
        inner = self.two_numbers()
        columns = [f"{name}.p", f"{name}.q"]
        return f"WITH {name} AS ({inner}) {self.body(name, columns, 1)}"

    def select(self, depth: int) -> str:
        source, columns = self.source(depth)
        return self.body(source, columns, depth)

    def body(self, source: str, columns: list[str], depth: int) -> str:
        kind = self.random.random()
        if kind < 0.3:
            return self.grouped(source, columns)
        items = [
            f"{self.number(columns, 2)} AS {self.name('o')}" for _ in range(self.pick(1, 2, 3))
        ]
        if kind < 0.45:
            items.append(f"{self.window(columns)} AS {self.name('o')}")
        if kind > 0.9:
            items.append("*")
        if 0.8 < kind < 0.9:
            items.append(f"{self.subquery(columns)} AS {self.name('o')}")
        distinct = self.pick("", "", "", "DISTINCT ", f"DISTINCT ON ({self.pick(*columns)}) ")
        text = f"SELECT {distinct}{', '.join(items)} FROM {source}{self.where(columns)}"
        if self.random.random() < 0.15:
            text += f" QUALIFY {self.window(columns)} > 1"
        if self.random.random() < 0.25:
            order = ", ".join(self.random.sample(columns, min(2, len(columns))))
            text += f" ORDER BY {order} LIMIT {self.pick(1, 2, 3)}"
        return text

    def grouped(self, source: str, columns: list[str]) -> str:
        key = self.number(columns, 1)
        name = self.name("g")
        aggregates = ", ".join(
            f"{self.aggregate(columns)} AS {self.name('o')}" for _ in range(self.pick(1, 2))
        )
        group = self.pick("ALL", "1", name)
        having = f" HAVING {self.aggregate(columns)} > 1" if self.random.random() < 0.3 else ""
        return (
            f"SELECT {key} AS {name}, {aggregates} FROM {source}{self.where(columns)}"
            f" GROUP BY {group}{having}"
        )

    def source(self, depth: int) -> tuple[str, list[str]]:
        """What stands after FROM, and its columns of numbers, qualified."""
        kind = self.random.random()
        if depth > 0 and kind < 0.25:
            name = self.name("s")
            return f"({self.two_numbers()}) {name}", [f"{name}.p", f"{name}.q"]
        left, columns = self.table()
        if kind < 0.6:
            return left, columns
        right, others = self.table()
        join = self.pick("JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN", "SEMI JOIN", "ANTI JOIN")
        condition = f"ON {self.pick(*columns)} = {self.pick(*others)}"
        if self.random.random() < 0.3:
            condition = "USING (k)"
        seen = columns if join in ("SEMI JOIN", "ANTI JOIN") else columns + others
        return f"{left} {join} {right} {condition}", seen

    def table(self) -> tuple[str, list[str]]:
        table, name = self.pick(*TABLES), self.name("y")
        numbers = [f"{name}.{column}" for column in TABLES[table] if column in NUMBERS]
        return f"{table} {name}", numbers

    def where(self, columns: list[str]) -> str:
        kind = self.random.random()
        if kind < 0.5:
            return ""
        if kind < 0.8:
            return f" WHERE {self.condition(columns)}"
        table, name = self.pick(*TABLES), self.name("z")
        inside = [f"{name}.{column}" for column in TABLES[table] if column in NUMBERS]
        if kind < 0.9:
            return (
                f" WHERE {self.pick('', 'NOT ')}EXISTS (SELECT 1 FROM {table} {name}"
                f" WHERE {self.pick(*inside)} = {self.pick(*columns)})"
            )
        return f" WHERE {self.pick(*columns)} IN (SELECT {self.pick(*inside)} FROM {table} {name})"

    def subquery(self, columns: list[str]) -> str:
        table, name = self.pick(*TABLES), self.name("z")
        inside = [f"{name}.{column}" for column in TABLES[table] if column in NUMBERS]
        condition = f" WHERE {self.pick(*inside)} = {self.pick(*columns)}"
        value = f"{self.pick('max', 'sum', 'count')}({self.pick(*inside)})"
        return f"(SELECT {value} FROM {table} {name}{self.pick('', condition)})"

    def condition(self, columns: list[str]) -> str:
        left, right = self.number(columns, 1), self.pick("1", "2", self.pick(*columns))
        word = self.pick("=", "<", ">=", "<>", "IS DISTINCT FROM")
        return self.pick(
            f"{left} {word} {right}",
            f"{left} {word} {right} OR {self.pick(*columns)} IS NULL",
            f"{self.pick(*columns)} BETWEEN 1 AND {self.pick(*columns)}",
        )

    def number(self, columns: list[str], depth: int) -> str:
        column = self.pick(*columns)
        if depth == 0 or self.random.random() < 0.5:
            return column
        other = self.number(columns, depth - 1)
        return self.pick(
            f"({column} + {other})",
            f"coalesce({column}, {other})",
            f"CASE WHEN {self.condition(columns)} THEN {column} ELSE {other} END",
            f"if({column} > 1, {other}, {column})",
            f"greatest({column}, {other})",
            f"list_sum(list_transform([{column}, 1], lambda n: n + {other}))",
        )

    def aggregate(self, columns: list[str]) -> str:
        column, other = self.pick(*columns), self.pick(*columns)
        return self.pick(
            f"sum({column})",
            f"count(DISTINCT {column})",
            "count(*)",
            f"max({column}) FILTER (WHERE {self.condition(columns)})",
            f"arg_max({column}, {other})",
            f"list_sum(list({column} ORDER BY {other}))",
        )

    def window(self, columns: list[str]) -> str:
        column, by, order = (self.pick(*columns) for _ in range(3))
        return self.pick(
            f"sum({column}) OVER (PARTITION BY {by})",
            f"rank() OVER (PARTITION BY {by} ORDER BY {order})",
            f"row_number() OVER (ORDER BY {order}, {by})",
            f"lag({column}) OVER (PARTITION BY {by} ORDER BY {order})",
            f"count(*) OVER (ORDER BY {order} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        )
