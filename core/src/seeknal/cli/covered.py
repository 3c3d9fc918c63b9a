"""What tests show of the nodes, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeknal.unittests.coverage.covering import Coverage, Covered

HEADERS = ("place", "condition", "never")
UNTOLD = "cannot be told"


def print_coverage(coverage: Coverage) -> None:
    """How much is shown, the nodes without a test, and what no test shows of the others."""
    from seeknal.cli.render import count, print_table

    tested, nodes = len(coverage.tested), len(coverage.nodes)
    parts = [
        f"{tested:,} of {count(nodes, 'node')} {'has' if 1 in (tested, nodes) else 'have'} a test"
    ]
    if (percent := _percent(coverage)) is not None:
        of = count(coverage.outcomes, "outcome")
        parts.append(f"{coverage.seen:,} of {of} of conditions seen ({percent:g} %)")
    print(f"\ncoverage: {', '.join(parts)}")
    if coverage.untested:
        print(f"without a test: {', '.join(coverage.untested)}")
    rows = [
        (_place(each), _said(each), ", ".join(each.unseen) if each.is_known else UNTOLD)
        for each in coverage.conditions
        if each.unseen and each.node in coverage.tested
    ]
    if rows:
        print()
        print_table(HEADERS, rows, whole=(HEADERS[2],))


def coverage_answer(coverage: Coverage) -> dict[str, Any]:
    """The same for programs, with all conditions."""
    return {
        "testable": len(coverage.nodes),
        "tested": len(coverage.tested),
        "untested": coverage.untested,
        "outcomes": coverage.outcomes,
        "outcomes_seen": coverage.seen,
        "percent": _percent(coverage),
        "conditions": [
            {
                "node": each.node,
                "file": each.location.file,
                "line": each.location.line or None,
                "clause": each.clause,
                "condition": each.text,
                "seen": [one for one in each.outcomes if one in each.seen],
                "unseen": [*each.unseen] if each.is_known else None,
            }
            for each in coverage.conditions
        ],
    }


def _percent(coverage: Coverage) -> float | None:
    """Rounded down: only all of it is 100."""
    of = coverage.outcomes
    return coverage.seen * 1000 // of / 10 if of else None


def _place(each: Covered) -> str:
    place = each.location
    return f"{place.file}:{place.line}" if place.line else place.file


def _said(each: Covered) -> str:
    return each.text if each.text.startswith(each.clause) else f"{each.clause} {each.text}"
