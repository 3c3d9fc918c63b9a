"""Audits of tracked nodes: which rows they are asked about, and what becomes of those that fail."""

from datetime import UTC, datetime, timedelta

import pytest

import seeknal.run.intervals.auditing
from seeknal.state.store import read_state

pytestmark = pytest.mark.inside

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
BY_ROW = "{type: not_null, columns: [amount]}"


@pytest.fixture
def days(seeknal_project, at_end_of):
    """A project of a source with some rows a day, whose clock stands at the end of a day."""
    return Days(seeknal_project({"seeknal_project.yml": "name: shop\n"}), at_end_of)


class Days:
    def __init__(self, project, at_end_of):
        self.project, self.at_end_of = project, at_end_of
        self.rows = {}

    def define(self, *audits, keys="", sources="", sql="SELECT *"):
        """Write the source and a transform over it with these audits."""
        given = "".join(f"\n  - {audit}" for audit in audits)
        self.project.write(
            {
                "seeknal/orders.yml": f"""
kind: source
name: orders
source: csv
table: data/orders.csv
time_column: at
schedule: "@daily"
start: 2024-06-01
{sources}""",
                "seeknal/x.yml": f"""
kind: transform
name: x
inputs: [{{ref: source.orders}}]
sql: {sql} FROM orders
time_column: at
schedule: "@daily"
{keys}
audits: {given or "[]"}
""",
            }
        )

    def day(self, number, *rows):
        """Let a day have rows of (id, amount)."""
        self.rows[number] = rows

    def run(self, through, *arguments):
        """Run at the end of a day."""
        lines = ["at,id,amount"]
        for number, rows in self.rows.items():
            at = FIRST + timedelta(days=number - 1)
            lines += [f"{at:%Y-%m-%d} 12:00:00,{id},{amount}" for id, amount in rows]
        self.project.write({"data/orders.csv": "\n".join(lines) + "\n"})
        self.at_end_of(through)
        return self.project.run(*(arguments or ("run",)))

    def seen(self):
        """The ids that readers of x see."""
        found = self.project.run(
            "sql", "SELECT id FROM transform.x ORDER BY id", "--format", "json"
        )
        return [row["id"] for row in found.assert_ok().json()]

    def audits(self):
        """What the audits of x said of what is stored."""
        environments = read_state(self.project.path / "target").environments
        return environments["prod"].snapshots["transform.x"].audits


@pytest.fixture
def looked_at(monkeypatch):
    """How many rows each call of audits is about, by their types."""
    asked = []
    real = seeknal.run.intervals.auditing.run_audits

    def run_audits(node, relation, plugins, context):
        asked.append(([audit.type for audit in node.audits], relation.rows))
        return real(node, relation, plugins, context)

    monkeypatch.setattr(seeknal.run.intervals.auditing, "run_audits", run_audits)
    return asked


def test_audits_that_judge_each_row_see_the_new_rows_alone(days, looked_at):
    days.define(BY_ROW)
    for number in range(1, 31):
        days.day(number, (number, 1))
    days.run(30).assert_ok()
    days.day(31, (31, 1))
    looked_at.clear()

    days.run(31).assert_ok()

    assert looked_at == [(["not_null"], 1)]
    assert days.seen() == list(range(1, 32))


def test_keys_are_unique_over_all_ranges_before_a_new_one_is_seen(days, looked_at):
    days.define(BY_ROW, "{type: unique, columns: [id]}")
    days.day(1, (1, 1))
    days.run(1).assert_ok()
    days.day(2, (1, 1))
    looked_at.clear()

    failed = days.run(2)

    assert failed.exit_code == 1
    assert "unique(id): 1 key occurs more than once, in 2 rows" in repr(failed)
    assert looked_at == [(["not_null"], 1), (["unique"], 2)]
    assert days.seen() == [1]


