"""How tests went, for people and for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seeknal.cli.streams import paint

if TYPE_CHECKING:
    from seeknal.unittests.comparing import Difference
    from seeknal.unittests.running import Outcome
    from seeknal.values.project import Project

HEADERS = ("test", "node", "status", "seconds")
NUMERIC = (False, False, False, True)
FOLDER = "tests"
"""Below ``target/``: where rows are that are too many to be shown."""


def print_tests(outcomes: Sequence[Outcome], project: Project) -> None:
    """A line for each test, what is wrong with those that did not pass, and how many did."""
    from seeknal.cli.render import print_table

    if not outcomes:
        print("no tests")
        return

    rows = [
        (each.case.id.removeprefix("tests/"), each.case.node, each.status, f"{each.seconds:.2f}")
        for each in outcomes
    ]
    print_table(HEADERS, rows, NUMERIC, spare=(HEADERS[3], HEADERS[1]), whole=(HEADERS[2],))
    for each in outcomes:
        if each.status != "passed":
            print(f"\n{told(each, project)}")
    print(f"\n{summary(outcomes)}")


def summary(outcomes: Sequence[Outcome]) -> str:
    from seeknal.cli.render import count

    failed = sum(each.status == "failed" for each in outcomes)
    errors = sum(each.status == "error" for each in outcomes)
    passed = len(outcomes) - failed - errors
    parts = [f"{passed:,} passed", f"{failed:,} failed" * bool(failed)]
    parts.append(count(errors, "error") * bool(errors))
    return f"{count(len(outcomes), 'test')}: {', '.join(part for part in parts if part)}"


def told(outcome: Outcome, project: Project) -> str:
    """What is wrong with a test that did not pass: its place, and the difference or the error."""
    case = outcome.case
    title = f"{case.file}:{case.location.line}: {case.name} of {case.node}"
    lines = [paint(title, "bold", sys.stdout)]
    if outcome.error is not None:
        from seeknal.cli.failures import explain

        lines += [f"  {line}" for line in explain(outcome.error, project.root).splitlines()]
    for cte, difference in outcome.differences.items():
        if not difference.is_none:
            lines += [f"  CTE {cte}:"] if cte is not None else []
            lines += _lines(outcome, cte, difference, project)
    return "\n".join(lines)


def _lines(
    outcome: Outcome, cte: str | None, difference: Difference, project: Project
) -> list[str]:
    from seeknal.cli.differences import difference_lines

    return difference_lines(difference, rows_file(outcome, cte, project.target))


def rows_file(outcome: Outcome, cte: str | None, target: Path) -> Path:
    """Where the rows of a difference are written that are too many to be shown."""
    case = outcome.case
    words = (Path(case.file).with_suffix("").as_posix().partition("/")[2], case.name, cte or "")
    name = "-".join(re.sub(r"[^\w.-]+", "_", word) for word in words if word)
    return target / FOLDER / f"{name[:200]}.csv"


def tests_answer(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The same for programs, an object for each test."""
    return [_record(outcome) for outcome in outcomes]


def _record(outcome: Outcome) -> dict[str, Any]:
    from seeknal.cli.answers import error_answer

    case, error = outcome.case, outcome.error
    return {
        "name": case.name,
        "node": case.node,
        "file": case.file,
        "line": case.location.line,
        "status": outcome.status,
        "seconds": round(outcome.seconds, 3),
        "error": None
        if error is None
        else error_answer(error.message, error.code, error.help, error.location, case.node),
        "differences": [
            _difference(cte, difference)
            for cte, difference in outcome.differences.items()
            if not difference.is_none
        ],
    }


def _difference(cte: str | None, difference: Difference) -> dict[str, Any]:
    matching = difference.matching
    return {
        "cte": cte,
        "said": list(difference.said),
        "columns": list(difference.columns),
        "missing": [difference.texts(difference.expected[at]) for at in matching.missing],
        "unexpected": [difference.texts(difference.actual[at]) for at in matching.unexpected],
        "changed_rows": [
            {
                "expected": difference.texts(difference.expected[one]),
                "actual": difference.texts(difference.actual[other]),
            }
            for one, other in matching.changed
        ],
    }
