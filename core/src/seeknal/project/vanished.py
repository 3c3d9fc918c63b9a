"""Files that were removed while a project was read: somebody edits it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seeknal.values.errors import ProjectError
from seeknal.values.location import Location
from seeknal.values.problems import Problem


@contextmanager
def told_of(root: Path) -> Iterator[None]:
    """Raise ProjectError where a file of the project is gone that was there when it was listed."""
    try:
        yield
    except FileNotFoundError as error:
        path = Path(str(error.filename or ""))
        if not path.is_relative_to(root) or path.exists():
            raise
        file = path.relative_to(root).as_posix()
        problem = Problem(
            code="SK0101",
            message=f"{file} was removed while the project was read",
            location=Location(file),
            help="run the command again",
        )
        raise ProjectError([problem]) from error
