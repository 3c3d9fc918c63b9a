"""Of a range of time the server is asked for its rows, and reads no others."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest
from tests.contexts import step_context
from tests.inrange import ENDS, ZONES, belongs, hours, moments
from tests.postgres.test_contracts import options_of

from seeknal.testing.shared import fetch
from seeknal.values.columns import ColumnSpec
from seeknal.values.loads import Within
from seeknal.values.names import NodeId
from seeknal.values.sources import Connection, Source
from seeknal_postgres.options import PostgresSource
from seeknal_postgres.plugin import load_source

pytestmark = pytest.mark.inside

TYPES = {"day": "date", "ts": "timestamp", "tz": "timestamptz"}


@pytest.fixture
def context(tmp_path, database):
    found = Connection(name="pg", type="postgresql", options=options_of(database))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield step_context(NodeId("source.s"), tmp_path, connection, connections={"pg": found}.get)


def source(within, transport="adbc", **given):
    given = given if "query" in given else {"table": ("public.events",), **given}
    return Source(
        node=NodeId("source.s"),
        type="postgresql",
        options=PostgresSource(transport=transport),
        connection="pg",
        within=within,
        **given,
    )


def rows(context, *given, **more):
    context.duckdb.execute("DROP VIEW IF EXISTS seeknal_postgres_rows")
    return fetch(load_source(source(*given, **more), context), context)[1]


def query_since(database, mark):
    """The last query of which the server was asked for rows."""
    return database.logged(mark).rpartition("COPY (")[2].partition(") TO STDOUT")[0]


def plan_of(database, query):
    return "\n".join(line for (line,) in database.rows(f"EXPLAIN {query}"))


@pytest.mark.parametrize("column", TYPES)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("asked", ["table", "query"])
def test_rows_are_those_of_the_range_and_those_without_a_place_in_time(
    context, database, column, zone, asked
):
    database.run(f"CREATE TABLE events (n int, at {TYPES[column]})")
    values = [*moments(column, zone), None, "infinity", "-infinity"]
    with database.connect() as server, server.cursor() as cursor:
        texts = [(n, value and str(value)) for n, value in enumerate(values)]
        cursor.executemany(f"INSERT INTO events VALUES (%s, %s::{TYPES[column]})", texts)
    given = {"query": 'SELECT n, at AS "At" FROM events ORDER BY n'} if asked == "query" else {}

    found = {
        (start, end): [
            n
            for n, _ in rows(
                context, Within(column="at", start=start, end=end, timezone=zone), **given
            )
        ]
        for start, end in pairwise(ENDS)
    }

    for (start, end), numbers in found.items():
        wanted = [n for n, value in enumerate(values) if belongs(value, start, end, zone)]
        assert sorted(numbers) == wanted


def test_the_server_reads_only_the_partition_of_the_range(context, database):
    database.run(
        "CREATE TABLE events (n int, at timestamp) PARTITION BY RANGE (at);"
        "CREATE TABLE june1 PARTITION OF events FOR VALUES FROM ('2024-06-01') TO ('2024-06-02');"
        "CREATE TABLE june2 PARTITION OF events FOR VALUES FROM ('2024-06-02') TO ('2024-06-03');"
        "INSERT INTO events SELECT i, timestamp '2024-06-01' + i * interval '1 hour'"
        " FROM generate_series(0, 47) AS s(i)"
    )
    mark = database.log_mark()

    found = rows(context, hours(24, 48))

    plan = plan_of(database, query_since(database, mark))
    assert [n for n, _ in sorted(found)] == [*range(24, 48)]
    assert "june2" in plan
    assert "june1" not in plan


@pytest.mark.parametrize("asked", ["table", "query"])
@pytest.mark.parametrize("transport", ["adbc", "auto"])
def test_an_index_finds_the_rows_of_the_range(context, database, asked, transport):
    database.run(
        "CREATE TABLE events (n int, at timestamptz);"
        "INSERT INTO events SELECT i, timestamptz '2024-06-01 00:00+00' + i * interval '1 second'"
        " FROM generate_series(0, 200000) AS s(i); CREATE INDEX ON events (at); ANALYZE events"
    )
    within = Within(
        column="at",
        start=datetime(2024, 6, 2, tzinfo=UTC),
        end=datetime(2024, 6, 2, 0, 1, tzinfo=UTC),
    )
    given = {"query": "SELECT * FROM events"} if asked == "query" else {}
    mark = database.log_mark()

    found = rows(context, within, transport, **given)

    plan = plan_of(database, query_since(database, mark))
    assert len(found) == 60
    assert "Index" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("type", "start", "wanted"),
    [
        ("DATE", datetime(2024, 6, 1, 17), date(2024, 6, 2)),
        ("TIMESTAMPTZ", datetime(2024, 6, 2), datetime(2024, 6, 2, tzinfo=UTC)),
    ],
)
def test_what_is_declared_decides_which_range_a_row_is_of(context, database, type, start, wanted):
    database.run(
        "CREATE TABLE events (n int, at timestamp);"
        "INSERT INTO events VALUES (1, '2024-06-01'), (2, '2024-06-02')"
    )
    columns = (ColumnSpec(name="n", type="INTEGER"), ColumnSpec(name="at", type=type))
    start = start.replace(tzinfo=UTC)
    within = Within(
        column="at", start=start, end=start + timedelta(hours=6), timezone="Asia/Jakarta"
    )

    found = rows(context, within, columns=columns)

    assert (2, wanted) in found


def test_a_column_that_holds_no_time_is_left_to_those_who_ask_for_it(context, database):
    database.run("CREATE TABLE events (n int, at text); INSERT INTO events VALUES (1, 'a')")

    found = rows(context, hours(0, 24))

    assert found == [(1, "a")]


def test_a_run_asks_the_server_for_the_days_that_are_due_alone(project, database, at_end_of):
    database.run(
        "CREATE TABLE events (n int, at timestamp);"
        "INSERT INTO events SELECT i, timestamp '2024-06-01' + i * interval '1 hour'"
        " FROM generate_series(0, 95) AS s(i)"
    )
    made = project(
        {
            "seeknal/events.yml": "kind: source\nname: events\nsource: postgresql\nconnection: pg\n"
            "table: public.events\ntime_column: at\nschedule: '@daily'\nstart: 2024-06-01\n"
        }
    )
    at_end_of(2)
    made.run("run").assert_ok()
    at_end_of(3)
    mark = database.log_mark()

    made.run("run").assert_ok()

    sent = query_since(database, mark)
    assert sorted(n for n, _ in database.rows(sent)) == [*range(48, 72)]
    assert database.logged(mark).count("COPY (") == 1
    assert sorted(n for n, _ in made.rows("source.events")) == [*range(72)]
