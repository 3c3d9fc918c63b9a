"""What is to be run when, as every program is told it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.intervals.timings import Timing, cron_text
from seeknal.intervals.units import unit_of
from seeknal.values.errors import UsageError
from seeknal.values.names import PRODUCTION
from seeknal.values.several import a_few

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.names import NodeId

_MARK = "Written by seeknal schedule export"
"""How files of an export begin: those are replaced by the next one, and no others."""
_PLAIN = re.compile(r"(?:@[a-z]+|[0-9*]+(?: [0-9a-z*]+)*)(?: [A-Z][A-Za-z]*(?:/[A-Z][a-z]+)*)?")
"""Schedules whose names cannot be those of others."""
_LONGEST = 40


@frozen(kw_only=True)
class Job:
    """The nodes of one schedule. ``name`` is its alone."""

    name: str
    timing: Timing
    nodes: tuple[NodeId, ...]

    @property
    def shortest(self) -> int:
        """The fewest seconds that can pass between two of its ticks."""
        return unit_of(cron_text(self.timing)).shortest


@frozen(kw_only=True)
class Export:
    """The jobs of a project, and what of a machine or a cluster they need.

    ``program`` starts seeknal in ``folder``, the project's; ``options`` are those of every run.
    ``timezone`` is that of the clock by which the program goes that is told, where it has no
    other. ``now`` is when it is told.
    """

    project: str
    environment: str
    folder: Path
    program: tuple[str, ...]
    jobs: tuple[Job, ...]
    now: int
    options: tuple[str, ...] = ()
    user: str | None = None
    image: str | None = None
    storage: str = "10Gi"
    secrets: tuple[str, ...] = ()
    timezone: str = "UTC"

    @property
    def name(self) -> str:
        """What belongs to the project is called so."""
        return f"seeknal-{slug(self.project)}"

    def name_of(self, job: Job) -> str:
        """What belongs to a job is called so, and nothing of another environment or project."""
        environment = "" if self.environment == PRODUCTION else f"--{slug(self.environment)}"
        return f"{self.name}{environment}-{job.name}"

    def run(self, job: Job) -> tuple[str, ...]:
        """What seeknal is given to run a job."""
        return ("run", "--schedule", str(job.timing), *self.options)


@frozen(kw_only=True)
class File:
    """A file of an export: its name, and what stands in it."""

    name: str
    text: str


def jobs_of(known: Mapping[Timing, tuple[NodeId, ...]]) -> tuple[Job, ...]:
    """A job for each schedule."""
    return tuple(
        Job(name=slug(str(timing)), timing=timing, nodes=nodes) for timing, nodes in known.items()
    )


def slug(text: str) -> str:
    """A text as a name of small letters, digits and hyphens, which no other text has."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower().replace("*", "x")).strip("-")
    if (_PLAIN.fullmatch(text) or found == text) and len(found) <= _LONGEST:
        return found
    from seeknal.values.digests import digest

    return f"{found[: _LONGEST - 7].rstrip('-')}-{digest(text)[:6]}".lstrip("-")


def refuse_breaks(texts: Mapping[str, str]) -> None:
    """Raise UsageError for a text that would end the line on which it stands."""
    for what, text in texts.items():
        if not text.isprintable():
            raise UsageError(
                f"{what} holds a character that no file of an export can: {text!r}",
                code="SK0299",
                help="call it otherwise",
            )


def header(export: Export, format: str, *lines: str) -> str:
    """The comment with which a file begins."""
    where = "" if export.environment == PRODUCTION else f" --env {export.environment}"
    first = f"{_MARK} --format {format}{where} for {export.project}: to change it, do that again."
    return "".join(f"# {line}\n" for line in (comment(first), *lines))


def origin(text: str) -> str:
    """Of which project, and for which program, a file of an export is: how it begins."""
    return re.sub(r" --env \S+", "", text.partition("\n")[0]).strip()


def told(job: Job) -> str:
    """The nodes of a job, for people."""
    return comment(a_few(job.nodes))


def comment(text: str) -> str:
    """A text that can stand in a comment of any format."""
    return re.sub(r"[^\w .,:;/*@#()+-]", "?", text)
