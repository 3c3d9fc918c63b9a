"""Files of unit tests as they are written, read by YAML alone: every value is its own text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import field, frozen

Types = Mapping[str, str]


@frozen(kw_only=True)
class Table:
    """Rows as they are written; ``columns`` are those that say a type."""

    rows: tuple[Mapping[str, Any], ...]
    columns: Types = field(factory=dict)


@frozen(kw_only=True)
class Expected:
    rows: tuple[Mapping[str, Any], ...] | None
    columns: tuple[str, ...] | None = None
    types: Types = field(factory=dict)
    row_count: int | None = None
    ordered: bool = False
    partial: bool = False
    tolerance: float = 1e-9


@frozen(kw_only=True)
class Case:
    """One test of a node."""

    node: str
    name: str
    inputs: Mapping[str, Table]
    expected: Expected
    ctes: Mapping[str, Expected] = field(factory=dict)
    freeze: str | None = None
    interval: tuple[str, str] | None = None


class _Text(str):
    """A scalar without quotes: it may be a number, NULL or a truth."""


class _Loader(yaml.SafeLoader):
    """Gives each scalar as it is written, but for NULL."""


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> str | None:
    if node.tag.endswith(":null"):
        return None
    return node.value if node.tag.endswith(":str") else _Text(node.value)


for _tag in ("null", "bool", "int", "float", "timestamp", "str"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _scalar)


def cases_of(folder: Path) -> list[Case]:
    """All tests below a project's ``tests/``."""
    files = sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")])
    return [case for file in files for case in cases_in(file.read_text("utf-8"), file.stem)]


def cases_in(text: str, stem: str) -> list[Case]:
    documents = yaml.load_all(text, _Loader)
    return [
        _case(found, stem) for found in documents if isinstance(found, dict) and "test" in found
    ]


def _case(found: Mapping[str, Any], stem: str) -> Case:
    node = found["test"]
    interval = found.get("interval")
    return Case(
        node=node,
        name=found.get("name") or stem,
        inputs={
            node if name == "this" else name: _table(given)
            for name, given in (found.get("inputs") or {}).items()
        },
        expected=_expected(found.get("expected_output") or {}),
        ctes={name: _expected(given) for name, given in (found.get("ctes") or {}).items()},
        freeze=found.get("freeze_time"),
        interval=(interval["start"], interval["end"]) if interval else None,
    )


def _table(given: Mapping[str, Any] | None) -> Table:
    given = given or {}
    return Table(rows=tuple(given.get("rows") or ()), columns=given.get("columns") or {})


def _expected(given: Mapping[str, Any]) -> Expected:
    columns = given.get("columns")
    rows = given.get("rows")
    return Expected(
        rows=None if rows is None else tuple(rows),
        columns=None if columns is None else tuple(columns),
        types=columns if isinstance(columns, dict) else {},
        row_count=None if given.get("row_count") is None else int(given["row_count"]),
        ordered=given.get("ordered") == "true",
        partial=given.get("partial") == "true",
        tolerance=float(given.get("tolerance") or 1e-9),
    )


def literal(value: Any) -> str:
    """A value as DuckDB's SQL, of which a cast makes one of its column's type."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return quoted(str(value))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def inferred(values: list[Any]) -> str:
    """The type of a column of which nobody says one."""
    known = [value for value in values if value is not None]
    if not known or not all(isinstance(value, _Text) for value in known):
        return "VARCHAR"
    texts = [str(value) for value in known]
    if all(text.lower() in ("true", "false") for text in texts):
        return "BOOLEAN"
    if all(text.lstrip("+-").isdigit() for text in texts):
        return "BIGINT"
    if all(len(text) == 10 and text[4] == "-" for text in texts):
        return "DATE"
    return "TIMESTAMP" if any(":" in text for text in texts) else "DOUBLE"


def selected(rows: tuple[Mapping[str, Any], ...], types: Types) -> str:
    """A query of the rows with each value of its column's type."""
    names = ", ".join(map(named, types))
    if not rows:
        nothing = (f"CAST(NULL AS {type}) AS {named(name)}" for name, type in types.items())
        return f"SELECT {', '.join(nothing)} WHERE false"
    lines = ", ".join(
        f"({', '.join(f'CAST({literal(row.get(name))} AS {types[name]})' for name in types)})"
        for row in rows
    )
    return f"SELECT {names} FROM (VALUES {lines}) AS given({names})"
