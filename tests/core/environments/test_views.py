"""A view belongs to the environment that holds it, like a table: the files do not count."""

from __future__ import annotations

import pytest
from tests.core.environments.conftest import FILES, SOURCE, Shop, transform

from seeknal import open_project

pytestmark = pytest.mark.inside


def view(name, sql, *inputs, **more):
    text = transform(name, sql, *inputs) + "materialized: view\n"
    return text + "".join(f"{key}: {value}\n" for key, value in more.items())


DOUBLE = view("double", "SELECT id, amount * 2 AS amount FROM source.orders", "source.orders")
TRIPLE = view("double", "SELECT id, amount * 3 AS amount FROM source.orders", "source.orders")
SUM = view("sum", "SELECT sum(amount) AS total FROM transform.double", "transform.double")
SUM_QUERY = "SELECT total FROM transform.sum"
PYTHON = """
from seeknal import transform

@transform(name="py", inputs=["transform.double"])
def py(ctx):
    return ctx.ref("transform.double").filter("amount > 20")
"""


@pytest.fixture
def shop(seeknal_project):
    files = {
        "data/orders.csv": FILES["data/orders.csv"],
        "seeknal/orders.yml": SOURCE.lstrip(),
        "seeknal/double.yml": DOUBLE,
        "seeknal/sum.yml": SUM,
    }
    shop = Shop(seeknal_project(files))
    shop("run").assert_ok()
    return shop


def test_an_edited_view_is_served_as_it_was_until_something_runs(shop):
    shop.write(double=TRIPLE)

    with open_project(shop.path) as project:
        python = project.table("transform.sum").fetchall()

    assert shop.sql(SUM_QUERY) == python == [(60,)]
    shop("run").assert_ok()
    assert shop.sql(SUM_QUERY) == [(90,)]


def test_a_rollback_takes_views_back(shop):
    shop.write(double=TRIPLE)
    shop("run").assert_ok()

    shop("rollback", "prod", "--yes").assert_ok()

    assert shop.sql(SUM_QUERY) == [(60,)]


def test_every_environment_has_views_of_its_own(shop):
    shop.write(double=TRIPLE)
    shop("run", "--env", "dev").assert_ok()

    before = shop.sql(SUM_QUERY), shop.sql(SUM_QUERY, "dev")
    shop("promote", "dev", "--yes").assert_ok()

    assert before == ([(60,)], [(90,)])
    assert shop.sql(SUM_QUERY) == [(90,)]


def test_a_view_shows_what_its_inputs_hold_now(shop):
    shop.data((1, 100))

    shop("run", "--select", "source.orders").assert_ok()

    assert shop.sql(SUM_QUERY) == [(200,)]


def test_a_view_is_read_after_its_file_and_that_of_its_input_are_gone(shop):
    for name in ("double", "sum"):
        (shop.path / f"seeknal/{name}.yml").unlink()

    assert shop.sql(SUM_QUERY) == [(60,)]
    assert shop("inspect", "sum", "--format", "json").assert_ok().json() == [{"total": 60}]


def test_views_are_read_while_the_files_are_broken(shop):
    shop.project.write({"seeknal/double.yml": "kind: [\n"})

    assert shop.sql(SUM_QUERY) == [(60,)]


def test_variables_of_a_view_are_those_that_it_was_built_with(shop):
    rate = view("rate", "SELECT amount * {{ rate }} AS amount FROM source.orders", "source.orders")
    project = "name: shop\nvars: {rate: %s}\n"
    shop.project.write({"seeknal_project.yml": project % 5, "seeknal/rate.yml": f"{rate}"})
    shop("run").assert_ok()
    shop("run", "--env", "dev", "--var", "rate=7").assert_ok()
    query = "SELECT sum(amount) FROM transform.rate"

    shop.project.write({"seeknal_project.yml": project % 6})

    assert shop.sql(query) == [(150,)]
    assert shop.sql(query, "dev") == [(210,)]


