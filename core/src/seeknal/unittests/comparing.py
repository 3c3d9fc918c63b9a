"""What came out of a node held against what a test expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.project.yaml_files import Plain
from seeknal.sql.typetree import TypeTree, type_tree
from seeknal.unittests.literals import Misfit, json_text, literal
from seeknal.unittests.matching import Matching, differing, in_order, match
from seeknal.unittests.values import Odd, as_text, read, read_rows, shown
from seeknal.values.errors import did_you_mean
from seeknal.values.secret import scrub
from seeknal.values.several import a_few

if TYPE_CHECKING:
    import duckdb

    from seeknal.unittests.bench import Result
    from seeknal.unittests.case import Expected
    from seeknal.unittests.types import Types

Row = tuple[Any, ...]


@frozen(kw_only=True)
class Answer:
    """All that came out of a node: its columns with their types, and its rows."""

    columns: Mapping[str, TypeTree]
    rows: Sequence[Row]

    def place(self, name: str) -> int:
        return list(self.columns).index(name)


@frozen(kw_only=True)
class Difference:
    """How rows differ from those that are expected.

    ``said`` are sentences of columns, types and counts. ``columns`` are those of the rows that
    are shown, ``expected`` and ``actual``, of which ``matching`` tells what belongs together.
    ``answer`` is all that came out.
    """

    said: tuple[str, ...] = ()
    columns: Mapping[str, TypeTree] = field(factory=dict)
    expected: Sequence[Row] = ()
    actual: Sequence[Row] = ()
    matching: Matching = field(factory=Matching)
    tolerance: float = 0.0
    answer: Answer

    @property
    def is_none(self) -> bool:
        return not self.said and self.matching.is_whole

    def cells(self, one: int, other: int) -> list[int]:
        """The places of the columns in which a changed row differs."""
        return differing(self.expected[one], self.actual[other], self.tolerance)

    def shown(self, row: Row) -> list[str]:
        """A row's values for people; a secret of the project is masked."""
        types = self.columns.values()
        return [scrub(shown(value, type)) for value, type in zip(row, types, strict=True)]

    def texts(self, row: Row) -> list[str | None]:
        """A row's values for programs: NULL is None, and text is as it is."""
        return [
            None if value is None else scrub(str(value)) if isinstance(value, str) else text
            for value, text in zip(row, self.shown(row), strict=True)
        ]


def compare(
    expected: Expected, result: Result, types: Types, keys: Sequence[str] = ()
) -> Difference:
    """How the rows of ``result`` differ from what is expected; its ``is_none`` where they do not.

    ``keys`` are columns that identify a row, where any do.
    """
    return held_against(expected, answer_of(result), result.cursor, types, keys)


def held_against(
    expected: Expected,
    answer: Answer,
    cursor: duckdb.DuckDBPyConnection,
    types: Types,
    keys: Sequence[str] = (),
) -> Difference:
    """The same of an answer; ``cursor`` makes values of the texts that are expected."""
    trees = answer.columns
    said = [*_of_columns(expected, trees, types), *_of_count(expected, answer)]
    if expected.rows is None:
        return Difference(said=tuple(said), answer=answer)
    compared = {name: trees[name] for name in _compared(expected, trees)}
    wanted = expected_rows(expected, compared, cursor, types)
    at = [answer.place(name) for name in compared]
    actual = [tuple(row[place] for place in at) for row in answer.rows]
    places = [list(compared).index(key) for key in keys if key in compared]
    by = places if len(places) == len(keys) else []
    matching = match(wanted, actual, expected.tolerance, by)
    if expected.ordered and matching.is_whole:
        place = in_order(wanted, actual, expected.tolerance)
        if place is not None:
            said.append(_other_order(place, wanted, actual, list(compared.values())))
    return Difference(
        said=tuple(said),
        columns=compared,
        expected=wanted,
        actual=actual,
        matching=matching,
        tolerance=expected.tolerance,
        answer=answer,
    )


def answer_of(result: Result) -> Answer:
    """All that came out of a node."""
    trees = {column.name: type_tree(column.type) for column in result.columns}
    return Answer(columns=trees, rows=read_rows(result.cursor, result.scan, list(trees.items())))


