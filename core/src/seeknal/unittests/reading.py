"""One document of a test's file as a test, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from seeknal.kernel.options import MISSING_KEY, UNKNOWN_KEY, WRONG_VALUE
from seeknal.project.yaml_files import Plain
from seeknal.unittests.case import TOLERANCE, Case, Expected, Given, Rows
from seeknal.values.errors import did_you_mean
from seeknal.values.names import NodeId
from seeknal.values.relations import Interval

if TYPE_CHECKING:
    from seeknal.project.yaml_files import Document
    from seeknal.values.location import Location
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems

THIS = "this"
"""What the rows that a node has so far are called among the inputs, as in its SQL."""
KEYS = (
    "test",
    "name",
    "description",
    "freeze_time",
    "interval",
    "inputs",
    "expected_output",
    "ctes",
    "query",
)
_GIVEN = ("columns", "rows")
_EXPECTED = ("columns", "row_count", "ordered", "partial", "tolerance", "rows")
_TIME = "write it as 2026-02-08 or 2026-02-08T06:30:00Z"


def read_case(document: Document, problems: Problems) -> Case | None:
    """The test that a document says; None with a problem added where it cannot be told."""
    return _CaseReader(document.marks, document.location, problems).case(document.data)


class _CaseReader:
    """Reads the keys of one test, and gathers what is wrong with them."""

    def __init__(self, marks: Marks, location: Location, problems: Problems) -> None:
        self.marks = marks
        self.location = location
        self.problems = problems
        self.before = len(problems)

    def case(self, data: Mapping[str, Any]) -> Case | None:
        self.known(data, KEYS, "a test")
        file = self.location.file
        node = self.text(data, "test")
        if not node:
            self.add(MISSING_KEY, "test: is missing", self.location, "test: transform.NAME")
        given = self.inputs(data.get("inputs"), NodeId(node or ""))
        ctes = self.mapping(data.get("ctes"), "ctes") or {}
        if "expected_output" not in data and not ctes:
            self.add(MISSING_KEY, "expected_output: is missing", self.location, _EXPECT)
        case = Case(
            node=NodeId(node or ""),
            name=self.text(data, "name") or PurePath(file).stem,
            file=file,
            location=self.marks.key("test") if "test" in data else self.location,
            description=self.text(data, "description"),
            frozen=self.moment(data, "freeze_time"),
            interval=self.interval(data),
            inputs={id: each for id, each in given.items() if id != THIS},
            earlier=given.get(NodeId(THIS)),
            expected=self.expected(data["expected_output"], "expected_output")
            if "expected_output" in data
            else None,
            ctes={name: self.expected(value, "ctes", name) for name, value in ctes.items()},
            query=_meant(self.mapping(data.get("query"), "query")),
            marks=self.marks,
        )
        return None if self.problems.has_errors(self.before) else case

    def inputs(self, data: Any, node: NodeId) -> dict[NodeId, Given]:
        """Rows by their nodes, those of the node itself by `THIS`."""
        found: dict[NodeId, Given] = {}
        for name, value in (self.mapping(data, "inputs") or {}).items():
            id = NodeId(THIS if name == node else name)
            if id in found:
                message = f"{name} and {THIS} are the same rows"
                self.add(WRONG_VALUE, message, self.marks.key("inputs", name), "keep one of them")
            else:
                found[id] = self.given(id, value, "inputs", name)
        return found

    def given(self, id: NodeId, value: Any, *path: str) -> Given:
        data = self.mapping(value, *path) or {}
        self.known(data, _GIVEN, "an input", *path)
        columns = self.columns(data.get("columns"), *path)
        rows = self.rows(data.get("rows"), *path) or Rows(marks=self.marks.below(*path, "rows"))
        return Given(node=id, columns=columns, rows=rows, marks=self.marks.below(*path))

    def expected(self, value: Any, *path: str) -> Expected:
        data = self.mapping(value, *path) or {}
        self.known(data, _EXPECTED, "what is expected", *path)
        if not {"columns", "row_count", "rows"}.intersection(data):
            message = f"{path[-1]}: expects nothing"
            self.add(MISSING_KEY, message, self.marks.key(*path), "give it rows:, or row_count:")
        return Expected(
            columns=self.columns(data.get("columns"), *path),
            row_count=self.count(data.get("row_count"), *path, "row_count"),
            ordered=self.flag(data, "ordered", *path),
            partial=self.flag(data, "partial", *path),
            tolerance=self.tolerance(data, *path),
            rows=self.rows(data.get("rows"), *path) if "rows" in data else None,
            marks=self.marks.below(*path),
        )

    def rows(self, value: Any, *path: str) -> Rows | None:
        """A list of mappings; nothing at all is no rows."""
        if value is not None and not isinstance(value, list):
            self.wrong("rows: is a list of rows", _ROW, *path, "rows")
            return None
        rows: list[Mapping[str, Any]] = []
        for number, row in enumerate(value or ()):
            if isinstance(row, Mapping):
                rows.append(row)
                self.refuse_twins(row, *path, "rows", number)
            else:
                self.wrong("a row says the name of each value", _ROW, *path, "rows", number)
        return Rows(rows=tuple(rows), marks=self.marks.below(*path, "rows"))

    def columns(self, value: Any, *path: str) -> dict[str, str | None] | None:
        """Names in their order, with their types where a mapping says them."""
        if value is None:
            return None
        if isinstance(value, list):
            names = [_said(each) for each in value]
            if None not in names:
                found: dict[str, str | None] = {name: None for name in names if name is not None}
                if len(found) < len(names):
                    self.wrong("columns: names one of them twice", None, *path, "columns")
                self.refuse_twins(found, *path, "columns")
                return found
        elif isinstance(value, Mapping):
            types = {name: _said(type) for name, type in value.items()}
            if all(types[name] is not None or value[name] is None for name in types):
                self.refuse_twins(types, *path, "columns")
                return types
        help = "columns: [id, name], or with types: {id: BIGINT, name: VARCHAR}"
        self.wrong("columns: is a list of names, or names with types", help, *path, "columns")
        return None

    def refuse_twins(self, names: Mapping[str, Any], *path: str | int) -> None:
        """DuckDB takes names that differ in case for one column."""
        seen: dict[str, str] = {}
        for name in names:
            if (first := seen.setdefault(name.lower(), name)) != name:
                message = f"{first!r} and {name!r} are one column"
                self.wrong(message, "keep one of them", *path, name)

    def mapping(self, value: Any, *path: str) -> dict[str, Any] | None:
        if value is None or isinstance(value, dict):
            return value
        self.wrong(f"{path[-1]}: takes keys with values below it", None, *path)
        return None

    def text(self, data: Mapping[str, Any], key: str) -> str | None:
        value = data.get(key)
        if value is None:
            return None
        text = _said(value)
        if text is None or not text.strip():
            self.wrong(f"{key}: takes text", None, key)
            return None
        return text

    def flag(self, data: Mapping[str, Any], key: str, *path: str) -> bool:
        value = data.get(key, Plain("false"))
        found = value.value if isinstance(value, Plain) else value
        if not isinstance(found, bool):
            self.wrong(f"{key}: is true or false", None, *path, key)
        return found is True

    def count(self, value: Any, *path: str) -> int | None:
        found = value.value if isinstance(value, Plain) else value
        if found is None or (type(found) is int and found >= 0):
            return found
        self.wrong("row_count: is a whole number", None, *path)
        return None

    def tolerance(self, data: Mapping[str, Any], *path: str) -> float:
        value = data.get("tolerance")
        if value is None:
            return TOLERANCE
        found = value.value if isinstance(value, Plain) else value
        if isinstance(found, int | float) and not isinstance(found, bool):
            number = float(found)
            if math.isfinite(number) and 0 <= number < 1:
                return number
        help = "1e-9 lets floats differ by a billionth of the larger"
        self.wrong("tolerance: is a number from 0 to less than 1", help, *path, "tolerance")
        return TOLERANCE

    def interval(self, data: Mapping[str, Any]) -> Interval | None:
        value = self.mapping(data.get("interval"), "interval")
        if value is None:
            return None
        self.known(value, ("start", "end"), "an interval", "interval")
        ends = [self.moment(value, key, "interval") for key in ("start", "end")]
        for key in ("start", "end"):
            if value.get(key) is None:
                message = f"{key}: is missing"
                self.add(MISSING_KEY, message, self.marks.key("interval"), _INTERVAL)
        start, end = ends
        if start is None or end is None:
            return None
        if start >= end:
            self.wrong("the interval ends before it begins", _INTERVAL, "interval")
        return Interval(start=start, end=end)

    def moment(self, data: Mapping[str, Any], key: str, *path: str) -> datetime | None:
        """A date or a time of day, in UTC where it says no zone."""
        value = data.get(key)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat((_said(value) or "").strip())
        except ValueError:
            self.wrong(f"{key}: is a moment", _TIME, *path, key)
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def known(self, data: Mapping[str, Any], keys: tuple[str, ...], of: str, *path: str) -> None:
        for key in data:
            if key not in keys:
                help = did_you_mean(key, keys) or f"keys: {', '.join(keys)}"
                message = f"{of} has no key {key!r}"
                self.add(UNKNOWN_KEY, message, self.marks.key(*path, key), help)

    def wrong(self, message: str, help: str | None, *path: str | int) -> None:
        self.add(WRONG_VALUE, message, self.marks.value(*path), help)

    def add(self, code: str, message: str, place: Location, help: str | None) -> None:
        self.problems.add(code, message, place, help)


_ROW = "- {id: 1, name: Alice}"
_INTERVAL = "interval: {start: 2026-02-01, end: 2026-02-02} is that one day"
_EXPECT = "expected_output: {rows: [...]}"


def _meant(value: Any) -> Any:
    """A value for a plugin, which knows nothing of how it is written."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, dict):
        return {key: _meant(each) for key, each in value.items()}
    return [_meant(each) for each in value] if isinstance(value, list) else value


def _said(value: Any) -> str | None:
    """The text of a scalar."""
    return value.text if isinstance(value, Plain) else value if isinstance(value, str) else None
