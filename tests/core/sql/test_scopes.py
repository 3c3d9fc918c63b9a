"""Table references by tokens, compared with a parser's."""

import random
import re

import pytest
import sqlglot
from sqlglot import exp

from seeknal.sql.scopes import table_references
from seeknal.sql.tokens import tokenize

pytestmark = [pytest.mark.inside, pytest.mark.versions]

NAMES = ("a", "b", "c", "d", "source.a", '"A"')


class Maker:
    """Random queries over a few names, with CTEs that hide each other."""

    def __init__(self, seed):
        self.choose = random.Random(seed)

    def query(self, depth):
        with_clause = self.with_clause(depth) if depth and self.chance(0.4) else ""
        body = self.select(depth)
        if depth and self.chance(0.3):
            body += f" UNION ALL {self.select(depth - 1)}"
        return with_clause + body

    def chance(self, probability):
        return self.choose.random() < probability

    def with_clause(self, depth):
        recursive = "RECURSIVE " if self.chance(0.2) else ""
        names = self.choose.sample(("a", "b", "c", "d"), self.choose.randint(1, 3))
        entries = [f"{name}{self.columns()} AS ({self.query(depth - 1)})" for name in names]
        return f"WITH {recursive}{', '.join(entries)} "

    def columns(self):
        return self.choose.choice(("", "", "(x, y)"))

    def select(self, depth):
        where = f" WHERE {self.condition(depth)}" if self.chance(0.5) else ""
        order = " GROUP BY a, b ORDER BY c, d" if self.chance(0.2) else ""
        return f"SELECT {self.value(depth)}, a.x FROM {self.tables(depth)}{where}{order}"

    def tables(self, depth):
        parts = [self.table(depth) for _ in range(self.choose.randint(1, 3))]
        text = parts[0]
        for part in parts[1:]:
            comma = self.chance(0.4)
            text += f", {part}" if comma else f" LEFT JOIN {part} ON {self.condition(0)}"
        return text

    def table(self, depth):
        if depth and self.chance(0.3):
            return f"({self.query(depth - 1)}) AS s"
        alias = self.choose.choice(("", " t", " AS t", " AS t(a, b)"))
        return self.choose.choice(NAMES) + alias

    def condition(self, depth):
        if depth and self.chance(0.4):
            return f"x IN ({self.query(depth - 1)})"
        return self.choose.choice(("a.x = b.y", "x IS DISTINCT FROM a", "x IN (a, b)", "f(a, b)"))

    def value(self, depth):
        if depth and self.chance(0.3):
            return f"(SELECT max(x) FROM {self.tables(depth - 1)})"
        return self.choose.choice(
            ("x", "EXTRACT(year FROM a)", "[a, b][1]", "CASE WHEN a THEN b END")
        )


def by_parser(sql):
    """(name, hidden by a CTE) of each table in the tree, in the order of the text."""
    found = []
    stack = [(sqlglot.parse_one(sql, read="duckdb"), frozenset())]
    while stack:
        node, visible = stack.pop()
        if isinstance(node, exp.Table):
            name = ".".join(part.name for part in node.parts)
            found.append((node.this.meta["start"], name, not node.db and name.lower() in visible))
        clause = node.args.get("with_") or node.args.get("with")
        for cte in clause.expressions if clause else ():
            own = visible | {cte.alias.lower()}
            stack.append((cte.this, own if clause.recursive else visible))
            visible = own
        stack += [(child, visible) for child in node.iter_expressions() if child is not clause]
    return [(name, hidden) for _, name, hidden in sorted(found)]


def by_tokens(sql):
    return [
        (".".join(table.parts), table.shadowed)
        for table in table_references(tokenize(sql))
        if not table.function
    ]


@pytest.mark.parametrize("seed", range(300))
def test_tables_and_their_ctes_are_those_that_a_parser_finds(seed):
    sql = Maker(seed).query(3)

    assert sorted(by_tokens(sql)) == sorted(by_parser(sql)), sql


def test_no_text_is_too_odd():
    choose = random.Random(3)
    words = re.findall(
        r"\S+",
        "WITH RECURSIVE a AS ( ) , FROM JOIN SELECT ref 'x' \"y\" . : [ ] { } UNION LATERAL VALUES",
    )

    for _ in range(3000):
        text = " ".join(choose.choice(words) for _ in range(choose.randint(0, 25)))
        table_references(tokenize(text))
