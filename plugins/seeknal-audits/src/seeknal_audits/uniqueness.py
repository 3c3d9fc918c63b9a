"""``unique``: keys that occur more than once, with a cheap proof for whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import AuditType, quote_identifier
from seeknal_audits.entries import Entry, Finding, columns_of, counted, quoted
from seeknal_audits.options import Unique

if TYPE_CHECKING:
    from seeknal_audits.entries import Subject, Values

_SAMPLED_KEYS = 500
_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_SPARSE = 16
"""Bits for each row that the proof may take."""
_MOST_BITS = 1_000_000_000


def _duplicates(options: Unique, values: Values, subject: Subject) -> Finding:
    if _proven(options, subject):
        return Finding(failing=0)
    keys = quoted(options.columns)
    repeated = (
        f"SELECT {keys}, count(*) AS seeknal_n FROM {subject.scan}{_keyed(options)} "
        f"GROUP BY {keys} HAVING count(*) > 1"
    )
    totals = f"SELECT count(*), coalesce(sum(seeknal_n), 0) FROM ({repeated})"
    ((found, rows),) = subject.fetch(totals)
    if not found:
        return Finding(failing=0)
    name = "key" if len(options.columns) == 1 else "combination"
    verb = "occurs" if found == 1 else "occur"
    return Finding(
        failing=found,
        affected=int(rows),
        message=f"{counted(found, name)} {verb} more than once, in {counted(int(rows), 'row')}",
        rows=_rows_of_keys(options, repeated, subject),
    )


def _proven(options: Unique, subject: Subject) -> bool:
    """Whether as many bits are set as there are values, with a bit for each possible value.

    A tenth of the cost of grouping. Parquet knows the bounds; of a view they would cost a scan.
    """
    name = quote_identifier(options.columns[0])
    if len(options.columns) > 1 or subject.relation.rows < 0:
        return False
    if (type := subject.type_of(options.columns[0])) not in _INTEGERS:
        return False
    ((rows, values, low, high),) = subject.fetch(
        f"SELECT count(*), count({name}), min({name}), max({name}) FROM {subject.scan}"
    )
    if not values or high - low >= min(_SPARSE * values, _MOST_BITS):
        return False
    if options.nulls == "equal" and rows - values > 1:
        return False
    bounds = f"CAST({low} AS {type}), CAST({high} AS {type})"
    bits = f"SELECT bit_count(bitstring_agg({name}, {bounds})) FROM {subject.scan}"
    return bool(subject.fetch(bits)[0][0] == values)


def _keyed(options: Unique) -> str:
    if options.nulls == "equal":
        return ""
    given = [f"{quote_identifier(column)} IS NOT NULL" for column in options.columns]
    return f" WHERE {' AND '.join(given)}"


def _rows_of_keys(options: Unique, repeated: str, subject: Subject) -> str:
    names = [quote_identifier(column) for column in options.columns]
    same = " AND ".join(f"r.{name} IS NOT DISTINCT FROM k.{name}" for name in names)
    return (
        f"SELECT r.* FROM (SELECT * FROM {subject.scan}) AS r "
        f"SEMI JOIN ({repeated} LIMIT {_SAMPLED_KEYS}) AS k ON {same} "
        f"ORDER BY {', '.join(f'r.{name}' for name in names)}"
    )


ENTRY = Entry(
    type=AuditType(
        name="unique",
        options=Unique,
        summary="no key occurs twice",
        aliases=("unique_combination", "uniqueness"),
    ),
    judge=_duplicates,
    columns=columns_of,
)
