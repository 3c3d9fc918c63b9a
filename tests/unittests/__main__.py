"""Judges tests that are generated from real data, from the command line.

``python -m tests.unittests --plain --choose tests.unittests.naive:first_rows`` judges a choice of
rows: a function that is given a `Subject` and a connection with all stored rows, and gives the text
of a test. Without ``--choose`` the tests are those of ``seeknal create-test``, and without
``--plain`` they are run by ``seeknal test``.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import shutil
import sys
import tempfile
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.unittests.cases import cases_of
from tests.unittests.commands import by_command, create_test
from tests.unittests.corpus import PROJECTS, Prepared, prepared
from tests.unittests.judging import Judged, judged, plainly
from tests.unittests.operators import OPERATORS
from tests.unittests.report import good_enough, report

_open = ExitStack()
_projects: dict[str, tuple[Prepared, Any]] = {}


def main(arguments: list[str] | None = None) -> int:
    given = _options(arguments)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="unittests-"))
    for name in given.project or PROJECTS:
        _prepared(name, folder)
    tasks = [
        (given, folder, name, subject.id)
        for name in given.project or PROJECTS
        for subject in _projects[name][0].subjects
        if not given.nodes or subject.id in given.nodes
    ]
    found = _all_judged(tasks, given.jobs)
    print(report(found, nodes=given.list))
    return 0 if good_enough(found) else 1


def _all_judged(tasks: list[Any], jobs: int) -> list[Judged]:
    if jobs == 1:
        return [_judged(task) for task in tasks]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        return pool.map(_judged, tasks, chunksize=1)


def _prepared(name: str, folder: Path) -> tuple[Prepared, Any]:
    if name not in _projects:
        found = prepared(name, folder)
        _projects[name] = (found, _open.enter_context(found.stored()))
    return _projects[name]


def _judged(task: Any) -> Judged:
    given, folder, name, id = task
    project, stored = _prepared(name, folder)
    subject = next(found for found in project.subjects if found.id == id)
    tests = folder / "chosen" / (given.choose or "create-test") / name / id
    try:
        if given.choose != "none":
            _choose(given.choose, subject, stored, tests)
    except (Exception, SystemExit, BaseException) as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        why = "".join(traceback.format_exception_only(error)).strip()
        print(f"{subject.name}: no test: {why[:2000]}", file=sys.stderr)
    cases = [case for case in cases_of(tests) if case.node == id] if tests.exists() else []
    means: Any = plainly if given.plain else by_command(tests)
    return judged(subject, cases, stored, means, seed=given.seed, most=given.most, kinds=given.kind)


def _choose(choose: str, subject: Any, stored: Any, tests: Path) -> None:
    shutil.rmtree(tests, ignore_errors=True)
    if not choose:
        create_test(subject, tests)
        return
    module, _, name = choose.partition(":")
    text = getattr(importlib.import_module(module), name)(subject, stored)
    tests.mkdir(parents=True)
    (tests / f"{subject.id}.yml").write_text(text, "utf-8")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.unittests", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="which mutants are drawn")
    parser.add_argument("--most", type=int, default=40, help="mutants of a kind of each node")
    parser.add_argument("--kind", action="append", choices=tuple(OPERATORS), default=[])
    parser.add_argument("--project", action="append", choices=tuple(PROJECTS), default=[])
    parser.add_argument("--nodes", nargs="+", default=[], help="ids of nodes")
    parser.add_argument("--folder", type=Path, help="where projects are run, and stay")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--choose", default="", metavar="MODULE:FUNCTION")
    parser.add_argument("--plain", action="store_true", help="run tests by DuckDB alone")
    parser.add_argument("--list", action="store_true", help="say of each node what became of it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
