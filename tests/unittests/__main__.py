"""Judges tests that are generated from real data, from the command line.

``python -m tests.unittests --plain --choose tests.unittests.naive:first_rows`` judges a choice of
rows: a function that is given a `Subject` and a connection with all stored rows, and gives the text
of a test. Without ``--choose`` the tests are those of ``seeknal create-test``, and without
``--plain`` they are run by ``seeknal test``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.unittests.corpus import PROJECTS
from tests.unittests.operators import OPERATORS
from tests.unittests.report import good_enough, report
from tests.unittests.tasks import judged_in


def main(arguments: list[str] | None = None) -> int:
    given = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="unittests-") as place:
        found = judged_in(given, given.folder or Path(place))
    print(report(found, nodes=given.list))
    return 0 if good_enough(found) else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.unittests", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="which mutants are drawn")
    parser.add_argument("--most", type=int, default=40, help="mutants of a kind of each node")
    parser.add_argument("--kind", action="append", choices=tuple(OPERATORS), default=[])
    parser.add_argument("--project", action="append", choices=tuple(PROJECTS), default=[])
    parser.add_argument("--nodes", nargs="+", default=[], help="ids of nodes")
    parser.add_argument(
        "--folder", type=Path, help="where projects and tests stay for another time"
    )
    parser.add_argument("--kept", action="store_true", help="judge the tests that are there")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--choose", default="", metavar="MODULE:FUNCTION")
    parser.add_argument("--plain", action="store_true", help="run tests by DuckDB alone")
    parser.add_argument("--list", action="store_true", help="say of each node what became of it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
