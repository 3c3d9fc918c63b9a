"""Judges an engine of snapshots from the command line."""

import sys
from functools import partial

from tests.judging import judge

main = partial(judge, "tests.snapshots", engine="engine:QueryEngine", length=12, of="runs")

if __name__ == "__main__":
    sys.exit(main())
