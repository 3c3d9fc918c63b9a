"""Projects with tracked nodes, over days: what readers see is what all of it would give."""

from datetime import UTC, datetime, timedelta

import pytest

from seeknal.host import clock

FIRST = datetime(2024, 6, 1, tzinfo=UTC)

SOURCE = """
kind: source
name: orders
source: csv
table: data/*.csv
time_column: at
schedule: "@daily"
start: 2024-06-01
"""


def transform(name, sql, *lines, read="transform.mid"):
    return "\n".join(
        (
            f"kind: transform\nname: {name}\ninputs: [{{ref: {read}}}]",
            f"sql: {sql}",
            *lines,
            "",
        )
    )


DAILY = ("time_column: at", 'schedule: "@daily"')


@pytest.fixture
def shop(seeknal_project, monkeypatch):
    """A project whose clock stands at the end of a day, with three orders on each."""
    project = seeknal_project({"seeknal_project.yml": "name: shop\n", "seeknal/o.yml": SOURCE})
    project.write({f"data/{day:02}.csv": rows_of(day) for day in range(1, 10)})

    def run(day, *arguments):
        monkeypatch.setattr(clock, "now", lambda: FIRST + timedelta(days=day))
        return project.run(*(arguments or ("run",)))

    def read(query, *arguments):
        found = project.run("sql", query, "--format", "json", *arguments).assert_ok().json()
        return [tuple(row.values()) for row in found]

    project.day, project.read = run, read
    return project


def rows_of(day):
    moments = [FIRST + timedelta(days=day - 1, hours=8 * number) for number in range(3)]
    lines = [f"{at:%Y-%m-%d %H:%M:%S},{day * 10 + at.hour // 8},{at.hour // 8}" for at in moments]
    return "\n".join(["at,id,amount", *lines, ""])


def test_values_that_change_places_are_read_again(shop):
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id AS x, amount AS y FROM orders', *DAILY, read="source.orders"
            ),
            "seeknal/kid.yml": transform("kid", 'SELECT "at", x FROM mid', *DAILY),
        }
    )
    shop.day(2).assert_ok()
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id AS y, amount AS x FROM orders', *DAILY, read="source.orders"
            )
        }
    )

    shop.day(2).assert_ok()

    assert shop.read('SELECT x FROM transform.kid ORDER BY "at"') == [(0,), (1,), (2,)] * 2


def test_rows_in_another_order_are_read_again_where_that_shows(shop):
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id FROM orders ORDER BY id', *DAILY, read="source.orders"
            ),
            "seeknal/kid.yml": transform(
                "kid",
                """SELECT date_trunc('day', "at") AS "at", list(id) AS ids FROM mid GROUP BY 1""",
                *DAILY,
            ),
        }
    )
    shop.day(2).assert_ok()
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id FROM orders ORDER BY id DESC', *DAILY, read="source.orders"
            )
        }
    )

    shop.day(2).assert_ok()

    found = shop.read('SELECT ids FROM transform.kid ORDER BY "at"')
    assert found == [([12, 11, 10],), ([22, 21, 20],)]
