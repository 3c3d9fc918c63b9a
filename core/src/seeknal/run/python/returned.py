"""What a Python node's function returned, as rows that DuckDB can read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.rows.python_rows import scan_of_rows
from seeknal.rows.scans import columns_of, files_scan
from seeknal.run.python.parts import Part, scan_of_parts
from seeknal.run.python.tabular import is_relation, is_stream, is_tabular
from seeknal.sql.storage import copy_statement
from seeknal.values.errors import NodeError
from seeknal.values.relations import ParquetFiles, Scan

if TYPE_CHECKING:
    from seeknal.run.python.context import Call
    from seeknal.run.python.tabular import Workspace

ACCEPTED = (
    "return a DuckDB relation, a pandas or polars frame, an Arrow table or reader,"
    " a list of dicts, or a generator of any of these"
)


def scan_of(value: Any, call: Call, workspace: Workspace, storing: Workspace) -> Scan:
    """The returned rows as one query. Raises NodeError, naming the type, for anything else.

    A relation is a query of ``workspace``, the function's own; everything else is read by
    ``storing``, which knows nothing of what the function has set.
    """
    if isinstance(value, Scan):
        return value
    if isinstance(value, ParquetFiles):
        return files_scan(value.paths)
    if is_relation(value):
        return Scan(workspace.select(value), within=workspace.cursor)
    if is_tabular(value):
        warn_of_index(value, call)
        if type(value).__name__ == "DataFrame" and value.shape == (0, 0):
            return _scan_of_many(iter(()), call, workspace, storing)
        return Scan(storing.select(value), repeatable=not is_stream(value))
    if isinstance(value, list | tuple | Iterator):
        return _scan_of_many(iter(value), call, workspace, storing)
    raise refusal(value)


def refusal(value: Any, what: str = "the function returned") -> NodeError:
    if value is None:
        text = f"{what} nothing"
    else:
        cls = type(value)
        name = cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"
        text = f"{what} a value of type {name}, which is no rows"
    return NodeError(text, code="SK0514", help=ACCEPTED)


def warn_of_index(value: Any, call: Call) -> None:
    """A pandas index is not a column: losing one that has a name is seldom meant."""
    if type(value).__module__.partition(".")[0] != "pandas":
        return
    names = [str(name) for name in value.index.names if name is not None]
    if names:
        call.log.warning(
            "the frame's index (%s) is left out; call .reset_index() to keep it as columns",
            ", ".join(names),
        )


def _scan_of_many(
    items: Iterator[Any], call: Call, workspace: Workspace, storing: Workspace
) -> Scan:
    """A list or generator: of dicts, of lists of dicts, or of tabular parts."""
    first = next(items, _NOTHING)
    if first is not _NOTHING and is_tabular(first):
        return _scan_of_parts(itertools.chain([first], items), call, workspace, storing)
    rows = _flattened(itertools.chain([] if first is _NOTHING else [first], items))
    has_rows = first is not _NOTHING
    columns = call.columns if call.contract or not has_rows else None
    return scan_of_rows(storing.cursor, rows, workdir=call.workdir, columns=columns)


_NOTHING = object()


def _flattened(items: Iterable[Any]) -> Iterator[Mapping[str, object]]:
    for item in items:
        if isinstance(item, Mapping):
            yield item
        elif isinstance(item, list) and all(isinstance(row, Mapping) for row in item):
            yield from item
        else:
            raise refusal(item, "among the rows is")


def _scan_of_parts(
    parts: Iterator[Any], call: Call, workspace: Workspace, storing: Workspace
) -> Scan:
    """Each part goes to a Parquet file before the next one is asked for."""
    stored: list[Part] = []
    for number, part in enumerate(parts):
        if not is_tabular(part):
            raise refusal(part, "among the parts is")
        path = call.workdir / f"part-{number}.parquet"
        reading = workspace if is_relation(part) else storing
        select = reading.select(part)
        columns = columns_of(reading.cursor.sql(select))
        reading.cursor.execute(copy_statement(select, columns, str(path), wide=True))
        stored.append(Part(path, columns))
        reading.forget(part)
    return scan_of_parts(storing.cursor, stored)
