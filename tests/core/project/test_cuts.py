"""What tracked nodes' SQL compares with the range, known and told while files are read."""

import pytest
from tests.core.project.test_tracked import transform

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.tracking import Reach

pytestmark = pytest.mark.inside

SOURCE = {
    "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\ntime_column: ts\n"
    'schedule: "@daily"\nstart: 2024-01-01\n'
}
DAILY = ("time_column: ts", 'schedule: "@daily"')
BEFORE = "ts >= {{ interval_start }} - INTERVAL 1 DAY"


def cuts_of(load, sql, *lines, files=SOURCE):
    found = load({**files, **transform(*DAILY, *lines, sql=f"|\n  {sql}")})
    return dict(found.nodes["transform.x"].tracking.cuts)


def test_a_node_knows_how_far_its_sql_reads_of_a_tracked_input(load):
    cuts = cuts_of(load, f"SELECT * FROM ref('source.a') WHERE {BEFORE}")

    assert cuts == {"source.a": Reach(before=86400)}


def test_it_is_known_of_a_project_that_is_read_from_its_cache_too(seeknal_project):
    sql = f"|\n  SELECT * FROM ref('source.a') WHERE {BEFORE}"
    project = seeknal_project({**SOURCE, **transform(*DAILY, sql=sql)})

    read = [load_project(project.path, load_plugins(), use_cache=True) for _ in range(2)]

    cuts = [each.nodes["transform.x"].tracking.cuts for each in read]
    assert cuts == [{"source.a": Reach(before=86400)}] * 2


def test_an_input_that_remembers_no_ranges_is_read_as_a_whole(load):
    untracked = {"seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\n"}

    cuts = cuts_of(
        load, f"SELECT * FROM ref('source.a') WHERE {BEFORE}", "start: 2024-01-01", files=untracked
    )

    assert cuts == {}


@pytest.mark.parametrize("dialect", ["postgres", "snowflake", "bigquery", "spark"])
def test_it_is_known_of_sql_in_other_dialects(load, dialect):
    sql = "SELECT * FROM a WHERE ts >= {{ interval_start }} - INTERVAL '1' DAY"

    cuts = cuts_of(load, sql, f"dialect: {dialect}", "inputs: [source.a]")

    assert cuts == {"source.a": Reach(before=86400)}


DATES = "|\n  SELECT * FROM ref('source.a') WHERE ts >= CAST({{ interval_start }} AS DATE) - 1"


@pytest.mark.parametrize("schedule", ['"@daily"', "1 week", "0 6 * * *", "1 month"])
def test_an_end_is_a_date_where_ranges_begin_at_midnight(load, schedule):
    node = transform("time_column: ts", f"schedule: {schedule}", sql=DATES)

    project = load({**SOURCE, **node})

    assert project.nodes["transform.x"].tracking.cuts == {"source.a": Reach(before=86400)}


@pytest.mark.parametrize(
    "line", ['schedule: "@hourly"', 'schedule: "@daily"\ntimezone: Asia/Tokyo']
)
def test_an_end_is_no_date_where_they_do_not(problems, line):
    (found,) = problems({**SOURCE, **transform("time_column: ts", line, sql=DATES)})

    assert (found.code, str(found.location)) == ("SK0459", "seeknal/x.yml:4:39")
    assert "not always a midnight in UTC" in found.message


def test_what_cannot_be_told_is_an_error_at_its_place(problems):
    text = (
        '/* ---\ntime_column: ts\nschedule: "@daily"\nstart: 2024-01-01\n--- */\n'
        "SELECT *\nFROM ref('source.a') AS a\n"
        "WHERE a.one > 1\n  AND date_trunc('day', a.ts) >= {{ interval_start }}\n"
    )

    (found,) = problems({**SOURCE, "seeknal/transforms/x.sql": text})

    assert (found.code, found.node) == ("SK0459", "transform.x")
    assert str(found.location) == "seeknal/transforms/x.sql:9:7"
    assert found.help == (
        "say it in a WHERE as well: ts >= {{ interval_start }} - INTERVAL 1 DAY"
        " AND ts < {{ interval_end }}"
    )


def test_sql_with_another_mistake_is_told_of_that_alone(problems):
    sql = "|\n  SELECT * FROM ref('source.a') WHERE (ts >= {{ interval_start }} OR"

    found = problems({**SOURCE, **transform(*DAILY, sql=sql)})

    assert [each.code for each in found] == ["SK0450"]
