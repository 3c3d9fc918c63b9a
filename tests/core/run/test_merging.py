"""Nodes whose new rows are merged by key into those that they have."""

from __future__ import annotations

import signal

import pytest
from tests.dying import run_killed

from seeknal.state.store import StateStore, read_state

pytestmark = pytest.mark.inside

SOURCE = "{kind: source, name: orders, source: csv, table: data/orders.csv}\n"
LATEST = """/* ---
materialized: incremental
unique_keys: [id]
--- */
SELECT id, amount FROM ref('source.orders')
"""
COUNTED = """/* ---
materialized: incremental
unique_key: id
--- */
SELECT o.id, o.amount{% if is_incremental() %} + coalesce(t.amount, 0){% endif %} AS amount
FROM ref('source.orders') o
{% if is_incremental() %}LEFT JOIN {{ this }} t USING (id){% endif %}
"""


class Shop:
    """A project with one node that merges; what it is given, and what it has."""

    def __init__(self, project):
        self.project = project
        self.path = project.path

    def __call__(self, *arguments):
        return self.project.run(*arguments)

    def orders(self, *rows):
        lines = "".join(f"{id},{amount}\n" for id, amount in rows)
        self.project.write({"data/orders.csv": f"id,amount\n{lines}"})

    def node(self, text):
        self.project.write({"seeknal/transforms/latest.sql": text})

    def rows(self, env="prod"):
        query = "SELECT * FROM transform.latest ORDER BY ALL"
        answer = self("sql", query, "--env", env, "--format", "json").assert_ok().json()
        return [tuple(row.values()) for row in answer]

    def stored(self):
        snapshots = read_state(self.path / "target").environments["prod"].snapshots
        return snapshots["transform.latest"].artifact.path

    def did(self, *arguments):
        outcome = self(*arguments, "--format", "json").assert_ok().json()
        run = outcome.get("run", outcome) or {"nodes": []}
        return {entry["node"]: entry["status"] for entry in run["nodes"]}["transform.latest"]


@pytest.fixture
def shop(seeknal_project):
    def make(node=LATEST, *rows, **more):
        others = {f"seeknal/{name}.yml": text for name, text in more.items()}
        found = Shop(seeknal_project({"seeknal/orders.yml": SOURCE, **others}))
        found.node(node)
        found.orders(*(rows or ((1, 10), (2, 20))))
        found("run").assert_ok()
        return found

    return make


def test_a_row_replaces_that_of_its_key_and_others_are_added(shop):
    made = shop()
    made.orders((2, 21), (3, 30))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 21), (3, 30)]


def test_no_row_is_removed_that_is_in_the_inputs_no_more(shop):
    made = shop()
    made.orders()

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 20)]


def test_what_it_has_is_read_where_it_is_incremental_and_nowhere_else(shop):
    made = shop(COUNTED)
    first = made.rows()
    made.orders((2, 1), (3, 30))

    made("run").assert_ok()

    assert first == [(1, 10), (2, 20)]
    assert made.rows() == [(1, 10), (2, 21), (3, 30)]


def test_the_same_inputs_are_merged_once(shop):
    made = shop(COUNTED)
    made.orders((1, 1))
    made("run").assert_ok()

    again = made.did("run")
    refreshed = made.did("run", "--refresh")

    assert (again, refreshed) == ("reused", "reused")
    assert made.rows() == [(1, 11), (2, 20)]


def test_the_same_rows_in_another_order_are_not_merged_again(shop):
    read = "{kind: transform, name: read, sql: FROM ref('source.orders')}\n"
    # A file is written in the order of the rows: it would show.
    target = "materializations: [{type: file, path: out.csv}]\nunique_key:"
    merged = COUNTED.replace("unique_key:", target)
    made = shop(merged.replace("ref('source.orders')", "ref('transform.read')"), read=read)
    before = made.rows()
    made.orders((2, 20), (1, 10))

    made("run").assert_ok()

    assert made.rows() == before


def test_inputs_that_are_as_they_were_before_are_merged_after_others(shop):
    made = shop()
    made.orders((1, 11), (2, 20))
    made("run").assert_ok()
    made.orders((1, 10), (2, 20))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 20)]


@pytest.mark.parametrize("how", ["--full", "edit"])
def test_it_starts_over_when_it_is_asked_to_and_when_it_is_edited(shop, how):
    made = shop(COUNTED)
    made.orders((3, 30))
    if how == "edit":
        made.node(COUNTED.replace("o.id,", "o.id, 1 AS one,").replace("(id)", "(id) "))

    made("run", *(["--full"] if how == "--full" else [])).assert_ok()

    assert [row[0] for row in made.rows()] == [3]


def test_another_comment_or_layout_does_not_start_over(shop):
    made = shop(COUNTED)
    made.orders((3, 30))
    made.node(COUNTED.replace("FROM ref", "-- of today\nFROM   ref"))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 20), (3, 30)]


