"""What a statement gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

Row = Sequence[object]


@frozen(kw_only=True)
class Rows:
    """A result with rows, which are read as they are asked for."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[Row]


@frozen(kw_only=True)
class Done:
    """A statement that gives no rows."""

    affected: int = 0
    message: str = ""


Result = Rows | Done


def texts(names: Sequence[str], rows: Sequence[Row]) -> Rows:
    """Rows of SHOW and DESC, which are all text."""
    shown = (tuple(None if value is None else str(value) for value in row) for row in rows)
    return Rows(names=tuple(names), types=("varchar(64)",) * len(names), rows=shown)
