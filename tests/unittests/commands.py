"""Makes and runs tests by the commands that users type, in copies of projects."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from seeknal.testing import TestProject
from tests.unittests.cases import Case, cases_in
from tests.unittests.corpus import at_its_moment
from tests.unittests.judging import Fails, Means
from tests.unittests.mutants import Mutant
from tests.unittests.subjects import Subject

NOT_NEEDED = shutil.ignore_patterns(
    *("target", ".seeknal", "outputs", "data", "tests", "__pycache__")
)
"""What a project has beside its files: tests are run without it."""


def create_test(subject: Subject, folder: Path) -> None:
    """Let ``seeknal create-test`` write the node's test, and move it into a folder."""
    with at_its_moment():
        TestProject(subject.root).run("create-test", subject.id, "--overwrite").assert_ok()
    for file in (subject.root / "tests").rglob("*.y*ml"):
        if any(case.node == subject.id for case in cases_in(file.read_text("utf-8"), file.stem)):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.move(file, folder / file.name)


def by_command(tests: Path) -> Means:
    """How ``seeknal test`` runs the tests of a folder, in a project without rows and state."""

    @contextmanager
    def running(subject: Subject, cases: Sequence[Case]) -> Iterator[Fails]:
        with (
            tempfile.TemporaryDirectory(prefix="judged-") as place,
            # Two versions of a file in one second would be one to Python.
            mock.patch.object(sys, "dont_write_bytecode", True),
        ):
            project = TestProject(Path(place) / "project")
            shutil.copytree(subject.root, project.path, ignore=NOT_NEEDED)
            for file in subject.needless:
                (project.path / file).unlink()
            if tests.exists():
                shutil.copytree(tests, project.path / "tests")

            def fails(mutant: Mutant | None) -> str | None:
                with _changed(project, {} if mutant is None else subject.files(mutant)):
                    outcome = project.run("test", subject.id)
                return None if outcome.exit_code == 0 else repr(outcome)

            yield fails

    return running


@contextmanager
def _changed(project: TestProject, files: dict[str, str]) -> Iterator[None]:
    before = {name: (project.path / name).read_bytes() for name in files}
    for name, text in files.items():
        (project.path / name).write_text(text, "utf-8")
    try:
        with at_its_moment():
            yield
    finally:
        for name, content in before.items():
            (project.path / name).write_bytes(content)
