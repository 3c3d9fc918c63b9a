"""Cases of the semantic layer: read from YAML, asked of DuckDB by hand-written SQL, compared.

An answerer is a function from a :class:`Case` to :class:`Rows` or :class:`Refusal`; the reference
is one, and the compiler is judged by being another: ``check(case, answer)``.
"""

import math
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

import duckdb
import yaml

from tests.semantic import reference

CASES = Path(__file__).parent / "cases"
WORLDS = CASES / "worlds"
TYPES = {
    **{"money": "DECIMAL(12,2)", "tstz": "TIMESTAMPTZ", "text": "VARCHAR"},
    "double": "DOUBLE PRECISION",
}


@dataclass(frozen=True)
class Rows:
    """An answer. ``order`` has the columns that the query orders by, none where any order will do.

    ``beyond`` are the rows that a limit left out and that tie with the last one.
    """

    columns: tuple
    rows: list
    order: tuple = ()
    beyond: list = field(default_factory=list)


@dataclass(frozen=True)
class Refusal:
    """No answer, why in one word, and the message that a user sees."""

    reason: str
    message: str


@dataclass(frozen=True)
class Case:
    """A project, its tables, a query, and what is right; ``fixed`` if only for these data."""

    name: str
    project: list
    tables: dict
    query: dict
    settings: dict = field(default_factory=dict)
    right: str | None = None
    wrong: str | None = None
    refused: str | None = None
    says: tuple = ()
    proves: tuple = ()
    unjudged: bool = False
    fixed: bool = False
    home: str = ""

    @property
    def header(self) -> tuple:
        """The columns of the answer, as MEANING's R1 says; a saved query's come first."""
        return tuple(
            name
            for key in ("dimensions", "metrics")
            for name in (*self.saved.get(key, ()), *self.query.get(key, ()))
        )

    @property
    def order(self) -> tuple:
        """The columns that the answer is ordered by."""
        given = self.query.get("order_by") or self.saved.get("order_by") or ()
        names = [given] if isinstance(given, str) else given
        return tuple(name.removeprefix("-") for name in names)

    @property
    def saved(self) -> dict:
        """The saved query that the query is made on top of."""
        for one in self.project:
            if one["kind"] == "saved_query" and one["name"] == self.query.get("saved_query"):
                return one
        return {}


def load(path: Path) -> list[Case]:
    """The cases of one file; what stands beside ``cases`` holds for each of them."""
    document = read(path)
    shared = {"project": [], "tables": {}, "settings": {}}
    worlds = [WORLDS / f"{name}.yml" for name in document.pop("worlds", ())]
    for part in (*map(read, worlds), document):
        shared["project"] = [*shared["project"], *part.get("project", ())]
        for key in ("tables", "settings"):
            shared[key] = {**shared[key], **part.get(key, {})}
    cases = []
    for entry in document["cases"]:
        rest = {k: v for k, v in entry.items() if k not in ("project", "tables", "settings")}
        for key in ("says", "proves"):
            rest[key] = tuple(entry.get(key, ()))
        own = entry.get("project", [])
        replaced = {(one["kind"], one.get("name")) for one in own}
        kept = [d for d in shared["project"] if (d["kind"], d.get("name")) not in replaced]
        cases.append(
            Case(
                project=[*kept, *own],
                tables={**shared["tables"], **entry.get("tables", {})},
                settings={**shared["settings"], **entry.get("settings", {})},
                home=path.stem,
                **rest,
            )
        )
    return cases


def read(path: Path) -> dict:
    return yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def all_cases() -> list[Case]:
    return [case for path in sorted(CASES.glob("*.yml")) for case in load(path)]


def columns_of(table: str) -> dict[str, str]:
    """Names and types of a table's columns, from its first line."""
    found = {}
    for column in table.strip().splitlines()[0].split(","):
        name, kind = re.fullmatch(r'("[^"]+"|\S+)\s+(\S+)', column.strip()).groups()
        found[name.strip('"')] = TYPES.get(kind, kind)
    return found


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all cases, which takes longer to start than a case."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def database(tables: dict[str, str]):
    """DuckDB with the tables; an empty cell is NULL."""
    connection = engine()
    connection.execute("BEGIN")
    try:
        for statement in statements(tables):
            connection.execute(statement)
        yield connection
    finally:
        connection.execute("ROLLBACK")


def statements(tables: dict[str, str]) -> list[str]:
    """SQL that makes the tables, in DuckDB as in PostgreSQL."""
    found = []
    for name, text in tables.items():
        columns = columns_of(text)
        typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        found.append(f'CREATE TABLE "{name}" ({typed})')
        lines = [line.split(",") for line in text.strip().splitlines()[1:]]
        assert all(len(cells) == len(columns) for cells in lines), f"{name}: {lines}"
        rows = [
            ", ".join(cell_sql(*one) for one in zip(cells, columns.values(), strict=True))
            for cells in lines
        ]
        if rows:
            values = ", ".join(f"({row})" for row in rows)
            found.append(f'INSERT INTO "{name}" VALUES {values}')
    return found


def cell_sql(cell: str, kind: str) -> str:
    text = cell.strip().replace("'", "''")
    return f"CAST('{text}' AS {kind})" if text else f"CAST(NULL AS {kind})"


