"""All test files of a project, read at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.project.paths import files_below
from seeknal.project.text_files import read_text
from seeknal.project.yaml_files import read_texts
from seeknal.unittests.reading import read_case
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.project.yaml_files import Document
    from seeknal.unittests.case import Case
    from seeknal.values.problems import Problems

FOLDER = "tests"
_OURS = ("test", "freeze_time", "inputs", "expected_output", "ctes")
"""Keys that make a document one of ours, so that a misspelt one is not passed over."""
_EXPECT = frozenset(("expected_output", "ctes"))
_WORDS = Pattern(rf"\b({'|'.join(_OURS)})\b")
_AT_START = Pattern(rf"(?m)^[\"']?({'|'.join(_OURS)})[\"']?[ \t]*:")


def read_tests(root: Path, problems: Problems) -> list[Case]:
    """The tests of all files below ``tests/``, in the order of their files.

    Documents without any key of ours are those of other tools.
    """
    found: list[Case] = []
    for path in files_below(root / FOLDER, ".yml", ".yaml"):
        found += _tests_of(path, path.relative_to(root).as_posix(), problems)
    return found


def _tests_of(path: Path, file: str, problems: Problems) -> Iterable[Case]:
    text = read_text(path, file, problems)
    if text is None or not _WORDS.search(text):
        return []
    documents, wrong = read_texts(text, file)
    for each in documents:
        if _is_list_of_ours(each):
            help = "each test is a document of its own: put --- between them"
            problems.add("SK0108", "a list holds no tests", each.location, help)
    ours = [each for each in documents if _is_ours(each)]
    if not ours and not (wrong and _AT_START.search(text)):
        return []
    problems += wrong
    found = [case for each in ours if (case := read_case(each, problems)) is not None]
    return _distinct(found, problems)


def _is_list_of_ours(document: Document) -> bool:
    """Whether tests stand in a list, where they would be passed over."""
    data = document.data
    items = data.get("tests") if isinstance(data, Mapping) and "test" not in data else data
    rows = items if isinstance(items, list) else []
    return any(
        isinstance(each, Mapping) and "test" in each and not _EXPECT.isdisjoint(each)
        for each in rows
    )


def _is_ours(document: Document) -> bool:
    return isinstance(document.data, Mapping) and any(key in document.data for key in _OURS)


def _distinct(cases: Sequence[Case], problems: Problems) -> list[Case]:
    """The tests of one file: a name says which of them is meant."""
    seen: dict[str, Case] = {}
    for case in cases:
        if (first := seen.setdefault(case.name, case)) is not case:
            problems.add(
                "SK1711",
                f"two tests of this file are called {case.name!r}: also in line"
                f" {first.location.line}",
                case.marks.value("name") if case.marks.known("name") else case.location,
                "give each a name: of its own",
            )
    return [*seen.values()]
