"""What is owed to PostgreSQL, refused by it, and what becomes of it."""

import json

import pytest
from tests.deliveries.places import Postgres
from tests.deliveries.promises import DeliveryPromises
from tests.deliveries.shop import Shop

pytestmark = [pytest.mark.once, pytest.mark.inside]


@pytest.fixture
def shop(database, tmp_path):
    """Makes a project that delivers to tables of the schema ``out``."""
    return lambda *targets: Shop(Postgres(database), tmp_path / "shop", *targets)


class TestPostgresDeliveries(DeliveryPromises):
    @pytest.fixture
    def shop(self, shop):
        return shop


LONG = "far too long"


def test_a_value_that_is_too_long_does_not_block_an_append_target(shop):
    made = shop("strict")
    made.run((1, 1, 10))
    made.given((2, 2, 20), word=LONG)
    made.run(code=1)

    made.run((3, 3, 30), code=1)

    assert made.held("strict") == [(1, 1, 10), (3, 3, 30)]
    assert made.states() == ["refused"]


def test_a_batch_goes_out_when_it_is_retried_after_the_table_was_mended(shop, database):
    made = shop("strict")
    made.given((1, 1, 10), word=LONG)
    made.run(code=1)
    made.run((2, 2, 20), code=1)
    (entry,) = made.listed()
    database.run("ALTER TABLE out.strict ALTER word TYPE text")

    made("deliveries", "retry", entry["id"]).assert_ok()
    made.run()

    assert made.held("strict") == [(1, 1, 10), (2, 2, 20)]
    assert made.listed() == []
    made.lose("rm")
    made.run()
    assert made.held("strict") == [(1, 1, 10), (2, 2, 20)]


def test_a_node_whose_batch_was_refused_may_be_mended(shop):
    made = shop("strict")
    made.given((1, 1, 10), word=f"bad {LONG}")
    made.run(code=1)
    made.define(mended=True)
    made.run()

    made.run((2, 2, 20))

    assert made.held("strict") == [(2, 2, 20)]
    assert made.listed() == []


def test_a_batch_that_was_dropped_never_goes_out(shop, database):
    made = shop("strict")
    made.given((1, 1, 10), word=LONG)
    made.run(code=1)
    (entry,) = made.listed()
    made("deliveries", "drop", entry["id"], "--yes").assert_ok()
    database.run("ALTER TABLE out.strict ALTER word TYPE text")

    made.run((2, 2, 20))

    assert made.held("strict") == [(2, 2, 20)]


@pytest.mark.parametrize("constraint", ["UNIQUE (id)", "CHECK (v < 15)"])
def test_a_constraint_of_the_table_refuses_for_good(shop, database, constraint):
    made = shop("strict")
    made.run((1, 1, 10))
    database.run(f"ALTER TABLE out.strict ADD {constraint}")
    made.run((1, 1, 20), code=1)

    made.run((3, 3, 5), code=1)

    assert made.held("strict") == [(1, 1, 10), (3, 3, 5)]
    assert made.states() == ["refused"]


def test_a_column_that_has_to_be_filled_refuses_for_good(shop, database):
    made = shop("strict")
    database.run("ALTER TABLE out.strict ALTER id SET NOT NULL")
    made.run((None, 1, 10), code=1)

    made.run((2, 2, 20), code=1)

    assert made.held("strict") == [(2, 2, 20)]


@pytest.mark.parametrize("target", ["merged", "timed"])
def test_a_batch_without_its_key_or_time_is_refused(shop, target):
    made = shop(target)
    made.run((1, 1, 10))
    made.run((None, None, 20), code=1)

    made.run((3, 3, 30), code=1)

    assert made.held(target) == [(1, 1, 10), (3, 3, 30)]
    assert made.states() == ["refused"]


def test_a_table_that_another_session_holds_is_no_refusal(shop, database):
    made = shop("appended")
    made.run((1, 1, 10))
    profile = made.root / "profiles.yml"
    profile.write_text(profile.read_text() + "    lock_timeout: 1s\n")
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE out.appended")
        made.run((2, 2, 20), code=1)
        assert made.states() == ["owed"]

    made.run((3, 3, 30))

    assert made.held("appended") == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]


def test_each_batch_has_one_mark_in_the_ledger(shop, database):
    made = shop("appended")
    made.run((1, 1, 10))
    made.down()
    made.run((2, 2, 20), code=1)
    made.lose("rm")
    made.up()
    made.run((3, 3, 30))
    made.lose("rm")

    made.run()

    marks = database.value("SELECT count(*) FROM seeknal.deliveries WHERE mode = 'append'")
    assert marks == 3


