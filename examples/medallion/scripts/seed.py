"""Fills the shop's database and the lake: ``seeknal python scripts/seed.py``.

The database by sql/seed.sql, whichever server profiles.yml names; the lake by seed_lake.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS = (
    ("-m", "seeknal", "postgres", "psql", "--quiet", "--file", "sql/seed.sql"),
    ("scripts/seed_lake.py",),
)


def main() -> int:
    for step in STEPS:
        code = subprocess.run([sys.executable, *step], cwd=ROOT).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
