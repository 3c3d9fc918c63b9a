"""Results of tests as JUnit's XML, which servers of continuous integration read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from seeknal.cli.tested import COLOUR
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.unittests.running import Outcome

_FORBIDDEN = Pattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}


def junit_text(outcomes: Sequence[Outcome], told: Callable[[Outcome], str]) -> str:
    """One suite for each file; ``told`` says what is wrong with a test that did not pass."""
    files: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.case.file, []).append(outcome)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_totals(outcomes)}>"]
    for file, suite in files.items():
        lines.append(f"  <testsuite name={_quoted(file)}{_totals(suite)}>")
        for outcome in suite:
            lines += _case(outcome, told)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _totals(outcomes: Sequence[Outcome]) -> str:
    failures = sum(each.status == "failed" for each in outcomes)
    errors = sum(each.status == "error" for each in outcomes)
    seconds = sum(each.seconds for each in outcomes)
    counts = f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}"'
    return f' {counts} time="{seconds:.3f}"'


def _case(outcome: Outcome, told: Callable[[Outcome], str]) -> Iterable[str]:
    case = outcome.case
    place = f'file={_quoted(case.file)} line="{case.location.line}"'
    names = f"classname={_quoted(case.node)} name={_quoted(case.name)}"
    opening = f'    <testcase {names} {place} time="{outcome.seconds:.3f}"'
    if outcome.status == "passed":
        return [f"{opening}/>"]
    tag = "failure" if outcome.status == "failed" else "error"
    text = _clean(told(outcome))
    first = next((line.strip() for line in text.splitlines() if line.strip()), outcome.status)
    kind = (outcome.error.code if outcome.error else "") or "difference"
    return [
        f"{opening}>",
        f"      <{tag} message={_quoted(first)} type={_quoted(kind)}>{escape(text)}</{tag}>",
        "    </testcase>",
    ]


def _quoted(text: str) -> str:
    return quoteattr(_clean(text), _ENTITIES)


def _clean(text: str) -> str:
    """Text without colours, and with a sign in place of what XML cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", COLOUR.sub("", text))