def test_a_full_target_gets_only_the_newest_output(shop, database):
    made = shop("newest")
    made.run((1, 1, 10))
    made.down()
    made.run((2, 2, 20), code=1)
    made.up()

    made.run((3, 3, 30))

    assert database.value("SELECT count(*) FROM seeknal.deliveries") == 2


@pytest.mark.parametrize("target", ["appended", "merged"])
def test_rows_that_a_rollback_cannot_take_out_are_named(shop, target):
    made = shop(target)
    made.run((1, 1, 10))
    made.run((2, 2, 20))

    outcome = made("rollback", "prod", "--yes")

    assert outcome.exit_code == 1
    assert f"not rolled back: postgresql out.{target}" in outcome.stderr
    assert made.held(target) == [(1, 1, 10), (2, 2, 20)]


@pytest.mark.parametrize("leaves", [False, True])
def test_a_rollback_says_in_json_and_in_the_history_how_it_ended(shop, leaves):
    made = shop("appended")
    made.run((1, 1, 10))
    made.run((2, 2, 20))
    flags = ["--leave-targets"] if leaves else []

    outcome = made("rollback", "prod", "--yes", "--format", "json", *flags)

    status = "success" if leaves else "failed"
    assert outcome.exit_code == (0 if leaves else 1)
    assert (outcome.json()["status"], len(outcome.json()["left_targets"])) == (status, 1)
    records = json.loads(made("history", "--format", "json").stdout)
    found = records if isinstance(records, list) else records["runs"]
    assert [entry["status"] for entry in found if entry["command"] == "rollback"] == [status]


@pytest.mark.parametrize(
    ("then", "new"),
    [((1, 1, 10), []), ((2, 2, 20), []), ((3, 3, 30), [(3, 3, 30)])],
)
def test_what_a_rollback_has_left_in_the_table_is_not_appended_again(shop, then, new):
    made = shop("appended")
    made.run((1, 1, 10))
    made.run((2, 2, 20))
    made("rollback", "prod", "--yes", "--leave-targets").assert_ok()

    made.run(then)
    made.run()

    assert made.held("appended") == [(1, 1, 10), (2, 2, 20), *new]


def test_the_list_is_readable(shop):
    made = shop("merged")
    made.run((2, 2, 20), (2, 3, 21), code=1)

    shown = made("deliveries", "list")

    assert "transform.merged" in shown.stdout
    assert "refused" in shown.stdout


def test_the_beginning_of_an_id_is_enough(shop):
    made = shop("merged")
    made.run((2, 2, 20), (2, 3, 21), code=1)
    (entry,) = made.listed()

    made("deliveries", "drop", entry["id"][:-1], "--yes").assert_ok()

    assert made.listed() == []


def test_a_nodes_deliveries_are_dropped_by_its_name(shop):
    made = shop("merged")
    made.run((2, 2, 20), (2, 3, 21), code=1)

    made("deliveries", "drop", "transform.merged", "--yes").assert_ok()

    assert made.listed() == []


def test_nothing_is_dropped_without_being_asked(shop):
    made = shop("merged")
    made.run((2, 2, 20), (2, 3, 21), code=1)
    (entry,) = made.listed()

    outcome = made("deliveries", "drop", entry["id"])

    assert outcome.exit_code == 2
    assert "--yes" in outcome.stderr
    assert made.states() == ["refused"]


@pytest.mark.parametrize("what", ["drop", "retry"])
def test_a_delivery_that_is_not_there_is_an_error(shop, what):
    made = shop("merged")
    made.run((1, 1, 10))

    outcome = made("deliveries", what, "nothing", *(["--yes"] if what == "drop" else []))

    assert outcome.exit_code == 2
    assert "nothing" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_ranges_are_not_put_back_where_it_is_not_known_what_was_in_them(shop):
    made = shop("timed")
    made.run((1, 1, 10), (2, 2, 20))
    made.lose("rm")
    made.run((2, 2, 21))
    made.run((3, 3, 30), (4, 1, 40))

    outcome = made("rollback", "prod", "--yes")

    assert outcome.exit_code == 1
    assert "what it held before is not known" in outcome.stderr
    assert made.held("timed") == [(3, 3, 30), (4, 1, 40)]
