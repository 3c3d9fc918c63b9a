"""Whole processes, measured by the operating system: CPU seconds, wall seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Sample:
    """One finished process."""

    cpu: float
    wall: float
    peak: float
    """MiB"""


@dataclass(frozen=True)
class Command:
    """What is measured, and what has to be so before each time."""

    argv: Sequence[str]
    folder: Path
    prepare: Callable[[], None] = lambda: None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those that are there."""


def run(command: Command) -> Sample:
    """Run a command once. Raises RuntimeError with its output when it fails."""
    command.prepare()
    started = time.perf_counter()
    process = subprocess.Popen(
        command.argv,
        cwd=command.folder,
        env={**_around(), **command.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command.argv)} failed:\n{output.decode()[-2000:]}")
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def _around() -> dict[str, str]:
    """The variables of this process, but for one: installed packages have their bytecode."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def interleaved(commands: dict[str, Command], times: int) -> dict[str, Sample]:
    """Medians of ``times`` rounds, each command once in every round."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            samples[name].append(run(command))
    return {name: middle(found) for name, found in samples.items()}


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each figure."""
    return Sample(
        median(sample.cpu for sample in samples),
        median(sample.wall for sample in samples),
        median(sample.peak for sample in samples),
    )