def test_a_failing_batch_says_its_span_and_what_was_done_before_stays(days):
    days.define(BY_ROW, keys="batch_size: 1")
    days.day(1, (1, 1))
    days.day(2, (2, ""))
    days.day(3, (3, 1))

    failed = days.run(3)

    assert failed.exit_code == 1
    assert "in the rows from 2024-06-02 to 2024-06-03" in repr(failed)
    assert days.seen() == [1]


def test_the_next_run_goes_on_with_rows_that_are_mended(days):
    days.define(BY_ROW, sources="lookback: 1")
    days.day(1, (1, 1))
    days.day(2, (2, ""))
    days.run(2)
    days.day(2, (2, 1))

    days.run(3).assert_ok()

    assert days.seen() == [1, 2]


def test_too_few_rows_in_first_batches_are_enough_in_all(days):
    days.define("{type: row_count, min: 3}", keys="batch_size: 1")
    for number in (1, 2, 3):
        days.day(number, (number, 1))

    days.run(3).assert_ok()

    assert days.seen() == [1, 2, 3]


def test_nothing_is_seen_of_a_node_that_has_too_few_rows(days):
    days.define("{type: row_count, min: 3}", keys="batch_size: 1")
    days.day(1, (1, 1))

    failed = days.run(1)

    assert failed.exit_code == 1
    assert "1 row, expected at least 3" in repr(failed)
    assert days.project.run("sql", "SELECT * FROM transform.x").exit_code != 0


def test_warnings_count_the_rows_of_all_ranges(days):
    days.define("{type: not_null, columns: [amount], severity: warn}")
    days.day(1, (1, ""), (2, 1))
    days.run(1).assert_ok()
    days.day(2, (3, ""), (4, 1))

    days.run(2).assert_ok()

    assert [entry.failing_rows for entry in days.audits()] == [2]


def test_a_share_of_rows_is_one_of_all_rows(days):
    days.define('{type: not_null, columns: [amount], error_if: "> 40%"}')
    days.day(1, (1, 1), (2, 1))
    days.run(1).assert_ok()
    days.day(2, (3, ""))

    days.run(2).assert_ok()

    assert [entry.failing_rows for entry in days.audits()] == [1]
    assert days.seen() == [1, 2, 3]


def test_audits_that_are_new_are_asked_about_all_rows(days, looked_at):
    days.define()
    days.day(1, (0, 1), (1, ""))
    days.run(1).assert_ok()
    days.define(BY_ROW)
    days.day(2, (2, 1))

    failed = days.run(2)

    assert failed.exit_code == 1
    assert days.seen() == [0, 1]
    assert looked_at == [(["not_null"], 1), (["not_null"], 3)]


def test_what_inspect_shows_is_of_all_rows_after_batches_that_pass(days):
    days.define(BY_ROW, "{type: unique, columns: [id]}")
    days.day(1, (1, 1))
    days.run(1).assert_ok()
    days.day(2, (2, 1))

    days.run(2).assert_ok()

    assert [(entry.audit_type, entry.passed) for entry in days.audits()] == [
        ("not_null", True),
        ("unique", True),
    ]


def test_a_new_definition_is_seen_once_all_of_it_passes(days):
    days.define("{type: unique, columns: [id]}", keys="batch_size: 1")
    days.day(1, (1, 1))
    days.day(2, (2, 1))
    days.run(2).assert_ok()
    days.define(
        "{type: unique, columns: [id]}", keys="batch_size: 1", sql='SELECT "at", amount, 7 AS id'
    )

    failed = days.run(2)

    assert failed.exit_code == 1
    assert "1 key occurs more than once, in 2 rows" in repr(failed)
    assert days.seen() == [1, 2]


def test_the_command_audit_looks_at_all_rows(days):
    days.define(BY_ROW)
    days.day(1, (1, 1))
    days.day(2, (2, 1))
    days.run(2).assert_ok()
    days.define(BY_ROW, "{type: row_count, max: 1}")

    audited = days.run(2, "audit")

    assert audited.exit_code == 1
    assert "2 rows, expected at most 1" in audited.stdout