def test_the_moment_is_no_reason_to_merge_again(shop):
    made = shop(COUNTED.replace("AS amount\n", "AS amount, now() AS at, current_date AS day\n"))

    again = made.did("run")

    assert again == "reused"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(3, 30), (3, 31)], "several rows have one key: id = 3"),
        ([("", 30)], "1 of 1 rows have no id"),
    ],
)
def test_keys_that_name_no_single_row_are_refused_before_anything_changes(shop, rows, told):
    made = shop()
    made.orders(*rows)

    failed = made("run")

    assert failed.exit_code == 1
    assert told in failed.stderr
    assert made.rows() == [(1, 10), (2, 20)]


def test_double_keys_are_refused_in_the_first_rows_too(shop, seeknal_project):
    made = Shop(seeknal_project({"seeknal/orders.yml": SOURCE}))
    made.node(LATEST)
    made.orders((1, 1), (1, 2))

    failed = made("run")

    assert failed.exit_code == 1
    assert "SK1335" in failed.stderr


def test_keys_are_told_apart_exactly(shop):
    text = LATEST.replace("SELECT id", "SELECT id::VARCHAR AS id")
    made = shop(text, ("a", 1), ("é", 2))
    made.orders(("A", 3), ("e\u0301", 4), ("a ", 5))

    made("run").assert_ok()

    assert {row[0] for row in made.rows()} == {"a", "A", "é", "e\u0301", "a "}


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "INTERVAL", "DOUBLE[]"])
def test_keys_of_which_equal_values_may_differ_are_refused(seeknal_project, kind):
    value = {"INTERVAL": "INTERVAL 30 DAYS", "DOUBLE[]": "[0.0::DOUBLE]"}.get(kind, f"0::{kind}")
    keys = "materialized: incremental\nunique_key: a"
    text = f"kind: transform\nname: x\n{keys}\nsql: SELECT {value} AS a\n"
    made = seeknal_project({"seeknal/x.yml": text})

    failed = made.run("run")
    checked = made.run("validate")

    assert (failed.exit_code, checked.exit_code) == (1, 2)
    for text in (failed.stderr, checked.stderr):
        assert f"unique_keys: a is {kind}" in text
        assert "SK0761" in text
        assert "seeknal/x.yml:4" in text


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("id,amount,note\n1,1,a\n", "note is new"),
        ("id\n1\n", "amount is gone"),
        ("id,amount\n1,x\n", "amount was BIGINT and is VARCHAR"),
    ],
)
def test_other_columns_than_those_that_are_there_are_refused(shop, header, told):
    made = shop(LATEST.replace("SELECT id, amount", "SELECT *"))
    made.project.write({"data/orders.csv": header})

    failed = made("run")
    started_over = made("run", "--full")

    assert failed.exit_code == 1
    assert told in failed.stderr
    assert "SK0762" in failed.stderr
    started_over.assert_ok()


def test_columns_in_another_order_are_the_same(shop):
    made = shop(LATEST.replace("SELECT id, amount", "SELECT *"))
    made.project.write({"data/orders.csv": "amount,id\n21,2\n"})

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 21)]


@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_lost_rows_are_not_made_up_from_the_inputs(shop, damage):
    made = shop()
    made.orders((2, 21))
    made("run").assert_ok()
    stored = made.path / "target" / made.stored()
    if damage == "gone":
        stored.unlink()
    else:
        stored.write_bytes(b"PAR1 no more")

    planned = made("plan").assert_ok()
    failed = made("run")
    started_over = made("run", "--full")

    assert "what was merged into it is lost (--full starts over)" in planned.stderr
    assert failed.exit_code == 1
    assert "SK0760" in failed.stderr
    assert "--full --select transform.latest" in failed.stderr
    started_over.assert_ok()
    assert made.rows() == [(2, 21)]


def test_audits_see_the_merged_rows_and_keep_bad_ones_back(shop):
    audit = "audits: [{type: row_count, max: 2}]"
    made = shop(LATEST.replace("unique_keys:", f"{audit}\nunique_keys:"))
    made.orders((3, 30))

    failed = made("run")
    made.orders((2, 21))
    made("run").assert_ok()

    assert failed.exit_code == 1
    assert made.rows() == [(1, 10), (2, 21)]


