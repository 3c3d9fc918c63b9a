"""What a table holds when the way in which it is written changes between batches."""

import shutil

import pytest

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: a\nsql: SELECT id, v FROM ref('source.s')\nmaterializations:\n"
    "  - {{type: postgresql, connection: pg, table: {table}, mode: {mode}}}\n"
)
SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n"
UPSERT = "upsert_by_key, unique_keys: [id]"
DOWN = (
    "connections:\n  pg: {type: postgresql, host: 127.0.0.1, port: 1, database: x, user: x,"
    " connect_timeout: 2}\n"
)


@pytest.fixture
def shop(project, database):
    """Makes a project of one node; gives what runs it in a mode, over rows, with or without a
    server, and says what the table holds."""

    class Shop:
        def __init__(self, name="shop"):
            self.made = project({"seeknal/s.yml": SOURCE, "seeknal_project.yml": f"name: {name}\n"})

        def run(self, mode, rows, *arguments, down=False, table="out.t"):
            files = {
                "seeknal/a.yml": NODE.format(mode=mode, table=table),
                "data/s.csv": f"id,v\n{rows}\n" if rows else "id,v\n",
                "profiles.yml": DOWN if down else database.profile,
            }
            self.made.write(files)
            return self.made.run("run", *arguments)

        def held(self):
            return database.rows("SELECT id, v FROM out.t ORDER BY 1, 2")

    return Shop


def test_what_full_has_replaced_is_not_put_back_by_an_older_batch(shop):
    made = shop()
    made.run(UPSERT, "5,first").assert_ok()
    made.run(UPSERT, "5,old", down=True)
    made.run("full", "5,new").assert_ok()

    made.run(UPSERT, "6,f").assert_ok()

    assert made.held() == [(5, "new"), (6, "f")]


def test_a_full_that_was_owed_is_a_batch_of_the_mode_that_follows(shop):
    made = shop()
    made.run(UPSERT, "5,first").assert_ok()
    made.run("full", "5,new", down=True)

    made.run(UPSERT, "6,f").assert_ok()

    assert made.held() == [(5, "new"), (6, "f")]
    assert made.made.run("deliveries", "list", "--format", "json").json() == []


def test_rows_that_full_brought_are_not_appended(shop):
    made = shop()
    made.run("append", "1,a").assert_ok()
    made.run("full", "2,b").assert_ok()

    made.run("append", "2,b").assert_ok()
    made.run("append", "3,c").assert_ok()

    assert made.held() == [(2, "b"), (3, "c")]


def test_what_is_owed_to_a_table_that_the_node_left_is_said_by_each_run(shop):
    made = shop()
    made.run("append", "1,a", down=True)

    first = made.run("append", "1,a", table="out.t2")
    second = made.run("append", "1,a", table="out.t2")
    retried = made.made.run("deliveries", "retry")

    assert (first.exit_code, second.exit_code, retried.exit_code) == (1, 1, 1)
    assert "deliveries drop" in second.stderr
    made.made.run("deliveries", "drop", "a", "--yes").assert_ok()
    made.run("append", "1,a", table="out.t2").assert_ok()


NO_TARGET = "kind: transform\nname: a\nsql: SELECT id, v FROM ref('source.s')\n"


def abandoned(made, how):
    """Take away what is owed a batch: its target, or its node."""
    node = made.made.path / "seeknal/a.yml"
    text = node.read_text()
    if how == "no target":
        node.write_text(NO_TARGET)
    elif how == "target disabled":
        node.write_text(text.replace("mode: ", "enabled: false, mode: "))
    elif how == "node disabled":
        node.write_text(f"{text}enabled: false\n")
    elif how == "node renamed":
        node.write_text(NO_TARGET.replace("name: a", "name: b"))
    else:
        node.unlink()


ABANDONED = ["no target", "target disabled", "node disabled", "node renamed", "node removed"]


@pytest.mark.parametrize("how", ABANDONED)
def test_what_nothing_can_deliver_any_more_is_said_by_each_run(shop, database, how):
    made = shop()
    made.run("append", "1,a", down=True)
    made.made.write({"profiles.yml": database.profile})
    abandoned(made, how)

    first, second = made.made.run("run"), made.made.run("run")

    assert (first.exit_code, second.exit_code) == (1, 1)
    assert "transform.a -> postgresql out.t: " in second.stderr
    assert "deliveries drop" in second.stderr
    assert "1 delivery owed" in second.stdout
    made.made.run("deliveries", "drop", "a", "--yes").assert_ok()
    made.made.run("run").assert_ok()


