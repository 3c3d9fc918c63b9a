"""The rows that an audit found: a few for people to see, out of the file that keeps more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.kernel.roles import texts_of
from seeknal.sql.quote import quote_literal

if TYPE_CHECKING:
    from seeknal.values.audits import AuditResult
    from seeknal.values.node import Node

SHOWN = 3


@frozen(kw_only=True)
class FailingRows:
    """The first rows that an audit found, every value as text.

    ``file`` has them all up to ``kept``, which is as many as the audit's plugin keeps.
    """

    file: Path
    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    kept: int

    @property
    def records(self) -> list[dict[str, str | None]]:
        """Each row by its columns' names."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def failing_rows(result: AuditResult, node: Node | None, root: Path) -> FailingRows | None:
    """The first rows that ``result`` tells of: keys first, then the columns that are audited.

    None for an audit that passed, that keeps no rows, or whose file is gone.
    """
    if result.passed or result.sample is None:
        return None
    import duckdb

    from seeknal.sql.own import own_duckdb

    file = root / result.sample
    scan = f"read_parquet({quote_literal(str(file))}, hive_partitioning = false)"
    try:
        with own_duckdb() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            names = connection.sql(f"FROM {scan}").columns
            texts = ", ".join(f"CAST(#{number} AS VARCHAR)" for number, _ in enumerate(names, 1))
            found = f"SELECT {texts} FROM {scan} LIMIT {SHOWN}"
            rows = connection.execute(found).fetchall()
            ((kept,),) = connection.execute(f"SELECT count(*) FROM {scan}").fetchall()
    except duckdb.Error:
        return None
    order = _order(names, [*_keys(node), *result.columns])
    return FailingRows(
        file=file,
        names=tuple(names[index] for index in order),
        rows=tuple(tuple(row[index] for index in order) for row in rows),
        kept=kept,
    )


def _keys(node: Node | None) -> Iterable[str]:
    """The columns that identify a row, by what the node or a target of it says."""
    if node is None:
        return ()
    targets = (texts_of(target.options, "key") for target in node.targets)
    return node.keys or next((keys for keys in targets if keys), ())


def _order(names: Sequence[str], first: Iterable[str]) -> list[int]:
    """The indexes of ``names``, those of ``first`` before the others."""
    lower = [name.lower() for name in names]
    wanted = [lower.index(name.lower()) for name in first if name.lower() in lower]
    return list(dict.fromkeys([*wanted, *range(len(names))]))
