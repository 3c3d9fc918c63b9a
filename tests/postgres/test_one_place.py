"""One table is one place, however its name or its connection is written."""

import shutil

import pytest

pytestmark = pytest.mark.inside

NODE = (
    "kind: transform\nname: {name}\nsql: SELECT id FROM ref('source.s')\nmaterializations:\n"
    "  - {{type: postgresql, connection: {connection}, table: '{table}', mode: {mode}}}\n"
)
SOURCE = "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n"
DOWN = (
    "connections:\n  {name}: {{type: postgresql, host: 127.0.0.1, port: 1, database: x, user: x,"
    " connect_timeout: 2}}\n"
)
SPELLINGS = ["public.t", '"t"', '"public"."t"', 'public."t"']


@pytest.fixture
def shop(project, database):
    """A project of one node that appends; runs it over a row to a table as it is written."""

    class Shop:
        def __init__(self):
            self.made = project({"seeknal/s.yml": SOURCE})

        def run(self, table, row, *arguments, down=False, connection="pg", mode="append"):
            profile = database.profile.replace("  pg:", f"  {connection}:")
            node = NODE.format(name="a", table=table, connection=connection, mode=mode)
            self.made.write(
                {
                    "seeknal/a.yml": node,
                    "data/s.csv": f"id\n{row}\n",
                    "profiles.yml": DOWN.format(name=connection) if down else profile,
                }
            )
            return self.made.run("run", *arguments)

        def held(self, table="public.t"):
            return [id for (id,) in database.rows(f"SELECT id FROM {table} ORDER BY 1")]

    return Shop


@pytest.mark.parametrize("other", SPELLINGS)
def test_what_was_owed_goes_out_once_under_another_spelling(shop, other):
    made = shop()
    made.run("t", 1).assert_ok()
    made.run("t", 2, down=True)

    made.run(other, 2).assert_ok()
    made.run("t", 2).assert_ok()

    assert made.held() == [1, 2]
    assert made.made.run("deliveries", "list", "--format", "json").json() == []


@pytest.mark.parametrize("other", SPELLINGS)
def test_a_spelling_that_comes_back_brings_nothing_again(shop, other):
    made = shop()
    made.run("t", 1).assert_ok()
    made.run(other, 2).assert_ok()
    made.run("t", 2).assert_ok()
    made.run(other, 2, "--full").assert_ok()

    made.run("t", 3).assert_ok()

    assert made.held() == [1, 2, 3]


def test_batches_are_counted_through_spellings(shop):
    made = shop()
    made.run("t", 1, down=True)
    made.run("public.t", 2, down=True)
    made.run('"t"', 3, down=True)

    made.run("t", 3).assert_ok()

    assert made.held() == [1, 2, 3]


def test_letters_of_another_case_name_another_table(shop):
    made = shop()
    made.run("t", 1).assert_ok()

    made.run("T", 1).assert_ok()

    assert made.held() == [1]
    assert made.held('public."T"') == [1]


def test_the_search_path_of_a_connection_changes_no_place(shop, database):
    made = shop()
    made.run("t", 1).assert_ok()
    made.made.write({"profiles.yml": f"{database.profile}    options: '-c search_path=seeknal'\n"})

    made.made.run("run", "--full").assert_ok()

    assert made.held() == [1]


def test_two_names_of_one_server_are_one_place(shop, database):
    made = shop()
    both = database.profile + database.profile.replace("connections:\n", "").replace(
        "  pg:", "  again:"
    )
    node = NODE.format(name="a", table="t", connection="pg", mode="append")
    made.run("t", 1).assert_ok()
    made.run("t", 2, down=True)
    made.made.write({"profiles.yml": both, "seeknal/a.yml": node.replace(": pg", ": again")})

    made.made.run("run").assert_ok()
    made.made.write({"seeknal/a.yml": node})
    made.made.run("run").assert_ok()

    assert made.held() == [1, 2]


def test_the_schema_of_the_connection_is_part_of_the_place(shop, database):
    made = shop()
    made.run("out.t", 1, down=True)
    node = NODE.format(name="a", table="t", connection="pg", mode="append")
    made.made.write({"profiles.yml": f"{database.profile}    schema: out\n", "seeknal/a.yml": node})

    made.made.run("run").assert_ok()

    assert made.held("out.t") == [1]


