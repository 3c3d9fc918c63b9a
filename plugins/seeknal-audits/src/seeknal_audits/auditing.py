"""A node's audits in one go: a scan for all that can share it, a verdict for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from seeknal.plugin import (
    Audit,
    AuditResult,
    NodeError,
    keep_failing_rows,
    quoted_words,
    without_values,
)
from seeknal_audits.confidential import hidden, private_columns
from seeknal_audits.entries import Entry, Subject, Values
from seeknal_audits.options import sql_key
from seeknal_audits.registry import entry_of
from seeknal_audits.thresholds import limits, share, verdict

if TYPE_CHECKING:
    from seeknal.plugin import (
        AuditContext,
        Relation,
        Severity,
    )
    from seeknal_audits.entries import Finding

T = TypeVar("T")


@frozen(kw_only=True)
class _Question:
    """One audit with what it wants to know of the shared scan."""

    audit: Audit
    entry: Entry
    measures: tuple[str, ...]

    @property
    def shares(self) -> bool:
        return bool(self.measures)


@frozen(kw_only=True)
class _Answers:
    """What the shared scan said, and the milliseconds that each audit in it cost."""

    total: int
    values: Sequence[Values]
    each: float = 0.0


def run(audits: Sequence[Audit], relation: Relation, context: AuditContext) -> list[AuditResult]:
    """A result for each audit, in their order. Raises NodeError for one that cannot be asked."""
    subject = Subject(relation=relation, context=context)
    questions = [_question(audit, subject) for audit in audits]
    answers = _scan(questions, subject)
    subject = evolve(subject, total=answers.total)
    return [
        _result(number, question, answers, subject) for number, question in enumerate(questions)
    ]


def _question(audit: Audit, subject: Subject) -> _Question:
    entry = entry_of(audit)
    measures = _asking(audit, subject, lambda: entry.measures(audit.options, subject))
    return _Question(audit=audit, entry=entry, measures=tuple(measures))


def _scan(questions: Sequence[_Question], subject: Subject) -> _Answers:
    """One pass over the rows for every measure; none when nothing is left to be known."""
    measures = [measure for question in questions for measure in question.measures]
    uncounted = subject.relation.rows < 0
    if not measures and not uncounted:
        return _Answers(total=subject.relation.rows, values=[()] * len(questions))
    began = perf_counter()
    wanted = list(dict.fromkeys([*(["count(*)"] if uncounted else []), *measures]))
    row = _fetch_measures(questions, wanted, subject)
    known = dict(zip(wanted, row, strict=True))
    sharing = sum(question.shares for question in questions)
    return _Answers(
        total=known["count(*)"] if uncounted else subject.relation.rows,
        values=[[known[measure] for measure in question.measures] for question in questions],
        each=1000 * (perf_counter() - began) / max(1, sharing),
    )


def _fetch_measures(
    questions: Sequence[_Question], wanted: Sequence[str], subject: Subject
) -> tuple[Any, ...]:
    try:
        return _measure(wanted, subject)
    except _sql_errors() as error:
        # One of them spoils it for all; asked one by one, it tells which.
        for question in questions:
            if question.shares:
                ask = lambda question=question: _measure(question.measures, subject)  # noqa: E731
                _asking(question.audit, subject, ask)
        # The rows themselves cannot be read: their condition does not fit them.
        raise _unaskable(questions[0].audit, subject, error) from error


def _measure(measures: Sequence[str], subject: Subject) -> tuple[Any, ...]:
    return subject.fetch(f"SELECT {', '.join(measures)} FROM {subject.scan}")[0]


def _result(number: int, question: _Question, answers: _Answers, subject: Subject) -> AuditResult:
    audit, entry = question.audit, question.entry
    began = perf_counter()
    judged = lambda: entry.judge(audit.options, answers.values[number], subject)  # noqa: E731
    finding = _asking(audit, subject, judged)
    severity = verdict(audit, finding.failing, finding.affected, subject.total)
    # Counting may leave out what the rows themselves need.
    keep = lambda: _sample(number, audit, finding, subject)  # noqa: E731
    sample = _asking(audit, subject, keep) if severity else None
    shared = answers.each if question.shares else 0.0
    return AuditResult(
        audit_type=audit.type,
        columns=entry.columns(audit.options),
        passed=severity is None,
        failing_rows=finding.failing,
        severity=severity or audit.severity,
        message=_message(audit, finding, severity, subject.total),
        duration_ms=round(shared + 1000 * (perf_counter() - began), 3),
        sample=sample,
    )


def _message(audit: Audit, finding: Finding, severity: Severity | None, total: int) -> str:
    if not finding.failing:
        return finding.message if finding.message and severity is None else ""
    text = finding.message + _of_all(finding, total)
    if severity is None:
        return f"{text}; allowed: {' and '.join(_written(audit))}"
    return f"{audit.message} ({text})" if audit.message else text


def _of_all(finding: Finding, total: int) -> str:
    if not finding.affected or not total:
        return ""
    return f" ({share(finding.affected, total):.3g}% of {total:,})"


def _written(audit: Audit) -> list[str]:
    return [f"{severity}_if {limit}" for severity, limit in limits(audit)]


def _sample(number: int, audit: Audit, finding: Finding, subject: Subject) -> str | None:
    """A few failing rows in a file; its path, relative to the project."""
    if not finding.rows:
        return None
    masked = lambda names: hidden(audit, names, subject)  # noqa: E731
    return keep_failing_rows(finding.rows, audit, number, masked, subject.context)


def _asking(audit: Audit, subject: Subject, ask: Callable[[], T]) -> T:
    """What ``ask`` gives; its errors name the audit and where it was written."""
    try:
        return ask()
    except NodeError as error:
        error.location = error.location or audit.location
        raise
    except _sql_errors() as error:
        if _is_refused(audit):
            # What validate has told, at its place.
            raise NodeError(f"audit {audit.type} is refused", code="SK0910") from error
        raise _unaskable(audit, subject, error) from error


def _is_refused(audit: Audit) -> bool:
    check = entry_of(audit).check
    try:
        if check is not None:
            check(audit.options)
    except ValueError:
        return True
    return False


def _unaskable(audit: Audit, subject: Subject, error: Exception) -> NodeError:
    reason = without_values(error, private_columns(audit, subject)).splitlines()[0]
    return NodeError(
        f"audit {audit.type} of {audit.node} cannot be asked: {reason}",
        code="SK0912",
        location=audit.location,
        key=sql_key(audit.options),
        words=quoted_words(reason),
    )


def _sql_errors() -> tuple[type[Exception], ...]:
    """What DuckDB says when the SQL does not fit the rows; not that it ran out of memory."""
    import duckdb

    return duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError
