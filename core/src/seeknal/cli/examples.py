"""The examples that ``init`` copies: what each needs beside seeknal, and what to type then."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from seeknal.kernel.installing import install_command
from seeknal.values.errors import UsageError, did_you_mean

EXAMPLES = Path(__file__).parent.parent / "examples"
ABOUT = "example.toml"
LEFT_OUT = {"target", ".seeknal", "__pycache__", "outputs", ABOUT}


@frozen(kw_only=True)
class Example:
    """A project to start from. ``next`` are the commands to type in a copy of it."""

    folder: Path
    needs: tuple[str, ...]
    next: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        """What is copied, relative to the folder."""
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder)
            if path.is_file() and not LEFT_OUT.intersection(relative.parts):
                yield relative

    @property
    def missing(self) -> tuple[str, ...]:
        """What it needs and what is not installed."""
        return tuple(requirement for requirement in self.needs if not _is_installed(requirement))

    def steps(self, folder: str | None) -> list[str]:
        """What to type after the copy was made in ``folder``, or in this one."""
        install = [install_command(*self.missing)] if self.missing else []
        enter = [f"cd {shlex.quote(folder)}"] if folder else []
        return [*install, *enter, *self.next]


def find_example(name: str) -> Example:
    """The example of that name. Raises UsageError with the nearest."""
    import tomllib

    known = sorted(path.name for path in EXAMPLES.iterdir() if (path / ABOUT).is_file())
    if name not in known:
        raise UsageError(
            f"there is no example {name!r}",
            code="SK0260",
            help=did_you_mean(name, known) or f"known: {', '.join(known)}",
        )
    said = tomllib.loads((EXAMPLES / name / ABOUT).read_text("utf-8"))
    return Example(folder=EXAMPLES / name, needs=tuple(said["needs"]), next=tuple(said["next"]))


def _is_installed(requirement: str) -> bool:
    """Whether a distribution is there, and all that its extras bring."""
    from importlib.metadata import PackageNotFoundError, distribution

    name, _, extras = requirement.rstrip("]").partition("[")
    try:
        asked = distribution(name).requires or ()
        for extra in filter(None, extras.split(",")):
            marked = re.compile(rf"extra\s*==\s*['\"]{re.escape(extra)}['\"]")
            for entry in (entry for entry in asked if marked.search(entry)):
                distribution(re.split(r"[^\w.-]", entry, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True
