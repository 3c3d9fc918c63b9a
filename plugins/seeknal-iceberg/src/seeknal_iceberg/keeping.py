"""Maintenance of many tables: one that fails stops no other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.plugin import SeeknalError
from seeknal_iceberg.catalogs import Unreadable, full_name, said
from seeknal_iceberg.maintaining import Maintained, maintain, would_maintain

if TYPE_CHECKING:
    import duckdb
    from pyiceberg.table import Table

    from seeknal_iceberg.maintaining import Retention


@frozen(kw_only=True)
class Outcome:
    """What became of one table; ``str`` says it."""

    done: Maintained = field(factory=Maintained)
    error: str = ""
    dry_run: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.error)

    def __str__(self) -> str:
        if self.error:
            return self.error
        size = f" ({self.done.bytes:,} bytes)" if self.done.files else ""
        would = "would be: " if self.dry_run and self.done else ""
        return f"{would}{self.what}{size}"

    @property
    def what(self) -> str:
        """The steps that were taken, or would be; a size follows the last."""
        done, parts = self.done, []
        if done.compacted.before:
            into = "" if self.dry_run else f" into {done.compacted.after}"
            parts.append(f"{done.compacted.before} files compacted{into}")
        if done.branches:
            parts.append(f"{done.branches} branches dropped")
        if done.snapshots:
            parts.append(f"{done.snapshots} snapshots expired")
        if done.files:
            parts.append(f"{done.files} files removed")
        return ", ".join(parts) or "nothing to do"


@frozen(kw_only=True)
class _Bench:
    duckdb: duckdb.DuckDBPyConnection
    workdir: Path


def keep_in_order(
    tables: Iterable[Table | Unreadable], retention: Retention, *, dry_run: bool
) -> Iterator[tuple[str, Outcome]]:
    """Each table's name and what was done to it, as it is done."""
    import duckdb

    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as folder:
        bench = _Bench(duckdb=connection, workdir=Path(folder))
        for table in tables:
            yield full_name(table), _outcome(table, retention, bench, dry_run)


def _outcome(
    table: Table | Unreadable, retention: Retention, bench: _Bench, dry_run: bool
) -> Outcome:
    if isinstance(table, Unreadable):
        return Outcome(error=table.error)
    try:
        if dry_run:
            return Outcome(done=would_maintain(table, retention), dry_run=True)
        return Outcome(done=maintain(table, retention, bench))
    except SeeknalError as error:
        return Outcome(error=error.message)
    except Exception as error:
        return Outcome(error=said(error))
