"""Unit tests as files, from rows that somebody has chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from tests.unittests.evaluate import Span
from tests.unittests.results import Answer


def text_of_test(
    node: str, inputs: Mapping[str, Answer], expected: Answer, span: Span | None
) -> str:
    """The text of a test; every value is written as its own text, with its column's type."""
    document: dict[str, Any] = {"test": node}
    if span is not None:
        document["interval"] = {"start": span[0], "end": span[1]}
    document["inputs"] = {
        id: {"columns": dict(zip(table.columns, table.types, strict=True)), "rows": _rows(table)}
        for id, table in inputs.items()
    }
    document["expected_output"] = {"columns": list(expected.columns), "rows": _rows(expected)}
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000))


def _rows(table: Answer) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)
