"""A node that is renamed, or hands its table to another one, brings nothing twice."""

import pytest

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: {name}\nsql: SELECT id FROM ref('source.s')\nmaterializations:\n"
    "  - {{type: postgresql, connection: pg, table: out.t, mode: {mode}}}\n"
)
PLAIN = "kind: transform\nname: {name}\nsql: SELECT id FROM ref('source.s')\n"
SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n"
DOWN = (
    "connections:\n  pg: {type: postgresql, host: 127.0.0.1, port: 1, database: x, user: x,"
    " connect_timeout: 2}\n"
)


@pytest.fixture
def shop(project, database):
    """A project whose one delivering node has a name; runs it over rows."""

    class Shop:
        def __init__(self):
            self.made = project({"seeknal/s.yml": SOURCE})

        def write(self, name, *rows, mode="append", down=False, plain=()):
            for path in (self.made.path / "seeknal").glob("n_*.yml"):
                path.unlink()
            self.made.write(
                {
                    f"seeknal/n_{name}.yml": NODE.format(name=name, mode=mode),
                    **{f"seeknal/n_{other}.yml": PLAIN.format(name=other) for other in plain},
                    "data/s.csv": "id\n" + "".join(f"{row}\n" for row in rows),
                    "profiles.yml": DOWN if down else database.profile,
                }
            )

        def run(self, *arguments, more=(), **options):
            self.write(*arguments, **options)
            return self.made.run("run", *more)

        def held(self):
            return [id for (id,) in database.rows("SELECT id FROM out.t ORDER BY 1")]

        def owed(self):
            return self.made.run("deliveries", "list", "--format", "json").json()

    return Shop


def test_a_renamed_node_does_not_append_its_rows_again(shop):
    made = shop()
    made.run("old", 1).assert_ok()

    renamed = made.run("new", 1).assert_ok()
    made.run("new", 2).assert_ok()

    assert made.held() == [1, 2]
    assert "transform.new goes on with postgresql out.t" in renamed.stderr


def test_plan_says_that_a_renamed_node_goes_on(shop):
    made = shop()
    made.run("old", 1).assert_ok()
    made.write("new", 1)

    outcome = made.made.run("plan").assert_ok()

    assert "transform.new goes on with postgresql out.t" in outcome.stdout + outcome.stderr
    assert "transform.old" in outcome.stdout + outcome.stderr


def test_what_a_node_was_owed_goes_out_under_its_new_name(shop):
    made = shop()
    made.run("old", 1).assert_ok()
    made.run("old", 2, down=True)
    made.run("old", 3, down=True)

    made.run("new", 3).assert_ok()

    assert made.held() == [1, 2, 3]
    assert made.owed() == []
    made.made.run("run").assert_ok()


def test_what_a_node_was_owed_stays_owed_under_its_new_name(shop):
    made = shop()
    made.run("old", 1, down=True)

    outcome = made.run("new", 1, down=True)

    assert outcome.exit_code == 1
    assert [entry["node"] for entry in made.owed()] == ["transform.new"]
    made.run("new", 1).assert_ok()
    assert made.held() == [1]


def test_a_node_that_gets_its_name_back_brings_nothing_twice(shop):
    made = shop()
    made.run("old", 1).assert_ok()
    made.run("new", 2).assert_ok()

    made.run("old", 2).assert_ok()
    made.run("old", 3).assert_ok()

    assert made.held() == [1, 2, 3]


def test_a_table_that_moves_to_a_node_beside_goes_on(shop):
    made = shop()
    made.run("one", 1, plain=["two"]).assert_ok()

    made.run("two", 1, plain=["one"]).assert_ok()
    made.run("two", 2, plain=["one"]).assert_ok()
    made.run("one", 2, plain=["two"]).assert_ok()

    assert made.held() == [1, 2]