def expected_names(expected: Expected) -> tuple[str, ...] | None:
    """The columns that are expected; None where nothing says them."""
    if expected.columns is not None:
        return tuple(expected.columns)
    if expected.rows is not None and expected.rows.rows:
        return expected.rows.names
    return None


def _compared(expected: Expected, trees: Mapping[str, TypeTree]) -> list[str]:
    """The columns of which values are held against each other, those that both sides have."""
    names = expected_names(expected)
    if names is None:
        return [] if expected.partial else list(trees)
    return [name for name in names if name in trees]


def _of_columns(expected: Expected, trees: Mapping[str, TypeTree], types: Types) -> list[str]:
    """What is said of names, order and types."""
    names, actual = expected_names(expected), list(trees)
    if names is None:
        return []
    more = [] if expected.partial else [name for name in actual if name not in names]
    said = []
    for name in names:
        if name not in actual:
            near = did_you_mean(name, more or actual)
            said.append(f"there is no column {name!r}" + (f": {near}" if near else ""))
    if len(more) == 1:
        said.append(f"the column {more[0]!r} is not expected")
    elif more:
        said.append(f"the columns {a_few([*map(repr, more)])} are not expected")
    if said:
        return said
    if expected.columns is not None and not expected.partial and list(names) != actual:
        said.append(f"the columns are {', '.join(actual)}, in this order")
    for name, type in (expected.columns or {}).items():
        if type is None:
            continue
        try:
            wanted = types.tree(type).text
        except ValueError as error:
            said.append(f"{name}: {error}")
            continue
        if wanted != trees[name].text:
            said.append(f"the column {name!r} is {trees[name].text}, not {wanted}")
    return said


def _of_count(expected: Expected, answer: Answer) -> list[str]:
    count = len(answer.rows)
    if expected.row_count is None or expected.row_count == count:
        return []
    rows = "1 row" if count == 1 else f"{count:,} rows"
    return [f"there {'is' if count == 1 else 'are'} {rows}, not {expected.row_count:,}"]


def _other_order(
    place: int, wanted: Sequence[Row], actual: Sequence[Row], types: Sequence[TypeTree]
) -> str:
    def text(row: Row) -> str:
        return f"({', '.join(shown(v, t) for v, t in zip(row, types, strict=True))})"

    return (
        f"the rows stand in another order: row {place + 1} is {text(actual[place])},"
        f" not {text(wanted[place])}"
    )


def expected_rows(
    expected: Expected,
    columns: Mapping[str, TypeTree],
    cursor: duckdb.DuckDBPyConnection,
    types: Types,
) -> list[Row]:
    """The rows as they are expected, each value as one of the type that came out."""
    assert expected.rows is not None
    if not expected.rows.rows or not columns:
        return [()] * len(expected.rows.rows)
    odd: dict[tuple[int, int], Odd] = {}
    lines = []
    for number, row in enumerate(expected.rows.rows):
        parts = []
        for place, (name, type) in enumerate(columns.items()):
            try:
                parts.append(literal(row.get(name), type, types))
            except Misfit:
                odd[number, place] = Odd(_written(row[name]))
                parts.append(f"CAST(NULL AS {type.text})")
        lines.append(f"({', '.join(parts)})")
    trees = list(columns.values())
    listed = ", ".join(as_text(f"v.c{place}", type) for place, type in enumerate(trees))
    inner = ", ".join(f"c{place}" for place in range(len(trees)))
    sql = f"SELECT {listed} FROM (VALUES {', '.join(lines)}) AS v({inner})"
    found = cursor.execute(sql).fetchall()
    return [
        tuple(
            odd[number, place] if (number, place) in odd else read(value, type)
            for place, (value, type) in enumerate(zip(row, trees, strict=True))
        )
        for number, row in enumerate(found)
    ]


def _written(cell: Any) -> str:
    """A value as the test's file has it."""
    if isinstance(cell, Plain):
        return cell.text
    return repr(cell) if isinstance(cell, str) else json_text(cell)
