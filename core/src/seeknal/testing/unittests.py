"""A project's unit tests as tests of pytest, with ``--seeknal PROJECT``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seeknal.values.errors import SeeknalError
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.unittests.case import Case
    from seeknal.unittests.running import Outcome, Tests

OPTION = "--seeknal"
_TESTS = "tests"


class UnitTests:
    """The plugin of one session: finds tests in a project's files, and runs them in one place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open = ExitStack()
        self._cases: list[Case] | None = None
        self._problems = Problems()
        self._tests: Tests | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """The tests of a YAML file below ``tests/`` of the project."""
        if file_path.suffix.lower() not in (".yml", ".yaml"):
            return None
        if not file_path.resolve().is_relative_to(self.root / _TESTS):
            return None
        return File.from_parent(parent, path=file_path, unit_tests=self)

    def pytest_unconfigure(self) -> None:
        self._open.close()

    def cases(self, path: Path) -> list[Case]:
        """The tests of a file. Raises ProjectError with what is wrong in it."""
        from seeknal.unittests.files import read_tests
        from seeknal.unittests.trials import refuse

        if self._cases is None:
            self._cases = read_tests(self.root, self._problems)
        file = path.resolve().relative_to(self.root).as_posix()
        wrong = (each for each in self._problems if each.location and each.location.file == file)
        refuse(Problems(wrong))
        return [case for case in self._cases if case.file == file]

    def outcome(self, case: Case) -> Outcome:
        """How a test goes. Raises SeeknalError for what is wrong with the project or the test."""
        if self._tests is None:
            from seeknal.plan.session import Request, read_project
            from seeknal.unittests.running import Tests

            read = partial(read_project, self.root, Request(command="test"), keep=False)
            self._tests = self._open.enter_context(Tests(read(), self._cases or [], read))
        return self._tests.outcome(case)

    def told(self, outcome: Outcome) -> str:
        """What is wrong with a test that does not hold."""
        from seeknal.cli.tested import explained

        assert self._tests is not None
        return explained(outcome, self._tests.project)


class File(pytest.File):
    """A file of unit tests."""

    def __init__(self, *, unit_tests: UnitTests, **given: Any) -> None:
        super().__init__(**given)
        self.unit_tests = unit_tests

    def collect(self) -> Iterator[Item]:
        for case in self.unit_tests.cases(self.path):
            yield Item.from_parent(self, name=case.name, case=case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any) -> Any:
        return _told(excinfo, self.unit_tests) or super().repr_failure(excinfo, *more)


class Item(pytest.Item):
    """One unit test."""

    parent: File

    def __init__(self, *, case: Case, **given: Any) -> None:
        super().__init__(**given)
        self.case = case

    def runtest(self) -> None:
        outcome = self.parent.unit_tests.outcome(self.case)
        if outcome.status != "passed":
            raise _Failed(outcome)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.location.line - 1, f"{self.name} of {self.case.node}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any) -> Any:
        told = _told(excinfo, self.parent.unit_tests)
        return told or super().repr_failure(excinfo, *more)


class _Failed(Exception):
    """A test that does not hold."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def _told(excinfo: pytest.ExceptionInfo[BaseException], unit_tests: UnitTests) -> str | None:
    """What is wrong, in the words of ``seeknal test``; None for what is a defect."""
    error = excinfo.value
    if isinstance(error, _Failed):
        return unit_tests.told(error.outcome)
    if isinstance(error, SeeknalError):
        from seeknal.cli.failures import explain

        return explain(error, unit_tests.root)
    return None


def register(config: pytest.Config, project: str) -> None:
    """Let the session run the unit tests of a project. Raises UsageError for a folder of none."""
    from seeknal.project.loader import find_root

    given = Path(project)
    try:
        root = find_root(config.invocation_params.dir / given)
    except SeeknalError as error:
        raise pytest.UsageError(f"{OPTION} {project}: {error.message}") from None
    config.pluginmanager.register(UnitTests(root), "seeknal unit tests")
    if config.args_source is not pytest.Config.ArgsSource.ARGS and (root / _TESTS).is_dir():
        # Without paths, all tests of the project are meant.
        config.args[:] = [str(root / _TESTS)]
