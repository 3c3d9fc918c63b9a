"""Rows that a test gives, as a SELECT that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal.sql.quote import quote_identifier
from seeknal.unittests.inferring import inferred
from seeknal.unittests.literals import Misfit, literal
from seeknal.values.errors import did_you_mean, nearest

if TYPE_CHECKING:
    from seeknal.sql.typetree import TypeTree
    from seeknal.unittests.case import Given
    from seeknal.unittests.types import Types
    from seeknal.values.problems import Problems

Columns = Mapping[str, str | None]
"""Names in their order, with the types that are known."""


def select_of(given: Given, known: Columns, types: Types, problems: Problems) -> str | None:
    """The SELECT that gives the rows; what is wrong with them is added to ``problems``.

    The test's own ``columns:`` tell all columns; else those that are ``known`` are there, and
    those that its rows name beside them. None where there is no column at all.
    """
    columns = columns_of(given, known)
    _look_at_names(given, known, problems)
    if not columns:
        return None
    trees = {name: _tree(given, name, type, types, problems) for name, type in columns.items()}
    rows = []
    for number, row in enumerate(given.rows.rows):
        cells = {name.lower(): (name, cell) for name, cell in row.items()}
        values = []
        for name in columns:
            written, cell = cells.get(name.lower(), (name, None))
            try:
                tree = trees[name]
                values.append("NULL" if tree is None else literal(cell, tree, types))
            except Misfit as error:
                place = given.rows.marks.value(number, written, *error.path)
                path = ".".join([name, *map(str, error.path)])
                problems.add("SK1715", f"{path}: {error.message}", place, _FITS)
                values.append("NULL")
        rows.append(f"({', '.join(values)})")
    return _select(columns, trees, rows)


def empty_select(columns: Columns, types: Types) -> str:
    """No rows, of these columns. Raises ValueError for a type that is none."""
    trees = {name: None if type is None else types.tree(type) for name, type in columns.items()}
    return _select(columns, trees, [])


def types_of(given: Given, known: Columns) -> Columns:
    """The columns that an input of a test has, for others that leave it out."""
    found: dict[str, str | None] = {}
    for name, type in columns_of(given, known).items():
        try:
            found[name] = type or inferred(_cells(given, name))
        except ValueError:
            # Told where the rows are read.
            found[name] = None
    return found


def columns_of(given: Given, known: Columns) -> Columns:
    """The columns that an input of a test has, as far as their types are written down."""
    lower = {name.lower(): type for name, type in known.items()}
    if given.columns is not None:
        return {name: type or lower.get(name.lower()) for name, type in given.columns.items()}
    more: dict[str, str] = {}
    for name in given.rows.names:
        if name.lower() not in lower:
            more.setdefault(name.lower(), name)
    return {**known, **dict.fromkeys(more.values())}


_FITS = "write a value of the column's type, or another type in columns:"
_VERY_LIKE = 0.75


def _look_at_names(given: Given, known: Columns, problems: Problems) -> None:
    """Names that are no columns, or hardly: the column that was meant would be NULL."""
    own = given.columns
    lower = {name.lower() for name in (known if own is None else own)}
    left = [name for name in known if name.lower() not in {n.lower() for n in given.rows.names}]
    for number, row in enumerate(given.rows.rows):
        for name in row:
            if name.lower() in lower:
                continue
            if own is not None:
                help = did_you_mean(name, own) or f"columns: {', '.join(own)}"
            elif near := nearest(name, left, likeness=_VERY_LIKE):
                help = f"did you mean {near[0]}? columns: says all columns where it has both"
            else:
                continue
            place = given.rows.marks.key(number, name)
            problems.add("SK1714", f"{given.node} has no column {name!r}", place, help)


def _cells(given: Given, name: str) -> list[object]:
    lower = name.lower()
    return [cell for row in given.rows.rows for key, cell in row.items() if key.lower() == lower]


def _tree(
    given: Given, name: str, type: str | None, types: Types, problems: Problems
) -> TypeTree | None:
    """A column's type; None where all of its values are NULL and nothing says it."""
    try:
        text = type or inferred(_cells(given, name))
        return None if text is None else types.tree(text)
    except ValueError as error:
        place = given.marks.value("columns", name)
        if not given.marks.known("columns", name):
            place = next(
                (
                    given.rows.marks.value(number, name)
                    for number, row in enumerate(given.rows.rows)
                    if name in row
                ),
                given.marks.value(),
            )
        problems.add("SK1715", f"{name}: {error}", place, "say its type in columns:")
        return None


def _select(columns: Columns, trees: Mapping[str, TypeTree | None], rows: list[str]) -> str:
    """One SELECT; a column of no type is NULL, which fits everywhere."""
    names = [quote_identifier(name) for name in columns]
    if rows:
        values = ", ".join(rows)
        # Without the names of VALUES: a name may stand twice there but for case.
        places = [
            f"NULL AS {name}" if tree is None else f"v.c{place} AS {name}"
            for place, (name, tree) in enumerate(zip(names, trees.values(), strict=True))
        ]
        inner = ", ".join(f"c{place}" for place in range(len(names)))
        return f"SELECT {', '.join(places)} FROM (VALUES {values}) AS v({inner})"
    nulls = [
        f"NULL AS {name}" if tree is None else f"CAST(NULL AS {tree.text}) AS {name}"
        for name, tree in zip(names, trees.values(), strict=True)
    ]
    return f"SELECT {', '.join(nulls)} WHERE false"
