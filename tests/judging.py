"""Judges an engine by random histories, from the command line."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any


def judge(
    package: str,
    arguments: list[str] | None = None,
    *,
    engine: str,
    length: int,
    of: str,
    **how: Any,
) -> int:
    """What ``python -m PACKAGE`` does: its modules ``histories`` and ``judge`` are asked.

    ``length`` and ``of`` say of how many of which a history is, where nothing else is said, and
    ``how`` is told to its ``judged_by_drawing``. Gives the exit code.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=__doc__)
    parser.add_argument("--engine", default=f"{package}.{engine}")
    parser.add_argument("--seeds", default="0:100", help="from:to")
    parser.add_argument("--length", type=int, default=length, help=f"{of} of each history")
    parser.add_argument("--history", help="a file with one history, as it was printed")
    given = parser.parse_args(arguments)
    module, name = given.engine.split(":")
    make = getattr(importlib.import_module(module), name)
    judging = importlib.import_module(f"{package}.judge")
    try:
        if given.history:
            read = importlib.import_module(f"{package}.histories").read
            judging.judged(make, read(Path(given.history).read_text()))
        else:
            first, last = map(int, given.seeds.split(":"))
            judging.judged_by_drawing(make, range(first, last), given.length, **how)
    except judging.Wrong as wrong:
        print(wrong)
        return 1
    print("holds")
    return 0