@pytest.mark.parametrize("how", ABANDONED)
def test_what_was_left_goes_out_when_its_target_comes_back(shop, how):
    made = shop()
    made.run("append", "1,a", down=True)
    abandoned(made, how)
    made.made.run("run")

    made.run("append", "1,a").assert_ok()

    assert made.held() == [(1, "a")]


def test_what_full_brought_is_not_appended_when_its_target_comes_back_in_another_mode(shop):
    made = shop()
    made.run("full", "1,a").assert_ok()
    abandoned(made, "no target")
    made.made.run("run").assert_ok()

    made.run("append", "1,a").assert_ok()
    made.run("append", "2,b").assert_ok()

    assert made.held() == [(1, "a"), (2, "b")]


def test_a_full_target_that_comes_back_replaces_what_others_wrote_meanwhile(shop, database):
    made = shop()
    made.run("full", "1,a").assert_ok()
    abandoned(made, "no target")
    made.made.run("run").assert_ok()
    database.run("INSERT INTO out.t VALUES (9, 'theirs')")

    made.run("full", "1,a").assert_ok()

    assert made.held() == [(1, "a")]


def test_an_exposure_that_is_disabled_still_says_what_its_table_is_owed(project, database):
    text = (
        "kind: exposure\nname: e\ntype: postgresql\nparams: {{connection: pg, table: out.t,"
        " mode: append{more}}}\ninputs: [{{ref: source.s}}]\n"
    )
    made = project(
        {"seeknal/s.yml": SOURCE, "data/s.csv": "id\n1\n", "seeknal/e.yml": text.format(more="")}
    )
    made.write({"profiles.yml": DOWN})
    made.run("run")
    made.write({"seeknal/e.yml": text.format(more=", enabled: false")})

    outcomes = [made.run("run"), made.run("run")]

    assert [outcome.exit_code for outcome in outcomes] == [1, 1]
    assert "exposure.e -> postgresql out.t: " in outcomes[1].stderr


def test_what_is_owed_of_a_node_that_is_gone_is_told_in_json(shop):
    made = shop()
    made.run("append", "1,a", down=True)
    abandoned(made, "node removed")

    outcome = made.made.run("run", "--format", "json")

    assert outcome.exit_code == 1
    (found,) = outcome.json()["abandoned"]
    assert found["node"] == "transform.a"
    assert [target["status"] for target in found["targets"]] == ["owed"]


def test_what_is_owed_of_a_node_that_is_gone_is_no_matter_of_other_nodes(shop):
    made = shop()
    made.run("append", "1,a", down=True)
    abandoned(made, "node removed")
    made.made.run("run")

    made.made.run("run", "--select", "source.s").assert_ok()
    made.made.run("run", "--no-materialize").assert_ok()


def test_nodes_of_two_projects_may_have_one_name(shop):
    one, other = shop("one"), shop("other")

    one.run("append", "1,a").assert_ok()
    other.run("append", "1,a").assert_ok()
    for folder in ("target", ".seeknal"):
        shutil.rmtree(one.made.path / folder)
    one.run("append", "1,a").assert_ok()

    assert one.held() == [(1, "a"), (1, "a")]


@pytest.mark.parametrize("mode", ["append", UPSERT, "incremental_by_time, time_column: id"])
def test_no_rows_are_nothing_that_a_table_could_refuse(shop, mode):
    made = shop()
    made.run(mode, "1,a").assert_ok()

    made.run(mode, "").assert_ok()
    made.run(mode, "2,b").assert_ok()

    assert made.held() == [(1, "a"), (2, "b")]


def test_a_batch_that_may_be_sent_does_not_wait_for_one_that_may_not(shop):
    made = shop()
    made.run(UPSERT, "1,a\n1,b")
    made.run(UPSERT, "2,c")
    made.run(UPSERT, "3,d", down=True)
    made.run(UPSERT, "3,d", "--no-materialize")

    outcome = made.made.run("deliveries", "retry")

    assert outcome.exit_code == 1
    assert made.held() == [(2, "c"), (3, "d")]


def test_a_finite_number_does_not_become_infinite(project, database):
    database.run(f"CREATE TABLE big (v numeric); INSERT INTO big VALUES ({'9' * 400})")
    made = project(
        {
            "seeknal/b.yml": "{kind: source, name: b, source: postgresql,"
            " connection: pg, table: big}\n"
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "SK1355" in outcome.stderr
