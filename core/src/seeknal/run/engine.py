"""The run's DuckDB: one in-memory instance, one cursor per worker, a view for each stored node.

Each Python node has an instance of its own beside it, for as long as its function runs.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.rows.scans import columns_of, refuse_equal_names, to_scan
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.sql.storage import copy_statement, is_kept, scan_of, wide_columns
from seeknal.sql.syntax import as_select
from seeknal.values.errors import NodeError
from seeknal.values.relations import ParquetFiles, Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.kernel.plugin_types import Rows
    from seeknal.run.provenance import Stamp
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

MEMORY_SHARE = 0.7
_VIEW = "seeknal_rows"
_WIDE = re.compile(r"Could not cast value (-?\d{39}) to DECIMAL\(38,0\)")


class Engine:
    """Runs SQL for the nodes of one run.

    Opens DuckDB when a cursor is first asked for. Thread-safe; a cursor belongs to the thread
    that asked for it. All instances together have the run's memory, each an equal share.
    """

    def __init__(self, target: Path, memory_limit: str | None = None) -> None:
        self._spill = target / "tmp"
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._own: list[duckdb.DuckDBPyConnection] = []
        self._schemas: set[str] = set()
        self._views: dict[NodeId, str] = {}
        self._shows_progress = True

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A new cursor with seeknal's session settings."""
        with self._lock:
            cursor = self._open().cursor()
        if self._shows_progress:
            cursor.execute("SET enable_progress_bar = false")
        return cursor

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._instance is None:
            self._instance = open_instance(self._spill)
            self._shows_progress = _shows_progress(self._instance)
            if self._memory_limit is not None:
                limit = quote_literal(self._memory_limit)
                self._instance.execute(f"SET memory_limit = {limit}")
            self._share_memory()
        return self._instance

    def define(self, node: NodeId, select: str) -> None:
        """Make ``"kind"."name"`` stand for ``select``; nothing happens when it already does."""
        with self._lock:
            if self._views.get(node) == select:
                return
            instance = self._open()
            if node.kind not in self._schemas:
                instance.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(node.kind)}")
                self._schemas.add(node.kind)
            name = quote_name(node.kind, node.name)
            instance.execute(f"CREATE OR REPLACE VIEW {name} AS {as_select(select)}")
            self._views[node] = select

    def open_own(self, views: Mapping[NodeId, str], spill: Path) -> duckdb.DuckDBPyConnection:
        """An instance that nobody else has, in which each node's name stands for its SELECT."""
        own = open_instance(spill)
        with self._lock:
            self._own.append(own)
            self._share_memory()
        define_views(own, views)
        return own

    def close_own(self, own: duckdb.DuckDBPyConnection) -> None:
        """Close an instance that `open_own` has given; the others share its memory."""
        with self._lock:
            self._own.remove(own)
            own.close()
            self._share_memory()

    def _share_memory(self) -> None:
        instances = [*self._own, *([self._instance] if self._instance else [])]
        limit = self._memory_limit or f"{_default_memory()}B"
        if len(instances) > 1:
            limit = f"{_bytes_of(limit) // len(instances)}B"
        for instance in instances:
            # One that cannot do with less at this moment keeps what it has until the next opens
            # or closes.
            with suppress(Exception):
                instance.execute(f"SET memory_limit = {quote_literal(limit)}")

    def close(self) -> None:
        """Close DuckDB and remove what it spilled."""
        with self._lock:
            if self._instance is not None:
                self._instance.close()
                self._instance = None
        shutil.rmtree(self._spill, ignore_errors=True)


def open_instance(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory, with the settings that seeknal's SQL is written for."""
    import duckdb

    # A table name in SQL must never mean a Python variable of ours.
    instance = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    instance.execute("SET GLOBAL TimeZone = 'UTC'")
    if spill is not None:
        instance.execute(f"SET temp_directory = {quote_literal(str(spill))}")
    return instance


def _shows_progress(instance: duckdb.DuckDBPyConnection) -> bool:
    """Whether DuckDB draws a bar of its own, as it does in a notebook, unless it is told not to."""
    found = instance.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    return bool(found[0][0])


def define_views(instance: duckdb.DuckDBPyConnection, views: Mapping[NodeId, str]) -> None:
    """Make each ``"kind"."name"`` stand for its SELECT, in this order."""
    for kind in dict.fromkeys(node.kind for node in views):
        instance.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(kind)}")
    for node, select in views.items():
        instance.execute(f"CREATE VIEW {quote_name(node.kind, node.name)} AS {select}")


def write_rows(
    cursor: duckdb.DuckDBPyConnection,
    rows: Rows,
    path: Path,
    *,
    repeatable: bool = False,
    metadata: Mapping[str, str] = MappingProxyType({}),
    stamp: Stamp | None = None,
) -> tuple[int, tuple[Column, ...]]:
    """Store ``rows`` as one Parquet file; gives the row count and the columns.

    ``repeatable``: the rows may be asked for twice. ``metadata`` is what the file says of itself,
    ``stamp`` what each row is stored with. Raises NodeError for something that is no rows, has two
    columns of one name, or holds what cannot be stored.
    """
    import duckdb

    plain = not metadata and stamp is None
    if isinstance(rows, ParquetFiles) and len(rows.paths) == 1 and plain:
        return _copy_file(cursor, rows.paths[0], path)
    if isinstance(rows, Scan) and rows.within is not None:
        cursor = rows.within
    attempt = 0
    while isinstance(rows, Scan) and rows.instead is not None:
        # A COPY that failed may remove its file after another has written to the same name.
        tried = path.with_name(f"{path.stem}.try{attempt}{path.suffix}")
        try:
            written = _write_scan(cursor, rows, tried, repeatable, metadata, stamp)
        except duckdb.Error as error:
            origin = rows.origin
            rows = rows.instead(error)
            rows = evolve(rows, origin=rows.origin or origin)
            attempt += 1
        else:
            tried.replace(path)
            return written
    return _write_scan(cursor, rows, path, repeatable, metadata, stamp)


