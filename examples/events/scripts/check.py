"""Computes each node again in plain Python, from all files as they are, and compares.

Run it from the example's folder after ``seeknal run``: ``seeknal python scripts/check.py``. It
tells which days, weeks and actions are other ones in what seeknal has stored.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import seeknal

ROOT = Path(__file__).resolve().parent.parent
Rows = dict[str, tuple[Any, ...]]


def expected() -> dict[str, Rows]:
    """What the rows of each node are, by their day, week or action."""
    events: Counter[date] = Counter()
    actions: Counter[str] = Counter()
    revenue: dict[date, Decimal] = defaultdict(Decimal)
    for path in sorted((ROOT / "data").glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                day = datetime.fromisoformat(row["occurred_at"]).date()
                events[day] += 1
                actions[row["action"]] += 1
                revenue[day] += Decimal(row["amount"])
    days = sorted(events)
    weeks = sorted({day - timedelta(day.weekday()) for day in days})
    by_week = {week: total(revenue, week, 7) for week in weeks}
    return {
        "transform.daily": {f"{day}": (events[day], revenue[day]) for day in days},
        "transform.last_7_days": {
            f"{day}": (total(revenue, day - timedelta(6), 7),) for day in days
        },
        "transform.weekly": {
            f"{week}": (by_week[week], sum(by_week[one] for one in weeks if one <= week))
            for week in weeks
        },
        "transform.by_action": {action: (count,) for action, count in actions.items()},
    }


def total(revenue: dict[date, Decimal], first: date, days: int) -> Decimal:
    return sum((revenue.get(first + timedelta(n), Decimal()) for n in range(days)), Decimal())


def stored(nodes: Iterable[str]) -> dict[str, Rows]:
    """The rows that seeknal has."""
    with seeknal.open_project(ROOT) as project:
        rows = {node: project.table(node).fetchall() for node in nodes}
    return {node: {str(key): tuple(values) for key, *values in rows[node]} for node in rows}


def differences() -> Iterator[tuple[str, int, list[str]]]:
    """Each node, how many rows it should have, and which of them it has otherwise or not."""
    right = expected()
    found = stored(right)
    for node, rows in right.items():
        keys = sorted({*rows, *found[node]})
        yield node, len(rows), [key for key in keys if rows.get(key) != found[node].get(key)]


def main() -> int:
    right = True
    for node, rows, others in differences():
        print(f"{node}: {rows} rows, {'others: ' + ', '.join(others) if others else 'equal'}")
        right = right and not others
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
