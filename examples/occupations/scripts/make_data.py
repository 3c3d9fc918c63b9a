"""Makes the example's data, a list of occupations as an office might export it: the same each time.

Run it from the example's folder: ``seeknal python scripts/make_data.py``.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

SEED = 20260101
FILE = Path(__file__).resolve().parent.parent / "data" / "occupations.csv"
GROUPS = {
    "1": (("Managing", "Directing"), ("Director", "Manager", "Head")),
    "2": (("Researching", "Designing", "Teaching"), ("Engineer", "Analyst", "Teacher")),
    "3": (("Measuring", "Testing"), ("Technician", "Inspector")),
    "5": (("Selling", "Serving"), ("Clerk", "Guide", "Cook")),
    "7": (("Building", "Repairing"), ("Mechanic", "Carpenter", "Welder")),
}
FIELDS = ("bridges", "cells", "data", "engines", "harbours", "maps", "orchards", "ships")


def occupations(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Code, title and description; some come twice, some have spaces too many."""
    for group, (doings, titles) in GROUPS.items():
        for number, title in enumerate(titles):
            for place, field in enumerate(chance.sample(FIELDS, 4)):
                code = f"{group}{number}{place}{chance.randrange(10)}"
                name = f"{field.capitalize()} {title}"
                row = (code, name, f"{chance.choice(doings)} {field}.")
                if chance.random() < 0.2:
                    yield (code, f"  {name.upper()} ", row[2])
                yield row


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("code", "title", "description"))
        lines.writerows(occupations(random.Random(SEED)))


if __name__ == "__main__":
    main()