def _write_scan(
    cursor: duckdb.DuckDBPyConnection,
    rows: Rows,
    path: Path,
    repeatable: bool,
    metadata: Mapping[str, str],
    stamp: Stamp | None,
) -> tuple[int, tuple[Column, ...]]:
    import duckdb

    scan, columns = to_scan(cursor, rows, _VIEW)
    registered = scan.sql == f"FROM {quote_identifier(_VIEW)}"
    try:
        refuse_equal_names(column.name for column in columns)
        if stamp is not None:
            origin = rows.origin if isinstance(rows, Scan | ParquetFiles) else None
            scan, columns = stamp(scan, columns, origin)
        try:
            stored = copy_statement(scan.sql, columns, str(path), metadata=metadata)
            done = cursor.execute(stored).fetchall()
        except duckdb.ConversionException as error:
            _refuse_wide(error, columns, repeatable or _is_repeatable(rows))
            # As text they all fit. It costs the rows a second time, and those that read them.
            wide = copy_statement(scan.sql, columns, str(path), wide=True, metadata=metadata)
            done = cursor.execute(wide).fetchall()
        except duckdb.NotImplementedException as error:
            raise _unstorable(columns, None) or error from error
    finally:
        if registered:
            cursor.unregister(_VIEW)
    _refuse_changed(cursor, columns, path)
    return int(done[0][0]), columns


def settle(cursor: duckdb.DuckDBPyConnection, rows: Rows, path: Path) -> Rows:
    """``rows`` that somebody may read in parts, or on another connection: stored at ``path``
    where reading them may show that others are to be read instead, or needs its own connection."""
    if not isinstance(rows, Scan) or (rows.instead is None and rows.within is None):
        return rows
    return store(cursor, rows, path)


def store(cursor: duckdb.DuckDBPyConnection, rows: Rows, path: Path) -> Scan:
    """The same rows, from a file at ``path``."""
    _, columns = write_rows(cursor, rows, path)
    return Scan(f"SELECT * FROM {stored_scan(path, columns)}", repeatable=True)


def _is_repeatable(rows: Rows) -> bool:
    return isinstance(rows, Scan) and rows.repeatable


def _copy_file(
    cursor: duckdb.DuckDBPyConnection, source: str, path: Path
) -> tuple[int, tuple[Column, ...]]:
    """Parquet that is already Parquet is copied byte for byte: no decoding, nothing lost."""
    columns = columns_of(cursor.sql(f"FROM {stored_scan(Path(source), ())}"))
    refuse_equal_names(column.name for column in columns)
    shutil.copyfile(source, path)
    counted = cursor.execute(
        f"SELECT num_rows FROM parquet_file_metadata({quote_literal(str(path))})"
    ).fetchall()
    return int(counted[0][0]), columns


def _refuse_changed(
    cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column], path: Path
) -> None:
    """Raise NodeError for a column that would be read back as one of another type."""
    import duckdb

    if all(is_kept(column.type) for column in columns):
        return
    try:
        found = columns_of(cursor.sql(f"FROM {stored_scan(path, columns)}"))
    except duckdb.Error as error:
        raise _unstorable(columns, None) or error from error
    if found != columns and (refusal := _unstorable(columns, found)):
        raise refusal


def _unstorable(columns: Sequence[Column], found: Sequence[Column] | None) -> NodeError | None:
    """The refusal of the first column that is not read back as it is, if any is."""
    for column, read in zip(columns, found or columns, strict=True):
        if read != column or (found is None and not is_kept(column.type)):
            back = f" and would be read back as {_shortened(read.type)}" if found else ""
            return NodeError(
                f"column {column.name!r} cannot be stored: it is of type"
                f" {_shortened(column.type)}{back}",
                code="SK0836",
                help=f"give it another type, such as CAST({quote_identifier(column.name)} AS JSON)",
            )
    return None


def _refuse_wide(error: Exception, columns: Sequence[Column], repeatable: bool) -> None:
    """Raise, unless only integers of more than 38 digits stood in the way and may be read again."""
    found = _WIDE.search(str(error))
    names = wide_columns(columns) if found else []
    if not found or not names:
        raise error
    if not repeatable:
        raise NodeError(
            f"column {' or '.join(map(repr, names[:3]))} holds the integer {found[1]}, which has"
            " more than the 38 digits that are stored of what is read only once",
            code="SK0835",
            help=f"make it text: CAST({quote_identifier(names[0])} AS VARCHAR), or of a source"
            f" columns: {{{names[0]}: VARCHAR}}",
        ) from error


def _shortened(type: str) -> str:
    return type if len(type) <= 60 else f"{type[:57]}..."


def stored_scan(path: Path, columns: Sequence[Column]) -> str:
    """What stands after FROM to read a stored output."""
    return scan_of(str(path), columns)


_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b|bytes)\s*", re.IGNORECASE)


def _bytes_of(limit: str) -> int:
    """What DuckDB understands by a size such as 4GB, or the default for what it alone knows."""
    found = _SIZE.fullmatch(limit)
    if found is None:
        return _default_memory()
    unit = 1024 if found[3] else 1000
    return int(float(found[1]) * unit ** (" kmgt".index((found[2] or " ").lower())))


def _default_memory() -> int:
    return int(_memory_bytes() * MEMORY_SHARE)


def _memory_bytes() -> int:
    """What this process may use: the machine's memory or its cgroup's limit."""
    import os

    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [machine]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(name).read_text()))
        except (OSError, ValueError):
            continue
    return min(limits)
