"""The first rows that failing audits found, and the command that shows all that are kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.cli.fitting import width
from seeknal.cli.render import count, table_lines
from seeknal.cli.results import TABLE_ROWS
from seeknal.sql.quote import quote_literal
from seeknal.values.errors import SeeknalError
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.run.failing_rows import FailingRows
    from seeknal.values.audits import AuditResult
    from seeknal.values.node import Node

WIDEST = 24
"""Characters of a cell that are shown."""
_MARGIN = "    "
_GAP = 2
_IN_QUOTES = frozenset('"$`\\!')
"""What a shell looks for within double quotes."""


def rows_text(results: Iterable[AuditResult], node: Node | None, root: Path) -> list[str]:
    """Lines for people: of each audit that keeps rows the first, and how to see the others."""
    from seeknal.run.failing_rows import failing_rows

    lines = []
    for result in results:
        found = failing_rows(result, node, root)
        if found is not None and found.rows:
            lines += [_heading(result, found), *_table(found), _all(found, root)]
    return lines


def rows_record(result: AuditResult, node: Node | None, root: Path) -> dict[str, Any]:
    """The same for programs."""
    from seeknal.run.failing_rows import failing_rows

    found = failing_rows(result, node, root)
    if found is None:
        return {"rows": [], "rows_command": None}
    return {"rows": found.records, "rows_command": command(found, root)}


def command(found: FailingRows, root: Path) -> str:
    """What shows all rows that are kept when it is typed in the folder that the user is in."""
    words = ["seeknal", *_project(root), "sql", "--allow-files"]
    more = ["--limit", "0"] if found.kept > TABLE_ROWS else []
    query = f"FROM {quote_literal(_from_here(found.file))}"
    return " ".join([*map(_quoted, words), _quoted(query), *more])


def _heading(result: AuditResult, found: FailingRows) -> str:
    total = max(found.kept, result.failing_rows)
    rest = total > len(found.rows)
    shown = f"{len(found.rows)} of " * rest + count(total, "failing row")
    return f"  {result.title}: {shown}"


def _all(found: FailingRows, root: Path) -> str:
    rest = found.kept > len(found.rows)
    which = f"all {found.kept:,} that are kept" if rest else "in full"
    return f"  {which}: {command(found, root)}"


def _project(root: Path) -> list[str]:
    from seeknal.project.loader import find_root

    try:
        here = find_root(Path.cwd()) == root.resolve()
    except SeeknalError:
        here = False
    return [] if here else ["-C", _from_here(root)]


def _from_here(path: Path) -> str:
    try:
        return os.path.relpath(path.resolve())
    except ValueError:
        # Another drive.
        return str(path.resolve())


def _quoted(word: str) -> str:
    """A word as a shell reads it, in the form that people know where there is a choice."""
    import shlex

    quoted = shlex.quote(word)
    return f'"{word}"' if quoted != word and not _IN_QUOTES & set(word) else quoted


def _table(found: FailingRows) -> list[str]:
    """As many columns as the terminal is wide, the first ones."""
    import shutil

    cells = [[_cell(value) for value in row] for row in (found.names, *found.rows)]
    columns = list(zip(*cells, strict=True))
    widths = [max(map(width, column)) for column in columns]
    fitting = _fitting(widths, shutil.get_terminal_size().columns)
    lines = table_lines(
        [column[0] for column in columns[:fitting]],
        [row[:fitting] for row in cells[1:]],
    )
    hidden = len(columns) - fitting
    note = [f"and {count(hidden, 'more column')}"] if hidden else []
    return [f"{_MARGIN}{line}" for line in [*lines, *note]]


def _fitting(widths: Sequence[int], limit: int) -> int:
    """How many columns fit, at least one."""
    used = len(_MARGIN) - _GAP
    for place, size in enumerate(widths):
        used += size + _GAP
        if used > limit and place:
            return place
    return len(widths)


def _cell(value: str | None) -> str:
    # Masked before it is cut: half a secret is not known any more.
    text = "NULL" if value is None else scrub(value)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
