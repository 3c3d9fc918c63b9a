"""Judges answers of features by random cases, from the command line."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.features.cases import read
from tests.features.judge import Wrong, judged, judged_by_changing, judged_by_drawing


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit code: 1 where an answer is wrong, after it has printed the smallest case."""
    parser = argparse.ArgumentParser(prog="python -m tests.features", description=__doc__)
    parser.add_argument("--answerer", default="tests.features.project:project")
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--asks", type=int, default=6, help="questions of each case")
    parser.add_argument("--later", action="store_true", help="change what is later, and ask again")
    parser.add_argument("--case", help="a file with one case, as it was printed")
    given = parser.parse_args(arguments)
    module, name = given.answerer.split(":")
    make = getattr(importlib.import_module(module), name)
    seeds = range(given.seed, given.seed + given.cases)
    try:
        if given.case:
            judged(make, read(Path(given.case).read_text()))
        elif given.later:
            judged_by_changing(make, seeds, given.asks)
        else:
            judged_by_drawing(make, seeds, given.asks)
    except Wrong as wrong:
        print(wrong)
        return 1
    print("holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
