"""Whether the keys of rows are what a semantic layer declares of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import frozen
from sqlglot import exp

from seeknal.plugin import (
    AuditResult,
    NodeError,
    SqlRefused,
    column_help,
    keep_failing_rows,
    quote_identifier,
    without_values,
)
from seeknal_semantic.compiling.calendar import at_wall, begin_of
from seeknal_semantic.expressions import check_expression, columns_in, columns_of, parse_expression
from seeknal_semantic.key_options import EntityKey, EntityReference, PartOfKey
from seeknal_semantic.keys import nodes_of
from seeknal_semantic.telling import counted

if TYPE_CHECKING:
    from seeknal.plugin import Audit, AuditContext, Calendar, Relation
    from seeknal_semantic.key_options import KeyOfRows

T = TypeVar("T")


def run(audits: Sequence[Audit], relation: Relation, context: AuditContext) -> list[AuditResult]:
    """A result for each audit, in their order. Raises NodeError for one that cannot be asked."""
    return [_result(number, audit, relation, context) for number, audit in enumerate(audits)]


@frozen(kw_only=True)
class _Finding:
    """What an audit saw: how much fails, and a query for the rows that do."""

    failing: int = 0
    message: str = ""
    rows: str = ""


@frozen(kw_only=True)
class _Rows:
    """The rows of a node, as expressions are asked of them."""

    relation: Relation
    context: AuditContext
    calendar: Calendar

    def check(self, *expressions: str) -> None:
        """Raise SqlRefused for what is none, and NodeError for a column that is not there."""
        known = {name.lower() for name in self.relation.names}
        for text in expressions:
            check_expression(text)
            for name in columns_of(text):
                if name.lower() not in known:
                    raise NodeError(
                        f"{name} is no column of {self.relation.node}",
                        code="SK1510",
                        help=column_help(name, self.relation.names),
                    )

    def part(self, part: PartOfKey) -> str:
        tree: Any = parse_expression(part.expr).copy()
        if part.grain is not None:
            sql = f"SELECT {_sql(tree)} FROM {self.relation.scan}"
            (type,) = self.context.duckdb.sql(sql).types
            moment = at_wall(exp.Paren(this=tree), str(type), self.calendar.timezone)
            tree = begin_of(part.grain, moment, self.calendar)
        return _sql(tree)

    def key(self, expr: str, parts: Sequence[PartOfKey], grain: str | None = None) -> list[str]:
        """The key and its partitions, as expressions over the columns of the rows."""
        self.check(expr, *(part.expr for part in parts))
        if grain is not None:
            return [self.part(each) for each in (PartOfKey(expr=expr, grain=grain), *parts)]
        return [_sql(exp.Paren(this=parse_expression(expr).copy())), *map(self.part, parts)]

    def keys(self, key: Sequence[str], **more: str) -> str:
        """A query of the key as k0, its partitions as k1, k2, ..., and further expressions."""
        self.check(*more.values())
        named = [f"{text} AS k{number}" for number, text in enumerate(key)]
        named += [f"{_sql(parse_expression(text))} AS {name}" for name, text in more.items()]
        return f"SELECT {', '.join(named)} FROM {self.relation.scan}"

    def numbers(self, sql: str) -> list[int]:
        (row,) = self.context.duckdb.execute(sql).fetchall()
        return [int(value or 0) for value in row]


def _sql(tree: Any) -> str:
    text: str = tree.sql(dialect="duckdb", comments=False)
    return text


def _result(number: int, audit: Audit, relation: Relation, context: AuditContext) -> AuditResult:
    began = perf_counter()
    found = _asking(audit, context, lambda: _found(audit, relation, context)) or _Finding()
    message = found.message
    sample = None
    if found.failing:
        private = _private(audit, context)
        hidden = lambda names: [name for name in names if name.lower() in private]  # noqa: E731
        keep = lambda: keep_failing_rows(found.rows, audit, number, hidden, context)  # noqa: E731
        sample = _asking(audit, context, keep)
    return AuditResult(
        audit_type=audit.type,
        columns=tuple(dict.fromkeys(_columns(audit.options))),
        passed=not found.failing,
        failing_rows=found.failing,
        severity=audit.severity,
        message=f"{audit.message} ({message})" if found.failing and audit.message else message,
        duration_ms=round(1000 * (perf_counter() - began), 3),
        sample=sample,
    )


def _columns(options: Any) -> Iterator[str]:
    """The columns that a key is made of."""
    key = options.refers if isinstance(options, EntityReference) else options
    texts = [key.expr, *(part.expr for part in key.partitions)]
    texts += [key.start] if isinstance(key, EntityKey) and key.start else []
    for text in texts:
        yield from columns_in(text)


def _found(audit: Audit, relation: Relation, context: AuditContext) -> _Finding:
    options: Any = audit.options
    rows = _Rows(relation=relation, context=context, calendar=options.periods.calendar())
    return (
        _of_key(options, rows) if isinstance(options, EntityKey) else _of_reference(options, rows)
    )


def _asking(audit: Audit, context: AuditContext, ask: Callable[[], T]) -> T | None:
    """What ``ask`` gives; its errors name the audit. None where another one tells of them."""
    import duckdb

    try:
        return ask()
    except SqlRefused as error:
        # Where it is written, it is told with its place.
        raise NodeError(f"audit {audit.type} is refused: {error}", code="SK1504") from error
    except NodeError as error:
        if context.is_check and error.code == "SK1510":
            # What names the column is told of by itself.
            return None
        error.location = error.location or audit.location
        raise
    except (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError) as error:
        reason = without_values(error, _private(audit, context)).splitlines()[0]
        entity = cast("EntityKey | EntityReference", audit.options).entity
        raise NodeError(
            f"audit {audit.type} of {audit.node} cannot be asked for {entity}: {reason}",
            code="SK1523",
            location=audit.location,
        ) from error


def _private(audit: Audit, context: AuditContext) -> frozenset[str]:
    """Columns, in lower case, whose values are not shown, of all nodes whose rows are looked at."""
    nodes = (audit.node, *(nodes_of(audit) or ()))
    return frozenset().union(*map(context.pii, nodes))


def _of_key(options: EntityKey, rows: _Rows) -> _Finding:
    if options.start is not None and options.end is not None:
        return _of_periods(options, options.start, options.end, rows)
    key = rows.key(options.expr, options.partitions, options.grain)
    keys = rows.keys(key)
    names = _names(options.partitions)
    given = " AND ".join(f"{name} IS NOT NULL" for name in names)
    several = (
        f"SELECT {', '.join(names)}, count(*) AS n FROM ({keys}) WHERE {given} "
        f"GROUP BY {', '.join(names)} HAVING count(*) > 1"
    )
    none, twice, within = rows.numbers(
        f"WITH keys AS ({keys}), found AS ({several}) "
        "SELECT (SELECT count(*) FROM keys WHERE k0 IS NULL), count(*), sum(n) FROM found"
    )
    said = []
    if none:
        said.append(f"{counted(none, 'row')} {'has' if none == 1 else 'have'} none")
    if twice:
        verb = "occurs" if twice == 1 else "occur"
        said.append(f"{counted(twice, 'key')} {verb} more than once, in {counted(within, 'row')}")
    failing = f"SELECT {', '.join(names)} FROM ({several})"
    return _Finding(
        failing=none + twice,
        message=_about(options.entity, said),
        rows=f"SELECT * FROM {rows.relation.scan} WHERE {key[0]} IS NULL"
        f" OR ({', '.join(key)}) IN ({failing}) ORDER BY ALL",
    )


def _of_periods(options: EntityKey, start: str, end: str, rows: _Rows) -> _Finding:
    """Rows of one key begin at different times, and each ends before the next one begins."""
    key = rows.key(options.expr, options.partitions)
    keys = rows.keys(key, since=start, until=end)
    names = ", ".join(_names(options.partitions))
    given = " AND ".join(f"{name} IS NOT NULL" for name in _names(options.partitions))
    earlier = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    before = f"OVER (PARTITION BY {names} ORDER BY since {earlier})"
    named = (
        f"WITH keys AS (SELECT * FROM ({keys}) WHERE {given} AND since IS NOT NULL), "
        f"found AS (SELECT DISTINCT {names} FROM keys GROUP BY {names}, since "
        "HAVING count(*) > 1), "
        f"ends AS (SELECT {names}, since, max(until) {before} AS latest, "
        f"bool_or(until IS NULL) {before} AS still "
        "FROM keys WHERE until IS NULL OR until > since), "
        f"crossed AS (SELECT DISTINCT {names} FROM ends WHERE still OR since < latest) "
    )
    together, overlapping = rows.numbers(
        f"{named} SELECT (SELECT count(*) FROM found), "
        f"(SELECT count(*) FROM crossed ANTI JOIN found USING ({names}))"
    )
    said = []
    if together:
        verb = "has" if together == 1 else "have"
        said.append(f"{counted(together, 'key')} {verb} two rows that begin at the same time")
    if overlapping:
        verb = "has" if overlapping == 1 else "have"
        said.append(f"{counted(overlapping, 'key')} {verb} rows that hold at one time")
    failing = f"{named} SELECT * FROM found UNION SELECT * FROM crossed"
    return _Finding(
        failing=together + overlapping,
        message=_about(options.entity, said),
        rows=f"SELECT * FROM {rows.relation.scan} WHERE ({', '.join(key)}) IN ({failing})"
        " ORDER BY ALL",
    )


def _of_reference(options: EntityReference, rows: _Rows) -> _Finding:
    own = rows.relation.node
    there = _there(options.refers, rows)
    key = there.key(options.refers.expr, options.refers.partitions)
    conditions = [f"{each} IS NOT NULL" for each in key]
    given = " AND ".join(f"{name} IS NOT NULL" for name in _names(options.refers.partitions))
    for each in options.to:
        held = _there(each, rows)
        keys = held.keys(held.key(each.expr, each.partitions))
        conditions.append(f"({', '.join(key)}) NOT IN (SELECT * FROM ({keys}) WHERE {given})")
    failing = f"SELECT * FROM {there.relation.scan} WHERE {' AND '.join(conditions)}"
    (lost,) = rows.numbers(f"SELECT count(*) FROM ({failing})")
    if not lost:
        return _Finding()
    whose = "" if options.refers.node == own else f" of {options.refers.node}"
    where = [each.node for each in options.to if each.node != own]
    place = f"in {', '.join(where)}" if where else "here"
    return _Finding(
        failing=lost,
        message=f"{options.entity}: {counted(lost, 'row')}{whose} without a match {place}",
        rows=f"{failing} ORDER BY ALL",
    )


def _there(key: KeyOfRows, rows: _Rows) -> _Rows:
    """The rows that a key is of."""
    if key.node == rows.relation.node:
        return rows
    relation = rows.context.parent(key.node)
    return _Rows(relation=relation, context=rows.context, calendar=rows.calendar)


def _names(parts: Sequence[PartOfKey]) -> list[str]:
    return [quote_identifier(f"k{number}") for number in range(1 + len(parts))]


def _about(entity: str, said: Sequence[str]) -> str:
    return f"{entity}: {'; '.join(said)}" if said else ""
