"""Of a tracked source a run reads the files of its due ranges, and no others."""

import duckdb
import pytest

from seeknal.plan.session import Request
from seeknal.run.intervals.invalidating import invalidate

DAYS = range(1, 6)
NAMES = {"csv": "data/{day}.csv", "parquet": "data/day={day}/rows.parquet"}


@pytest.fixture(params=NAMES)
def type(request):
    return request.param


@pytest.fixture
def events(seeknal_project, at_end_of, type):
    """A project whose clock stands at the end of a day; each day's rows are in a file."""
    table = NAMES[type].replace("{day}", "{time:%Y-%m-%d}")
    source = "\n".join(
        (
            f"kind: source\nname: events\nsource: {type}\ntable: '{table}'",
            'time_column: at\nschedule: "@daily"\nstart: 2024-06-01\n',
        )
    )
    project = seeknal_project({"seeknal/events.yml": source})
    for day in DAYS:
        write_day(project, type, day)

    def run(day, *arguments):
        at_end_of(day)
        return project.run("run", *arguments)

    def ids():
        return sorted(id for _, id, *_ in project.rows("source.events"))

    project.day, project.ids = run, ids
    return project


def file_of(project, type, day):
    name = NAMES[type].replace("{day}", f"2024-06-{day:02}")
    return project.path / name


def write_day(project, type, day, id=None):
    path = file_of(project, type, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = f"SELECT TIMESTAMP '2024-06-{day:02} 08:00' AS at, {id or day} AS id"
    duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT {type})")


def test_files_of_other_days_are_not_opened(events, type):
    events.day(2).assert_ok()
    for day in (1, 2, 4, 5):
        file_of(events, type, day).write_bytes(b"\x00 no rows at all")

    events.day(3).assert_ok()

    assert events.ids() == [1, 2, 3]


def test_files_of_days_that_are_done_can_be_gone(events, type):
    events.day(2).assert_ok()
    for day in (1, 2):
        file_of(events, type, day).unlink()

    events.day(4).assert_ok()

    assert events.ids() == [1, 2, 3, 4]


def test_of_days_that_are_done_those_are_read_again_that_were_invalidated(events, type):
    events.day(5).assert_ok()
    for day in (1, 2, 4, 5):
        file_of(events, type, day).write_bytes(b"\x00 no rows at all")
    write_day(events, type, 3, id=30)
    asked = Request(command="invalidate", start="2024-06-03", end="2024-06-03")
    invalidate(events.path, asked, "source.events")

    events.day(5).assert_ok()

    assert events.ids() == [1, 2, 4, 5, 30]


def test_where_nothing_is_due_no_file_is_looked_at(events, type):
    events.day(5).assert_ok()
    for day in DAYS:
        file_of(events, type, day).unlink()

    events.day(5).assert_ok()

    assert events.ids() == [*DAYS]