def test_a_renamed_node_knows_what_full_brought(shop):
    made = shop()
    made.run("old", 1, mode="full").assert_ok()

    made.run("new", 1).assert_ok()
    made.run("new", 2).assert_ok()

    assert made.held() == [1, 2]


def test_a_second_node_that_shares_a_table_delivers_all_its_rows(shop, database):
    made = shop()
    made.run("one", 1).assert_ok()
    made.made.write({"seeknal/n_two.yml": NODE.format(name="two", mode="append")})

    made.made.run("run").assert_ok()

    assert made.held() == [1, 1]


def test_a_rename_that_is_promoted_brings_nothing_twice(shop):
    made = shop()
    made.run("old", 1).assert_ok()
    made.run("new", 1, more=["--env", "dev"]).assert_ok()

    made.made.run("promote", "dev", "--yes").assert_ok()
    made.made.run("run").assert_ok()

    assert made.held() == [1]


def test_a_rename_that_is_rolled_back_brings_nothing_twice(shop):
    made = shop()
    made.run("old", 1).assert_ok()
    made.run("new", 1).assert_ok()
    made.made.run("rollback", "--yes", "--leave-targets")

    made.run("old", 1, more=["--unpin"]).assert_ok()

    assert made.held() == [1]


def test_every_row_arrives_once_through_renames_while_the_server_is_down(shop):
    made = shop()
    made.run("a", 1).assert_ok()
    made.run("b", 2, down=True)
    made.run("c", 3, down=True)
    made.run("a", 4, down=True)

    made.run("b", 5).assert_ok()

    assert made.held() == [1, 2, 3, 4, 5]
    assert made.owed() == []


def test_what_a_renamed_node_is_owed_cannot_be_sent_under_its_old_name_and_says_what_can(shop):
    made = shop()
    made.run("old", 1, down=True)
    made.write("new", 1)

    outcome = made.made.run("deliveries", "retry", "transform.old")

    assert outcome.exit_code == 2
    assert "transform.old is no longer defined" in outcome.stderr
    assert "transform.new delivers there now: seeknal run" in outcome.stderr
    made.made.run("run").assert_ok()
    assert made.held() == [1]


def test_what_a_removed_node_is_owed_cannot_be_sent_and_says_how_it_is_given_up(shop, database):
    made = shop()
    made.run("old", 1, down=True)
    (made.made.path / "seeknal/n_old.yml").unlink()
    made.made.write({"profiles.yml": database.profile})
    (entry,) = made.owed()

    for words in (["transform.old"], ["old"], [entry["id"]], []):
        outcome = made.made.run("deliveries", "retry", *words)

        assert outcome.exit_code == 2
        assert f"seeknal deliveries drop {entry['id']}" in outcome.stderr
    made.made.run("deliveries", "drop", "transform.old", "--yes").assert_ok()
    made.made.run("run").assert_ok()
    assert made.owed() == []


def test_a_node_that_is_gone_does_not_keep_others_from_being_sent(shop, database):
    made = shop()
    made.write("old", 1, down=True)
    other = NODE.format(name="other", mode="append").replace("out.t", "out.u")
    made.made.write({"seeknal/n_other.yml": other})
    made.made.run("run")
    (made.made.path / "seeknal/n_old.yml").unlink()
    made.made.write({"profiles.yml": database.profile})

    outcome = made.made.run("deliveries", "retry")

    assert outcome.exit_code == 1
    assert "transform.old -> postgresql out.t" in outcome.stderr
    assert database.rows("SELECT id FROM out.u") == [(1,)]
    assert [entry["node"] for entry in made.owed()] == ["transform.old"]


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")])
def test_what_is_owed_goes_through_renames_that_bring_nothing_new(shop, names):
    first, second, third = names
    made = shop()
    made.run(first, 1).assert_ok()
    made.run(first, 2, down=True)
    made.run(second, 2, down=True, more=("--no-materialize",))

    made.run(third, 2).assert_ok()

    assert made.held() == [1, 2]
    assert made.owed() == []
