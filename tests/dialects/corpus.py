"""The corpus: what a text of SQL gives in the dialect that it is written in.

One file per dialect, ``corpus/DIALECT.yml``. An entry is an expression (``expr``) over one table
(``over``, some of its rows with ``where``; without a table it stands alone), or a whole ``query``.
What it gives is ``gives``: a value for each row, rows for a query, or ``error`` of one that its
dialect understands and that fails when it is computed. Where the engine
runs, `tests.dialects.record` writes that; an entry with a ``source`` has it from documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tests.dialects.engines import Answer, Engine, Failed
from tests.dialects.values import FLOATS, TRUTHS, Value, same_rows

FOLDER = Path(__file__).parent / "corpus"
DIALECTS = (
    "postgres", "mysql", "sqlite", "spark", "snowflake", "bigquery", "starrocks", "duckdb",
)  # fmt: skip
TARGETS = {"duckdb": ("postgres", "spark")}
"""Where a dialect's queries are run; all others only on DuckDB."""
NO_TRUTHS = ("mysql", "sqlite")
ERROR = "error"
UNSAID = "not recorded"


@frozen(kw_only=True)
class Entry:
    dialect: str
    about: str
    expr: str = ""
    query: str = ""
    over: str = ""
    where: str = ""
    gives: Any = UNSAID
    columns: tuple[str, ...] = ()
    ordered: bool = False
    keys: tuple[int, ...] = ()
    """Columns that rows are ordered by, where other columns may leave ties."""
    source: str = ""
    note: str = ""
    only: tuple[str, ...] = field(factory=tuple)
    """Targets where it is asked, when that is not all of them."""

    @property
    def sql(self) -> str:
        """The whole query."""
        if self.query:
            return self.query
        if not self.over:
            return f"SELECT {self.expr} AS v"
        where = f" WHERE {self.where}" if self.where else ""
        return f"SELECT {self.expr} AS v FROM {self.over}{where} ORDER BY id"

    @property
    def rows(self) -> list[list[Value]]:
        """The rows that it gives in its own dialect."""
        if self.query:
            return list(self.gives)
        return [[value] for value in self.gives] if self.over else [[self.gives]]

    @property
    def fails(self) -> bool:
        return bool(self.gives == ERROR)

    @property
    def targets(self) -> tuple[str, ...]:
        return self.only or TARGETS.get(self.dialect, ("duckdb",))

    def _keys_of(self, rows: list[list[Value]]) -> list[list[Value]]:
        return [[row[at] for at in self.keys] for row in rows]

    def wrong(self, answer: Answer, *, loosely: bool = False) -> str:
        """How an answer differs from what its own dialect gives; empty when it does not.

        ``loosely``: a float may stand for an exact number that is as near as floats can be, and
        true for the 1 of a dialect that has no truth values.
        """
        truths = TRUTHS if self.dialect in NO_TRUTHS else FLOATS
        loose = truths if loosely else ()
        if self.fails:
            return f"an error was expected, got {answer.rows}"
        if self.columns and answer.columns != self.columns:
            return f"columns {list(self.columns)} expected, got {list(answer.columns)}"
        ordered = self.ordered or not self.query
        if same_rows(self.rows, answer.rows, ordered=ordered, loose=loose) and same_rows(
            self._keys_of(self.rows), self._keys_of(answer.rows), ordered=True, loose=loose
        ):
            return ""
        return f"{self.rows} expected, got {answer.rows}"


def entries(*dialects: str) -> list[Entry]:
    """What is in the corpus of these dialects; of all of them when none is named."""
    return [entry for dialect in dialects or DIALECTS for entry in load(dialect)]


def load(dialect: str) -> list[Entry]:
    return [_entry(dialect, about, raw) for about, raw in _raw(dialect)]


def _raw(dialect: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    import yaml

    text = (FOLDER / f"{dialect}.yml").read_text(encoding="utf-8")
    for about, listed in yaml.load(
        text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    ).items():
        for raw in listed:
            yield about, raw


def _entry(dialect: str, about: str, raw: Mapping[str, Any]) -> Entry:
    lists = {key: tuple(raw[key]) for key in ("columns", "only") if key in raw}
    return Entry(dialect=dialect, about=about, **{**raw, **lists})


def save(dialect: str, found: Iterable[Entry]) -> None:
    """Write a dialect's file anew, an entry's parts each on a line."""
    lines: list[str] = []
    about = ""
    for entry in found:
        if entry.about != about:
            about = entry.about
            lines.append(f"{_flow(about)}:")
        lines += _written(entry)
    (FOLDER / f"{dialect}.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(entry: Entry) -> list[str]:
    parts: dict[str, Any] = {
        "expr": entry.expr,
        "query": entry.query,
        "over": entry.over,
        "where": entry.where,
        "only": list(entry.only),
        "ordered": entry.ordered,
        "source": entry.source,
        "note": entry.note,
        "columns": list(entry.columns),
    }
    lines = [f"  {key}: {_flow(value)}" for key, value in parts.items() if value]
    if entry.query and entry.gives and isinstance(entry.gives, list):
        lines += ["  gives:", *(f"  - {_flow(row)}" for row in entry.gives)]
    elif entry.gives != UNSAID:
        lines.append(f"  gives: {_flow(entry.gives)}")
    return [f"- {lines[0].strip()}", *lines[1:]]


def _flow(value: Any) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        value, Dumper=dumper, default_flow_style=True, width=10**6, allow_unicode=True,
        sort_keys=False,
    )  # fmt: skip
    return text.removesuffix("\n").removesuffix("\n...")


def asked(entry: Entry, engine: Engine) -> Answer | Failed:
    """What its own engine gives for an entry now."""
    try:
        return engine.ask(entry.sql)
    except Failed as failed:
        return failed
