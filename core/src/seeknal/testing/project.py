"""A project in a temporary folder, and what a command did to it."""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import duckdb


class Outcome:
    """What a command did."""

    def __init__(self, exit_code: int, stdout: str, stderr: str) -> None:
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr

    def json(self) -> Any:
        """Its output, read as JSON."""
        return json.loads(self.stdout)

    def assert_ok(self) -> Outcome:
        """The outcome itself; fails the test, showing the output, unless the command succeeded."""
        if self.exit_code != 0:
            pytest.fail(f"the command failed:\n{self!r}", pytrace=False)
        return self

    def __repr__(self) -> str:
        return f"exit code {self.exit_code}\n{self.stdout}\n{self.stderr}"


class TestProject:
    """A project in a folder of its own."""

    __test__ = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files; the common indentation of a text is removed."""
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                file.write_bytes(content)
            else:
                file.write_text(textwrap.dedent(content).removeprefix("\n"), encoding="utf-8")

    def run(self, *arguments: str) -> Outcome:
        """Run ``seeknal`` in this process, with the project as working directory."""
        from seeknal.cli import main
        from seeknal.values.secret import separate_secrets

        with _captured() as (out, err), contextlib.chdir(self.path), separate_secrets():
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return Outcome(code, out(), err())

    def rows(self, node: str) -> list[tuple[Any, ...]]:
        """A node's current rows, in the order in which they are stored."""
        path = self.path / "target" / "intermediate" / f"{node.replace('.', '_', 1)}.parquet"
        if path.is_dir():
            path /= "*.parquet"
        with _duckdb().cursor() as connection:
            return connection.execute(
                "FROM read_parquet(?, hive_partitioning = false)", [str(path)]
            ).fetchall()


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """One for all that is read: to open one costs many times what reading does."""
    import duckdb

    return duckdb.connect()


@contextlib.contextmanager
def _captured() -> Iterator[tuple[Callable[[], str], Callable[[], str]]]:
    """Standard output and error as text, with the byte streams that programs expect below."""
    out, err = _Capture(), _Capture()
    with contextlib.redirect_stdout(out.stream), contextlib.redirect_stderr(err.stream):
        yield out.text, err.text


class _Capture:
    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        self.stream = io.TextIOWrapper(self.bytes, "utf-8", newline="")

    def text(self) -> str:
        self.stream.flush()
        return self.bytes.getvalue().decode("utf-8", "replace")


@pytest.fixture
def seeknal_project(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Mapping[str, str | bytes]], TestProject]:
    """Makes a project of ``{relative path: text}``; ``seeknal_project.yml`` may be left out."""

    def make(files: Mapping[str, str | bytes]) -> TestProject:
        project = TestProject(tmp_path_factory.mktemp("project"))
        project.write({"seeknal_project.yml": "name: test\n", **files})
        return project

    return make