def test_what_an_earlier_version_kept_under_another_spelling_is_found(shop, monkeypatch):
    made = shop()
    with monkeypatch.context() as earlier:
        earlier.setattr("seeknal.project.addresses.Addresses.placed", lambda self, node: node)
        made.run("t", 1).assert_ok()
        made.run("t", 2, down=True)

    made.run("public.t", 2).assert_ok()
    made.run("public.t", 3).assert_ok()

    assert made.held() == [1, 2, 3]


def test_two_spellings_that_an_earlier_version_took_for_two_places_are_one(shop, monkeypatch):
    made = shop()
    with monkeypatch.context() as earlier:
        earlier.setattr("seeknal.project.addresses.Addresses.placed", lambda self, node: node)
        for row in (1, 2, 3):
            made.run("t", row).assert_ok()
        made.run("public.t", 4).assert_ok()
    shutil.rmtree(made.made.path / "target")

    made.run("t", 4).assert_ok()
    made.run("t", 5).assert_ok()

    assert made.held() == [1, 2, 3, 4, 5]


def test_what_an_earlier_version_owed_under_two_spellings_goes_out_once(shop, monkeypatch):
    made = shop()
    with monkeypatch.context() as earlier:
        earlier.setattr("seeknal.project.addresses.Addresses.placed", lambda self, node: node)
        made.run("t", 1).assert_ok()
        made.run("t", 2, down=True)
        made.run("t", 3, down=True)
        made.run("public.t", 3, down=True)
        made.run("t", 3, down=True)
        made.run("public.t", 4, down=True)

    made.run("t", 4).assert_ok()
    made.run("public.t", 5).assert_ok()

    assert made.held() == [1, 2, 3, 4, 5]
    assert made.made.run("deliveries", "list", "--format", "json").json() == []


ONE = "host: DB.example.com, port: 5432, database: shop, user: a"
SAME = [
    "host: db.example.com, database: shop, user: b",
    "url: 'postgresql://b:secret@db.example.com/shop'",
    "url: 'postgresql://b@db.example.com:5432/shop?sslmode=require', options: '-c jit=off'",
    "url: 'postgresql://db.example.com/other', database: shop",
    "url: 'postgresql:///shop?host=db.example.com'",
]
OTHERS = [
    "host: db.example.com, port: 5433, database: shop, user: a",
    "host: db.example.com, database: shop2, user: a",
    "host: db2.example.com, database: shop, user: a",
    "url: 'postgresql://b:secret@db.example.com/shop2'",
    "host: '${NOWHERE}', database: shop",
]


@pytest.fixture
def two(project):
    """Says what is found wrong with two nodes that deliver to a table through two connections."""

    def make(other, mode="full"):
        node = "kind: transform\nname: {name}\nsql: SELECT 1 AS id\nmaterializations:\n"
        target = "  - {{type: postgresql, connection: {name}, table: {table}, mode: {mode}}}\n"
        nodes = {
            f"seeknal/{name}.yml": (node + target).format(name=name, table=table, mode=mode)
            for name, table in (("one", "t"), ("two", "public.t"))
        }
        connections = (
            f"  {name}: {{type: postgresql, {given}}}\n"
            for name, given in (("one", ONE), ("two", other))
        )
        return project({**nodes, "profiles.yml": "connections:\n" + "".join(connections)})

    return make


@pytest.mark.parametrize("other", SAME)
def test_two_connections_to_one_table_are_told_before_anything_runs(two, other):
    outcome = two(other).run("validate")

    assert outcome.exit_code == 2
    assert "SK0223" in outcome.stderr
    assert "connections one and two lead to the same place" in outcome.stderr
    assert "secret" not in outcome.stderr


@pytest.mark.parametrize("other", OTHERS)
def test_connections_that_lead_elsewhere_may_have_tables_of_one_name(two, other):
    two(other).run("validate").assert_ok()


@pytest.mark.parametrize("other", SAME)
def test_appends_through_two_connections_share_a_table(two, other):
    two(other, "append").run("validate").assert_ok()
