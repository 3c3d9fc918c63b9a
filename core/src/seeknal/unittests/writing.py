"""The text of a test's file, of rows that were chosen for it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.quote import quote_identifier, quote_name
from seeknal.unittests.values import read_rows
from seeknal.unittests.yamltext import flow, key, row_text, type_text, written

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.sql.typetree import TypeTree
    from seeknal.unittests.comparing import Answer
    from seeknal.unittests.drafting import Draft
    from seeknal.unittests.types import Types
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId


NOTHING = "expected_output:\n  rows: []\n"


def text_of(draft: Draft, types: Types) -> str:
    """The test, which expects no rows yet."""
    question = draft.question
    lines = [
        f"test: {question.node.id}",
        f'description: "Captured on {question.moment:%Y-%m-%d}"',
        f"freeze_time: {_moment(question.moment)}",
    ]
    if question.interval is not None:
        start, end = _moment(question.interval.start), _moment(question.interval.end)
        lines.append(f"interval: {{start: {start}, end: {end}}}")
    if question.query:
        lines.append(f"query: {flow(question.query)}")
    lines.append("inputs:" if question.columns else "inputs: {}")
    for id, columns in question.columns.items():
        lines += _input(draft, id, columns, types)
    return "\n".join([*lines, NOTHING])


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _input(draft: Draft, id: NodeId, columns: Sequence[Column], types: Types) -> Iterator[str]:
    named = ", ".join(f"{key(column.name)}: {type_text(column.type)}" for column in columns)
    yield f"  {id}:"
    yield f"    columns: {{{named}}}"
    read = draft.read(id)
    trees = [types.tree(column.type) for column in read]
    names = [column.name for column in read]
    rows = read_rows(
        draft.sample.cursor, _kept(draft, id, read), list(zip(names, trees, strict=True))
    )
    yield "    rows:" if rows else "    rows: []"
    for row in rows:
        yield f"      - {_row(names, row, trees)}"


def _row(names: Sequence[str], values: Sequence[Any], types: Sequence[TypeTree]) -> str:
    found = zip(names, values, types, strict=True)
    return row_text({name: written(value, type) for name, value, type in found})


def _kept(draft: Draft, id: NodeId, columns: Sequence[Column]) -> str:
    """What stands after FROM for the chosen rows of an input, in their order."""
    table = quote_name(id.kind, id.name)
    listed = ", ".join(f"t.{quote_identifier(column.name)}" for column in columns)
    kept = draft.choice.kept.get(id, ())
    if not kept:
        return f"(SELECT {listed} FROM {table} t WHERE false)"
    places = ", ".join(f"({row}, {place})" for place, row in enumerate(kept))
    return (
        f"(SELECT {listed} FROM {table} t JOIN (VALUES {places}) v(chosen, place)"
        " ON t.rowid = v.chosen ORDER BY v.place)"
    )


def _sorting(row: Sequence[Any]) -> list[tuple[int, float, str]]:
    """A place for a row: numbers by their size, all else by its text, NULL last."""
    return [_place(value) for value in row]


def _place(value: Any) -> tuple[int, float, str]:
    if value is None:
        return 2, 0.0, ""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    return (0, number, str(value)) if math.isfinite(number) else (1, 0.0, str(value))


def expecting(text: str, answer: Answer, *, ordered: bool, unstable: Collection[str]) -> str:
    """The test that expects what came out, without the columns that other runs give otherwise."""
    names = [name for name in answer.columns if name not in unstable]
    lines = ["expected_output:", f"  columns: [{', '.join(map(key, names))}]"]
    if ordered:
        lines.append("  ordered: true")
    if unstable:
        lines.append("  partial: true")
    places = [list(answer.columns).index(name) for name in names]
    trees = [answer.columns[name] for name in names]
    lines.append("  rows:" if answer.rows else "  rows: []")
    rows = [[row[place] for place in places] for row in answer.rows]
    # Else DuckDB's threads would give the same rows another order the next time.
    for row in rows if ordered else sorted(rows, key=_sorting):
        lines.append(f"    - {_row(names, row, trees)}")
    return "\n".join([text.removesuffix(NOTHING) + lines[0], *lines[1:], ""])
