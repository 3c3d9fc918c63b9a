"""The audit types that look at all rows together, or at more than the node's own."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from seeknal.plugin import AuditType, NodeError, column_help, misfit, quote_identifier
from seeknal_audits.confidential import is_hidden
from seeknal_audits.entries import Entry, Finding, columns_of, counted, quoted
from seeknal_audits.options import (
    Anomaly,
    CustomSql,
    Freshness,
    Relationships,
    RowCount,
)
from seeknal_audits.statements import over, query

if TYPE_CHECKING:
    from seeknal.plugin import Duration, Relation
    from seeknal_audits.entries import Subject, Values

_MAD_TO_SIGMA = 1.4826  # the median absolute deviation of a normal distribution


def _count(options: RowCount, values: Values, subject: Subject) -> Finding:
    few = options.min is not None and subject.total < options.min
    many = options.max is not None and subject.total > options.max
    if not few and not many:
        return Finding(failing=0)
    wanted = f"at least {options.min:,}" if few else f"at most {options.max:,}"
    return Finding(failing=1, message=f"{counted(subject.total, 'row')}, expected {wanted}")


def _returned(options: CustomSql, values: Values, subject: Subject) -> Finding:
    text = query(options.text, options.nodes)
    scans = {"__THIS__": subject.scan, **_inputs(options, subject)}
    rows = over(text, scans)
    count = subject.count(rows)
    message = f"the query returns {counted(count, 'row')}"
    return Finding(failing=count, message=message, rows=rows)


def _inputs(options: CustomSql, subject: Subject) -> dict[str, str]:
    """The other names that the query uses, each with what it reads."""
    lower = options.text.lower()
    used = {name: node for name, node in options.nodes.items() if name.lower() in lower}
    return {name: _scan_of(node, subject) for name, node in used.items()}


def _scan_of(node: str, subject: Subject) -> str:
    if node == subject.relation.node:
        return subject.relation.whole or subject.scan
    return _rows_of(node, subject).scan


def _rows_of(node: str, subject: Subject) -> Relation:
    if node == subject.relation.node:
        return subject.relation
    try:
        return subject.context.parent(node)
    except NodeError as error:
        raise NodeError(
            f"the audit reads {node}, which has no rows yet",
            code="SK0916",
            help=f"name {node} in depends_on: of {subject.relation.node}, so that it runs first",
        ) from error


def _refuse_misfits(options: Relationships, subject: Subject) -> None:
    """Refuse fields that are not there, and those that nothing in the columns can be equal to."""
    rows = _rows_of(options.to, subject)
    names = rows.names
    known = {name.lower() for name in names}
    for name in options.fields:
        if known and name.lower() not in known:
            raise NodeError(
                f"audit relationships of {subject.relation.node} names {name!r}, which is no"
                f" column of {options.to}",
                code="SK0903",
                help=column_help(name, names),
                key="field",
                words=(name,),
            )
    types = {column.name.lower(): column.type for column in rows.columns}
    for mine, name in zip(options.columns, options.fields, strict=True):
        reason = misfit(subject.type_of(mine), types.get(name.lower(), ""))
        if reason is not None:
            raise NodeError(
                f"audit relationships of {subject.relation.node} refers by {mine!r} to {name!r} of"
                f" {options.to}: {reason}",
                code="SK0912",
                help="name a column of the same type, or cast one of them in its node",
                key="field",
                words=(name, mine),
            )


def _orphans(options: Relationships, values: Values, subject: Subject) -> Finding:
    _refuse_misfits(options, subject)
    names = list(zip(options.columns, options.fields, strict=True))
    same = [f"r.{quote_identifier(mine)} = p.{quote_identifier(other)}" for mine, other in names]
    given = [f"r.{quote_identifier(mine)} IS NOT NULL" for mine in options.columns]
    rows = (
        f"SELECT r.* FROM (SELECT * FROM {subject.scan}) AS r "
        f"ANTI JOIN (SELECT {quoted(options.fields)} FROM {_scan_of(options.to, subject)}) AS p "
        f"ON {' AND '.join(same)} WHERE {' AND '.join(given)}"
    )
    count = subject.count(rows)
    message = (
        f"{counted(count, 'row')} without a match in {options.to} ({', '.join(options.fields)})"
    )
    return Finding(failing=count, affected=count, message=message, rows=rows)


def _newest(options: Freshness, subject: Subject) -> list[str]:
    type = subject.type_of(options.column)
    if not type.startswith(("DATE", "TIMESTAMP")) or type.endswith("]"):
        raise NodeError(
            f"freshness needs a date or timestamp, but {options.column} is {type}",
            code="SK0913",
            key="column",
            words=(options.column,),
        )
    newest = f"max({quote_identifier(options.column)})"
    oldest = _before(datetime.now(UTC), options.max_age).replace(tzinfo=None)
    limit = oldest.date() if type == "DATE" else oldest
    zone = "+00" if type == "TIMESTAMP WITH TIME ZONE" else ""
    return [f"CAST({newest} AS VARCHAR)", f"{newest} < CAST('{limit}{zone}' AS {type})"]


def _before(moment: datetime, age: Duration) -> datetime:
    months = {"month": 1, "quarter": 3, "year": 12}.get(age.unit)
    if months is None:
        return moment - timedelta(seconds=age.seconds)
    year, month = divmod(moment.year * 12 + moment.month - 1 - months * age.count, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _age(options: Freshness, values: Values, subject: Subject) -> Finding:
    newest, old = values
    if newest is None:
        return Finding(failing=1, message=f"no row has a {options.column}")
    told = "" if is_hidden(options.column, subject) else f"{newest}, "
    text = f"the newest {options.column} is {told}more than {options.max_age} ago"
    return Finding(failing=int(old), message=text)


def _unusual(options: Anomaly, values: Values, subject: Subject) -> Finding:
    from statistics import median

    counts = subject.context.history(options.runs)
    if len(counts) < max(options.min_runs, 1):
        return Finding(failing=0, message=f"only {counted(len(counts), 'earlier run')} to go by")
    usual = median(counts)
    spread = _MAD_TO_SIGMA * median([abs(count - usual) for count in counts])
    room = max(options.sigmas * spread, options.tolerance / 100 * usual)
    if abs(subject.total - usual) <= room:
        return Finding(failing=0)
    low, high = max(0, round(usual - room)), round(usual + room)
    text = f"{counted(subject.total, 'row')}, usual are {low:,} to {high:,}"
    return Finding(failing=1, message=f"{text} (by {counted(len(counts), 'earlier run')})")


def _check_sql(options: CustomSql) -> None:
    query(options.text, options.nodes)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        type=AuditType(name="row_count", options=RowCount, summary="not too few rows or too many"),
        judge=_count,
        counts_rows=False,
    ),
    Entry(
        type=AuditType(
            name="custom_sql", options=CustomSql, summary="a query that selects the failing rows"
        ),
        judge=_returned,
        columns=columns_of,
        check=_check_sql,
    ),
    Entry(
        type=AuditType(
            name="relationships",
            options=Relationships,
            summary="every value exists in another node's column; NULL passes",
            aliases=("foreign_key",),
        ),
        judge=_orphans,
        columns=columns_of,
    ),
    Entry(
        type=AuditType(
            name="freshness", options=Freshness, summary="the newest row is not too old"
        ),
        judge=_age,
        measures=_newest,
        columns=lambda options: (options.column,),
        counts_rows=False,
    ),
    Entry(
        type=AuditType(
            name="anomaly", options=Anomaly, summary="the row count is like that of earlier runs"
        ),
        judge=_unusual,
        counts_rows=False,
    ),
)
