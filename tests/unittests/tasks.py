"""What is to be judged, node by node, in one process or in several."""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import shutil
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path

import duckdb
from attrs import frozen

from tests.unittests.cases import cases_of
from tests.unittests.commands import by_command, create_test
from tests.unittests.corpus import PROJECTS, Prepared, prepared
from tests.unittests.judging import Judged, judged, plainly
from tests.unittests.subjects import Subject

_opened = ExitStack()
_projects: dict[str, tuple[Prepared, duckdb.DuckDBPyConnection]] = {}
"""What this process has prepared: each of several has its own."""


@frozen(kw_only=True)
class Task:
    """One node that is to be judged, and how."""

    given: argparse.Namespace
    folder: Path
    project: str
    node: str

    @property
    def tests(self) -> Path:
        """Where its tests are."""
        chosen = self.given.choose.replace(":", ".") or "create-test"
        return self.folder / "chosen" / chosen / self.project / self.node


def judged_in(given: argparse.Namespace, folder: Path) -> list[Judged]:
    """Every node that is asked for; the projects lie below a folder."""
    tasks = [
        Task(given=given, folder=folder, project=name, node=subject.id)
        for name in given.project or PROJECTS
        for subject in _prepared(name, folder)[0].subjects
        if not given.nodes or subject.id in given.nodes
    ]
    if given.jobs == 1:
        return [_judged(task) for task in tasks]
    with multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
        return pool.map(_judged, tasks, chunksize=1)


def _prepared(name: str, folder: Path) -> tuple[Prepared, duckdb.DuckDBPyConnection]:
    if name not in _projects:
        found = prepared(name, folder)
        _projects[name] = found, _opened.enter_context(found.stored())
    return _projects[name]


def _judged(task: Task) -> Judged:
    project, stored = _prepared(task.project, task.folder)
    subject = next(found for found in project.subjects if found.id == task.node)
    if not task.given.kept:
        _choose(task, subject, stored)
    cases = cases_of(task.tests)
    return judged(
        subject,
        cases,
        stored,
        plainly if task.given.plain else by_command(task.tests),
        seed=task.given.seed,
        most=task.given.most,
        kinds=task.given.kind,
    )


def _choose(task: Task, subject: Subject, stored: duckdb.DuckDBPyConnection) -> None:
    """Make the node's tests anew. Where that fails it is told, and there are none."""
    shutil.rmtree(task.tests, ignore_errors=True)
    try:
        if not task.given.choose:
            create_test(subject, task.tests)
            return
        module, _, name = task.given.choose.partition(":")
        text = getattr(importlib.import_module(module), name)(subject, stored)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # A command's failure is one of pytest's, no Exception.
        why = "".join(traceback.format_exception_only(error)).strip()
        print(f"{subject.name}: no test: {why[:2000]}", file=sys.stderr)
    else:
        task.tests.mkdir(parents=True)
        (task.tests / f"{subject.id}.yml").write_text(text, "utf-8")
