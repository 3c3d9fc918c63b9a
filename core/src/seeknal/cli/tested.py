"""How tests went, and what became of those that failed, for people and for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.cli.streams import has_colour, paint
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.unittests.comparing import Difference
    from seeknal.unittests.coverage.covering import Coverage
    from seeknal.unittests.running import Outcome
    from seeknal.unittests.updating import Update
    from seeknal.values.project import Project

HEADERS = ("test", "node", "status", "seconds")
NUMERIC = (False, False, False, True)
FOLDER = "tests"
"""Below ``target/``: where rows are that are too many to be shown."""
COLOUR = Pattern("\x1b\\[[0-9;]*m")
"""What makes text coloured on a terminal."""
_COLOURS = {"+": "green", "-": "red", "@": "dim"}


@frozen(kw_only=True)
class Changes:
    """What became of what failing tests expect: those that were updated, and why others are not.

    ``patches`` are unified diffs of files, by their paths from the project: of what was written, or
    of what would have been.
    """

    updated: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(factory=dict)
    patches: Mapping[str, str] = field(factory=dict)

    def status(self, outcome: Outcome) -> str:
        return "updated" if outcome.case.id in self.updated else outcome.status


def changed(updates: Sequence[Update], outcomes: Sequence[Outcome]) -> Changes:
    """Write the files, as far as they can be."""
    from seeknal.unittests.splicing import Unwritable

    updated: set[str] = set()
    failed = [each.case.id for each in outcomes if each.status == "error"]
    refused = dict.fromkeys(failed, "the node gives no rows")
    patches: dict[str, str] = {}
    for update in updates:
        file = update.file
        refused |= {f"{file}::{name}": why for name, why in update.refused.items()}
        if not update.updated:
            continue
        patches[file] = _patch(file, update)
        ids = [case.id for case in update.updated]
        try:
            update.write()
            updated.update(ids)
        except Unwritable as error:
            refused |= dict.fromkeys(ids, str(error))
    return Changes(updated=frozenset(updated), refused=refused, patches=patches)


def _patch(file: str, update: Update) -> str:
    from difflib import unified_diff

    before, after = update.before.splitlines(), update.after.splitlines()
    return "\n".join(unified_diff(before, after, file, file, lineterm="", n=1))


@frozen
class Told:
    """All that there is to tell of the tests of a command."""

    outcomes: Sequence[Outcome]
    changes: Changes
    project: Project
    coverage: Coverage | None = None

    def print(self) -> None:
        """A line for each test, what is wrong with those that do not hold, and how many did."""
        if self.outcomes:
            self._print_tests()
        else:
            print("no tests")
        if self.coverage is not None:
            from seeknal.cli.covered import print_coverage

            print_coverage(self.coverage)

    def _print_tests(self) -> None:
        from seeknal.cli.render import print_table

        rows = [
            (
                each.case.id.removeprefix("tests/"),
                each.case.node,
                self.changes.status(each),
                f"{each.seconds:.2f}",
            )
            for each in self.outcomes
        ]
        print_table(HEADERS, rows, NUMERIC, spare=(HEADERS[3], HEADERS[1]), whole=(HEADERS[2],))
        for each in self.outcomes:
            if self.changes.status(each) not in ("passed", "updated"):
                print(f"\n{self.text(each)}")
        for file, patch in self.changes.patches.items():
            print(f"\n{self._shown(file, patch)}")
        print(f"\n{self.summary()}")

    def summary(self) -> str:
        from collections import Counter

        from seeknal.cli.render import count

        found = Counter(map(self.changes.status, self.outcomes))
        parts = [f"{found['passed']:,} passed"]
        parts += [f"{found[word]:,} {word}" for word in ("updated", "failed") if found[word]]
        if found["error"]:
            parts.append(count(found["error"], "error"))
        return f"{count(len(self.outcomes), 'test')}: {', '.join(parts)}"

    def text(self, outcome: Outcome) -> str:
        """What is wrong with a test that does not hold: its place, and how, or the error."""
        lines = [explained(outcome, self.project)]
        if why := self.changes.refused.get(outcome.case.id):
            lines.append(f"  not updated: {why}")
        return "\n".join(lines)

    def answer(self) -> list[dict[str, Any]] | dict[str, Any]:
        """The same for programs, an object for each test; one with coverage besides."""
        tests = [self._record(outcome) for outcome in self.outcomes]
        if self.coverage is None:
            return tests
        from seeknal.cli.answers import answered, outcome
        from seeknal.cli.covered import coverage_answer
        from seeknal.cli.render import masked

        good = all(each["status"] in ("passed", "updated") for each in tests)
        coverage = masked(coverage_answer(self.coverage))
        return answered(outcome(good), tests=tests, coverage=coverage)

    def _shown(self, file: str, patch: str) -> str:
        written = any(id.startswith(f"{file}::") for id in self.changes.updated)
        title = f"{'updated' if written else 'would become of'} {file}:"
        lines = [
            paint(line, _COLOURS.get(line[:1], ""), sys.stdout) if line[:1] in _COLOURS else line
            for line in patch.splitlines()[2:]
        ]
        return "\n".join([title, *(f"  {line}".rstrip() for line in lines)])

    def _record(self, outcome: Outcome) -> dict[str, Any]:
        from seeknal.cli.answers import error_answer

        case, error = outcome.case, outcome.error
        return {
            "name": case.name,
            "node": case.node,
            "file": case.file,
            "line": case.location.line,
            "status": self.changes.status(outcome),
            "seconds": round(outcome.seconds, 3),
            "error": None
            if error is None
            else error_answer(error.message, error.code, error.help, error.location, case.node),
            "differences": [
                _difference(cte, difference)
                for cte, difference in outcome.differences.items()
                if not difference.is_none
            ],
            "patch": self.changes.patches.get(case.file) if outcome.status == "failed" else None,
            "not_updated": self.changes.refused.get(case.id),
        }


def explained(outcome: Outcome, project: Project) -> str:
    """How a test failed."""
    case = outcome.case
    title = f"{case.file}:{case.location.line}: {case.name} of {case.node}"
    lines = [paint(title, "bold", sys.stdout)]
    if outcome.error is not None:
        from seeknal.cli.failures import explain

        said = explain(outcome.error, project.root)
        if not has_colour(sys.stdout):
            # It is coloured for stderr, which may be a terminal where this is not.
            said = COLOUR.sub("", said)
        lines += [f"  {line}" for line in said.splitlines()]
    for cte, difference in outcome.differences.items():
        if not difference.is_none:
            from seeknal.cli.differences import difference_lines

            lines += [f"  CTE {cte}:"] if cte is not None else []
            lines += difference_lines(difference, rows_file(outcome, cte, project.target))
    return "\n".join(lines)


def rows_file(outcome: Outcome, cte: str | None, target: Path) -> Path:
    """Where the rows of a difference are written that are too many to be shown."""
    case = outcome.case
    words = (Path(case.file).with_suffix("").as_posix().partition("/")[2], case.name, cte or "")
    name = "-".join(re.sub(r"[^\w.-]+", "_", word) for word in words if word)
    return target / FOLDER / f"{name[:200]}.csv"


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