def test_environment_variables_of_a_view_are_those_that_it_was_built_with(shop, monkeypatch):
    monkeypatch.setenv("RATE", "5")
    sql = "SELECT amount * {{ env_var('RATE') }} AS amount FROM source.orders"
    shop.project.write({"seeknal_project.yml": "name: shop\nvars: {env: [RATE]}\n"})
    shop.write(rate=view("rate", sql, "source.orders"))
    shop("run").assert_ok()

    monkeypatch.setenv("RATE", "6")

    assert shop.sql("SELECT sum(amount) FROM transform.rate") == [(150,)]


def test_a_view_of_another_dialect_is_served_as_it_was(shop):
    text = view("n", "SELECT IFNULL(amount, 0) AS n FROM source.orders", "source.orders")
    shop.write(n=text + "dialect: mysql\n")
    shop("run").assert_ok()

    shop.write(n=text.replace("0)", "1)") + "dialect: postgres\n")

    assert shop.sql("SELECT sum(n) FROM transform.n") == [(30,)]


def test_a_name_means_the_node_of_the_environment_not_that_of_the_files(shop):
    renamed = DOUBLE.replace("name: double", "name: twice").replace("* 2", "* 9")
    (shop.path / "seeknal/double.yml").unlink()
    shop.write(twice=renamed, sum=SUM.replace("transform.double", "transform.twice"))

    before = shop.sql(SUM_QUERY)
    shop("run", "--env", "dev").assert_ok()

    assert before == shop.sql(SUM_QUERY) == [(60,)]
    assert shop.sql(SUM_QUERY, "dev") == [(270,)]


def test_a_reader_of_a_view_that_is_not_selected_reads_it_as_it_is_held(shop):
    table = transform("all", "SELECT total FROM transform.sum", "transform.sum")
    shop.write(double=TRIPLE, all=table)

    shop("run", "--select", "transform.all").assert_ok()

    assert shop.sql("SELECT total FROM transform.all") == [(60,)]
    shop("run").assert_ok()
    assert shop.sql("SELECT total FROM transform.all") == [(90,)]


def test_a_reader_follows_what_a_view_between_reads(shop):
    shop.write(all=transform("all", "SELECT total FROM transform.sum", "transform.sum"))
    shop("run").assert_ok()
    shop.data((1, 100))

    shop("run", "--select", "source.orders", "--select", "transform.all").assert_ok()

    assert shop.sql("SELECT total FROM transform.all") == [(200,)]
    shop.data((1, 10), (2, 20))
    shop("run").assert_ok()
    assert shop.sql("SELECT total FROM transform.all") == [(60,)]


@pytest.fixture
def between(shop):
    """``a_reader`` reads ``sum``, which production has over ``zoom`` and the files over nothing."""
    zoom = transform("zoom", "SELECT amount FROM source.orders", "source.orders")
    held = view("sum", "SELECT sum(amount) AS total FROM transform.zoom", "transform.zoom")
    reader = transform("a_reader", "SELECT total FROM transform.sum", "transform.sum")
    shop.write(zoom=zoom, sum=held, reader=reader)
    shop("run").assert_ok()
    shop.write(zoom=zoom.replace("amount FROM", "amount * 10 AS amount FROM"))
    shop.write(sum=view("sum", "SELECT 1 AS total"))
    return shop


def test_a_reader_waits_for_what_the_view_reads_that_the_environment_holds(between):
    selected = ("--select", "transform.a_reader", "--select", "transform.zoom")

    between("run", *selected).assert_ok()

    assert between.sql("SELECT total FROM transform.a_reader") == [(300,)]


def test_nodes_that_would_wait_for_each_other_through_a_held_view_are_refused(between):
    between.write(
        zoom=transform("zoom", "SELECT total FROM transform.a_reader", "transform.a_reader")
    )

    refused = between("run", "--select", "transform.a_reader", "--select", "transform.zoom")

    assert refused.exit_code == 2
    assert "SK0750" in refused.stderr
    assert "--select transform.sum" in refused.stderr


