"""Rows that an audit found, in a file for people: without the values that are shown to nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from seeknal.host.files import replacing
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.sql.storage import as_parquet
from seeknal.values.columns import Column

if TYPE_CHECKING:
    from seeknal.kernel.contexts import AuditContext
    from seeknal.values.audits import Audit

MOST = 1_000
_MASK = "***"


def keep_failing_rows(
    query: str,
    audit: Audit,
    number: int,
    hidden: Callable[[Sequence[str]], Collection[str]],
    context: AuditContext,
) -> str:
    """The path, relative to the project, of a file with the first rows that a query gives.

    ``number`` is that of the audit among those that are asked together. ``hidden`` says of the
    query's columns which are masked; NULL stays. Raises what DuckDB raises where it does not fit.
    """
    # Audits of other rows are counted on their own.
    part = f"-{sha256(audit.where.encode()).hexdigest()[:6]}" if audit.where else ""
    path = context.samples / f"{audit.node}.{number + 1}-{audit.type}{part}.parquet"
    found = f"SELECT * FROM ({query}) LIMIT {MOST}"
    names = [name for name, *_ in context.duckdb.execute(f"DESCRIBE {found}").fetchall()]
    sample = _masked(found, names, hidden(names))
    described = context.duckdb.execute(f"DESCRIBE {sample}").fetchall()
    columns = [Column(name, type) for name, type, *_ in described]
    with replacing(path) as temporary:
        context.duckdb.execute(
            f"COPY ({as_parquet(sample, columns, wide=True)}) "
            f"TO {quote_literal(str(temporary))} (FORMAT parquet)"
        )
    root = context.project_root
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _masked(query: str, names: Sequence[str], private: Collection[str]) -> str:
    if not private:
        return query
    items = [_item(name, name in private) for name in names]
    return f"SELECT {', '.join(items)} FROM ({query})"


def _item(name: str, private: bool) -> str:
    column = quote_identifier(name)
    return f"CASE WHEN {column} IS NOT NULL THEN '{_MASK}' END AS {column}" if private else column
