"""Judges an engine from the command line."""

import sys
from functools import partial

from tests.judging import judge

main = partial(
    judge, "tests.intervals", engine="mutants:ModelEngine", length=25, of="events", patience=60
)

if __name__ == "__main__":
    sys.exit(main())
