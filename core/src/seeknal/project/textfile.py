"""A project's text files: UTF-8, or a problem that says where they are not."""

from __future__ import annotations

from pathlib import Path

from seeknal.model import Location, Problem


def read_text(path: Path, file: str, problems: list[Problem]) -> str | None:
    """The text of ``path``, which messages call ``file``; None with a problem added."""
    try:
        data = path.read_bytes()
    except OSError as error:
        _add(problems, f"cannot be read: {error.strerror}", Location(file))
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text: byte 0x{data[error.start]:02x}"
        _add(problems, message, Location(file, line), "save the file as UTF-8")
        return None


def _add(
    problems: list[Problem], message: str, location: Location, help: str | None = None
) -> None:
    problems.append(Problem(code="SK0101", message=message, location=location, help=help))