def test_a_reader_is_spared_by_the_view_that_is_held_and_not_by_that_of_the_files(shop):
    shop.write(all=transform("all", "SELECT amount FROM transform.double", "transform.double"))
    shop("run").assert_ok()
    shop.write(double=view("double", "SELECT id, 1 AS amount FROM source.orders", "source.orders"))
    shop.data((1, 7), (2, 7))

    shop("run", "--select", "source.orders", "--select", "transform.all").assert_ok()

    assert shop.sql("SELECT amount FROM transform.all") == [(14,), (14,)]


def test_promoting_a_reader_builds_it_over_what_a_view_of_production_gives_now(shop):
    shop.write(all=transform("all", "SELECT total FROM transform.sum", "transform.sum"))
    shop("run", "--env", "dev").assert_ok()
    shop.data((1, 100))
    shop("run", "--select", "source.orders").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.sql("SELECT total FROM transform.all") == [(200,)]
    assert shop.sql("SELECT total FROM transform.all", "dev") == [(60,)]


def test_readers_of_a_volatile_view_run_each_time(shop):
    shop.write(
        chance=view("chance", "SELECT random() AS r"),
        through=view("through", "SELECT r FROM transform.chance", "transform.chance"),
        drawn=transform("drawn", "SELECT r FROM transform.through", "transform.through"),
    )
    shop("run").assert_ok()
    before = shop.sql("SELECT r FROM transform.drawn")

    shop("run").assert_ok()

    assert shop.sql("SELECT r FROM transform.drawn") != before


def test_a_contract_holds_for_a_view_too(shop):
    promised = TRIPLE + "contract: true\ncolumns: [{name: nosuch, data_type: BIGINT}]\n"
    shop.write(double=promised)

    failed = shop("run")

    assert failed.exit_code == 1
    assert "SK0713" in failed.stderr
    assert shop.sql(SUM_QUERY) == [(60,)]


def test_a_feature_group_has_the_same_rows_as_a_view_and_as_a_table(shop):
    group = (
        "kind: feature_group\nname: g\nentity: {name: o, join_keys: [id]}\n"
        "inputs: [{ref: source.orders}]\nfeatures: {amount: {dtype: double}}\n"
        "transform: SELECT id, amount, 1 AS extra FROM ref('source.orders')\n"
    )
    found = {}
    for more in ("", "materialized: view\n"):
        shop.write(g=group + more)
        shop("run").assert_ok()
        found[more] = shop("inspect", "g", "--schema", "--format", "json").assert_ok().json()

    assert found[""] == found["materialized: view\n"]
    assert [(column["name"], column["type"]) for column in found[""]] == [
        ("id", "BIGINT"),
        ("amount", "DOUBLE"),
    ]


def test_a_table_that_becomes_a_view_has_no_stable_name_any_more(shop):
    shop.write(double=DOUBLE.replace("materialized: view\n", ""))
    shop("run").assert_ok()
    link = shop.path / "target/intermediate/transform_double.parquet"
    assert link.exists()

    shop.write(double=DOUBLE)
    shop("run").assert_ok()

    assert not link.is_symlink()
    assert shop.sql(SUM_QUERY) == [(60,)]


def test_diff_compares_what_views_give(shop):
    shop.write(double=TRIPLE)
    shop("run", "--env", "dev").assert_ok()

    answer = shop("diff", "prod", "dev", "--format", "json").assert_ok().json()
    later = shop("diff", "prod@1", "prod", "transform.sum", "--format", "json").assert_ok().json()

    found = {entry["node"]: (entry["only_a"], entry["only_b"]) for entry in answer["nodes"]}
    assert found == {"transform.double": (2, 2), "transform.sum": (1, 1)}
    assert [entry["equal"] for entry in later["nodes"]] == [True]


