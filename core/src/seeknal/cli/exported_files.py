"""Files of an export: printed, or written where nothing of others stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.cli.common import from_here
from seeknal.cli.streams import DATA, say, warn
from seeknal.kernel.command_options import STDOUT
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeknal.scheduling.export.jobs import File


def write_files(files: Sequence[File], output: Path | None, *, several: bool) -> None:
    """Print files, or write them: into a folder where there are ``several``, else as one file.

    Raises UsageError before any is written where something else stands in the place of one.
    """
    if output in (None, STDOUT):
        for file in files:
            if len(files) > 1:
                print(f"# ---- {file.name} ----", file=DATA)
            print(file.text, file=DATA, end="\n" if len(files) > 1 else "")
        return
    assert output is not None
    whole = several or output.is_dir()
    paths = {(output / file.name if whole else output): file.text for file in files}
    for path, text in paths.items():
        _check_place(path, text)
    from seeknal.host.files import write_text

    for path, text in paths.items():
        write_text(path, text)
        say(f"wrote {from_here(path)}")
    if several:
        _tell_of_left(output, files)


def _check_place(path: Path, text: str) -> None:
    """Raise UsageError where something stands that no export to this program has written."""
    if path.parent.exists() and not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", code="SK0002", help="name another")
    if path.is_dir():
        raise UsageError(f"{path} is a folder", code="SK0002", help="name a file")
    if path.exists() and not path.is_file():
        # What is in a pipe or a device nobody has written before.
        help = "without --output it is printed"
        raise UsageError(f"{path} is no file", code="SK0002", help=help)
    if (path.exists() or path.is_symlink()) and not _is_earlier(path, text):
        raise UsageError(
            f"{path} is of no such export of this project, and stays as it is",
            code="SK0298",
            help="name another file, or remove that one",
        )


def _is_earlier(path: Path, text: str) -> bool:
    """Whether a file is of an earlier export of the same project to the same program."""
    from seeknal.scheduling.export.jobs import origin

    try:
        with path.open(encoding="utf-8") as file:
            return origin(file.readline(1000)) == origin(text)
    except (OSError, UnicodeDecodeError):
        return False


def _tell_of_left(folder: Path, files: Sequence[File]) -> None:
    """Units of the project whose schedules are no more: they would still run."""
    named = {file.name for file in files}
    first = files[0].text.partition("\n")[0]
    for path in sorted(folder.glob("seeknal-*.timer")):
        if path.name not in named and path.read_bytes().startswith(first.encode()):
            warn(f"{from_here(path)} is of a schedule that no node has any more: disable it")
