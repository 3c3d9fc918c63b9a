"""A shop whose rows lie in time, and what answers say of it."""

from datetime import datetime, timedelta

EVENTS = """
    kind: source
    name: events
    source: csv
    table: data/events.csv
    time_column: moment
    schedule: "@hourly"
    start: 2024-06-01
"""
DAILY = """
    kind: transform
    name: daily
    time_column: day
    schedule: "@daily"
    inputs: [{ref: source.events}]
    transform: |
      SELECT date_trunc('day', moment) AS day, sum(amount) AS total
      FROM ref('source.events') GROUP BY 1
"""
TOTAL = """
    kind: transform
    name: total
    inputs: [{ref: transform.daily}]
    transform: SELECT sum(total) AS total FROM ref('transform.daily')
"""


def hours(first, last):
    """A row of each hour, both dates being days of June 2024."""
    moment, lines = datetime(2024, 6, first), ["moment,amount"]
    while moment < datetime(2024, 6, last) + timedelta(days=1):
        lines.append(f"{moment},1")
        moment += timedelta(hours=1)
    return "\n".join(lines) + "\n"


FILES = {
    "data/events.csv": hours(1, 20),
    "seeknal/events.yml": EVENTS,
    "seeknal/daily.yml": DAILY,
    "seeknal/total.yml": TOTAL,
}


def nodes(outcome):
    """The nodes of an answer by their names."""
    return {entry["node"]: entry for entry in outcome.json()["nodes"]}


def days(spans):
    """Spans of an answer, of whole days, as their first and last one."""
    found = []
    for span in spans:
        start, end = (datetime.fromisoformat(span[name]) for name in ("start", "end"))
        found.append((start.day, (end - timedelta(seconds=1)).day))
    return found