def test_inspect_shows_a_view_as_it_is_held(shop):
    shop.write(double=view("double", "SELECT 'x' AS other"))

    listed = shop("inspect", "--list", "--format", "json").assert_ok().json()
    schema = shop("inspect", "double", "--schema", "--format", "json").assert_ok().json()

    found = {entry["node"]: entry["status"] for entry in listed}
    assert found["transform.double"] == "view"
    assert [column["name"] for column in schema] == ["id", "amount"]


def test_a_view_that_becomes_a_table_in_the_files_is_still_one_until_it_runs(shop):
    shop.write(double=TRIPLE.replace("materialized: view\n", ""))

    listed = shop("inspect", "--list", "--format", "json").assert_ok().json()

    assert {entry["node"]: entry["status"] for entry in listed}["transform.double"] == "view"
    assert shop.sql(SUM_QUERY) == [(60,)]


def test_a_python_node_reads_a_view_that_keeps_no_rows(shop):
    shop.project.write({"seeknal/pipelines/py.py": PYTHON})

    shop("run", "--select", "transform.py").assert_ok()

    assert shop.sql("SELECT amount FROM transform.py") == [(40,)]


def test_promoting_a_python_node_stores_the_view_that_it_reads(shop):
    shop.project.write({"seeknal/pipelines/py.py": PYTHON})
    shop("run", "--env", "dev").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.sql("SELECT amount FROM transform.py") == [(40,)]
    assert set(shop.did("run").values()) == {"reused"}


def test_promoting_a_python_node_builds_it_over_a_view_of_newer_data(shop):
    shop.project.write({"seeknal/pipelines/py.py": PYTHON})
    shop("run", "--env", "dev").assert_ok()
    shop.data((1, 50), (2, 1))
    (shop.path / "seeknal/pipelines/py.py").unlink()
    shop("run").assert_ok()
    shop.project.write({"seeknal/pipelines/py.py": PYTHON})

    shop("promote", "dev", "--yes").assert_ok()

    assert shop.sql("SELECT amount FROM transform.py") == [(100,)]
    assert shop.sql("SELECT amount FROM transform.py", "dev") == [(40,)]


def test_an_exposure_reads_a_view_as_it_is_held(shop):
    shop.project.write(
        {
            "seeknal/out.yml": "kind: exposure\nname: out\ntype: file\n"
            "inputs: [{ref: transform.sum}]\nparams: {path: outputs/sum.csv, format: csv}\n",
        }
    )
    shop("run").assert_ok()
    shop.write(double=TRIPLE)
    shop.data((1, 100))

    shop("run", "--select", "source.orders", "--select", "exposure.out").assert_ok()

    assert (shop.path / "outputs/sum.csv").read_text() == "total\n200\n"


def test_removing_what_a_view_of_production_reads_is_not_promoted(shop):
    reader = view("reader", "SELECT amount FROM transform.double", "transform.double")
    shop("env", "create", "dev").assert_ok()
    shop.write(reader=reader)
    shop("run").assert_ok()
    for name in ("reader", "double", "sum"):
        (shop.path / f"seeknal/{name}.yml").unlink()
    shop("run", "--env", "dev").assert_ok()

    refused = shop("promote", "dev", "--yes")

    assert refused.exit_code == 1
    assert "SK0751" in refused.stderr
    assert "transform.reader" in refused.stderr
    assert shop.sql("SELECT sum(amount) FROM transform.reader") == [(60,)]


@pytest.fixture
def broken(shop):
    """Production's view ``sum`` does not fit its input any more; ``other`` has no part in it."""
    shop.write(other=transform("other", "SELECT count(*) AS n FROM source.orders", "source.orders"))
    shop("run").assert_ok()
    shop.write(double=view("double", "SELECT id FROM source.orders", "source.orders"))
    shop("run", "--select", "transform.double").assert_ok()
    return shop