def test_what_failed_after_it_was_merged_is_merged_once_when_it_is_tried_again(shop, monkeypatch):
    made = shop(COUNTED)
    made.orders((1, 1))
    record = StateStore.record

    def broken(self, environment, snapshot, **more):
        if snapshot.node == "transform.latest":
            raise OSError("the disk is full")
        return record(self, environment, snapshot, **more)

    monkeypatch.setattr(StateStore, "record", broken)
    failed = made("run")
    monkeypatch.setattr(StateStore, "record", record)
    made("run").assert_ok()

    assert failed.exit_code != 0
    assert made.rows() == [(1, 11), (2, 20)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_the_record_merges_nothing_twice(shop, when):
    made = shop(COUNTED)
    made.orders((1, 1))

    died = run_killed(made.path, "transform.latest", when)
    made("run").assert_ok()

    assert died.returncode == -signal.SIGKILL
    assert made.rows() == [(1, 11), (2, 20)]


def test_each_environment_merges_into_its_own_rows_once(shop):
    made = shop(COUNTED)
    made("env", "create", "dev").assert_ok()
    made.orders((1, 1))

    dev = made.did("run", "--env", "dev")
    prod = made.did("run")
    again = made.did("run", "--env", "dev")

    assert made.rows("dev") == made.rows() == [(1, 11), (2, 20)]
    # It began with the same rows: what the one has made is what the other would make.
    assert (dev, prod, again) == ("success", "reused", "reused")


def test_rows_of_an_environment_that_began_otherwise_are_not_taken(shop):
    made = shop(COUNTED)
    made.orders((1, 1))
    made("run", "--env", "dev").assert_ok()
    made.orders((1, 2))
    made("run").assert_ok()

    made("run", "--env", "dev").assert_ok()

    assert made.rows() == [(1, 12), (2, 20)]
    assert made.rows("dev") == [(1, 13), (2, 20)]


def test_a_promoted_edit_brings_its_rows_and_merges_nothing_again(shop):
    made = shop(COUNTED)
    edited = COUNTED.replace("o.id,", "o.id, 1 AS one,")
    made.node(edited)
    made("run", "--env", "dev").assert_ok()
    made.orders((1, 1))
    made("run", "--env", "dev").assert_ok()

    made("promote", "dev", "--yes").assert_ok()
    # Production has yet to read what dev has read: it shows what dev had before that.
    promoted = made.rows()
    made("run").assert_ok()

    assert promoted == [(1, 1, 10), (2, 1, 20)]
    assert made.rows() == made.rows("dev") == [(1, 1, 11), (2, 1, 20)]
    assert made.did("run") == "reused"


def test_a_change_above_is_promoted_into_the_rows_of_production(shop):
    read = (
        "{kind: transform, name: read,"
        " sql: \"SELECT id, amount * FACTOR AS amount FROM ref('source.orders')\"}\n"
    )
    counted = COUNTED.replace("ref('source.orders')", "ref('transform.read')")
    made = shop(counted, read=read.replace("FACTOR", "1"))
    made.project.write({"seeknal/read.yml": read.replace("FACTOR", "100")})
    made("run", "--env", "dev").assert_ok()

    made("promote", "dev", "--yes").assert_ok()

    assert made.rows() == made.rows("dev") == [(1, 1010), (2, 2020)]


def test_a_rollback_takes_out_what_was_merged_and_a_run_merges_it_once(shop):
    made = shop(COUNTED)
    made.orders((1, 1))
    made("run").assert_ok()

    made("rollback", "prod", "--yes").assert_ok()
    back = made.rows()
    made("run", "--unpin").assert_ok()

    assert back == [(1, 10), (2, 20)]
    assert made.rows() == [(1, 11), (2, 20)]


def test_forward_only_keeps_the_rows_and_merges_with_the_new_query(shop):
    made = shop()
    made.node(LATEST.replace("SELECT id, amount", "SELECT id, amount * 100 AS amount"))
    made("apply", "prod", "--forward-only", "transform.latest", "--yes").assert_ok()
    made.orders((2, 2), (3, 3))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 200), (3, 300)]


PYTHON = """
from seeknal import transform

@transform(inputs=["source.orders"], materialized="incremental", unique_keys=["id"])
def latest(ctx):
    orders = ctx.ref("source.orders")
    if not ctx.is_incremental:
        assert ctx.this is None
        return orders
    had = ctx.this
    return ctx.duckdb.sql(
        "SELECT o.id, o.amount + coalesce(h.amount, 0) AS amount"
        " FROM orders o LEFT JOIN had h USING (id)"
    )
"""


def test_a_function_sees_the_rows_that_it_has(seeknal_project):
    made = Shop(
        seeknal_project({"seeknal/orders.yml": SOURCE, "seeknal/pipelines/latest.py": PYTHON})
    )
    made.orders((1, 10), (2, 20))
    made("run").assert_ok()
    made.orders((2, 1), (3, 30))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 21), (3, 30)]
    assert made.did("run") == "reused"


def test_what_it_has_is_read_in_another_dialect(shop):
    made = shop(COUNTED.replace("unique_key: id", "unique_key: id\ndialect: mysql"))
    made.orders((2, 1), (3, 30))

    made("run").assert_ok()

    assert made.rows() == [(1, 10), (2, 21), (3, 30)]


def test_no_message_has_a_private_value_of_a_key(shop):
    head = "columns: {id: {pii: true}}\nunique_keys:"
    made = shop(LATEST.replace("unique_keys:", head))
    made.orders((77123, 1), (77123, 2))

    failed = made("run")

    assert failed.exit_code == 1
    assert "SK1335" in failed.stderr
    assert "77123" not in failed.stderr
