"""Makes and runs tests by the commands that users type, in copies of projects."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from seeknal.testing import TestProject
from tests.unittests.cases import Case
from tests.unittests.corpus import at_its_moment
from tests.unittests.judging import Fails
from tests.unittests.mutants import Mutant
from tests.unittests.subjects import Subject

_NOT_NEEDED = shutil.ignore_patterns(
    "target", ".seeknal", "outputs", "data", "tests", "__pycache__"
)


def create_test(subject: Subject, folder: Path) -> None:
    """Let ``seeknal create-test`` write the node's test, and move it into a folder."""
    made = subject.root / "tests" / "generated"
    shutil.rmtree(made, ignore_errors=True)
    with at_its_moment():
        TestProject(subject.root).run("create-test", subject.id, "--overwrite").assert_ok()
    folder.mkdir(parents=True, exist_ok=True)
    for file in made.glob("*.y*ml"):
        shutil.move(file, folder / file.name)


def by_command(tests: Path) -> type:
    """How ``seeknal test`` runs the tests of a folder, in a project without rows and state."""

    class ByCommand:
        def __init__(self, subject: Subject, cases: Sequence[Case]) -> None:
            self._subject = subject
            self._cases = cases
            self._place = Path(tempfile.mkdtemp(prefix="judged-"))
            self._project = TestProject(self._place / "project")

        def __enter__(self) -> Fails:
            subject, project = self._subject, self._project
            shutil.copytree(subject.root, project.path, ignore=_NOT_NEEDED)
            shutil.copytree(tests, project.path / "tests")

            def fails(mutant: Mutant | None) -> str | None:
                changed = {} if mutant is None else subject.files(mutant)
                before = {name: (project.path / name).read_bytes() for name in changed}
                for name, text in changed.items():
                    (project.path / name).write_text(text, "utf-8")
                try:
                    with at_its_moment():
                        outcome = project.run("test", subject.id)
                finally:
                    for name, content in before.items():
                        (project.path / name).write_bytes(content)
                return None if outcome.exit_code == 0 else repr(outcome)

            return fails

        def __exit__(self, *_: object) -> None:
            shutil.rmtree(self._place, ignore_errors=True)

    return ByCommand
