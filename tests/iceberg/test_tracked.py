"""Tracked nodes over whole runs: a table of a lake holds what each range gives."""

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.inside

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
PROJECT = {
    "seeknal_project.yml": "name: events\n",
    "profiles.yml": "connections: {lake: {type: iceberg}}\n",
    "seeknal/events.yml": """
kind: source
name: events
source: csv
table: data/*.csv
columns: {at: timestamp, id: bigint, amount: bigint}
time_column: at
schedule: "@daily"
start: 2024-06-01
lookback: 1
""",
    "seeknal/daily.yml": """
kind: transform
name: daily
inputs: [{ref: source.events}]
sql: SELECT date_trunc('day', "at") AS "at", id, amount FROM ref('source.events')
time_column: at
schedule: "@daily"
materialization:
  {type: iceberg, connection: lake, table: lake.out.daily, mode: incremental_by_time,
   partition_by: [day(at)]}
""",
}


@pytest.fixture
def shop(seeknal_project, at_end_of, lake):
    """A project of which each file has the events of a day; ``day`` runs it at the end of one."""
    project = seeknal_project(PROJECT)

    def write(day, *amounts):
        begin = FIRST + timedelta(days=day - 1)
        lines = (
            f"{begin + timedelta(hours=hour):%Y-%m-%d %H:%M},{day * 10 + hour},{amount}"
            for hour, amount in enumerate(amounts)
        )
        project.write({f"data/{day:02}.csv": "at,id,amount\n" + "\n".join(lines) + "\n"})

    def run(day, *arguments):
        at_end_of(day)
        return project.run(*(arguments or ("run",)))

    def held():
        rows = lake(project, "lake.out.daily").scan().to_arrow().to_pylist()
        return sorted((row["id"], row["amount"]) for row in rows)

    for day in range(1, 6):
        write(day, day, 100 * day)
    project.write_day, project.day, project.held = write, run, held
    return project


def expected(*days, **changed):
    plain = {day: (day, 100 * day) for day in days}
    plain |= {int(day[1:]): amounts for day, amounts in changed.items()}
    return sorted(
        (day * 10 + hour, amount)
        for day, amounts in plain.items()
        for hour, amount in enumerate(amounts)
    )


def test_what_is_asked_for_is_all_that_is_delivered_and_gaps_are_filled_later(shop):
    shop.day(5, "run", "--start", "2024-06-02", "--end", "2024-06-04").assert_ok()
    asked = shop.held()

    shop.day(5).assert_ok()
    shop.day(5, "run", "--start", "2024-06-02", "--end", "2024-06-03").assert_ok()

    assert asked == expected(2, 3, 4)
    assert shop.held() == expected(1, 2, 3, 4, 5)


def test_a_late_correction_comes_with_lookback_or_when_its_range_is_invalidated(shop):
    shop.day(4).assert_ok()
    shop.write_day(4, 44)
    shop.write_day(2, 22, 23, 24)

    shop.day(5).assert_ok()
    looked_back = shop.held()
    shop.day(5, "invalidate", "events", "--start", "2024-06-02", "--end", "2024-06-02").assert_ok()
    shop.day(5).assert_ok()

    assert looked_back == expected(1, 2, 3, 5, d4=(44,))
    assert shop.held() == expected(1, 3, 5, d4=(44,), d2=(22, 23, 24))


def test_what_an_outage_missed_comes_range_by_range_once_the_table_is_back(shop):
    shop.day(2).assert_ok()
    shop.write(
        {"profiles.yml": "connections: {lake: {type: iceberg, uri: 'http://127.0.0.1:1'}}\n"}
    )
    shop.write_day(2, 22)
    away = shop.day(4)
    shop.write({"profiles.yml": PROJECT["profiles.yml"]})

    shop.day(4).assert_ok()

    assert away.exit_code == 1
    assert shop.held() == expected(1, 3, 4, d2=(22,))


def test_a_rollback_takes_ranges_back_and_brings_their_rows_of_then(shop):
    shop.day(2).assert_ok()
    shop.write_day(2, 22)
    shop.day(3).assert_ok()

    shop.day(3, "rollback", "prod", "--to", "1", "--yes").assert_ok()

    assert shop.held() == expected(1, 2)
