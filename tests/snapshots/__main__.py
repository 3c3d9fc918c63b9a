"""Judges an engine of snapshots from the command line."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.snapshots.histories import read
from tests.snapshots.judge import Wrong, judged, judged_by_drawing


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.snapshots", description=__doc__)
    parser.add_argument("--engine", default="tests.snapshots.engine:QueryEngine")
    parser.add_argument("--seeds", default="0:100", help="from:to")
    parser.add_argument("--length", type=int, default=12, help="runs of each history")
    parser.add_argument("--history", help="a file with one history, as it was printed")
    given = parser.parse_args(arguments)
    module, name = given.engine.split(":")
    make = getattr(importlib.import_module(module), name)
    try:
        if given.history:
            judged(make, read(Path(given.history).read_text()))
        else:
            first, last = map(int, given.seeds.split(":"))
            judged_by_drawing(make, range(first, last), given.length)
    except Wrong as wrong:
        print(wrong)
        return 1
    print("holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