def facts(connection, tables: dict[str, str]) -> dict[str, list[dict]]:
    """The tables' rows as plain values, exactly as DuckDB holds them."""
    found = {}
    for name, text in tables.items():
        columns = columns_of(text)
        read = ", ".join(
            f"\"{column}\" AT TIME ZONE 'UTC'" if kind == "TIMESTAMPTZ" else f'"{column}"'
            for column, kind in columns.items()
        )
        rows = connection.execute(f'SELECT {read} FROM "{name}"').fetchall()
        found[name] = [
            {
                column: aware(value) if kind == "TIMESTAMPTZ" else value
                for (column, kind), value in zip(columns.items(), row, strict=True)
            }
            for row in rows
        ]
    return found


def aware(value):
    return None if value is None else value.replace(tzinfo=UTC)


def ask(case: Case, sql: str) -> Rows:
    """The rows that SQL gives over a case's tables."""
    with database(case.tables) as connection:
        return Rows(case.header, connection.execute(sql).fetchall(), case.order)


def by_reference(case: Case) -> Rows | Refusal:
    """The reference's answer to a case."""
    with database(case.tables) as connection:
        tables = facts(connection, case.tables)
    columns = {name: columns_of(text) for name, text in case.tables.items()}
    try:
        found = reference.answer(case.project, tables, columns, case.query, case.settings)
    except reference.Refused as refused:
        return Refusal(str(refused.reason), str(refused))
    return Rows(found.columns, found.rows, case.order, found.beyond)


def check(case: Case, answer: Callable[[Case], Rows | Refusal]) -> None:
    """Asserts that an answerer gives what the case calls right, or refuses what it refuses."""
    found = answer(case)
    if case.refused is not None:
        assert isinstance(found, Refusal), f"{case.name}: answered, not refused: {found}"
        assert found.reason == case.refused, f"{case.name}: {found}"
        missing = [word for word in case.says if word not in found.message]
        assert not missing, f"{case.name}: {found.message!r} does not say {missing}"
        return
    assert isinstance(found, Rows), f"{case.name}: refused: {found}"
    right = ask(case, case.right)
    assert found.columns == right.columns, f"{case.name}: {found.columns}, not {right.columns}"
    difference = differ(found, right, case.query.get("limit"))
    assert difference is None, f"{case.name}: {difference}"


def differ(found: Rows, right: Rows, limit: int | None = None) -> str | None:
    """What is different between two answers, or None."""
    one, other = list(found.rows), list(right.rows)
    if not right.order:
        if limit:
            return None if min(len(one), limit) == min(len(other), limit) else "other count"
        one, other = sorted(one, key=sort_key), sorted(other, key=sort_key)
    if len(one) != len(other):
        return f"{len(one)} rows {one}, not {len(other)} {other}"
    if right.order:
        return differ_in_order(one, right)
    for left, right_row in zip(one, other, strict=True):
        if not alike(left, right_row):
            return f"{left}, not {right_row}"
    return None


def differ_in_order(found: list, right: Rows) -> str | None:
    """The first row that is out of order, if any; those that tie may come in any order."""
    at = 0
    for tied in ties(right):
        waiting = tied if at + len(tied) < len(found) else [*tied, *right.beyond]
        for row in found[at : at + len(tied)]:
            here = next((n for n, one in enumerate(waiting) if alike(row, one)), None)
            if here is None:
                return f"{row}, not {' or '.join(map(str, waiting))}"
            waiting = waiting[:here] + waiting[here + 1 :]
        at += len(tied)
    return None


def ties(answer: Rows) -> list[list]:
    """The rows one after the other, those together that are alike in what orders them."""
    columns = [answer.columns.index(name) for name in answer.order]
    found = []
    for row in answer.rows:
        if found and all(same(row[at], found[-1][-1][at]) for at in columns):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def alike(left: tuple, right: tuple) -> bool:
    """Whether two rows are one."""
    return len(left) == len(right) and all(map(same, left, right))


def same(left, right) -> bool:
    """Whether two values are one: a float is no exact number, a date no moment."""
    if kind(left) != kind(right):
        return False
    if isinstance(left, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return left == right


def kind(value) -> str:
    for one in (bool, float, str, datetime, date):
        if isinstance(value, one):
            return one.__name__
    return "exact" if isinstance(value, int | Decimal) else type(value).__name__


def is_number(value) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def sort_key(row):
    return tuple(
        (value is not None, kind(value), f"{float(value):.9g}" if is_number(value) else str(value))
        for value in row
    )


def shaken(case: Case, seed: int) -> Case:
    """The case over other data: rows left out, values of a column exchanged.

    First columns stay, which are keys, and first and last rows, which say how far times reach.
    """
    random, tables = Random(seed), {}
    for name, text in case.tables.items():
        header, *lines = text.strip().splitlines()
        rows = [line.split(",") for line in lines]
        for row in rows[1:-1]:
            for at in range(1, len(row)):
                if random.random() < 0.35:
                    row[at] = random.choice(rows)[at]
        inner = [row for row in rows[1:-1] if random.random() < 0.9]
        kept = [*rows[:1], *inner, *rows[1:][-1:]]
        tables[name] = "\n".join([header, *map(",".join, kept)]) + "\n"
    return replace(case, tables=tables)


def without(case: Case, key: str) -> Case:
    """The case with a key taken out wherever it stands: what one who ignores it would see."""
    strip = stripped(key)
    return Case(
        name=case.name,
        project=strip(case.project),
        tables=case.tables,
        query=strip(case.query),
        settings=strip(case.settings),
    )


def stripped(key: str):
    def strip(value):
        if isinstance(value, dict):
            return {name: strip(part) for name, part in value.items() if name != key}
        return [strip(part) for part in value] if isinstance(value, list) else value

    return strip
