"""How an error looks: what happened, where with the line itself, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.cli.fitting import columns_of, width, wrapped
from seeknal.cli.streams import paint
from seeknal.values.errors import ProjectError
from seeknal.values.patterns import Pattern
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.values.errors import SeeknalError
    from seeknal.values.location import Location
    from seeknal.values.problems import Problem

FEW = 3
"""How many of many problems that are alike are shown in full."""
MOST_PLACES = 6
WIDEST_LINE = 160
"""Characters of a source line that are shown."""

_NAMES = Pattern(r"'[^']*'|\"[^\"]*\"|\b\w+\.\w+\b|\d+")
_MARGIN = len("1234 | ......")
_TOKEN = Pattern(r"[\w.+*/@$-]+|\S")


def explain(error: SeeknalError, root: Path | None) -> str:
    """An error as text for stderr. ``root`` is where locations are relative to."""
    if isinstance(error, ProjectError):
        return explain_problems(error.problems, root)
    return message("error", error.code, error.message, error.location, error.help, root)


def explain_problems(
    problems: Sequence[Problem], root: Path | None, *, verbose: bool = False
) -> str:
    """Problems in full, errors before warnings, and how many there are.

    Of many that are alike the first few stand for all, unless ``verbose``.
    """
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    if verbose:
        shown = [explain_problem(problem, root) for problem in ordered]
        return "\n\n".join([*shown, _counts(problems)])
    groups: dict[object, list[Problem]] = {}
    for problem in ordered:
        groups.setdefault(_kind(problem), []).append(problem)
    kept = [problem for problem in ordered if _is_shown(problem, groups[_kind(problem)])]
    blocks = [_block(problem, groups[_kind(problem)], root) for problem in kept]
    return "\n\n".join([*blocks, count_line(problems, len(kept))])


def _kind(problem: Problem) -> object:
    """Problems that differ in names and numbers alone are of one kind.

    So are all that the same plugin would mend.
    """
    if problem.lacks:
        return _distribution(problem.lacks)
    return problem.severity, problem.code, _NAMES.sub("_", problem.message)


def _is_shown(problem: Problem, alike: Sequence[Problem]) -> bool:
    shown = 1 if problem.lacks else FEW
    return _are_few(alike) or any(problem is first for first in alike[:shown])


def _are_few(alike: Sequence[Problem]) -> bool:
    return len(alike) <= (1 if alike[0].lacks else FEW + 1)


def _block(problem: Problem, alike: Sequence[Problem], root: Path | None) -> str:
    if problem.lacks and not _are_few(alike):
        return _missing_plugin(problem.lacks, alike, root)
    text = explain_problem(problem, root)
    if _are_few(alike) or problem is not alike[FEW - 1]:
        return text
    return f"{text}\n  ... and {len(alike) - FEW} more like this{_places(alike[FEW:], MOST_PLACES)}"


def _missing_plugin(lacks: str, alike: Sequence[Problem], root: Path | None) -> str:
    """What nothing but one plugin would mend, with the first places and what to install."""
    from seeknal.kernel.installing import install_command

    name = _distribution(lacks)
    extras = sorted({extra for problem in alike for extra in _extras(problem.lacks or "")})
    requirement = f"{name}[{','.join(extras)}]" if extras else name
    first = alike[0]
    word = "error" if first.severity == "error" else "warning"
    said = f"{name} is not installed, and {len(alike)} places need it"
    text = message(word, first.code, said, first.location, install_command(requirement), root)
    return f"{text}\n  ... and {len(alike) - 1} more{_places(alike[1:], FEW - 1)}"


def _distribution(requirement: str) -> str:
    return requirement.partition("[")[0]


def _extras(requirement: str) -> list[str]:
    return [extra for extra in requirement.partition("[")[2].rstrip("]").split(",") if extra]


def _places(problems: Sequence[Problem], most: int) -> str:
    places = [f"{place.file}:{place.line}" for other in problems if (place := other.location)]
    named = ", ".join(places[:most]) + (", ..." if len(places) > most else "")
    return f": {named}" if named else ""


def explain_problem(problem: Problem, root: Path | None) -> str:
    """One problem with its place and help."""
    word = "error" if problem.severity == "error" else "warning"
    text = problem.message
    return message(word, problem.code, text, problem.location, problem.help, root)


def count_line(problems: Sequence[Problem], kept: int) -> str:
    """``3 problems, 1 warning``, and whether some of them are not shown."""
    text = _counts(problems)
    return f"{text}; seeknal validate --verbose shows all" if kept < len(problems) else text


def _counts(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = ((errors, "problem"), (warnings, "warning"))
    parts = [_plural(count, noun) for count, noun in counts if count]
    return ", ".join(parts)


def message(
    word: str,
    code: str | None,
    text: str,
    location: Location | None = None,
    help: str | None = None,
    root: Path | None = None,
) -> str:
    """The one format of every error and warning."""
    colour = "red" if word == "error" else "yellow"
    columns = columns_of(sys.stderr)
    head = f"{word}[{code}]" if code else word
    told = wrapped(text, columns, len(head) + 2, "  ")
    lines = [f"{paint(head, colour, sys.stderr)}: {told}"]
    if location is not None and location.file:
        widest = WIDEST_LINE if columns is None else min(WIDEST_LINE, max(columns - _MARGIN, 20))
        lines += [f"  --> {location}", *_excerpt(location, root, widest)]
    if help:
        lines.append(f"  {paint('help', 'bold', sys.stderr)}: {_indented(help, columns)}")
    return "\n".join(lines)


def _indented(help: str, columns: int | None) -> str:
    indent = " " * len("  help: ")
    return f"\n{indent}".join(
        wrapped(line, columns, len(indent), indent) for line in help.split("\n")
    )


def _excerpt(location: Location, root: Path | None, widest: int) -> list[str]:
    line = _line_of(location, root)
    if line is None:
        return []
    number = str(location.line)
    start = max(0, location.column - 1) if location.column else 0
    # Masked before it is cut: half a secret is not known any more.
    line, start = scrub(line), min(len(scrub(line[:start])), len(scrub(line)))
    line, start = _cut(line, start, widest)
    lines = [f"{number:>4} | {line}"]
    if location.column:
        token = _TOKEN.match(line, start)
        carets = "^" * (width(token[0]) if token else 1)
        lines.append(f"{'':>4} | {_blank(line[:start])}{carets}")
    return lines


def _cut(line: str, place: int, widest: int) -> tuple[str, int]:
    """What of a line is shown, and where ``place`` is in it: no more than fits a screen."""
    if len(line) <= widest:
        return line, place
    first = min(max(0, place - widest // 2), len(line) - widest)
    shown = line[first : first + widest]
    before = "..." if first else ""
    after = "..." if first + widest < len(line) else ""
    return f"{before}{shown}{after}", place - first + len(before)


def _blank(text: str) -> str:
    """What takes as much room as ``text`` on a terminal, so that what follows stands below."""
    return "".join("\t" if character == "\t" else " " * width(character) for character in text)


def _line_of(location: Location, root: Path | None) -> str | None:
    # Reading a pipe would never end.
    if root is None or not location.line or not (root / location.file).is_file():
        return None
    try:
        lines = (root / location.file).read_text("utf-8-sig").splitlines()
        return lines[location.line - 1]
    except (OSError, ValueError, IndexError):
        return None


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