def test_a_view_that_does_not_bind_is_in_nobody_elses_way(broken):
    assert broken.sql("SELECT n FROM transform.other") == [(2,)]
    assert broken("inspect", "other", "--format", "json").assert_ok().json() == [{"n": 2}]
    broken("sql", "SHOW TABLES").assert_ok()
    broken("inspect", "--list").assert_ok()


@pytest.mark.parametrize("query", ["SELECT total FROM transform.sum", "SELECT count(*) FROM sum"])
def test_who_reads_a_view_that_does_not_bind_is_told_which_and_why(broken, query):
    refused = broken("sql", query)

    assert refused.exit_code == 1
    assert "SK0752" in refused.stderr
    assert "transform.sum" in refused.stderr
    assert "seeknal/sum.yml:4" in refused.stderr
    assert '"amount" not found' in refused.stderr


def test_inspect_and_diff_tell_of_a_view_that_does_not_bind(broken):
    inspected = broken("inspect", "sum")
    compared = broken("diff", "prod@1", "prod").assert_ok()

    assert inspected.exit_code == 1
    assert "SK0752" in inspected.stderr
    assert "transform.sum  the view transform.sum cannot be read" in compared.stdout


def test_a_view_whose_input_is_lost_says_so(shop):
    for path in (shop.path / "target/cache/source").rglob("*.parquet"):
        path.unlink()

    refused = shop("sql", SUM_QUERY)

    assert refused.exit_code == 1
    assert "SK0752" in refused.stderr


def test_validate_tells_of_a_view_that_does_not_fit_what_its_inputs_are_known_to_be(shop):
    shop.write(sum=SUM.replace("amount", "nosuch"))

    text = shop("validate")
    answer = shop("validate", "--format", "json")

    [problem] = answer.json()["problems"]
    assert text.exit_code == answer.exit_code == 2
    assert (problem["code"], problem["severity"]) == ("SK0706", "error")
    assert (problem["file"], problem["line"]) == ("seeknal/sum.yml", 4)
    assert '"nosuch" not found' in problem["message"]
    assert "\n1 problem\n" in text.stderr


def test_validate_says_nothing_of_a_view_over_columns_that_it_cannot_know(seeknal_project):
    reader = view("reader", "SELECT nosuch FROM source.orders", "source.orders")
    project = seeknal_project({"seeknal/orders.yml": SOURCE, "seeknal/r.yml": reader})
    declared = SOURCE.rstrip() + "\ncolumns: [{name: id, data_type: BIGINT}]\n"

    unknown = project.run("validate").assert_ok()
    project.write({"seeknal/orders.yml": declared})
    known = project.run("validate").assert_ok()

    assert unknown.stdout == "2 nodes, no problems but 1 warning\n"
    assert unknown.stderr.count("warning[SK0723]") == unknown.stderr.count("[SK") == 1
    assert "note: 1 node is not checked" in unknown.stderr
    assert "SK0754" in known.stderr


def test_a_view_over_what_was_promoted_is_told_of_as_in_the_environment_it_came_from(shop):
    base = transform("base", "SELECT id, amount FROM source.orders", "source.orders")
    shop.write(base=base, double=DOUBLE.replace("source.orders", "transform.base"))
    shop("run").assert_ok()
    shop.write(base=base.replace("amount FROM", "amount + 1 AS amount FROM"))
    shop("run", "--env", "dev").assert_ok()

    shop("promote", "dev", "--yes").assert_ok()

    words = ("catalog", "show", "transform.double", "--format", "json")
    here = shop(*words).assert_ok().json()
    there = shop(*words, "--env", "dev").assert_ok().json()
    assert (here["run_id"], here["updated_at"]) == (there["run_id"], there["updated_at"])
    assert here["generation"] == 3
    assert set(shop.did("run").values()) == {"reused"}
